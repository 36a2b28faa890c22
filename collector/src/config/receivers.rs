//! Where signals come in: `receivers`. A new kind is a variant, its settings and a row.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use bellwether_config::Section;
use bellwether_core::settings::{Endpoint, HumanDuration};
use bellwether_probes::Probes;
use bellwether_receivers::{Auth, Tls, Tokens, grpc, http};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::hints::{self, kind_of};
use super::kinds::{Kind, schema_of};
use super::{Loading, PROBES, raw};

/// The protocols of the OTLP receiver.
const PROTOCOLS: [&str; 2] = ["grpc", "http"];

/// The kinds of receivers.
pub(super) const KINDS: &[Kind<Read>] = &[
    Kind {
        name: "otlp",
        many: true,
        schema: schema_of::<Otlp>,
        read: |loading, name, section, known| loading.otlp(name, section, known),
    },
    Kind {
        name: PROBES,
        many: false,
        schema: schema_of::<Probes>,
        read: |loading, _, section, _| {
            loading.probes(section);
            None
        },
    },
    Kind {
        name: OWN,
        many: false,
        schema: schema_of::<Own>,
        read: |loading, _, section, _| loading.own(section),
    },
];

/// Reads a receiver of this name; nothing of one that has mistakes, and of one that takes from
/// nobody else.
type Read = fn(&mut Loading<'_>, &str, &Section<'_>, &Authenticators) -> Option<Receiver>;

/// The name of the receiver of what the collector says about itself.
pub(crate) const OWN: &str = "self";

/// The checked settings of a receiver.
#[derive(Clone, Debug)]
pub(crate) enum Receiver {
    Otlp(Box<Otlp>),
    Own(Own),
}

/// The receiver of what the collector says about itself: metrics, events and traces.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "SelfReceiver")]
pub(crate) struct Own {
    /// How often metrics are sent; 30s unless set. Events and spans are sent as they come.
    pub(crate) collection_interval: HumanDuration,
}

impl Default for Own {
    fn default() -> Self {
        Self { collection_interval: HumanDuration::from_secs(30) }
    }
}

/// The OTLP receiver.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OtlpReceiver")]
pub(crate) struct Otlp {
    /// The protocols that it speaks: those that are named, both unless any is.
    pub(crate) protocols: Protocols,
    /// How much it takes in at once.
    pub(crate) admission: Admission,
    /// Tokens by the name of the authenticator that a protocol names.
    #[serde(skip)]
    pub(crate) tokens: BTreeMap<String, Tokens>,
}

/// How much a receiver takes in at once; the key is that of the OpenTelemetry Collector's
/// `otelarrow` receiver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OtlpAdmission")]
pub(crate) struct Admission {
    /// Most MiB of requests in memory at once, over all protocols of the receiver; 72 unless set.
    request_limit_mib: NonZeroU32,
}

impl Default for Admission {
    fn default() -> Self {
        Self { request_limit_mib: NonZeroU32::MIN.saturating_add(71) }
    }
}

impl Admission {
    /// Returns the limit in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        u64::from(self.request_limit_mib.get()) << 20
    }
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

impl Otlp {
    /// Returns it with the protocols that are named, or both with their defaults when none is.
    fn or_both(mut self) -> Self {
        if let Protocols { grpc: None, http: None } = self.protocols {
            let (grpc, http) = (Some(Default::default()), Some(Default::default()));
            self.protocols = Protocols { grpc, http };
        }
        self
    }
}

/// A socket that a receiver listens on.
struct Listener<'r> {
    /// The path of the protocol's keys below those of the receiver.
    path: &'static str,
    endpoint: &'r Endpoint,
    tls: Option<&'r Tls>,
    auth: Option<&'r Auth>,
}

impl Listener<'_> {
    /// Says whether senders have to show who they are.
    fn knows_senders(&self) -> bool {
        self.auth.is_some() || self.tls.is_some_and(Tls::knows_senders)
    }
}

