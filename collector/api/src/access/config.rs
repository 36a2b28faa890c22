use bellwether_core::access::Role;
use bellwether_core::settings::Endpoint;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::oidc::OidcSettings;

/// Who may ask the API what: `extensions.dashboard.auth`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "DashboardAuth")]
pub struct Auth {
    /// What those may do who show no token. Unless set: admin where the endpoint is on loopback and
    /// nobody signs in by OpenID Connect, nobody otherwise.
    pub without_token: Option<WithoutToken>,
    /// Origins whose pages may act, such as `https://bellwether.example`, beside the address that
    /// a page was loaded from. For a proxy that changes the Host header.
    pub allowed_origins: Vec<String>,
    /// Sign-in by an OpenID Connect provider.
    pub oidc: Option<OidcSettings>,
}

/// What those may do who show no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WithoutToken {
    /// Nothing.
    Nobody,
    /// Look.
    Viewer,
    /// Look and act on incidents.
    Operator,
    /// Everything.
    Admin,
}

impl WithoutToken {
    const fn role(self) -> Option<Role> {
        match self {
            Self::Nobody => None,
            Self::Viewer => Some(Role::Viewer),
            Self::Operator => Some(Role::Operator),
            Self::Admin => Some(Role::Admin),
        }
    }
}

impl Auth {
    /// Returns what those may do who show no token and ask an API that listens there.
    pub fn role_without_token(&self, endpoint: &Endpoint) -> Option<Role> {
        match self.without_token {
            Some(written) => written.role(),
            None => (endpoint.is_loopback() && self.oidc.is_none()).then_some(Role::Admin),
        }
    }
}
