//! The way to the identity provider by which people sign in.

use std::sync::Arc;

use anyhow::Context;
use bellwether_api::{OidcSettings, Provider, ProviderAnswer, ProviderCall};
use bellwether_core::BoxFuture;
use bellwether_core::settings::Secret;
use bellwether_exporters::call::Call;
use bellwether_exporters::transport::{Network, Transport};
use bellwether_exporters::wire::{Pem, Tls, Wire};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Method};

/// Asks over the client that destinations are reached by, with its proxies.
struct Way(Arc<dyn Transport>);

/// Opens the way to a provider; connects to nothing yet.
///
/// # Errors
/// Says which certificate cannot be used, and why.
pub(super) fn open(
    network: &dyn Network,
    settings: &OidcSettings,
) -> anyhow::Result<Arc<dyn Provider>> {
    let authorities = settings.ca_file.clone().map(Pem::File);
    let wire = Wire { tls: Tls { authorities, ..Tls::default() }, ..Wire::default() };
    let transport = network.open(&wire).context("extensions.dashboard.auth.oidc")?;
    Ok(Arc::new(Way(transport)))
}

impl Provider for Way {
    fn ask(&self, call: ProviderCall) -> BoxFuture<'_, Result<ProviderAnswer, String>> {
        Box::pin(async move {
            let answer = self.0.send(written(call)?).await.map_err(|error| error.to_string())?;
            Ok(ProviderAnswer { status: answer.status, body: answer.body.to_vec() })
        })
    }
}

fn written(call: ProviderCall) -> Result<Call, String> {
    let ProviderCall { url, authorization, form } = call;
    let bytes = |form: Secret| Bytes::from(form.expose().to_owned());
    let mut call = match form {
        Some(form) => Call::new("sign-in", Method::POST, url)
            .body("application/x-www-form-urlencoded", bytes(form)),
        None => Call::new("sign-in", Method::GET, url),
    };
    call = call.header(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(value) = authorization {
        let mut value = HeaderValue::from_str(value.expose())
            .map_err(|_| "its token holds a character that no header takes".to_owned())?;
        value.set_sensitive(true);
        call = call.header(AUTHORIZATION, value);
    }
    Ok(call)
}
