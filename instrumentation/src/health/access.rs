//! Who may see what. The rest of the module asks here and nowhere else.

use crate::Secret;

/// The tokens that were given, and for whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens(Vec<(Secret, Reader)>);

/// Who a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reader {
    Operator,
    Customer(String),
}

/// What the sender of a request may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Access(Vec<Reader>);

impl Tokens {
    pub(super) fn operator(&mut self, token: Secret) {
        self.0.push((token, Reader::Operator));
    }

    pub(super) fn customer(&mut self, customer: String, token: Secret) {
        self.0.push((token, Reader::Customer(customer)));
    }

    /// Works out what an `Authorization` header opens. Every token is compared, whatever the result, so that the time
    /// tells nothing.
    pub(super) fn access(&self, authorization: Option<&[u8]>) -> Access {
        let Some(given) = authorization.and_then(bearer) else { return Access(Vec::new()) };
        let readers = self.0.iter().filter(|(token, _)| token.is(given));
        Access(readers.map(|(_, reader)| reader.clone()).collect())
    }
}

impl Access {
    /// Tells whether details of the whole service may be shown.
    pub(super) fn to_details(&self) -> bool {
        self.0.contains(&Reader::Operator)
    }

    /// Tells whether this customer's health may be shown.
    pub(super) fn to_customer(&self, customer: &str) -> bool {
        self.to_details()
            || self.0.iter().any(|it| matches!(it, Reader::Customer(own) if own == customer))
    }
}

/// Returns the token of `Bearer {token}`.
fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = authorization.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_what_it_was_given_for() {
        let mut tokens = Tokens::default();
        tokens.operator(Secret::new("operator"));
        tokens.customer("zebra".into(), Secret::new("zebra-token"));
        tokens.operator(Secret::new(""));
        let access = |header: &str| tokens.access(Some(header.as_bytes()));
        assert!(access("Bearer operator").to_details());
        assert!(access("bearer operator").to_customer("zebra"));
        assert!(access("Bearer zebra-token").to_customer("zebra"));
        assert!(!access("Bearer zebra-token").to_customer("acme"));
        assert!(!access("Bearer zebra-token").to_details());
        for header in ["", "Bearer", "Bearer ", "Bearer operato", "Basic operator", "operator"] {
            assert!(!access(header).to_details(), "{header}");
            assert!(!access(header).to_customer("zebra"), "{header}");
        }
        assert!(!tokens.access(None).to_details());
    }
}
