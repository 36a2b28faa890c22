//! When probes ask, under a paused clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bellwether::checks::{CheckResult, NotPassed};
use bellwether_core::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};
use tokio_util::sync::CancellationToken;

use super::Ear;
use crate::settings::Level;
use crate::{Ask, Probe, Urgency};

const EVERY: Duration = Duration::from_secs(30);

/// Something whose health a test decides.
#[derive(Default)]
struct Scripted {
    broken: AtomicBool,
    hangs: AtomicBool,
    under_way: AtomicUsize,
    most: AtomicUsize,
    takes: Duration,
}

impl Ask for Scripted {
    fn ask(&self) -> BoxFuture<'_, CheckResult> {
        Box::pin(async {
            let now = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(now, Ordering::Relaxed);
            sleep(self.takes).await;
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            match self.broken.load(Ordering::Relaxed) {
                true => Err(NotPassed::failed("it is broken").error_type("500")),
                false => Ok(()),
            }
        })
    }
}

fn probe(name: &str, component: &str, ask: &Arc<Scripted>) -> Probe {
    Probe {
        name: name.to_owned(),
        component: component.into(),
        customer: None,
        journey: None,
        level: Level::Endpoint,
        every: EVERY,
        timeout: Duration::from_secs(10),
        ask: ask.clone(),
    }
}

fn start(probes: Vec<Probe>, ear: &Ear, urgency: &Urgency) -> JoinSet<()> {
    let mut running = JoinSet::new();
    running.spawn(crate::run(probes, ear.around(urgency), CancellationToken::new()));
    running
}

/// A fault at any phase of the interval is found within the interval and the second try.
#[tokio::test(start_paused = true)]
async fn a_fault_is_found_within_one_interval_at_any_phase() {
    for phase in 0..30 {
        let (ear, ask) = (Ear::default(), Arc::new(Scripted::default()));
        let _running = start(vec![probe("login", "auth", &ask)], &ear, &Urgency::default());
        sleep(Duration::from_secs(60 + phase)).await;
        ask.broken.store(true, Ordering::Relaxed);
        let broken = Instant::now();
        sleep(EVERY * 2).await;
        let told = ear.all();
        let fired = told.iter().find(|it| it.get("monitor.consecutive_failures") == "2").unwrap();
        let took = fired.at - broken;
        assert!(took <= EVERY + Duration::from_secs(2), "{took:?} at phase {phase}");
        let before = told.iter().filter(|it| it.at <= broken);
        assert!(before.clone().count() >= 2 && before.clone().all(|it| it.message.is_empty()));
        assert_eq!(fired.name, "monitor.check login");
        assert_eq!(fired.message, "it is broken");
        assert_eq!(fired.get("monitor.outcome"), "failed");
        assert_eq!(fired.get("business.component"), "auth");
        assert_eq!(fired.get("error.type"), "500");
        assert_eq!(fired.get("monitor.level"), "2");
    }
}

/// What hangs is given up at its timeout, and found within the interval and two timeouts.
#[tokio::test(start_paused = true)]
async fn what_hangs_is_given_up() {
    let (ear, ask) = (Ear::default(), Arc::new(Scripted::default()));
    let _running = start(vec![probe("login", "auth", &ask)], &ear, &Urgency::default());
    sleep(Duration::from_secs(45)).await;
    ask.hangs.store(true, Ordering::Relaxed);
    let broken = Instant::now();
    sleep(EVERY * 2).await;
    let told = ear.all();
    let fired = told.iter().find(|it| it.get("monitor.consecutive_failures") == "2").unwrap();
    assert!(fired.at - broken <= EVERY + Duration::from_secs(22), "{:?}", fired.at - broken);
    assert_eq!(fired.get("monitor.outcome"), "timed_out");
    assert_eq!(fired.message, "no answer within the 10000 ms that a run has");
}

