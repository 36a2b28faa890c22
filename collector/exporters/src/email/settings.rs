//! Settings of `email`.

use std::net::IpAddr;
use std::sync::Arc;

use bellwether_core::settings::{HumanDuration, Secret};
use lettre::message::Mailbox;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Email, Post, mailbox};
use crate::exporter::Parts;
use crate::notices::{TemplateSettings, Templates};
use crate::registry;
use crate::settings::{
    Problem, RetryOnFailure, TlsSettings, base_url, thirty_seconds, timing, unless,
};
use crate::wire::{Encryption, Protocol, Relay, Wire};

/// Settings of `email`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "email")]
pub struct Settings {
    /// The server that takes the mails.
    pub smtp: Smtp,
    /// From whom mails come, such as `alerts@example.com` or `Alerts <alerts@example.com>`.
    pub from: String,
    /// Who gets them. Everybody sees who else does. May be empty where notices name who is to be
    /// told, as those to an `owner` do.
    #[serde(default)]
    pub to: Vec<String>,
    /// Who gets answers, unless whom they come from does.
    pub reply_to: Option<String>,
    /// Where people find more: the address of this collector's page as they reach it.
    pub external_url: Option<String>,
    /// Other words than the usual ones.
    #[serde(default)]
    pub templates: TemplateSettings,
    /// TLS to the server: whom we trust, and who we are.
    #[serde(default)]
    pub tls: TlsSettings,
    /// How long one mail may take. Long, since one that is given up may still arrive.
    #[serde(default = "thirty_seconds")]
    pub timeout: HumanDuration,
    /// How a mail that failed is tried again.
    #[serde(default)]
    pub retry_on_failure: RetryOnFailure,
}

/// A server that takes mails for others.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "email_smtp")]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port: 587 unless set, 465 with `encryption: implicit`, 25 with `encryption: none`.
    pub port: Option<u16>,
    /// How the way there is kept secret.
    #[serde(default)]
    pub encryption: Encryption,
    /// The user, where the server asks for one.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// What we call ourselves; the domain of `from` unless set.
    pub hello: Option<String>,
}

impl Smtp {
    fn relay(&self, domain: &str, problems: &mut Vec<Problem>) -> Relay {
        let mut wrong = |key: &str, message: &str| {
            problems.push(Problem::new(format!("smtp.{key}"), message));
        };
        let name = |it: &str| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
            (!it.is_empty() && it.bytes().all(fits)) || it.parse::<IpAddr>().is_ok()
        };
        if !name(&self.host) {
            wrong(
                "host",
                "must be the name of a server, such as `smtp.example.com`, without a port",
            );
        }
        let hello = self.hello.as_deref().unwrap_or(domain);
        if !name(hello) && self.hello.is_some() {
            wrong("hello", "must be the name of a host, such as `alerts.example.com`");
        }
        if self.encryption == Encryption::Starttls && self.port == Some(465) {
            wrong("port", "465 speaks TLS from the first byte on: add `encryption: implicit`");
        }
        let is_local = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if self.encryption == Encryption::None && self.password.is_some() && !is_local {
            wrong("password", "would be sent in the clear: leave `encryption` at `starttls`");
        }
        let login = match (&self.username, &self.password) {
            (Some(user), Some(password)) => Some((user.clone(), password.clone())),
            (None, None) => None,
            (Some(_), None) => {
                wrong("username", "needs a password: write `password`, or `password_file`");
                None
            }
            (None, Some(_)) => {
                wrong("password", "needs a user: write `username`");
                None
            }
        };
        let usual = match self.encryption {
            Encryption::Starttls => 587,
            Encryption::Implicit => 465,
            Encryption::None => 25,
        };
        Relay {
            host: self.host.clone(),
            port: self.port.unwrap_or(usual),
            encryption: self.encryption,
            hello: hello.to_owned(),
            login,
        }
    }

    fn notes(&self) -> Vec<Problem> {
        let message = "lets everybody on the way read along, and change what mails say";
        let clear = self.encryption == Encryption::None;
        clear.then(|| Problem::new("smtp.encryption", message)).into_iter().collect()
    }
}

impl registry::Settings for Settings {
    fn build(self) -> Result<Parts, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut address = |path: String, text: &str| {
            let mailbox = mailbox(text);
            if mailbox.is_none() {
                let message = "is no address: write `ada@example.com` or `Ada <ada@example.com>`";
                problems.push(Problem::new(path, message));
            }
            mailbox
        };
        let from = address("from".to_owned(), &self.from);
        let to = self.to.iter().enumerate();
        let to: Vec<Mailbox> = to.filter_map(|(n, it)| address(format!("to[{n}]"), it)).collect();
        let reply_to = self.reply_to.as_deref().map(|it| address("reply_to".to_owned(), it));
        let external_url = self.external_url.as_deref();
        let external_url =
            external_url.map(|it| base_url("external_url", it, &mut problems)).unwrap_or_default();
        let domain = from.as_ref().map_or("", |it| it.email.domain());
        let relay = self.smtp.relay(domain, &mut problems);
        let mut refuse = |key: &str, message: &str| {
            problems.push(Problem::new(format!("tls.{key}"), message));
        };
        if self.tls.insecure {
            refuse("insecure", "is not for mails: write `smtp: { encryption: none }`");
        }
        if self.tls.max_version.is_some() {
            refuse("max_version", "is not for mails: leave it out");
        }
        let mut notes = self.tls.notes();
        notes.extend(self.smtp.notes());
        let wire = Wire {
            protocol: Protocol::Http,
            tls: self.tls.check(&mut problems),
            relay: Some(relay.clone()),
        };
        let templates = Templates::new(&self.templates, &mut problems);
        let timing = timing(self.timeout, &self.retry_on_failure, &mut problems);
        let Some(from) = from else { return Err(problems) };
        let url = format!("smtp://{}:{}", relay.host, relay.port);
        let reply_to = reply_to.flatten();
        let post = Post { url, from, reply_to, to, external_url, templates };
        let parts = Parts {
            timing,
            wire,
            secrets: self.smtp.password.into_iter().collect(),
            notices: Some(Arc::new(Email(Arc::new(post)))),
            notes,
            ..Parts::default()
        };
        unless(problems, parts)
    }
}
