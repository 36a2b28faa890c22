//! Addresses of e-mail, as a catalog calls people by them.

/// The longest part before the at sign (RFC 5321, 4.5.3.1.1).
const LOCAL: usize = 64;
/// The longest domain.
const DOMAIN: usize = 253;
/// The longest part of a domain between dots.
const LABEL: usize = 63;

/// Says whether a text is an address of e-mail alone, such as `ada@example.com`: without a name
/// before it, in ASCII, and without quotes.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let atom = |it: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b);
        !it.is_empty() && it.bytes().all(fits)
    };
    let label = |it: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !it.is_empty()
            && it.len() <= LABEL
            && it.bytes().all(fits)
            && !it.starts_with('-')
            && !it.ends_with('-')
    };
    local.len() <= LOCAL
        && domain.len() <= DOMAIN
        && local.split('.').all(atom)
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn an_address_is_told_from_a_name() {
        for good in ["ada@example.com", "zebra-owner+eu@marketedge.example", "root@localhost"] {
            assert!(is_email(good), "{good}");
        }
        let bad = [
            "ada",
            "team payments",
            "slack/zebra",
            "@example.com",
            "ada@",
            "a@b@c.example",
            "ada@example..com",
            ".ada@example.com",
            "ada@-example.com",
            "ada @example.com",
            "Ada <ada@example.com>",
            "ada@example.com\r\nBcc: eve@example.com",
            "\u{e4}da@example.com",
            "ada@[127.0.0.1]",
            "",
        ];
        for bad in bad {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}