/// Replicas do not ask in step, and never later than said.
#[tokio::test(start_paused = true)]
async fn up_to_a_tenth_is_taken_off_the_interval() {
    let (ear, ask) = (Ear::default(), Arc::new(Scripted::default()));
    let _running = start(vec![probe("login", "auth", &ask)], &ear, &Urgency::default());
    sleep(Duration::from_secs(3_600)).await;
    let told = ear.all();
    let pauses: Vec<Duration> = told.windows(2).map(|it| it[1].at - it[0].at).collect();
    assert!(pauses.len() >= 119, "{}", pauses.len());
    // the clock of tokio goes in milliseconds
    let (least, most) = (Duration::from_millis(26_999), Duration::from_millis(30_001));
    assert!(pauses.iter().all(|it| (least..=most).contains(it)), "{pauses:?}");
    assert!(pauses.iter().any(|it| *it < Duration::from_secs(29)), "{pauses:?}");
}

/// Hundreds of probes that are due at once do not all ask at once.
#[tokio::test(start_paused = true)]
async fn not_too_many_ask_at_once() {
    let ear = Ear::default();
    let ask = Arc::new(Scripted { takes: Duration::from_secs(1), ..Scripted::default() });
    let probes = (0..200).map(|n| probe(&format!("p{n}"), "auth", &ask)).collect();
    let _running = start(probes, &ear, &Urgency::default());
    sleep(Duration::from_secs(10)).await;
    assert_eq!(ear.all().len(), 200, "each had its turn");
    assert_eq!(ask.most.load(Ordering::Relaxed), 32);
}

/// What is wanted at once comes at once, second try included, and the rhythm goes on as before.
#[tokio::test(start_paused = true)]
async fn dependencies_are_asked_at_once() {
    let ear = Ear::default();
    let (database, cache) = (Arc::new(Scripted::default()), Arc::new(Scripted::default()));
    let urgency = Urgency::default();
    let probes = vec![probe("database", "database", &database), probe("cache", "cache", &cache)];
    let _running = start(probes, &ear, &urgency);
    sleep(Duration::from_secs(40)).await;
    database.broken.store(true, Ordering::Relaxed);
    let before = ear.all().len();
    let asked = Instant::now();
    let mut answers = urgency.ask([&"database".into(), &"nobody".into()]);
    assert!(!answers.are_there());
    sleep(Duration::from_secs(1)).await;
    assert!(!answers.are_there(), "a second try decides");
    sleep(Duration::from_millis(1_100)).await;
    assert!(answers.are_there());
    let told = ear.all().split_off(before);
    let names: Vec<&str> = told.iter().map(|it| it.get("monitor.name")).collect();
    assert_eq!(names, ["database", "database"], "and no other");
    assert_eq!(told[1].get("monitor.consecutive_failures"), "2");
    assert!(told[1].at - asked <= Duration::from_millis(2_001));
    assert!(urgency.ask([&"nobody".into()]).are_there(), "nobody is waited for");
}

/// Who passes at once answers at once.
#[tokio::test(start_paused = true)]
async fn what_is_well_answers_at_once() {
    let (ear, ask) = (Ear::default(), Arc::new(Scripted::default()));
    let urgency = Urgency::default();
    let running = start(vec![probe("database", "database", &ask)], &ear, &urgency);
    sleep(Duration::from_secs(5)).await;
    let mut answers = urgency.ask([&"database".into()]);
    sleep(Duration::from_millis(10)).await;
    assert!(answers.are_there());
    drop(running);
    advance(Duration::from_secs(1)).await;
    assert!(urgency.ask([&"database".into()]).are_there(), "it no longer runs");
}

/// What was found is handed in again while there is no room.
#[tokio::test(start_paused = true)]
async fn nothing_that_was_found_is_lost_for_want_of_room() {
    let (ear, ask) = (Ear::default(), Arc::new(Scripted::default()));
    *ear.full.lock().unwrap() = 7;
    let _running = start(vec![probe("login", "auth", &ask)], &ear, &Urgency::default());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(ear.all().len(), 1);
}
