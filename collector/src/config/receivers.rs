//! Where signals come in: `receivers`. A new kind is a variant, its settings and an arm of `read`.

use std::collections::BTreeMap;

use bellwether_config::{Problems, Section};
use bellwether_core::settings::Endpoint;
use bellwether_receivers::{grpc, http};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Loading;
use super::hints::{self, kind_of};

/// The protocols of the OTLP receiver.
const PROTOCOLS: [&str; 2] = ["grpc", "http"];

/// The kinds of receivers.
pub(super) const KINDS: &[&str] = &["otlp"];

/// The checked settings of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    Otlp(Protocols),
}

/// The OTLP receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OtlpReceiver")]
pub(super) struct Otlp {
    /// The protocols that it speaks: those that are named, both unless any is.
    protocols: Protocols,
}

/// The protocols of the OTLP receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OtlpProtocols")]
pub(crate) struct Protocols {
    /// OTLP over gRPC; on 127.0.0.1:4317 unless set.
    pub(crate) grpc: Option<grpc::Config>,
    /// OTLP over HTTP; on 127.0.0.1:4318 unless set.
    pub(crate) http: Option<http::Config>,
}

impl Protocols {
    /// Returns those that are named, or both with their defaults when none is.
    fn or_both(self) -> Self {
        match self {
            Self { grpc: None, http: None } => {
                Self { grpc: Some(Default::default()), http: Some(Default::default()) }
            }
            named => named,
        }
    }
}

impl Receiver {
    /// Returns what there is when nothing is configured.
    pub(super) fn standard() -> (String, Self) {
        ("otlp".to_owned(), Self::Otlp(Protocols::default().or_both()))
    }

    fn read(kind: &str, section: &Section<'_>) -> Option<Result<Self, Problems>> {
        Some(match kind {
            "otlp" => section.read::<Otlp>().map(|it| Self::Otlp(it.protocols.or_both())),
            _ => return None,
        })
    }

    /// Returns the addresses that it listens on, with the paths of their keys below its own.
    fn listeners(&self) -> Vec<(&'static str, &Endpoint)> {
        match self {
            Self::Otlp(Protocols { grpc, http }) => {
                let grpc = grpc.iter().map(|it| ("protocols.grpc.endpoint", &it.endpoint));
                let http = http.iter().map(|it| ("protocols.http.endpoint", &it.endpoint));
                grpc.chain(http).collect()
            }
        }
    }
}

impl Loading<'_> {
    /// Reads each receiver by its kind.
    pub(super) fn receivers(&mut self) -> BTreeMap<String, Receiver> {
        let mut read = BTreeMap::new();
        let declared = self.declared("receivers");
        if declared.is_empty() {
            let (name, receiver) = Receiver::standard();
            for protocol in PROTOCOLS {
                self.outline.receivers.insert(format!("{name}/{protocol}"), 0);
            }
            return [(name, receiver)].into();
        }
        for (name, section) in declared {
            match Receiver::read(kind_of(name), &section) {
                Some(result) => {
                    // one with mistakes may still be named by pipelines
                    let receiver = self.problems.take(result);
                    self.outline_receiver(name, &section);
                    read.extend(receiver.map(|it| (name.to_owned(), it)));
                }
                None => self.unknown_kind(hints::RECEIVERS, "receivers", name, KINDS),
            }
        }
        read
    }

    /// Digests what is said of each protocol.
    fn outline_receiver(&mut self, name: &str, section: &Section<'_>) {
        let value = section.read_against(schemars::schema_for!(Otlp)).unwrap_or_default();
        let said = |protocol| value.pointer(&format!("/protocols/{protocol}"));
        let any_is_named = PROTOCOLS.into_iter().any(|it| said(it).is_some());
        for protocol in PROTOCOLS {
            let print = match said(protocol) {
                Some(value) => self.files.print(value),
                None if any_is_named => continue,
                None => 0,
            };
            self.outline.receivers.insert(format!("{name}/{protocol}"), print);
        }
    }

    /// Nobody has to prove who they are yet, so only this machine may come in unless it is said
    /// aloud; and no two may listen on one address.
    pub(super) fn check_listeners(
        &mut self,
        receivers: &BTreeMap<String, Receiver>,
        dashboard: &bellwether_api::Config,
        allow_unauthenticated: bool,
    ) {
        let mut listeners: Vec<(String, &Endpoint)> = Vec::new();
        for (name, receiver) in receivers {
            let below = receiver.listeners().into_iter();
            listeners.extend(below.map(|(key, at)| (format!("receivers.{name}.{key}"), at)));
        }
        listeners.push(("extensions.dashboard.endpoint".to_owned(), &dashboard.endpoint));
        for (at, (path, endpoint)) in listeners.iter().enumerate() {
            if !allow_unauthenticated && !endpoint.is_loopback() {
                let message =
                    format!("`{endpoint}` is open to other machines, without authentication");
                let help = "listen on 127.0.0.1, or say that it is meant: `service: { allow_unauthenticated: true }`";
                self.problems.push(self.document.problem(path, message, Some(help.to_owned())));
            }
            let mut before = listeners.iter().take(at);
            if let Some((other, _)) = before.find(|it| it.1 == *endpoint && endpoint.port() != 0) {
                let message = format!("`{endpoint}` is listened on already, by `{other}`");
                let help = Some("give one of them another port".to_owned());
                self.problems.push(self.document.problem(path, message, help));
            }
        }
    }
}
