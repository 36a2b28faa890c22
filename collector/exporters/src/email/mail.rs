//! A change of an incident as a mail: text and HTML, in the conversation of its incident.

use std::time::{Duration, UNIX_EPOCH};

use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;
use bellwether_core::time::Timestamp;
use bytes::Bytes;
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use ring::digest;

use super::Post;
use crate::notices::{Offers, Story};
use crate::text::{cut, plain_line};

/// Longer subjects are of no use to anybody.
const SUBJECT: usize = 200;
/// Servers take 10 MB and more; what is longer than this is no message.
const TEXT: usize = 100_000;

/// Writes a mail as it goes over the wire.
pub(super) fn write(
    post: &Post,
    change: Change,
    incident: &Incident,
    (to, named): (&[Mailbox], &[String]),
    offers: &Offers,
    now: Timestamp,
) -> Result<Bytes, String> {
    let story = Story::new(change, incident, &post.external_url).offering(offers);
    let headline = plain_line(&post.templates.headline(&story));
    let mut text = cut(&post.templates.text(&story), TEXT);
    // those who read text find more, too
    if !post.external_url.is_empty() && !text.contains(&post.external_url) {
        text = format!("{text}\n\n{}", post.external_url);
    }
    for (what, link) in [("Acknowledge", &offers.acknowledge), ("Silence", &offers.silence)] {
        if !link.is_empty() && !text.contains(link) {
            text = format!("{text}\n{what}: {link}");
        }
    }
    let text = lines(&text);
    let html = lines(&cut(&post.templates.html(&story), 2 * TEXT));
    let (id, domain) = (local_part(incident), post.domain());
    let whom = whom(named).map(|it| format!(".{it}")).unwrap_or_default();
    let message_id = format!("<{id}.{}{whom}@{domain}>", incident.revision);
    // no mail has this id: mails find together although the first of them is lost
    let conversation = format!("<{id}@{domain}>");
    let mut mail = Message::builder()
        .from(post.from.clone())
        .date(UNIX_EPOCH + now.since(Timestamp::default()).max(Duration::ZERO))
        .message_id(Some(message_id))
        .in_reply_to(conversation.clone())
        .references(conversation)
        .subject(cut(&format!("{headline} [{id}]"), SUBJECT))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"))
        .raw_header(header("List-Id", &format!("Incidents <bellwether.{domain}>")));
    for it in to {
        mail = mail.to(it.clone());
    }
    if let Some(reply_to) = &post.reply_to {
        mail = mail.reply_to(reply_to.clone());
    }
    let parts = MultiPart::alternative()
        .boundary(boundary(&text, &html))
        .singlepart(SinglePart::plain(text))
        .singlepart(SinglePart::html(html));
    let mail =
        mail.multipart(parts).map_err(|error| format!("the mail cannot be made: {error}"))?;
    Ok(mail.formatted().into())
}

/// Ends lines as mails end them; an end of its own kind could look like the end of the mail.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// Returns what separates the parts: the same for the same mail, and nothing that a text can hold,
/// since it would have to hold its own hash.
fn boundary(text: &str, html: &str) -> String {
    let mut both = digest::Context::new(&digest::SHA256);
    both.update(text.as_bytes());
    both.update(html.as_bytes());
    let hash = both.finish();
    let hex = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}"));
    format!("bellwether-{}", hex.collect::<String>())
}

/// Tells the mail to those whom a notice names from those to others about the same revision; absent
/// where it is for those of the settings.
fn whom(named: &[String]) -> Option<String> {
    let hash = digest::digest(&digest::SHA256, named.join("\n").as_bytes());
    let hex = hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}"));
    (!named.is_empty()).then(|| hex.collect())
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Returns an id in the letters that an address and a boundary take.
fn local_part(incident: &Incident) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let id = incident.id.as_str().chars().take(40);
    id.map(|c| if fits(c) { c } else { '-' }).collect()
}
