use std::fmt;

/// A text with `{{name}}` where a value comes in. `Debug` shows only the names, because what
/// stands around them may be secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

/// Says why a text is not a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Braces are opened and not closed.
    #[error("`{{{{` without `}}}}` after it")]
    Open,
    /// There is no name between the braces, or something else.
    #[error(
        "between `{{{{` and `}}}}` stands one name of letters, digits and `_`, such as `{{{{token}}}}`"
    )]
    Name,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Says what is wrong with the braces, without repeating the text.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or(TemplateError::Open)?;
            let name = name.trim();
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(TemplateError::Name);
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Name(name.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// Returns the names whose values come in.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Returns the template as it is written. It may be secret.
    pub fn text(&self) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Name(name) => format!("{{{{{name}}}}}"),
        };
        self.0.iter().map(text).collect()
    }

    /// Puts values in; nothing when one has none. What comes out may be secret.
    pub fn render<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        self.0.iter().try_fold(String::new(), |mut out, part| {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Name(name) => value(name)?,
            });
            Some(out)
        })
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_where_names_stand() {
        let value = |name: &str| (name == "token").then_some("t-1");
        for (text, rendered) in [
            ("Bearer {{token}}", Some("Bearer t-1")),
            ("{{ token }}{{token}}", Some("t-1t-1")),
            ("{plain} }}", Some("{plain} }}")),
            ("", Some("")),
            ("{{other}}", None),
        ] {
            let template = Template::parse(text).unwrap();
            assert_eq!(template.render(value).as_deref(), rendered);
            assert_eq!(Template::parse(&template.text()), Ok(template));
        }
        assert_eq!(Template::parse("a {{token"), Err(TemplateError::Open));
        for text in ["{{}}", "{{a b}}", "{{a-b}}", "{{{{x}}}}"] {
            assert_eq!(Template::parse(text), Err(TemplateError::Name), "{text}");
        }
    }

    #[test]
    fn only_names_are_shown() {
        let template = Template::parse("Bearer s3cret {{user}}").unwrap();
        assert_eq!(format!("{template:?}"), "[\"user\"]");
    }
}
