//! Reads what an OTLP server says in its answer, without decoding the rest.

use bellwether_otlp::wire::{Fields, Value};

/// What a server refused out of a request that it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Partial {
    /// How many spans, points or records; zero means that the message is only a warning.
    pub(crate) rejected: u64,
    /// Why; may be empty.
    pub(crate) message: String,
}

/// Reads `partial_success` of an `Export*ServiceResponse`. An empty body, one without it and
/// one that cannot be read all mean full success, as several vendors answer so.
pub(crate) fn partial_success(body: &[u8]) -> Option<Partial> {
    if body.first() == Some(&b'{') {
        return from_json(body);
    }
    let mut partial = Partial::default();
    for field in Fields::new(body).map_while(Result::ok) {
        let (1, Value::Bytes(inner)) = (field.number, field.value) else { continue };
        for field in Fields::new(inner).map_while(Result::ok) {
            match (field.number, field.value) {
                (1, Value::Varint(rejected)) => partial.rejected = rejected,
                (2, Value::Bytes(text)) => {
                    partial.message = String::from_utf8_lossy(text).into_owned();
                }
                _ => {}
            }
        }
    }
    (partial != Partial::default()).then_some(partial)
}

fn from_json(body: &[u8]) -> Option<Partial> {
    let json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let success = json.get("partialSuccess")?;
    let rejected = ["rejectedSpans", "rejectedDataPoints", "rejectedLogRecords"]
        .iter()
        .find_map(|key| success.get(key))
        .and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()))
        .unwrap_or_default();
    let message = success.get("errorMessage").and_then(|text| text.as_str()).unwrap_or_default();
    let partial = Partial { rejected, message: message.to_owned() };
    (partial != Partial::default()).then_some(partial)
}

/// Reads the message of a `google.rpc.Status`.
pub(crate) fn status_message(body: &[u8]) -> Option<String> {
    Fields::new(body).map_while(Result::ok).find_map(|field| match (field.number, field.value) {
        (2, Value::Bytes(text)) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_success_is_found_where_there_is_one() {
        let some =
            |rejected, message: &str| Some(Partial { rejected, message: message.to_owned() });
        let cases: [(&'static [u8], Option<Partial>); 9] = [
            (b"", None),
            (b"\x0a\x00", None),
            (b"\x0a\x07\x08\x96\x01\x12\x02no", some(150, "no")),
            (b"\x0a\x06\x12\x04warn", some(0, "warn")),
            (b"{}", None),
            (br#"{"partialSuccess":{}}"#, None),
            (br#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}}"#, some(2, "no")),
            (b"OK", None),
            (b"\x0a\xff\xff\xff", None),
        ];
        for (body, expected) in cases {
            assert_eq!(partial_success(body), expected, "{body:?}");
        }
    }

    #[test]
    fn the_message_of_a_status_is_found() {
        assert_eq!(status_message(b"\x08\x03\x12\x03bad").as_deref(), Some("bad"));
        assert_eq!(status_message(b"\xff"), None);
    }
}
