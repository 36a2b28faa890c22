use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::JsonPath;
use crate::attribute::Wanted;
use crate::ids::{ComponentId, CustomerId};
use crate::settings::{HumanDuration, Secret};

/// The ordered steps by which one customer gets what they pay for.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawJourney {
    /// What people call it; its id unless set.
    pub name: Option<String>,
    /// Whose journey it is.
    pub customer: Option<CustomerId>,
    /// The components that it walks through, and that fail when it does; it leads to the last.
    pub components: Vec<ComponentId>,
    /// How often it is walked; 60s unless set.
    #[serde(default = "a_minute")]
    pub every: HumanDuration,
    /// How long one step may take; 10s unless set.
    #[serde(default = "ten_seconds")]
    pub timeout: HumanDuration,
    /// What the steps may use as `{{name}}`.
    #[serde(default)]
    pub credentials: BTreeMap<String, Secret>,
    /// Its steps, in order; the first that fails ends it.
    pub steps: Vec<RawStep>,
}

/// One step of a journey.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStep {
    /// What people call it.
    pub name: String,
    /// What is asked.
    pub request: RawRequest,
    /// What has to come back; any status from 200 to 299 unless set.
    #[serde(default)]
    pub expect: Expect,
    /// What later steps may use as `{{name}}` of the JSON that comes back.
    #[serde(default)]
    pub extract: BTreeMap<String, JsonPath>,
}

/// A request. `{{name}}` in the address, in values of headers and in the body stands for a
/// credential, or for what an earlier step extracted.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRequest {
    /// The method; GET unless set.
    #[serde(default = "get")]
    pub method: String,
    /// The whole address, such as `https://api.example/login`.
    pub url: String,
    /// Headers by name.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// A JSON document to send.
    pub json: Option<serde_json::Value>,
    /// Fields of a form to send.
    pub form: Option<BTreeMap<String, Secret>>,
    /// A text to send.
    pub body: Option<String>,
}

/// What has to come back: all of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The status, or one of several; any from 200 to 299 unless set.
    pub status: Option<StatusCodes>,
    /// Values of headers by name; `*` stands for any run of characters.
    pub headers: BTreeMap<String, Wanted>,
    /// A text that the body holds.
    pub body: Option<String>,
    /// Values in the JSON that comes back.
    pub json: BTreeMap<JsonPath, Wanted>,
}

/// A status code of HTTP, or several of which one is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StatusCodes {
    /// This one.
    One(#[schemars(range(min = 100, max = 599))] u16),
    /// One of these.
    Any(Vec<u16>),
}

impl StatusCodes {
    /// Returns the codes.
    pub fn codes(&self) -> &[u16] {
        match self {
            Self::One(code) => std::slice::from_ref(code),
            Self::Any(codes) => codes,
        }
    }
}

impl Expect {
    /// Says whether a status is one that is expected.
    pub fn takes_status(&self, status: u16) -> bool {
        match &self.status {
            Some(codes) => codes.codes().contains(&status),
            None => (200..300).contains(&status),
        }
    }
}

const fn a_minute() -> HumanDuration {
    HumanDuration::from_secs(60)
}

const fn ten_seconds() -> HumanDuration {
    HumanDuration::from_secs(10)
}

fn get() -> String {
    "GET".to_owned()
}
