//! The keys of `extensions.heartbeat`, and the call that they make.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::catalog::Flaw;
use bellwether_core::settings::{HumanDuration, Secret};
use bellwether_exporters::call::Call;
use http::{HeaderName, HeaderValue, Method, Uri};
use schemars::JsonSchema;
use serde::Deserialize;

/// Tells a dead-man's switch that this collector works. It does so only while rules are
/// evaluated, receivers answer and the store writes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Heartbeat")]
pub(crate) struct Settings {
    /// What is called. It is a secret, since whoever knows it can keep the switch quiet.
    url: Secret,
    /// How often; the period that the switch expects. 30s unless set.
    #[serde(default = "thirty_seconds")]
    every: HumanDuration,
    /// How long an answer is waited for; 10s unless set.
    #[serde(default = "ten_seconds")]
    timeout: HumanDuration,
    /// How; POST unless set.
    #[serde(default)]
    method: Verb,
    /// Headers that go with it.
    #[serde(default)]
    headers: BTreeMap<String, Secret>,
}

/// How the URL is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(rename = "HeartbeatMethod")]
enum Verb {
    /// With a body of one line.
    #[default]
    Post,
    /// Without a body.
    Get,
    /// Without a body.
    Head,
}

fn thirty_seconds() -> HumanDuration {
    HumanDuration::from_secs(30)
}

fn ten_seconds() -> HumanDuration {
    HumanDuration::from_secs(10)
}

/// A heartbeat that can be sent.
#[derive(Clone, Debug)]
pub(crate) struct Beat {
    pub(super) call: Call,
    pub(super) every: Duration,
    pub(super) timeout: Duration,
}

impl Settings {
    /// Checks everything; paths of flaws begin below `extensions.heartbeat`.
    pub(crate) fn build(&self) -> Result<Beat, Vec<Flaw>> {
        let mut flaws = Vec::new();
        let mut flaw = |path: &str, message: &str, help: &str| {
            flaws.push(Flaw::new(path, message, help.to_owned()));
        };
        let url = self.url.expose().trim();
        let is_http = url.parse::<Uri>().is_ok_and(|it| {
            matches!(it.scheme_str(), Some("http" | "https")) && it.authority().is_some()
        });
        if !is_http {
            flaw("url", "this is not a URL", "write it like `https://hc-ping.com/…`");
        }
        if self.every.get().is_zero() {
            flaw("every", "nothing can be sent every 0s", "write 30s, or leave it out");
        }
        if self.timeout.get().is_zero() {
            flaw("timeout", "no call ends in no time", "write 10s, or leave it out");
        }
        let mut call = match self.method {
            Verb::Post => Call::new("heartbeat", Method::POST, url.to_owned())
                .body("text/plain", bytes::Bytes::from_static(b"bellwether works\n")),
            Verb::Get => Call::new("heartbeat", Method::GET, url.to_owned()),
            Verb::Head => Call::new("heartbeat", Method::HEAD, url.to_owned()),
        };
        for (name, value) in &self.headers {
            let path = format!("headers.{name}");
            match (name.parse::<HeaderName>(), HeaderValue::from_str(value.expose().trim())) {
                (Ok(name), Ok(mut value)) => {
                    value.set_sensitive(true);
                    call = call.header(name, value);
                }
                (Err(_), _) => {
                    flaw(
                        &path,
                        "this is not the name of a header",
                        "write letters, digits and `-`",
                    );
                }
                (_, Err(_)) => {
                    let help = "look for line breaks in it";
                    flaw(&path, "its value holds a character that no header takes", help);
                }
            }
        }
        // a call that outlasts the period would hold up the next one
        let (every, timeout) = (self.every.get(), self.timeout.get().min(self.every.get()));
        if flaws.is_empty() { Ok(Beat { call, every, timeout }) } else { Err(flaws) }
    }
}
