//! A bot: its message about an incident is kept as the incident is, and each change is told in the
//! thread below it.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;
use bellwether_core::store::Receipts;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method};
use serde_json::{Value, json};

use super::blocks::{Style, line, message_of};
use crate::call::{Answer, Call};
use crate::limiter::Rate;
use crate::notices::{Delivery, Due, NoticePolicy, NoticeVendor, Offers, Step, already_told};
use crate::verdict::{Verdict, api_retryable, by_status};

/// The name of our mark.
const EVENT: &str = "bellwether_incident";
/// How far Slack's clock may be behind ours.
const SKEW: Duration = Duration::from_secs(300);

/// Renders incidents for a bot.
#[derive(Clone)]
pub(super) struct Bot {
    pub(super) api: String,
    pub(super) token: HeaderValue,
    pub(super) channel: String,
    pub(super) style: Arc<Style>,
}

impl NoticeVendor for Bot {
    fn policy(&self) -> NoticePolicy {
        NoticePolicy { follows_incidents: true, ..NoticePolicy::default() }
    }

    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery> {
        let (change, incident) = match already_told(due) {
            Ok(news) => news,
            Err(settled) => return settled,
        };
        let subject = due.owed.notice.subject.clone();
        let posted = due.receipts.get(&subject).and_then(Posted::read);
        let (bot, incident) = (self.clone(), incident.clone());
        let doubtful = due.doubtful;
        let stage = Stage::Begin;
        let replied = false;
        let offers = due.offers(&self.style.external_url, due.whoever_reads());
        Box::new(Told { bot, subject, change, incident, offers, posted, doubtful, replied, stage })
    }

    fn rate(&self) -> Option<Rate> {
        Some(Rate { calls: 1, per: Duration::from_secs(1) })
    }
}

impl Bot {
    fn call(&self, what: &'static str, method: &str, body: &Value) -> Call {
        Call::new(what, Method::POST, format!("{}/api/{method}", self.api))
            .header(AUTHORIZATION, self.token.clone())
            .body("application/json; charset=utf-8", Bytes::from(body.to_string()))
    }

    /// Looks for our message about an incident in the channel, or in its thread.
    fn look(&self, incident: &Incident, posted: Option<&Posted>) -> Option<Call> {
        let method =
            if posted.is_some() { "conversations.replies" } else { "conversations.history" };
        let oldest = incident.opened_at.minus(SKEW).secs().to_string();
        let channel = posted.map_or(self.channel.as_str(), |it| it.channel.as_str());
        let mut parameters =
            vec![("channel", channel), ("limit", "200"), ("include_all_metadata", "true")];
        match posted {
            Some(at) => parameters.push(("ts", at.ts.as_str())),
            None => parameters.push(("oldest", oldest.as_str())),
        }
        let url = format!("{}/api/{method}", self.api);
        let url = reqwest::Url::parse_with_params(&url, parameters).ok()?;
        let call = Call::new("look for message", Method::GET, url.into());
        Some(call.header(AUTHORIZATION, self.token.clone()))
    }
}

/// Where our message is: the id of the channel and its time stamp.
#[derive(Clone)]
struct Posted {
    channel: String,
    ts: String,
}

impl Posted {
    fn read(it: &Value) -> Option<Self> {
        let text = |key| it.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Self { channel: text("channel")?, ts: text("ts")? })
    }
}

/// What was asked last.
enum Stage {
    Begin,
    /// Whether an earlier try has arrived.
    Look,
    Post,
    Update,
    Reply,
}

/// A change on its way.
struct Told {
    bot: Bot,
    subject: String,
    change: Change,
    incident: Incident,
    offers: Offers,
    posted: Option<Posted>,
    /// Whether an earlier try may have arrived.
    doubtful: bool,
    /// Whether the thread has this change already.
    replied: bool,
    stage: Stage,
}

impl Told {
    fn begin(&mut self) -> Step {
        let looking = self.doubtful.then(|| self.bot.look(&self.incident, self.posted.as_ref()));
        if let Some(Some(call)) = looking {
            self.stage = Stage::Look;
            return Step::Call(call);
        }
        self.tell()
    }

    fn tell(&mut self) -> Step {
        match self.posted.clone() {
            Some(at) => self.update(&at),
            None => self.post(),
        }
    }

    /// Goes on from what the channel or the thread has. A bot that may not read it goes on as if
    /// there were nothing, since a message twice is better than none.
    fn looked(&mut self, answer: &Answer) -> Step {
        if let Verdict::Retry { after, why } = judge(answer) {
            return Step::Retry { after, why };
        }
        let json = answer.json().unwrap_or_default();
        let messages = json.get("messages").and_then(Value::as_array);
        let mut ours = messages
            .into_iter()
            .flatten()
            .filter(|it| mark_of(it).is_some_and(|it| it.0 == self.incident.id.as_str()));
        let revision = |it: &&Value| mark_of(it).map(|it| it.1);
        if self.posted.is_some() {
            self.replied =
                ours.any(|it| is_reply(it) && revision(&it) == Some(self.incident.revision));
            return self.tell();
        }
        let Some(found) = ours.find(|it| !is_reply(it)) else { return self.tell() };
        let ts = found.get("ts").and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = Posted { channel: self.bot.channel.clone(), ts };
        if revision(&found) >= Some(self.incident.revision) {
            return self.done(&at);
        }
        self.posted = Some(at);
        self.tell()
    }