impl Receiver {
    /// Returns what there is when nothing is configured.
    pub(super) fn standard() -> (String, Self) {
        ("otlp".to_owned(), Self::Otlp(Box::new(Otlp::default().or_both())))
    }

    /// Returns where it listens.
    fn listeners(&self) -> Vec<Listener<'_>> {
        let Self::Otlp(otlp) = self else { return Vec::new() };
        let Protocols { grpc, http } = &otlp.protocols;
        let grpc = grpc.iter().map(|grpc::Config { endpoint, tls, auth, .. }| Listener {
            path: "protocols.grpc",
            endpoint,
            tls: tls.as_ref(),
            auth: auth.as_ref(),
        });
        let http = http.iter().map(|http::Config { endpoint, tls, auth, .. }| Listener {
            path: "protocols.http",
            endpoint,
            tls: tls.as_ref(),
            auth: auth.as_ref(),
        });
        grpc.chain(http).collect()
    }
}

/// Those who know tokens, by name, with a digest of their settings.
type Authenticators = BTreeMap<String, (u64, Option<Tokens>)>;

impl Loading<'_> {
    /// Reads each receiver by its kind. `self` is there without being declared where a pipeline
    /// takes from it.
    pub(super) fn receivers(
        &mut self,
        known: &Authenticators,
        pipelines: &BTreeMap<String, raw::Pipeline>,
    ) -> BTreeMap<String, Receiver> {
        let mut read = BTreeMap::new();
        let declared = self.declared("receivers");
        if declared.iter().all(|(name, _)| *name == OWN) {
            let (name, receiver) = Receiver::standard();
            self.outline_receiver(&name, &json!({}), known);
            read.insert(name, receiver);
        }
        if pipelines.values().any(|it| it.receivers.iter().any(|name| name == OWN)) {
            read.insert(OWN.to_owned(), Receiver::Own(Own::default()));
        }
        for (name, section) in declared {
            match Kind::find(KINDS, kind_of(name)) {
                Some(kind) if !kind.many && name != kind.name => {
                    self.only_one("receivers", name, kind.name);
                }
                Some(kind) => {
                    // one with mistakes may still be named by pipelines
                    let receiver = (kind.read)(self, name, &section, known);
                    read.extend(receiver.map(|it| (name.to_owned(), it)));
                }
                None => self.unknown_kind(hints::RECEIVERS, "receivers", name, &Kind::names(KINDS)),
            }
        }
        read
    }

    fn own(&mut self, section: &Section<'_>) -> Option<Receiver> {
        let own: Own = self.problems.take(section.read())?;
        if own.collection_interval.get().is_zero() {
            let path = format!("receivers.{OWN}.collection_interval");
            self.flaw(&path, "nothing is sent every 0s", "write 30s, or leave it out");
        }
        Some(Receiver::Own(own))
    }

    /// Outlines what is said of a receiver even if it has mistakes, and gives it the tokens that
    /// it may ask for.
    fn otlp(
        &mut self,
        name: &str,
        section: &Section<'_>,
        known: &Authenticators,
    ) -> Option<Receiver> {
        let read = self.problems.take(section.read::<Otlp>());
        let said = section.read_against(schemars::schema_for!(Otlp)).unwrap_or_default();
        self.outline_receiver(name, &said, known);
        let mut otlp = read?.or_both();
        let tokens =
            known.iter().filter_map(|(name, (_, tokens))| Some((name.clone(), tokens.clone()?)));
        otlp.tokens = tokens.collect();
        let receiver = Receiver::Otlp(Box::new(otlp));
        self.check_doors(name, &receiver, known);
        Some(receiver)
    }

    /// Checks certificates, and that those who should know tokens are there.
    fn check_doors(&mut self, name: &str, receiver: &Receiver, known: &Authenticators) {
        for Listener { path, endpoint, tls, auth } in receiver.listeners() {
            let path = format!("receivers.{name}.{path}");
            if let Some(Err(flaws)) = tls.map(Tls::check) {
                self.flaws(&format!("{path}.tls"), flaws);
            }
            for key in tls.map(Tls::without_effect).unwrap_or_default() {
                let message = "has no effect here: certificates are read again when they change";
                self.note(&format!("{path}.tls.{key}"), format!("`{key}` {message}"));
            }
            if let Some(Auth { authenticator }) = auth
                && !known.contains_key(authenticator)
            {
                let message = format!("there is no authenticator `{authenticator}`");
                let help =
                    "configure it under `extensions`, such as `bearertokenauth: { token_file: … }`";
                self.flaw(&format!("{path}.auth.authenticator"), message, help);
            }
            if auth.is_some() && tls.is_none() && !endpoint.is_loopback() {
                let message = "tokens come in plain text, so that whoever is on the way can read and use them: set `tls`, unless something in front of this port speaks it";
                self.note(&format!("{path}.auth"), message.to_owned());
            }
        }
    }

    /// Digests what is said of each protocol, with what it names elsewhere.
    fn outline_receiver(&mut self, name: &str, value: &serde_json::Value, known: &Authenticators) {
        let said = |protocol| value.pointer(&format!("/protocols/{protocol}"));
        let around = |said: &serde_json::Value| {
            let authenticator = said.pointer("/auth/authenticator").and_then(|it| it.as_str());
            let tokens = authenticator.and_then(|it| known.get(it)).map(|it| it.0);
            json!([said, tokens, value.pointer("/admission")])
        };
        let any_is_named = PROTOCOLS.into_iter().any(|it| said(it).is_some());
        for protocol in PROTOCOLS {
            let print = match said(protocol) {
                Some(said) => self.files.print(&around(said)),
                None if any_is_named => continue,
                None => self.files.print(&around(&serde_json::Value::Null)),
            };
            self.outline.receivers.insert(format!("{name}/{protocol}"), print);
        }
    }

    /// Where nobody has to prove who they are, only this machine may come in unless it is said
    /// aloud; and no two may listen on one address.
    pub(super) fn check_listeners(
        &mut self,
        receivers: &BTreeMap<String, Receiver>,
        dashboard: &bellwether_api::Config,
        allow_unauthenticated: bool,
    ) {
        const PROOF: &str =
            "let senders show a token (`auth`) or a certificate (`tls.client_ca_file`), ";
        let mut listeners: Vec<(String, &Endpoint, bool, &str)> = Vec::new();
        for (name, receiver) in receivers {
            listeners.extend(receiver.listeners().into_iter().map(|it| {
                let path = format!("receivers.{name}.{}.endpoint", it.path);
                (path, it.endpoint, it.knows_senders(), PROOF)
            }));
        }
        let path = "extensions.dashboard.endpoint".to_owned();
        let asks = dashboard.auth.role_without_token(&dashboard.endpoint).is_none();
        const ASK: &str = "leave `auth.without_token` out, so that everybody shows a token, ";
        listeners.push((path, &dashboard.endpoint, asks, ASK));
        if !dashboard.endpoint.is_loopback() {
            let message = "pages and tokens go over this port in plain text: put something in front of it that speaks TLS, unless everybody on the way may read them";
            self.note("extensions.dashboard.endpoint", message.to_owned());
        }
        for (at, (path, endpoint, knows_senders, proof)) in listeners.iter().enumerate() {
            if !allow_unauthenticated && !endpoint.is_loopback() && !knows_senders {
                let message =
                    format!("`{endpoint}` is open to other machines, without authentication");
                let help = format!(
                    "{proof}listen on 127.0.0.1, or say that it is meant: `service: {{ allow_unauthenticated: true }}`"
                );
                self.flaw(path, message, help);
            }
            let mut before = listeners.iter().take(at);
            if let Some((other, ..)) = before.find(|it| it.1 == *endpoint && endpoint.port() != 0) {
                let message = format!("`{endpoint}` is listened on already, by `{other}`");
                self.flaw(path, message, "give one of them another port");
            }
        }
    }
}
