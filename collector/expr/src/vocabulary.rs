//! The names that an expression may use.

use crate::{Kind, Refusal};

/// The names that an expression may use, with the kind of value that each stands for.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    names: Vec<(String, Kind)>,
    /// Whether other names are attributes.
    open: bool,
    /// What texts of any name stand below, such as `labels`.
    below: Vec<String>,
}

impl Vocabulary {
    /// Makes the vocabulary of these names and no others.
    pub fn of<S: Into<String>>(names: impl IntoIterator<Item = (S, Kind)>) -> Self {
        let names = names.into_iter().map(|(name, kind)| (name.into(), kind)).collect();
        Self { names, open: false, below: Vec::new() }
    }

    /// Lets every other name stand for an attribute of that name, but for those that begin like
    /// one of the known names do before their first dot: `span.knid` stays a mistake.
    #[must_use]
    pub fn and_attributes(mut self) -> Self {
        self.open = true;
        self
    }

    /// Lets every name below this one, such as `labels.service.name`, stand for a text.
    #[must_use]
    pub fn and_below(mut self, name: &str) -> Self {
        self.below.push(format!("{name}."));
        self
    }

    /// Checks a name that stands outside of an expression.
    ///
    /// # Errors
    /// Refuses a name that no expression may use.
    pub fn check(&self, name: &str) -> Result<(), Refusal> {
        self.kind(name).map(|_| ())
    }

    /// Returns the kind of value of a known name, nothing for an attribute.
    pub(crate) fn kind(&self, name: &str) -> Result<Option<Kind>, Refusal> {
        if let Some((_, kind)) = self.names.iter().find(|it| it.0 == name) {
            return Ok(Some(*kind));
        }
        if self.below.iter().any(|it| name.starts_with(it.as_str())) {
            return Ok(Some(Kind::Text));
        }
        let root = name.split('.').next();
        let reserved = |it: &(String, Kind)| it.0.contains('.') && it.0.split('.').next() == root;
        if self.open && !self.names.iter().any(reserved) {
            return Ok(None);
        }
        let names: Vec<&str> = self.names.iter().map(|it| it.0.as_str()).collect();
        let near = |it: &&&str| strsim::jaro_winkler(it, name) > 0.85;
        let help = match names.iter().find(near) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "there is nothing to ask for here".to_owned(),
            None => format!("there are {}", names.join(", ")),
        };
        Err(Refusal { message: format!("there is no `{name}`"), help: Some(help) })
    }
}
