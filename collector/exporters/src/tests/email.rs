//! Mails: who gets them, once each, and what they look like.

use bellwether_core::incident::Incident;
use bellwether_core::notice::{Body, Change, Notice};
use bellwether_core::store::Attempt;
use serde_json::{Value, json};

use super::bench::{Bench, Reply, Script};
use super::samples::{about, incident, later, resolved, settings};
use crate::call::{Answer, Call};
use crate::status::Health;

const THREE: [&str; 3] = ["a@x.example", "b@x.example", "c@x.example"];

fn to_three() -> Value {
    let mut all = settings("email");
    all["to"] = json!(THREE);
    all
}

/// Answers that the mail is taken, but not for these.
fn but(code: u16, refused: &[&str]) -> Reply {
    let refused =
        refused.iter().map(|to| json!({ "to": to, "code": code, "text": "5.1.1 nobody" }));
    let said =
        json!({ "stage": "content", "text": "queued", "refused": refused.collect::<Vec<_>>() });
    let body = said.to_string().into_bytes().into();
    Reply::Answer(Box::new(Answer { status: 250, body, ..Answer::default() }))
}

/// Answers that nobody gets the mail now.
fn put_off() -> Reply {
    let said = json!({ "stage": "recipients", "text": "4.7.1 later" }).to_string();
    let answer = Answer { status: 451, body: said.into_bytes().into(), ..Answer::default() };
    Reply::Answer(Box::new(answer))
}

fn recipients(script: &Script) -> Vec<Vec<String>> {
    let to =
        |call: &Call| call.envelope.iter().flat_map(|it| &it.to).map(ToString::to_string).collect();
    script.calls().iter().map(|(_, call)| to(call)).collect()
}

fn text(call: &Call) -> String {
    String::from_utf8(call.body.to_bytes().to_vec()).unwrap()
}

/// Scenario: the server knows two of three recipients.
/// Guarantee: the two get it, once; who does not is told with the server's reason, and the next
/// news goes to all three.
#[tokio::test(start_paused = true)]
async fn one_who_is_refused_does_not_keep_it_from_the_others() {
    let script = Script::of([but(550, &THREE[1..2])]);
    let mut bench = Bench::with("email", to_three(), &script);
    bench.outbox.push(about("email", &incident()));
    bench.outbox.push(about("email", &resolved(&incident(), 60)));
    bench.run_notices();
    bench.until("settled", |it| it.outbox.waiting() == 0).await;
    assert_eq!(recipients(&script), [THREE, THREE]);
    let settled = bench.outbox.settled();
    let Attempt::Delivered { but: Some(but), .. } = &settled[0].1 else { panic!("{settled:?}") };
    assert_eq!(but, "b@x.example: SMTP 550 5.1.1 nobody");
    assert_eq!((bench.notices().sent, bench.notices().dropped["recipient"]), (2, 1));
    assert_eq!(bench.notices().health, Health::Healthy);
}

/// Scenario: the server puts one of three off, for a while or for ever.
/// Guarantee: the others get it once; the one is tried alone, and given up in the end.
#[tokio::test(start_paused = true)]
async fn one_who_is_put_off_is_tried_alone_and_not_for_ever() {
    let script = Script::of([but(451, &THREE[2..]), put_off()]);
    let mut bench = Bench::with("email", to_three(), &script);
    bench.outbox.push(about("email", &incident()));
    bench.run_notices();
    bench.until("settled", |it| it.outbox.waiting() == 0).await;
    assert_eq!(recipients(&script), [THREE.to_vec(), vec![THREE[2]], vec![THREE[2]]]);
    let told = &bench.outbox.all_receipts()["incident:inc-4f1c"]["told"];
    assert_eq!(told.as_object().unwrap().len(), 3);

    let script = Script::by(|call| match call.envelope.as_ref().map_or(0, |it| it.to.len()) {
        3 => but(451, &THREE[2..]),
        _ => put_off(),
    });
    let mut bench = Bench::with("email", to_three(), &script);
    bench.outbox.push(about("email", &incident()));
    bench.outbox.push(about("email", &resolved(&incident(), 1)));
    bench.run_notices();
    let told_the_end = |it: &Bench| it.outbox.settled().iter().any(|(number, _)| *number == 2);
    bench.until("the end is told", told_the_end).await;
}

/// Scenario: a notice names an owner, and another an owner whose address is none.
/// Guarantee: the owner gets it and nobody else, although others have got the same news.
#[tokio::test(start_paused = true)]
async fn whom_a_notice_names_gets_it_in_place_of_the_others() {
    let script = Script::of([]);
    let mut bench = Bench::with("email", to_three(), &script);
    let named = |owners: &[&str]| {
        let recipients = owners.iter().map(|it| (*it).to_owned()).collect();
        let incident = Box::new(incident());
        let body = Body::Incident { change: Change::Opened, incident, recipients };
        Notice { body, ..about("email", &super::samples::incident()) }
    };
    bench.outbox.push(about("email", &incident()));
    bench.outbox.push(named(&["Zebra <zebra-owner@marketedge.example>", "B@x.example"]));
    bench.outbox.push(named(&["zebra-owner@marketedge.example"]));
    bench.outbox.push(named(&["no address\r\nRCPT TO:<x@y>"]));
    bench.run_notices();
    bench.until("settled", |it| it.outbox.waiting() == 0).await;
    let owner = vec!["zebra-owner@marketedge.example"];
    assert_eq!(recipients(&script), [THREE.to_vec(), owner]);
    let ids: Vec<String> = script.calls().iter().map(|(_, call)| message_id(&text(call))).collect();
    assert_eq!(ids[0], "<inc-4f1c.1@marketedge.example>");
    assert!(ids[1].starts_with("<inc-4f1c.1.") && ids[1] != ids[0], "one mail, one id: {ids:?}");
    assert_eq!(bench.notices().skipped["already told"], 1);
    assert_eq!(bench.notices().dropped["rejected"], 1);
}

