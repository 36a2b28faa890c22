//! Base64 as JOSE has it: the alphabet of URLs, without padding.

use ::base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};

pub(super) fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Writes bytes as HTTP's `Basic` has them.
pub(super) fn padded(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Reads a text. There is one way to write each: bits that are left over are none.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg"),
            (&[0xfb, 0xff, 0xfe], "-__-"),
        ] {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).as_deref(), Some(bytes));
        }
        assert_eq!(padded(b"fo"), "Zm8=");
        assert_eq!(padded(&[0xfb, 0xff, 0xfe, 0x66]), "+//+Zg==");
        for text in ["Z", "Zg=", "Zh", "Zm9", "+//+", "Zm9v\n", "Zm9vY"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
