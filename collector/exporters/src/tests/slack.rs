//! Slack's bot: one message that is kept as the incident is, and a thread.

use bellwether_core::incident::IncidentStatus;
use serde_json::{Value, json};

use super::bench::{Bench, Reply, Script, answer};
use super::samples::{SECRET, about, incident, later, resolved};
use crate::call::Answer;
use crate::status::Health;

fn bot() -> Value {
    json!({ "bot_token": SECRET, "channel": "C1" })
}

const POSTED: &str = r#"{"ok":true,"channel":"C1ID","ts":"1503435956.000247"}"#;

fn bodies(script: &Script) -> Vec<(String, Value)> {
    let method = |url: &str| url.rsplit('/').next().unwrap_or_default().to_owned();
    let calls = script.calls();
    let body = |body: &[u8]| serde_json::from_slice(body).unwrap();
    calls.iter().map(|(_, it)| (method(&it.url), body(&it.body.to_bytes()))).collect()
}

#[tokio::test(start_paused = true)]
async fn one_message_is_kept_as_the_incident_is_and_its_thread_tells_what_changed() {
    let script = Script::by(|_| answer(200, POSTED));
    let mut bench = Bench::with("slack", bot(), &script);
    let mut identified = later(&incident(), 60);
    identified.status = IncidentStatus::Identified;
    let over = resolved(&identified, 120);
    for it in [&incident(), &identified, &over] {
        bench.outbox.push(about("slack", it));
    }
    bench.run_notices();
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    let bodies = bodies(&script);
    let methods: Vec<&str> = bodies.iter().map(|(method, _)| method.as_str()).collect();
    let update = ["chat.update", "chat.postMessage"];
    assert_eq!(methods, [["chat.postMessage"].as_slice(), &update, &update].concat());
    assert_eq!(bodies[0].1["channel"], "C1");
    for (_, body) in &bodies[1..] {
        assert_eq!(body["channel"], "C1ID", "the id that Slack told");
        let at = body.get("ts").or_else(|| body.get("thread_ts"));
        assert_eq!(at, Some(&json!("1503435956.000247")));
    }
    assert_eq!(
        (&bodies[2].1["reply_broadcast"], &bodies[4].1["reply_broadcast"]),
        (&json!(false), &json!(true))
    );
    assert!(bodies[3].1["text"].as_str().unwrap().starts_with("Resolved: "));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_somebody_deleted_is_posted_anew() {
    let script = Script::by(|call| match call.url.ends_with("update") {
        true => answer(200, r#"{"ok":false,"error":"message_not_found"}"#),
        false => answer(200, POSTED),
    });
    let mut bench = Bench::with("slack", bot(), &script);
    bench.outbox.push(about("slack", &incident()));
    bench.outbox.push(about("slack", &later(&incident(), 60)));
    bench.run_notices();
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(script.whats(), ["post message", "update message", "post message"]);
}

#[tokio::test(start_paused = true)]
async fn what_slack_says_with_a_status_of_200_is_heeded() {
    let cases = [
        (r#"{"ok":false,"error":"invalid_auth"}"#, "paused"),
        (r#"{"ok":false,"error":"ratelimited"}"#, "retrying"),
        (r#"{"ok":false,"error":"msg_too_long"}"#, "dropped"),
        ("<html>", "dropped"),
    ];
    for (said, becomes) in cases {
        let script = Script::of([answer(200, said)]);
        let mut bench = Bench::with("slack", bot(), &script);
        bench.outbox.push(about("slack", &incident()));
        bench.run_notices();
        let seen = |bench: &Bench| {
            let lane = bench.notices();
            match lane.health {
                Health::Paused { .. } => "paused",
                Health::Retrying { .. } => "retrying",
                _ if lane.dropped.contains_key("rejected") => "dropped",
                _ => "nothing",
            }
        };
        bench.until(said, |it| seen(it) == becomes).await;
        bench.kill().await;
    }
}

/// Answers a look with our message about the incident, or with nothing.
fn history(revision: Option<u64>) -> Reply {
    let ours = |revision: u64| {
        let payload = json!({ "incident": "inc-4f1c", "revision": revision });
        let metadata = json!({ "event_type": "bellwether_incident", "event_payload": payload });
        json!({ "ts": "1503435956.000247", "metadata": metadata })
    };
    let messages: Vec<Value> = revision.map(ours).into_iter().collect();
    let body = json!({ "ok": true, "messages": messages }).to_string().into_bytes().into();
    Reply::Answer(Box::new(Answer { status: 200, body, ..Answer::default() }))
}

/// Scenario: the answer to a new message is lost; the message is there, or not, or we may not look.
/// Guarantee: what is there is not posted again; otherwise it is.
#[tokio::test(start_paused = true)]
async fn a_message_whose_answer_was_lost_is_looked_for() {
    let (post, look) = ("post message", "look for message");
    for (found, asked) in [
        (history(Some(1)), vec![post, look]),
        (history(None), vec![post, look, post]),
        (answer(200, r#"{"ok":false,"error":"missing_scope"}"#), vec![post, look, post]),
        (answer(200, r#"{"ok":false,"error":"ratelimited"}"#), vec![post, look, look, post]),
    ] {
        let script = Script::of([Reply::Lost, found, answer(200, POSTED), answer(200, POSTED)]);
        let mut bench = Bench::with("slack", bot(), &script);
        bench.outbox.push(about("slack", &incident()));
        bench.run_notices();
        bench.until("told", |it| it.outbox.waiting() == 0).await;
        assert_eq!(script.whats(), asked);
        let receipt = &bench.outbox.all_receipts()["incident:inc-4f1c"];
        assert_eq!(receipt["ts"], "1503435956.000247");
        bench.kill().await;
    }
}

/// Scenario: a webhook gives no answer to the first message, and is too busy for the second at first.
/// Guarantee: both are told, and only the first is counted as one that may have arrived twice; where
/// a destination knows what it has, nothing is.
#[tokio::test(start_paused = true)]
async fn what_a_webhook_may_have_posted_twice_is_counted() {
    let fine = || answer(200, "ok");
    let replies = [Reply::Silence, fine(), answer(503, "busy"), fine()];
    let script = Script::of(replies);
    let mut bench = Bench::new("slack", &script);
    bench.run_notices();
    for it in [&incident(), &later(&incident(), 60)] {
        bench.outbox.push(about("slack", it));
        bench.until("told", |it| it.outbox.waiting() == 0).await;
    }
    assert_eq!((script.calls().len(), bench.notices().sent, bench.notices().repeated), (4, 2, 1));

    let script = Script::of([Reply::Silence, answer(202, "{}")]);
    let mut bench = Bench::new("pagerduty", &script);
    bench.run_notices();
    bench.outbox.push(about("pagerduty", &incident()));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!((bench.notices().sent, bench.notices().repeated), (1, 0));
}
