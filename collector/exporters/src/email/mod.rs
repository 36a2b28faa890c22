//! E-mail: each change of an incident as a mail, in one conversation for each incident.

mod delivery;
mod mail;
mod settings;

use std::sync::Arc;

use http::Method;
use lettre::Address;
use lettre::message::Mailbox;

use crate::call::Call;
use crate::notices::{Delivery, Due, NoticePolicy, NoticeVendor, Templates};

pub use settings::{Settings, Smtp};

/// From whom, to whom, by which server, and in which words.
pub(crate) struct Post {
    /// Where the server is, for logs.
    url: String,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    to: Vec<Mailbox>,
    external_url: String,
    templates: Templates,
}

impl Post {
    fn call(&self, what: &'static str) -> Call {
        Call::new(what, Method::POST, self.url.clone())
    }

    /// Returns the part of our address behind the at sign, which names what is ours.
    fn domain(&self) -> &str {
        self.from.email.domain()
    }
}

/// Renders incidents for a mail server.
struct Email(Arc<Post>);

impl NoticeVendor for Email {
    fn policy(&self) -> NoticePolicy {
        NoticePolicy { follows_incidents: true, ..NoticePolicy::default() }
    }

    fn reaches(&self) -> Vec<String> {
        self.0.to.iter().map(|it| it.email.to_string()).collect()
    }

    fn named_only(&self) -> bool {
        self.0.to.is_empty()
    }

    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery> {
        delivery::begin(&self.0, due)
    }

    fn probe(&self) -> Option<Call> {
        Some(self.0.call("log in"))
    }
}

/// Reads an address, with or without a name before it.
pub(crate) fn mailbox(text: &str) -> Option<Mailbox> {
    let mailbox: Mailbox = text.trim().parse().ok()?;
    // the way there is not sure to take anything else
    let fits =
        |it: &Address| it.to_string().is_ascii() && !it.to_string().contains(char::is_control);
    fits(&mailbox.email).then_some(mailbox)
}
