//! What a provider says that it offers.

use serde::Deserialize;

use super::config::{OidcSettings, is_safe};
use super::jws::short;

/// Where providers say it, below their issuer.
const PLACE: &str = ".well-known/openid-configuration";

/// What a provider offers.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Discovery {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) userinfo_endpoint: Option<String>,
    pub(super) end_session_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether it says on the way back who it is (RFC 9207).
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub(super) names_itself: bool,
}

/// Returns where a provider says what it offers.
pub(super) fn place(settings: &OidcSettings) -> String {
    format!("{}/{PLACE}", settings.issuer.trim_end_matches('/'))
}

impl Discovery {
    /// Reads what a provider says.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn read(bytes: &[u8], settings: &OidcSettings) -> Result<Self, String> {
        let read: Self = serde_json::from_slice(bytes)
            .map_err(|error| format!("what it says that it offers cannot be read: {error}"))?;
        if read.issuer != settings.issuer {
            let said = short(&read.issuer);
            return Err(format!("it says that its issuer is `{said}`: write it so in `issuer`"));
        }
        let optional = [&read.userinfo_endpoint, &read.end_session_endpoint];
        let needed = [&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri];
        for url in needed.into_iter().chain(optional.into_iter().flatten()) {
            // a query is no harm here
            let bare = url.split('?').next().unwrap_or_default();
            if !is_safe(bare) {
                return Err(format!("it offers `{}`, which is not https", short(url)));
            }
        }
        Ok(read)
    }

    /// Says whether the client's secret goes into the form, since the provider takes it nowhere else.
    pub(super) fn takes_secret_in_form(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref();
        methods.is_some_and(|all| {
            let takes = |name: &str| all.iter().any(|it| it == name);
            takes("client_secret_post") && !takes("client_secret_basic")
        })
    }
}
