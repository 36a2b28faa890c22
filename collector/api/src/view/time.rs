use std::fmt;
use std::time::Duration;

use bellwether_core::time::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time, written as RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(Timestamp);

impl Time {
    /// Makes a point in time from whole seconds since the Unix epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(Timestamp::from_secs(secs))
    }

    /// Returns the point in time as the rest of the collector has it.
    pub const fn get(self) -> Timestamp {
        self.0
    }

    /// Returns how long ago this was at `now`, zero when it is later.
    pub fn age(self, now: Self) -> Duration {
        now.0.since(self.0)
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl schemars::JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "A point in time: RFC 3339 in UTC with milliseconds.",
        })
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
        let nanos = i64::try_from(at.as_nanosecond()).map_err(D::Error::custom)?;
        Ok(Self(Timestamp::from_nanos(nanos)))
    }
}