    fn post(&mut self) -> Step {
        self.stage = Stage::Post;
        let mut body = self.message();
        body["channel"] = json!(self.bot.channel);
        Step::Call(self.bot.call("post message", "chat.postMessage", &body))
    }

    fn update(&mut self, at: &Posted) -> Step {
        self.stage = Stage::Update;
        let mut body = self.message();
        (body["channel"], body["ts"]) = (json!(at.channel), json!(at.ts));
        Step::Call(self.bot.call("update message", "chat.update", &body))
    }

    fn reply(&mut self, at: &Posted) -> Step {
        if self.replied {
            return self.done(at);
        }
        self.stage = Stage::Reply;
        let body = json!({
            "channel": at.channel,
            "thread_ts": at.ts,
            // the end is news to those who do not follow the thread
            "reply_broadcast": self.change == Change::Resolved,
            "text": line(self.change, &self.incident, &self.bot.style),
            "metadata": mark(&self.incident),
        });
        Step::Call(self.bot.call("post reply", "chat.postMessage", &body))
    }

    fn message(&self) -> Value {
        let mut message = message_of(self.change, &self.incident, &self.bot.style, &self.offers);
        message["metadata"] = mark(&self.incident);
        message
    }

    fn done(&self, at: &Posted) -> Step {
        let revision = self.incident.revision;
        let receipt = json!({ "revision": revision, "channel": at.channel, "ts": at.ts });
        Step::Done(Receipts::from([(self.subject.clone(), receipt)]))
    }
}

/// Returns our mark, which nobody sees, by which we find a message again.
fn mark(incident: &Incident) -> Value {
    let payload = json!({ "incident": incident.id, "revision": incident.revision });
    json!({ "event_type": EVENT, "event_payload": payload })
}

/// Reads our mark: the incident and the revision.
fn mark_of(message: &Value) -> Option<(&str, u64)> {
    let metadata = message.get("metadata").filter(|it| it["event_type"] == EVENT)?;
    let payload = metadata.get("event_payload")?;
    Some((payload.get("incident")?.as_str()?, payload.get("revision")?.as_u64()?))
}

fn is_reply(message: &Value) -> bool {
    message.get("thread_ts").is_some_and(|it| Some(it) != message.get("ts"))
}

impl Delivery for Told {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        let Some(answer) = answer else { return self.begin() };
        if matches!(self.stage, Stage::Look) {
            return self.looked(answer);
        }
        if matches!(self.stage, Stage::Update)
            && said(answer).as_deref() == Some("message_not_found")
        {
            // somebody deleted it
            self.posted = None;
            return self.post();
        }
        if let Some(end) = Step::unless_accepted(judge(answer)) {
            return end;
        }
        match (&self.stage, self.posted.clone()) {
            (Stage::Update, Some(at)) => self.reply(&at),
            (Stage::Reply, Some(at)) => self.done(&at),
            _ => match answer.json().as_ref().and_then(Posted::read) {
                Some(at) => self.done(&at),
                None => Step::Reject { why: "the answer does not say where the message is".into() },
            },
        }
    }
}

/// Returns the error that Slack names in an answer, which has the status 200 all the same.
fn said(answer: &Answer) -> Option<String> {
    let json = answer.json()?;
    match json.get("ok")?.as_bool()? {
        true => None,
        false => Some(json.get("error").and_then(Value::as_str).unwrap_or("unknown").to_owned()),
    }
}

/// Judges an answer by what it says, since its status is nearly always 200.
pub(super) fn judge(answer: &Answer) -> Verdict {
    let by_status = by_status(answer, api_retryable);
    if by_status != Verdict::Accepted {
        return by_status;
    }
    let why = || answer.explain();
    match said(answer).as_deref() {
        None if answer.json().is_some() => Verdict::Accepted,
        None => Verdict::Reject { why: why() },
        Some(
            "ratelimited"
            | "rate_limited"
            | "service_unavailable"
            | "internal_error"
            | "fatal_error"
            | "request_timeout"
            | "team_added_to_org",
        ) => Verdict::Retry { after: answer.retry_after(), why: why() },
        Some(
            "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired"
            | "missing_scope" | "no_permission" | "not_in_channel" | "channel_not_found"
            | "is_archived" | "org_login_required" | "ekm_access_denied",
        ) => Verdict::Pause { why: why() },
        Some(_) => Verdict::Reject { why: why() },
    }
}