fn message_id(mail: &str) -> String {
    let line = mail.lines().find_map(|it| it.strip_prefix("Message-ID: "));
    line.expect("every mail has an id").to_owned()
}

/// Whoever the policy takes for somebody who can be written to can be.
#[test]
fn an_owner_who_is_an_address_is_one_for_mails() {
    let local = "x".repeat(64);
    for owner in ["ada@example.com", "o'neil+eu@a-b.example", "root@localhost", "1@2.example"]
        .into_iter()
        .chain([format!("{local}@example.com").as_str()])
    {
        assert!(bellwether_core::address::is_email(owner), "{owner}");
        assert!(crate::email::mailbox(owner).is_some(), "{owner}");
    }
}

/// Scenario: an incident opens, changes and ends.
/// Guarantee: its mails are one conversation, each with an id that stays the same when it is sent
/// again, and no machine answers them.
#[tokio::test(start_paused = true)]
async fn mails_about_an_incident_are_one_conversation() {
    let script = Script::of([Reply::Lost]);
    let mut bench = Bench::new("email", &script);
    let worse = later(&incident(), 10);
    for it in [&incident(), &worse, &resolved(&worse, 60)] {
        bench.outbox.push(about("email", it));
    }
    bench.run_notices();
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    let mails: Vec<String> = script.calls().iter().map(|(_, call)| text(call)).collect();
    let header = |mail: &str, name: &str| {
        let line = mail.lines().find_map(|it| it.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("{name}: {mail}")).to_owned()
    };
    let ids: Vec<String> = mails.iter().map(|it| header(it, "Message-ID")).collect();
    let id = |revision: u64| format!("<inc-4f1c.{revision}@marketedge.example>");
    assert_eq!(ids, [id(1), id(1), id(2), id(3)], "the first was lost and sent again");
    for mail in &mails {
        assert_eq!(header(mail, "References"), "<inc-4f1c@marketedge.example>");
        assert_eq!(header(mail, "In-Reply-To"), "<inc-4f1c@marketedge.example>");
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert!(header(mail, "Subject").ends_with("[inc-4f1c]"));
    }
}

/// Scenario: what comes from telemetry holds line breaks, headers, and the ends of mails and parts.
/// Guarantee: the mail has the headers and parts that it always has, and no more.
#[tokio::test(start_paused = true)]
async fn nothing_from_outside_becomes_a_header_or_a_part() {
    let evil =
        "x\r\nBcc: all@x.example\r\n\r\n<script>alert(1)</script>\r\n.\r\nQUIT\r\n--bellwether-0";
    let mut told = incident();
    told.component_name = evil.to_owned();
    told.causes = vec![evil.to_owned()];
    told.id = "inc-\r\nBcc: x".into();
    let script = Script::of([]);
    let mut bench = Bench::new("email", &script);
    for it in [incident(), told] {
        bench.outbox.push(about("email", &it));
    }
    bench.run_notices();
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    let shape = |mail: &str| -> Vec<String> {
        let head = mail.split("\r\n\r\n").next().unwrap();
        let names = head.split("\r\n").filter(|it| !it.starts_with(' '));
        let mut names: Vec<String> =
            names.map(|it| it.split(':').next().unwrap().to_owned()).collect();
        names.push(mail.matches("\r\n--bellwether-").count().to_string());
        names
    };
    let calls = script.calls();
    let (plain, evil) = (text(&calls[0].1), text(&calls[1].1));
    let bare = evil.replace("\r\n", "");
    assert!(!bare.contains(['\r', '\n']), "{evil}");
    // what the evil text holds of a boundary is no boundary
    let boundary = evil.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(evil.matches(&format!("\r\n--{boundary}")).count(), 3, "{evil}");
    let mut evil_shape = shape(&evil);
    *evil_shape.last_mut().unwrap() = "3".to_owned();
    assert_eq!(shape(&plain), evil_shape);
    let html = evil.split("text/html").nth(1).unwrap();
    assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"), "{html}");
    assert_eq!(calls[1].1.envelope.as_ref().unwrap().to.len(), 2);
}

/// Scenario: own templates, one of which fails on what it was not tried on.
/// Guarantee: own words are said, and the usual ones where they fail.
#[tokio::test(start_paused = true)]
async fn own_templates_are_said() {
    let script = Script::of([]);
    let mut own = settings("email");
    own["templates"] = json!({
        "headline": "{{ severity | upper }} {{ component_name }}",
        "text": "{% if change == 'updated' %}{{ nothing }}{% endif %}At stake: {{ at_risk }}",
        "html": "<b>{{ component_name }}</b>",
    });
    let mut bench = Bench::with("email", own, &script);
    let named = Incident { component_name: "A & B".to_owned(), ..incident() };
    bench.outbox.push(about("email", &named));
    bench.outbox.push(about("email", &later(&named, 1)));
    bench.run_notices();
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    let calls = script.calls();
    let (own, usual) = (text(&calls[0].1), text(&calls[1].1));
    assert!(own.contains("Subject: CRITICAL A & B [inc-4f1c]"), "{own}");
    assert!(own.contains("At stake: 925,000 GBP") && own.contains("<b>A &amp; B</b>"), "{own}");
    assert!(usual.contains("Customers: Zebra Associates."), "{usual}");
    assert_eq!(calls[0].1.host(), "smtp.example:587");
}
