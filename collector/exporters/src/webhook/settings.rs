//! Settings of `webhook`.

use std::sync::Arc;

use bellwether_core::settings::{HumanDuration, Secret};
use ring::hmac;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Webhook;
use crate::exporter::Parts;
use crate::notices::{TemplateSettings, Templates};
use crate::registry;
use crate::settings::{
    Headers, Problem, RetryOnFailure, TlsSettings, base_url, headers, secret_url, secrets_of_url,
    ten_seconds, timing, unless,
};
use crate::wire::{Protocol, Wire};

/// Settings of `webhook`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "webhook")]
pub struct Settings {
    /// Where notices are posted. Kept secret, since it may hold a token.
    pub url: Secret,
    /// The key of the HMAC-SHA256 in the header `X-Signature`. Without one requests are not
    /// signed.
    pub signing_key: Option<Secret>,
    /// Headers to send with every request. Their values are kept secret.
    #[serde(default)]
    pub headers: Headers,
    /// What bodies look like.
    #[serde(default)]
    pub format: Format,
    /// Where people find more: the address of this collector's page as they reach it.
    pub external_url: Option<String>,
    /// Other words than the usual ones, for the annotations `summary` and `description`.
    #[serde(default)]
    pub templates: TemplateSettings,
    /// How long one call may take.
    #[serde(default = "ten_seconds")]
    pub timeout: HumanDuration,
    /// How a request that failed is tried again.
    #[serde(default)]
    pub retry_on_failure: RetryOnFailure,
    /// Whom we trust and who we are, where the URL says `https`.
    #[serde(default)]
    pub tls: TlsSettings,
}

/// What bodies look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "webhook_format")]
pub enum Format {
    /// As Alertmanager posts them, version 4.
    #[default]
    Alertmanager,
    /// The same as the data of a CloudEvent 1.0 in JSON.
    Cloudevents,
}

impl registry::Settings for Settings {
    fn build(self) -> Result<Parts, Vec<Problem>> {
        let mut problems = Vec::new();
        let url = secret_url("url", &self.url, &mut problems);
        let external_url = self.external_url.as_deref();
        let external_url =
            external_url.map(|it| base_url("external_url", it, &mut problems)).unwrap_or_default();
        let key = |it: &Secret| hmac::Key::new(hmac::HMAC_SHA256, it.expose().trim().as_bytes());
        let webhook = Webhook {
            url,
            headers: headers(&self.headers, &mut problems),
            format: self.format,
            signing_key: self.signing_key.as_ref().map(key),
            external_url,
            templates: Templates::new(&self.templates, &mut problems),
        };
        Templates::without_html(&self.templates, &mut problems);
        let mut notes = self.tls.notes();
        if self.signing_key.is_none() {
            let message = "is not set: whoever gets notices cannot tell that they come from here";
            notes.push(Problem::new("signing_key", message));
        }
        let tls = self.tls.check(&mut problems);
        let secrets = secrets_of_url(&self.url).into_iter().chain(self.signing_key);
        let parts = Parts {
            timing: timing(self.timeout, &self.retry_on_failure, &mut problems),
            wire: Wire { protocol: Protocol::Http, tls, relay: None },
            secrets: secrets.chain(self.headers.into_values()).collect(),
            notices: Some(Arc::new(webhook)),
            notes,
            ..Parts::default()
        };
        unless(problems, parts)
    }
}
