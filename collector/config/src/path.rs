//! Paths to keys, as people write them: `alerting.routes[0].when`.

use std::fmt::{self, Write as _};

/// A path from the top of a document to a value.
///
/// Written `exporters.otlp/jaeger.endpoint` or `routes[0].to`; a key that has a dot or a
/// bracket itself is quoted: `match."business.customer.id"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Goes to the value of a key.
    Key(String),
    /// Goes to an item of a list, from 0.
    Index(usize),
}

impl Path {
    /// Returns the path of the whole document.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// Reads a path as it is written; every text is some path.
    pub fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, after) = first_step(rest);
            steps.extend(step);
            rest = after.strip_prefix('.').unwrap_or(after);
        }
        Self(steps)
    }

    /// Returns the path of a key below this one.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// Returns the path of an item below this one.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// Returns the path of a path below this one.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        Self(self.0.iter().chain(&below.0).cloned().collect())
    }

    pub(crate) fn from_steps(steps: &[Step]) -> Self {
        Self(steps.to_vec())
    }

    /// Returns the steps from the top.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Says whether the other path is this one or lies below it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

/// Takes the first step off a text that is not empty.
fn first_step(text: &str) -> (Option<Step>, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        let (key, after) = quoted.split_once('"').unwrap_or((quoted, ""));
        return (Some(Step::Key(key.to_owned())), after);
    }
    if let Some((number, after)) = text.strip_prefix('[').and_then(|t| t.split_once(']'))
        && let Ok(index) = number.parse()
    {
        return (Some(Step::Index(index)), after);
    }
    let skip = text.chars().next().map_or(0, char::len_utf8);
    let end = text
        .char_indices()
        .find(|(at, c)| *c == '.' || (*at >= skip && *c == '['))
        .map_or(text.len(), |(at, _)| at);
    let (key, after) = text.split_at(end);
    ((!key.is_empty()).then(|| Step::Key(key.to_owned())), after)
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if at > 0 {
                        f.write_char('.')?;
                    }
                    if key.is_empty() || key.contains(['.', '[', ']', '"']) {
                        write!(f, "\"{key}\"")?;
                    } else {
                        f.write_str(key)?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_written() {
        for text in
            ["", "a", "exporters.otlp/jaeger.endpoint", "a[0][12].b", "m.\"x.y[0]\".z", "[3].a"]
        {
            assert_eq!(Path::parse(text).to_string(), text);
        }
        let path = Path::root().key("routes").index(0).key("db.system.name");
        assert_eq!(path.to_string(), "routes[0].\"db.system.name\"");
        assert_eq!(Path::parse(&path.to_string()), path);
    }

    #[test]
    fn every_text_is_some_path() {
        for text in [".", "..", "[", "[x]", "\"", "a[", "é[0]", "a..b"] {
            let _ = Path::parse(text).to_string();
        }
    }
}
