//! Who is told: a channel, or a person whom it writes to.

use std::cmp::Ordering;
use std::fmt;

use bellwether_core::ids::Destination;
use serde::{Deserialize, Serialize};

/// Somebody who is told. Two of one destination are the same whose addresses differ in the case of
/// letters only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Recipient {
    /// The channel.
    pub destination: Destination,
    /// The address of the person, where the channel writes to whoever a notice names.
    pub address: Option<String>,
}

impl Recipient {
    /// Returns the person with an address, whom a channel writes to.
    pub(crate) fn person(destination: &Destination, address: &str) -> Self {
        Self { destination: destination.clone(), address: Some(address.to_owned()) }
    }

    fn letters(&self) -> Option<impl Iterator<Item = u8>> {
        self.address.as_ref().map(|it| it.bytes().map(|byte| byte.to_ascii_lowercase()))
    }
}

impl From<Destination> for Recipient {
    fn from(destination: Destination) -> Self {
        Self { destination, address: None }
    }
}

impl Ord for Recipient {
    fn cmp(&self, other: &Self) -> Ordering {
        self.destination.cmp(&other.destination).then_with(|| {
            match (self.letters(), other.letters()) {
                (Some(one), Some(two)) => one.cmp(two),
                (one, two) => one.is_some().cmp(&two.is_some()),
            }
        })
    }
}

impl PartialOrd for Recipient {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Recipient {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Recipient {}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "{} <{address}>", self.destination),
            None => self.destination.fmt(f),
        }
    }
}

impl From<Recipient> for String {
    fn from(it: Recipient) -> Self {
        it.to_string()
    }
}

/// Reads what was stored: a destination, with an address behind it or without.
impl From<String> for Recipient {
    fn from(text: String) -> Self {
        let person = text.strip_suffix('>').and_then(|it| it.split_once(" <"));
        match person {
            Some((destination, address)) => Self::person(&destination.into(), address),
            None => Destination::from(text).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_again_also_from_before_there_were_persons() {
        let zebra = Recipient::person(&"email/owners".into(), "Zebra@example.com");
        for (it, text) in [
            (zebra.clone(), r#""email/owners <Zebra@example.com>""#),
            (Destination::new("slack/zebra").into(), r#""slack/zebra""#),
        ] {
            assert_eq!(serde_json::to_string(&it).unwrap(), text);
            assert_eq!(serde_json::from_str::<Recipient>(text).unwrap(), it);
        }
        assert_eq!(zebra, Recipient::person(&"email/owners".into(), "zebra@example.com"));
        assert_ne!(zebra, Destination::new("email/owners").into());
    }
}
