//! One notice on its way to several people, of whom each gets it once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::incident::Incident;
use bellwether_core::notice::{Body, Change};
use bellwether_core::store::Receipts;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

use super::{Post, mail, mailbox};
use crate::call::{Answer, Call, Envelope};
use crate::notices::{Delivery, Due, Settled, Step};
use crate::smtp::{Refused, Said, Stage};

/// After how long somebody whom the server puts off again and again is given up, so that those
/// who are told do not wait for the next news.
const PUT_OFF: Duration = Duration::from_secs(600);

/// Who has got what about an incident: the newest revision, by address.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Told {
    #[serde(default)]
    told: BTreeMap<String, u64>,
}

/// A mail on its way.
struct Mailing {
    call: Call,
    subject: String,
    revision: u64,
    to: Vec<Mailbox>,
    told: Told,
    /// Whom the notice names and no mail can reach.
    unreachable: Vec<String>,
    /// Whether those who are put off are given up.
    enough: bool,
}

/// Begins to tell those who have not been told.
pub(super) fn begin(post: &Arc<Post>, due: Due<'_>) -> Box<dyn Delivery> {
    let skip = |why| Box::new(Settled::skip(why, Receipts::new()));
    let Body::Incident { change, incident, recipients } = &due.owed.notice.body else {
        return skip("only incidents are told");
    };
    let subject = &due.owed.notice.subject;
    let told = due.receipts.get(subject).map(Told::deserialize);
    let told = told.and_then(Result::ok).unwrap_or_default();
    let (mut to, mut unreachable) = (post.to.clone(), Vec::new());
    if !recipients.is_empty() {
        to.clear();
        for text in recipients {
            match mailbox(text) {
                Some(mailbox) => to.push(mailbox),
                None => unreachable.push(text.clone()),
            }
        }
    }
    let news = |it: &Mailbox| told.told.get(&key(it)) < Some(&incident.revision);
    to.retain(news);
    if to.is_empty() && unreachable.is_empty() {
        let nobody = post.to.is_empty() && recipients.is_empty();
        return skip(if nobody { "nobody to tell" } else { "already told" });
    }
    let subject = subject.clone();
    match call(post, *change, incident, (&to, recipients), due) {
        Ok(call) => Box::new(Mailing {
            call,
            subject,
            revision: incident.revision,
            to,
            told,
            unreachable,
            enough: due.now.since(due.owed.notice.at) >= PUT_OFF,
        }),
        Err(why) => Box::new(Settled::reject(why)),
    }
}

fn call(
    post: &Post,
    change: Change,
    incident: &Incident,
    (to, named): (&[Mailbox], &[String]),
    due: Due<'_>,
) -> Result<Call, String> {
    if to.is_empty() {
        return Err("none of those who are to be told has an address".to_owned());
    }
    let mut call = post.call("send mail");
    // a mail to one person is followed by that person
    let person = match to {
        [one] => one.email.as_ref(),
        _ => due.whoever_reads(),
    };
    let offers = due.offers(&post.external_url, person);
    call.body = mail::write(post, change, incident, (to, named), &offers, due.now)?.into();
    let to = to.iter().map(|it| it.email.clone()).collect();
    call.envelope = Some(Envelope { from: post.from.email.clone(), to });
    Ok(call)
}

fn key(mailbox: &Mailbox) -> String {
    mailbox.email.to_string().to_ascii_lowercase()
}

impl Delivery for Mailing {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        let Some(answer) = answer else { return Step::Call(self.call.clone()) };
        let said = serde_json::from_slice(&answer.body).unwrap_or_else(|_| Said {
            stage: Stage::Content,
            text: String::from_utf8_lossy(&answer.body).into_owned(),
            refused: Vec::new(),
        });
        match answer.status {
            200..=299 => self.taken(&said.refused),
            code => self.refused(code, &said),
        }
    }
}

impl Mailing {
    /// The server took the mail, though perhaps not for everybody.
    fn taken(&mut self, refused: &[Refused]) -> Step {
        let is_refused = |it: &Mailbox| {
            let address: &str = it.email.as_ref();
            refused.iter().any(|refused| refused.to.eq_ignore_ascii_case(address))
        };
        for it in self.to.iter().filter(|it| !is_refused(it)) {
            self.told.told.insert(key(it), self.revision);
        }
        let mut receipts = Receipts::new();
        if let Ok(told) = serde_json::to_value(&self.told) {
            receipts.insert(self.subject.clone(), told);
        }
        let again = !self.enough && refused.iter().any(|it| is_transient(it.code));
        let refused = refused.iter().map(|it| format!("{}: SMTP {} {}", it.to, it.code, it.text));
        let none = self.unreachable.iter().map(|it| format!("`{it}` is no address"));
        let others: Vec<String> = refused.chain(none).collect();
        match others.is_empty() {
            true => Step::Done(receipts),
            false => Step::Partly { receipts, again, why: others.join("; ") },
        }
    }

    /// The server took it for nobody.
    fn refused(&self, code: u16, said: &Said) -> Step {
        let why = format!("SMTP {code} {}", said.text).trim_end().to_owned();
        match (said.stage, code) {
            (Stage::Recipients, code) if is_transient(code) && self.enough => Step::Reject { why },
            // the server is well, and takes other mails meanwhile
            (Stage::Recipients, code) if is_transient(code) => {
                Step::Partly { receipts: Receipts::new(), again: true, why }
            }
            (_, code) if is_transient(code) => Step::Retry { after: None, why },
            // who may not speak there or as whom is in the settings; the mail is not to blame
            (Stage::Greeting | Stage::Login | Stage::Sender, _) => Step::Pause { why },
            (_, 530 | 534 | 535 | 538) => Step::Pause { why },
            _ => Step::Reject { why },
        }
    }
}

/// Says whether a reply asks to come again, or is none that SMTP knows.
fn is_transient(code: u16) -> bool {
    !(500..=599).contains(&code)
}
