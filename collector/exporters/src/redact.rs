//! Takes secrets out of texts that people read.

use bellwether_core::settings::Secret;

/// The longest text that reaches a log, the API or the outbox.
const MAX_CHARS: usize = 300;

/// Knows the secrets of a destination and removes them from every text that leaves towards
/// people, even when a vendor's own answer repeats them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redact(Vec<Secret>);

impl Redact {
    /// Remembers the secrets of a destination.
    pub(crate) fn new(secrets: Vec<Secret>) -> Self {
        Self(secrets)
    }

    /// Remembers further ones.
    pub(crate) fn add(&mut self, others: Self) {
        let new = others.0.into_iter().filter(|it| !self.0.contains(it)).collect::<Vec<_>>();
        self.0.extend(new);
    }

    /// Returns the text without secrets and control characters, cut to 300 characters.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if !secret.expose().is_empty() {
                text = text.replace(secret.expose(), "***");
            }
        }
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        crate::text::cut(text.trim(), MAX_CHARS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_line_breaks_and_length_are_taken_out() {
        let redact = Redact::new(vec![Secret::new("s3cret"), Secret::new("0ther")]);
        let text = format!("key s3cret is\nnot 0ther {}", "x".repeat(5_000));
        let clean = redact.clean(&text);
        assert!(clean.starts_with("key *** is not *** xxx"), "{clean}");
        assert_eq!(clean.chars().count(), 300);
    }
}
