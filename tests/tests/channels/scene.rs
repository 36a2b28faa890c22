//! Every channel that people are told through, as a stand-in.

use bellwether_tests::standins::Standin;
use bellwether_tests::standins::pagerduty::{AlertStatus, Pagerduty, PagerdutyConfig};
use bellwether_tests::standins::slack::{Slack, SlackConfig};
use bellwether_tests::standins::webhook::{Webhook, WebhookConfig};

use crate::LIMIT;

/// Every channel, as a stand-in.
pub(crate) struct Channels {
    pub(crate) pagerduty: Standin<Pagerduty>,
    pub(crate) slack: Standin<Slack>,
    pub(crate) webhook: Standin<Webhook>,
    pub(crate) events: Standin<Webhook>,
}

impl Channels {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Ok(Self {
            pagerduty: Pagerduty::start(PagerdutyConfig::default()).await?,
            slack: Slack::start(SlackConfig::default()).await?,
            webhook: Webhook::start(WebhookConfig::default()).await?,
            events: Webhook::start(WebhookConfig::default()).await?,
        })
    }

    /// Returns them as `exporters:`, in YAML.
    pub(crate) fn exporters(&self) -> String {
        let retry =
            "timeout: 1s, retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }";
        let key = &PagerdutyConfig::default().routing_keys[0];
        let WebhookConfig { path, signing_key } = WebhookConfig::default();
        let SlackConfig { bot_token, channel: (_, channel), webhook_path, .. } =
            SlackConfig::default();
        let (pagerduty, slack) = (self.pagerduty.base_url(), self.slack.base_url());
        let (webhook, events) = (self.webhook.base_url(), self.events.base_url());
        format!(
            "{{ pagerduty: {{ routing_key: {key}, endpoint: \"{pagerduty}\", {retry} }}, \
             slack/room: {{ webhook_url: \"{slack}{webhook_path}\", {retry} }}, \
             slack/bot: {{ bot_token: {bot_token}, channel: {channel}, endpoint: \"{slack}\", {retry} }}, \
             webhook: {{ url: \"{webhook}{path}\", signing_key: {signing_key}, {retry} }}, \
             webhook/events: {{ url: \"{events}{path}\", signing_key: {signing_key}, format: cloudevents, {retry} }} }}"
        )
    }

    /// Waits until each has heard of the incident.
    pub(crate) async fn know_of_it(&self) -> anyhow::Result<()> {
        self.pagerduty.until("a page", LIMIT, |it| (!it.alerts().is_empty()).then_some(())).await?;
        // the bot and the webhook
        self.slack.until("both", LIMIT, |it| (it.messages().len() >= 2).then_some(())).await?;
        for webhook in [&self.webhook, &self.events] {
            webhook.until("a notice", LIMIT, |it| (!it.taken().is_empty()).then_some(())).await?;
        }
        Ok(())
    }

    /// Waits until each has heard that it is over.
    pub(crate) async fn know_that_it_is_over(&self) -> anyhow::Result<()> {
        let resolved = |it: &Standin<Pagerduty>| {
            it.alerts().iter().all(|alert| alert.status == AlertStatus::Resolved).then_some(())
        };
        self.pagerduty.until("the resolve", LIMIT, resolved).await?;
        self.slack
            .until("the end in the channel", LIMIT, |it| {
                let over = |by_webhook| {
                    it.messages().iter().any(|message| {
                        message.by_webhook == by_webhook
                            && message.thread_ts.is_none()
                            && message.text.starts_with("Resolved: ")
                    })
                };
                (over(true) && over(false)).then_some(())
            })
            .await?;
        for webhook in [&self.webhook, &self.events] {
            let over = |it: &Standin<Webhook>| {
                it.taken().last().is_some_and(|it| it.status == "resolved").then_some(())
            };
            webhook.until("the resolve", LIMIT, over).await?;
        }
        Ok(())
    }

    /// Holds that there was one incident, told in order, at those who know updates by a key.
    pub(crate) fn told_once(&self) {
        let alerts = self.pagerduty.alerts();
        assert_eq!(alerts.len(), 1, "one page: {alerts:?}");
        assert_eq!(
            (alerts[0].severity.as_str(), alerts[0].payload["component"].as_str()),
            ("critical", Some("admin"))
        );
        for webhook in [&self.webhook, &self.events] {
            let taken = webhook.taken();
            assert!(taken.iter().all(|it| it.group_key == taken[0].group_key));
            let revisions: Vec<u64> =
                taken.iter().filter_map(|it| it.key.rsplit('/').next()?.parse().ok()).collect();
            assert!(revisions.is_sorted_by(|a, b| a < b), "in order: {revisions:?}");
            let ends = taken.iter().filter(|it| it.status == "resolved").count();
            assert_eq!((ends, taken[0].status.as_str()), (1, "firing"));
        }
    }
}
