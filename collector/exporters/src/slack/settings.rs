//! Settings of `slack`.

use std::sync::Arc;

use bellwether_core::settings::{HumanDuration, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::blocks::Style;
use super::bot::Bot;
use super::webhook::Webhook;
use crate::exporter::Parts;
use crate::notices::{NoticeVendor, TemplateSettings, Templates};
use crate::registry;
use crate::settings::{
    Problem, RetryOnFailure, base_url, secret_header, secret_url, secrets_of_url, ten_seconds,
    timing, unless,
};

/// Settings of `slack`: either a webhook or a bot.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "slack")]
pub struct Settings {
    /// The URL of an incoming webhook. Kept secret: whoever has it can post.
    pub webhook_url: Option<Secret>,
    /// The token of a bot that may `chat:write`, `xoxb-...`. With `channels:history` (or
    /// `groups:history`) it also finds what it posted when the answer was lost.
    pub bot_token: Option<Secret>,
    /// The id of the channel that the bot posts in, such as `C0123456789`.
    pub channel: Option<String>,
    /// Another address than `https://slack.com`, for a proxy or a test; `/api/chat.postMessage` is
    /// added.
    pub endpoint: Option<String>,
    /// Where people find more: the address of this collector's page as they reach it.
    pub external_url: Option<String>,
    /// Other words than the usual ones.
    #[serde(default)]
    pub templates: TemplateSettings,
    /// How long one call may take.
    #[serde(default = "ten_seconds")]
    pub timeout: HumanDuration,
    /// How a request that failed is tried again.
    #[serde(default)]
    pub retry_on_failure: RetryOnFailure,
}

impl Settings {
    fn vendor(&self, problems: &mut Vec<Problem>) -> Option<Arc<dyn NoticeVendor>> {
        let external_url = self.external_url.as_deref();
        let external_url =
            external_url.map(|it| base_url("external_url", it, problems)).unwrap_or_default();
        Templates::without_html(&self.templates, problems);
        let templates = Templates::new(&self.templates, problems);
        let style = Style { templates, external_url };
        match (&self.webhook_url, &self.bot_token) {
            (Some(url), None) => {
                if self.channel.is_some() {
                    let message =
                        "is for a bot; a webhook posts in the channel that it was made for";
                    problems.push(Problem::new("channel", message));
                }
                let url = secret_url("webhook_url", url, problems);
                Some(Arc::new(Webhook { url, style }))
            }
            (None, Some(token)) => {
                let channel = self.channel.clone().unwrap_or_default();
                if channel.is_empty() {
                    let message = "is needed for a bot: the id of a channel, such as `C0123456789`";
                    problems.push(Problem::new("channel", message));
                }
                let endpoint = self.endpoint.as_deref().unwrap_or("https://slack.com");
                let api = base_url("endpoint", endpoint, problems);
                let token = secret_header("bot_token", "Bearer ", token, problems);
                Some(Arc::new(Bot { api, token, channel, style: Arc::new(style) }))
            }
            _ => {
                let message = "write either `webhook_url`, or `bot_token` and `channel`";
                problems.push(Problem::new("webhook_url", message));
                None
            }
        }
    }
}

impl registry::Settings for Settings {
    fn build(self) -> Result<Parts, Vec<Problem>> {
        let mut problems = Vec::new();
        let url = self.webhook_url.iter().flat_map(secrets_of_url);
        let secrets = url.chain(self.bot_token.clone()).collect();
        let parts = Parts {
            timing: timing(self.timeout, &self.retry_on_failure, &mut problems),
            notices: self.vendor(&mut problems),
            secrets,
            ..Parts::default()
        };
        unless(problems, parts)
    }
}
