//! Values that must not be seen.

use std::fmt;

use subtle::ConstantTimeEq;

/// Holds a password or a token; its `Debug` prints `***`, and nothing prints more.
///
/// ```
/// let token = bellwether::Secret::new("5e1f");
/// assert_eq!(format!("{token:?}"), "***");
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a value that must not be seen.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Returns the value, to send it to whom it is for and to nobody else.
    #[cfg(feature = "http")]
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in a time that tells nothing of the value but its length; an empty secret equals nothing.
    pub(crate) fn is(&self, other: &[u8]) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(other))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_are_the_same_and_nothing_is_no_secret() {
        assert!(Secret::new("5e1f").is(b"5e1f"));
        for other in ["5e1", "5e1f ", "", "5E1F"] {
            assert!(!Secret::new("5e1f").is(other.as_bytes()), "{other}");
        }
        assert!(!Secret::new("").is(b""));
    }
}
