//! Texts with `{{name}}` where a value comes in.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Values by name; many of them are secret.
pub(super) type Values = BTreeMap<String, String>;

/// A text with places for values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Template<'t>(Vec<Part<'t>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Name(&'t str),
}

impl<'t> Template<'t> {
    /// Reads a template; the error says what is wrong with its braces, without the text, which may be secret.
    pub(super) fn parse(text: &'t str) -> Result<Self, &'static str> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or("`{{` without `}}` after it")?;
            let name = name.trim();
            if !is_name(name) {
                return Err("between `{{` and `}}` stands one name of letters, digits and `_`");
            }
            parts.extend([Part::Text(before), Part::Name(name)]);
            rest = after;
        }
        parts.push(Part::Text(rest));
        parts.retain(|part| *part != Part::Text(""));
        Ok(Self(parts))
    }

    /// Lists the names whose values come in.
    pub(super) fn names(&self) -> impl Iterator<Item = &'t str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(*name),
            Part::Text(_) => None,
        })
    }

    /// Puts the values in; a name without one leaves nothing behind, which reading the journey rules out.
    pub(super) fn render(&self, values: &Values) -> String {
        self.put(values, |_, value| Cow::Borrowed(value))
    }

    /// Puts the values in as parts of a URL: percent-encoded, but for one that the URL begins with.
    pub(super) fn render_url(&self, values: &Values) -> String {
        self.put(values, |at, value| if at == 0 { value.into() } else { encode(value).into() })
    }

    fn put<'v>(
        &self,
        values: &'v Values,
        write: impl Fn(usize, &'v str) -> Cow<'v, str>,
    ) -> String {
        let mut text = String::new();
        for (at, part) in self.0.iter().enumerate() {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Name(name) => {
                    let value = values.get(*name).map(String::as_str).unwrap_or_default();
                    text.push_str(&write(at, value));
                }
            }
        }
        text
    }
}

/// Tells whether a text can stand between braces.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

/// Encodes all but the unreserved characters of RFC 3986.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        [("base", "http://a:1/x"), ("token", "t/1 +")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn values_come_in_where_names_stand() {
        for (text, rendered) in [
            ("Bearer {{token}}", "Bearer t/1 +"),
            ("{{ token }}{{token}}", "t/1 +t/1 +"),
            ("{plain} }}", "{plain} }}"),
            ("", ""),
        ] {
            assert_eq!(Template::parse(text).unwrap().render(&values()), rendered, "{text}");
        }
    }

    #[test]
    fn a_value_cannot_break_out_of_its_place_in_a_url() {
        let url = Template::parse("{{base}}/users/{{token}}?t={{token}}").unwrap();
        assert_eq!(url.render_url(&values()), "http://a:1/x/users/t%2F1%20%2B?t=t%2F1%20%2B");
        assert_eq!(url.names().collect::<Vec<_>>(), ["base", "token", "token"]);
    }

    #[test]
    fn braces_that_are_none_are_told() {
        assert_eq!(Template::parse("a {{token"), Err("`{{` without `}}` after it"));
        for text in ["{{}}", "{{a b}}", "{{a-b}}", "{{{{x}}}}"] {
            assert!(Template::parse(text).unwrap_err().contains("one name"), "{text}");
        }
    }
}
