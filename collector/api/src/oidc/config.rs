use bellwether_core::access::Role;
use bellwether_core::settings::{FilePath, HumanDuration, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Clocks that differ by more are to be set, not to be borne with.
const MOST_SKEW: u64 = 600;

/// Whoever is signed in for longer than this has forgotten it.
const LONGEST_SESSION: u64 = 30 * 86_400;

/// What is wrong with a setting: the key, what it is, and what to do.
type Flaw = (&'static str, &'static str, &'static str);

/// Sign-in by an OpenID Connect provider: `extensions.dashboard.auth.oidc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DashboardOidc")]
pub struct OidcSettings {
    /// The provider's issuer, letter by letter, such as `https://login.example/realms/ops`. What it
    /// offers is read from `/.well-known/openid-configuration` below.
    pub issuer: String,
    /// What the provider calls this collector.
    pub client_id: String,
    /// What proves to the provider that this is the collector. Without one it is a public client,
    /// which PKCE alone protects.
    #[serde(default, skip_serializing)]
    pub client_secret: Option<Secret>,
    /// Where browsers find this dashboard, such as `https://bellwether.example`. The provider has to
    /// know `/login/oidc/callback` below it as a redirect URI.
    pub url: String,
    /// What the button calls the provider; the issuer's host unless set.
    #[serde(default)]
    pub name: Option<String>,
    /// What is asked for beside `openid`: `profile` and `email` unless set.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<String>,
    /// The claim that people are named by, in the audit too. Unless set the first that there is of
    /// `preferred_username`, `email` and `sub`.
    #[serde(default)]
    pub name_claim: Option<String>,
    /// The claim that roles follow from: a text or a list of texts. Where there is no such claim,
    /// dots lead into objects: `realm_access.roles`.
    #[serde(default = "groups")]
    pub role_claim: String,
    /// Which of its values have which role. Who has several has the highest, who has none does not
    /// come in.
    pub roles: RoleValues,
    /// For how long a sign-in holds, at most 30 days; 12h unless set. Changed roles count from the
    /// next one.
    #[serde(default = "twelve_hours")]
    pub session_for: HumanDuration,
    /// How far the provider's clock may differ, at most 10m; 1m unless set.
    #[serde(default = "one_minute")]
    pub clock_skew: HumanDuration,
    /// Those who may vouch for the provider's certificate, in PEM; those of the system unless set.
    #[serde(default)]
    pub ca_file: Option<FilePath>,
}

/// Which values of a claim have which role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "DashboardOidcRoles")]
pub struct RoleValues {
    /// Everything.
    pub admin: Vec<String>,
    /// Look and act on incidents.
    pub operator: Vec<String>,
    /// Look.
    pub viewer: Vec<String>,
}

fn usual_scopes() -> Vec<String> {
    ["profile", "email"].map(str::to_owned).into()
}

fn groups() -> String {
    "groups".to_owned()
}

const fn twelve_hours() -> HumanDuration {
    HumanDuration::from_secs(12 * 3_600)
}

const fn one_minute() -> HumanDuration {
    HumanDuration::from_secs(60)
}

impl RoleValues {
    /// Returns the highest role that one of these values has.
    pub(super) fn highest<'v>(&self, values: impl IntoIterator<Item = &'v str>) -> Option<Role> {
        let of = |value: &str| {
            let holds = |of: &[String]| of.iter().any(|it| it == value);
            let roles = [
                (Role::Admin, &self.admin),
                (Role::Operator, &self.operator),
                (Role::Viewer, &self.viewer),
            ];
            roles.into_iter().find(|(_, values)| holds(values)).map(|(role, _)| role)
        };
        values.into_iter().filter_map(of).max()
    }

    fn is_empty(&self) -> bool {
        [&self.admin, &self.operator, &self.viewer].iter().all(|it| it.is_empty())
    }
}

impl OidcSettings {
    /// Returns what is wrong with them.
    pub fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        for (key, url) in [("issuer", &self.issuer), ("url", &self.url)] {
            if !is_safe(url) {
                let message = "is not an address that browsers can be sent to in safety";
                let help = "write `https://host/path`, without a query; `http://` on loopback only";
                flaws.push((key, message, help));
            }
        }
        for (key, text) in [("client_id", &self.client_id), ("role_claim", &self.role_claim)] {
            if text.trim().is_empty() {
                flaws.push((key, "is empty", "write what the provider calls it"));
            }
        }
        if self.roles.is_empty() {
            let help = "write which values of `role_claim` have which role, such as \
                        `roles: { operator: [sre], viewer: [staff] }`";
            flaws.push(("roles", "lets nobody in", help));
        }
        let session = self.session_for.get().as_secs();
        if session == 0 || session > LONGEST_SESSION {
            let help = "write how long somebody stays signed in, such as `12h`";
            flaws.push(("session_for", "is not between a second and 30 days", help));
        }
        if self.clock_skew.get().as_secs() > MOST_SKEW {
            let help = "set the clocks, by NTP for example, and leave this out";
            flaws.push(("clock_skew", "is longer than 10 minutes", help));
        }
        flaws
    }

    /// Returns where browsers find something of this dashboard.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }

    /// Says whether browsers come over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.url.starts_with("https://")
    }

    /// Returns what the button calls the provider.
    pub(super) fn name(&self) -> &str {
        let host = self.issuer.split("://").nth(1).and_then(|it| it.split('/').next());
        self.name.as_deref().or(host).unwrap_or(&self.issuer)
    }
}

/// Says whether what is sent to an address can be read by nobody on the way.
pub(super) fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<axum::http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let local = match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    };
    let scheme = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => local,
        _ => false,
    };
    let plain = uri.authority().is_some_and(|it| !it.as_str().contains('@'));
    scheme && !host.is_empty() && plain && !url.contains(['?', '#'])
}
