//! Verifies `X-Signature: t=<seconds>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>`.

use jiff::Timestamp;
use ring::hmac;

/// How far the time of a signature may be from ours, in seconds.
const FRESH: i64 = 300;

/// Says why a body is not believed.
pub(super) fn verify(
    key: &[u8],
    header: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), &'static str> {
    let header = header.ok_or("no X-Signature")?;
    let (time, value) = header.split_once(",v1=").ok_or("X-Signature has no v1")?;
    let time = time.strip_prefix("t=").ok_or("X-Signature has no t")?;
    let secs: i64 = time.parse().map_err(|_| "t is no number")?;
    if now.as_second().abs_diff(secs) > FRESH.unsigned_abs() {
        return Err("the signature is older than five minutes, or of the future");
    }
    let signed = [time.as_bytes(), b".", body].concat();
    let value = unhex(value).ok_or("v1 is not hex")?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::verify(&key, &signed, &value).map_err(|_| "the signature is wrong")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok()).collect()
}
