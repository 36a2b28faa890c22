//! Signs bodies, so that whoever gets them can tell that they come from here, and are not old.

use std::fmt::Write;

use bellwether_core::time::Timestamp;
use http::HeaderValue;
use ring::hmac;

/// Returns `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>`.
pub(super) fn sign(key: &hmac::Key, at: Timestamp, body: &[u8]) -> HeaderValue {
    let secs = at.secs();
    let mut signing = hmac::Context::with_key(key);
    signing.update(format!("{secs}.").as_bytes());
    signing.update(body);
    let mut value = format!("t={secs},v1=");
    for byte in signing.sign().as_ref() {
        // writing to a text does not fail
        let _ = write!(value, "{byte:02x}");
    }
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_any_other_tool_computes() {
        // printf '1795428131.{"a":1}' | openssl dgst -sha256 -hmac key
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let signature = sign(&key, Timestamp::from_secs(1_795_428_131), br#"{"a":1}"#);
        assert_eq!(
            signature.to_str().unwrap(),
            "t=1795428131,v1=b974d5128d0a6cb9eafdeb307ece5f63abcc4ec9d7a861e2886e6078fdbae487"
        );
    }
}
