//! Traces, by their ids.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The id of a trace: 16 bytes, not all of them zero. Written as 32 hexadecimal digits, as
/// OpenTelemetry and W3C Trace Context write it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId([u8; 16]);

/// A text that is no id of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTraceId;

impl TraceId {
    /// Reads the bytes of a signal, if they are an id.
    #[inline]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().filter(|it| *it != [0; 16]).map(Self)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for NoTraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no id of a trace: 32 hexadecimal digits, not all of them zero")
    }
}

impl std::error::Error for NoTraceId {}

impl FromStr for TraceId {
    type Err = NoTraceId;

    fn from_str(text: &str) -> Result<Self, NoTraceId> {
        let digits = text.len() == 32 && text.bytes().all(|it| it.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| digits);
        number.and_then(|it| Self::read(&it.to_be_bytes())).ok_or(NoTraceId)
    }
}

impl TryFrom<String> for TraceId {
    type Error = NoTraceId;

    fn try_from(text: String) -> Result<Self, NoTraceId> {
        text.parse()
    }
}

impl From<TraceId> for String {
    fn from(id: TraceId) -> Self {
        id.to_string()
    }
}

impl JsonSchema for TraceId {
    fn schema_name() -> Cow<'static, str> {
        "TraceId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_it_is_read() {
        let text = "00f067aa0ba902b74bf92f3577b34da6";
        let id: TraceId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<TraceId>(&format!("\"{text}\"")).unwrap(), id);
        assert_eq!(TraceId::read(&[1; 16]).unwrap().to_string(), "01".repeat(16));
    }

    #[test]
    fn what_is_none_is_refused() {
        let zero = "0".repeat(32);
        for bad in
            ["", "f", &zero, &format!("+{}", "1".repeat(31)), &"g".repeat(32), &"1".repeat(33)]
        {
            assert_eq!(bad.parse::<TraceId>(), Err(NoTraceId), "{bad}");
        }
        for bad in [&[][..], &[0; 16], &[1; 8], &[1; 17]] {
            assert_eq!(TraceId::read(bad), None);
        }
    }
}
