//! Probes as they are written: `receivers.probes`.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::catalog::{Catalog, Flaw};
use bellwether_core::ids::{ComponentId, CustomerId};
use bellwether_core::journey::Expect;
use bellwether_core::settings::{FilePath, HumanDuration, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

/// What is asked from outside, by name.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Probes(pub BTreeMap<String, Settings>);

/// One probe: exactly one of `http`, `tcp` and `tls`, how often, and what it speaks for.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Probe")]
pub struct Settings {
    /// A request of HTTP and what has to come back.
    pub http: Option<Http>,
    /// A port that has to take connections.
    pub tcp: Option<Tcp>,
    /// A certificate that has to be valid, and stay so for a while.
    pub tls: Option<Tls>,
    /// The component that fails when the probe does.
    pub component: ComponentId,
    /// The customer whose failure it is; everybody's unless set.
    pub customer: Option<CustomerId>,
    /// Which question of health it answers: basic for `tcp` and `tls`, endpoint for `http`,
    /// business for one customer's unless set.
    pub level: Option<Level>,
    /// How often; 30s unless set. Up to a tenth is taken off at random.
    #[serde(default = "half_a_minute")]
    pub every: HumanDuration,
    /// How long one try may take; 10s unless set, and at most what leaves time for a second one.
    #[serde(default = "ten_seconds")]
    pub timeout: HumanDuration,
}

/// A request of HTTP and what has to come back.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HttpProbe")]
pub struct Http {
    /// The whole address, such as `https://api.example/login`.
    pub url: String,
    /// The method; GET unless set.
    #[serde(default = "get")]
    pub method: String,
    /// Headers by name.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// A text to send.
    pub body: Option<Secret>,
    /// What has to come back; any status from 200 to 299 unless set.
    #[serde(default)]
    pub expect: Expect,
    /// How many redirects are followed; none unless set: a redirect is an answer like any other.
    #[serde(default)]
    #[schemars(range(max = 20))]
    pub follow_redirects: u8,
    /// How long the certificate of an `https` address still has to be valid; not looked at unless
    /// set, beyond being valid now.
    pub valid_for: Option<HumanDuration>,
    /// A file with the certificates (PEM) of those who may vouch for the server, beside Mozilla's
    /// list.
    pub ca_file: Option<FilePath>,
}

/// A port that has to take connections.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TcpProbe")]
pub struct Tcp {
    /// `host:port`.
    pub address: String,
}

/// A certificate that has to be valid, and stay so for a while.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TlsProbe")]
pub struct Tls {
    /// `host:port`.
    pub address: String,
    /// The name that the certificate has to be for; the host of `address` unless set.
    pub server_name: Option<String>,
    /// How long it still has to be valid; 14d unless set.
    #[serde(default = "two_weeks")]
    pub valid_for: HumanDuration,
    /// A file with the certificates (PEM) of those who may vouch for the server, beside Mozilla's
    /// list.
    pub ca_file: Option<FilePath>,
}

/// Which question of health a probe answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Is it up, are its dependencies connected?
    Basic,
    /// Do the critical endpoints answer correctly?
    Endpoint,
    /// Can this customer do what they pay for?
    Business,
    /// Do the identity provider, third parties and CORS work?
    Integration,
}

impl Level {
    pub(crate) const fn number(self) -> i64 {
        self as i64 + 1
    }
}

impl Probes {
    /// Checks everything that can be known before anybody is asked. The paths of the flaws begin
    /// with the probe's name.
    pub fn flaws(&self, catalog: &Catalog) -> Vec<Flaw> {
        let all = self.0.iter().flat_map(|(name, it)| it.flaws(name, catalog));
        all.collect()
    }
}

impl Settings {
    fn flaws(&self, name: &str, catalog: &Catalog) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        let mut flaw = |at: &str, message: &str, help: &str| {
            let path = if at.is_empty() { name.to_owned() } else { format!("{name}.{at}") };
            flaws.push(Flaw::new(path, message, Some(help.to_owned())));
        };
        let asks = [self.http.is_some(), self.tcp.is_some(), self.tls.is_some()];
        if asks.into_iter().filter(|it| *it).count() != 1 {
            flaw("", "a probe asks one thing", "write exactly one of `http`, `tcp` and `tls`");
        }
        if self.every.get() == Duration::ZERO {
            flaw("every", "nothing is asked every 0s", "write 30s, or leave it out");
        }
        if self.timeout.get() == Duration::ZERO {
            flaw("timeout", "nothing answers in 0s", "write 10s, or leave it out");
        }
        if let Some(http) = &self.http {
            http.flaws(&mut flaw);
        }
        let addresses = [
            self.tcp.as_ref().map(|it| ("tcp.address", &it.address)),
            self.tls.as_ref().map(|it| ("tls.address", &it.address)),
        ];
        for (at, address) in addresses.into_iter().flatten() {
            if !is_address(address) {
                let help = "write host:port, such as db.internal:5432 or [::1]:5432";
                flaw(at, "this is not a host and a port", help);
            }
        }
        if catalog.component(&self.component).is_none() {
            let known: Vec<&str> = catalog.components().map(|it| it.id.as_str()).collect();
            let help = match known.as_slice() {
                [] => "declare it in the catalog that `processors.health.catalog` names".to_owned(),
                known => format!("it has: {}", known.join(", ")),
            };
            let message = format!("the catalog has no component `{}`", self.component);
            flaw("component", &message, &help);
        }
        if let Some(customer) = &self.customer
            && !catalog.customers().any(|(id, _)| id == customer)
        {
            let message = format!("the catalog has no customer `{customer}`");
            flaw("customer", &message, "declare it in the catalog, or leave it out");
        }
        flaws
    }
}

impl Http {
    fn flaws(&self, flaw: &mut impl FnMut(&str, &str, &str)) {
        let url = self.url.trim();
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if !rest.is_some_and(|it| !it.is_empty() && !it.starts_with('/')) {
            let help = "write it whole, such as `https://api.example/login`";
            flaw("http.url", "this is no address of HTTP", help);
        }
        if url.contains("{{") {
            let help = "what comes in from elsewhere is for a journey of the catalog";
            flaw("http.url", "a probe has no values to put in", help);
        }
        let is_method = |it: &str| !it.is_empty() && it.chars().all(|c| c.is_ascii_alphabetic());
        if !is_method(&self.method) {
            flaw("http.method", "this is no method of HTTP", "write GET, POST or another method");
        }
        let codes = self.expect.status.iter().flat_map(|it| it.codes());
        if codes.into_iter().any(|it| !(100..600).contains(it)) {
            let help = "write numbers from 100 to 599";
            flaw("http.expect.status", "this is no status code of HTTP", help);
        }
        if self.valid_for.is_some() && url.starts_with("http://") {
            let help = "ask by https, or leave it out";
            flaw("http.valid_for", "without TLS there is no certificate", help);
        }
    }
}

fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let is_host = match bare {
        Some(inside) => !inside.is_empty(),
        None => !host.is_empty() && !host.contains([':', '/', '@']),
    };
    is_host && port.parse::<u16>().is_ok_and(|it| it > 0)
}

const fn half_a_minute() -> HumanDuration {
    HumanDuration::from_secs(30)
}

const fn ten_seconds() -> HumanDuration {
    HumanDuration::from_secs(10)
}

const fn two_weeks() -> HumanDuration {
    HumanDuration::from_secs(14 * 86_400)
}

fn get() -> String {
    "GET".to_owned()
}
