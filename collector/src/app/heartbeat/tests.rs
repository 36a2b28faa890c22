//! The heartbeat under a paused clock.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use bellwether_core::BoxFuture;
use bellwether_core::store::{Commit, Restored, Retention, Store, StoreError};
use bellwether_exporters::call::{Answer, Call};
use bellwether_exporters::transport::TransportError;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::*;

/// A switch that takes calls, and notes when they came; answers 503 when told to.
struct Switch {
    broken: AtomicBool,
    began: Instant,
    came: Mutex<Vec<u64>>,
}

impl Transport for Switch {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        assert_eq!(call.host(), "hc.example");
        let broken = self.broken.load(Ordering::SeqCst);
        if !broken {
            self.came.lock().unwrap().push(self.began.elapsed().as_secs());
        }
        let status = if broken { 503 } else { 200 };
        Box::pin(async move { Ok(Answer { status, ..Answer::default() }) })
    }
}

/// A store of which only whether it writes counts.
#[derive(Default)]
struct Shelf(AtomicBool);

impl Shelf {
    fn written<T: Default + Send + 'static>(&self) -> BoxFuture<'_, Result<T, StoreError>> {
        let full = self.0.load(Ordering::SeqCst);
        Box::pin(async move {
            let error = || StoreError { what: "prove", source: "the disk is full".into() };
            if full { Err(error()) } else { Ok(T::default()) }
        })
    }
}

impl Store for Shelf {
    fn commit(&self, _: Commit) -> BoxFuture<'_, Result<(), StoreError>> {
        self.written()
    }

    fn restore(&self) -> BoxFuture<'_, Result<Restored, StoreError>> {
        self.written()
    }

    fn forget_instances(&self, _: Timestamp) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.written()
    }

    fn compact(&self, _: Timestamp, _: Retention) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.written()
    }

    fn prove(&self, _: Timestamp) -> BoxFuture<'_, Result<(), StoreError>> {
        self.written()
    }
}

/// A heart that beats every 30 s.
struct Patient {
    switch: Arc<Switch>,
    shelf: Arc<Shelf>,
    evaluated: watch::Sender<Option<Instant>>,
    pulse: watch::Receiver<Pulse>,
    _running: JoinSet<()>,
}

impl Patient {
    fn new() -> Self {
        let began = Instant::now();
        let switch = Switch { broken: AtomicBool::new(false), began, came: Mutex::default() };
        let (switch, shelf) = (Arc::new(switch), Arc::new(Shelf::default()));
        let evaluated = watch::Sender::new(Some(Instant::now()));
        let (pulse, seen) = watch::channel(Pulse::default());
        let clock = Clock::virtual_from(Timestamp::from_secs(1_000));
        let look = Look {
            doors: watch::Sender::new(Vec::new()).subscribe(),
            store: shelf.clone(),
            evaluated: evaluated.subscribe(),
            every: Duration::from_secs(1),
            clock: clock.clone(),
        };
        let beat = settings("{ url: \"https://hc.example/ping/s3cr3t\" }").unwrap();
        let transport: Arc<dyn Transport> = switch.clone();
        let heart = Heart { beat, look, transport, clock, pulse };
        let mut running = JoinSet::new();
        running.spawn(heart.run(CancellationToken::new()));
        Self { switch, shelf, evaluated, pulse: seen, _running: running }
    }

    /// Lets time go by, with an evaluation in every second as long as `works`.
    async fn live(&self, seconds: u64, works: bool) {
        for _ in 0..seconds {
            if works {
                self.evaluated.send_replace(Some(Instant::now()));
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    fn came(&self) -> Vec<u64> {
        self.switch.came.lock().unwrap().clone()
    }
}

fn settings(yaml: &str) -> Result<Beat, Vec<bellwether_core::catalog::Flaw>> {
    let lookup = bellwether_config::Lookup::none();
    let document = bellwether_config::Document::parse("b.yaml", yaml, &lookup).unwrap();
    document.read::<Settings>().unwrap().build()
}

#[tokio::test(start_paused = true)]
async fn it_beats_in_every_period() {
    let patient = Patient::new();
    patient.live(100, true).await;
    assert_eq!(patient.came(), [0, 30, 60, 90]);
    let pulse = patient.pulse.borrow().clone();
    assert_eq!((pulse.count, pulse.sent), (4, Some(Timestamp::from_secs(1_090))));
    assert!(pulse.is_well());
}

#[tokio::test(start_paused = true)]
async fn it_is_silent_while_nothing_is_evaluated() {
    let patient = Patient::new();
    patient.live(10, true).await;
    patient.live(90, false).await;
    assert_eq!(patient.came(), [0], "the last evaluation was at 9 s");
    let problems = patient.pulse.borrow().withheld.clone();
    assert!(problems[0].starts_with("no rule was evaluated in the last "), "{problems:?}");
    // soon after it works again, not at the next full period
    patient.live(10, true).await;
    assert_eq!(patient.came().len(), 2, "{:?}", patient.came());
    assert!(patient.pulse.borrow().is_well());
}

#[tokio::test(start_paused = true)]
async fn it_is_silent_while_the_store_cannot_write() {
    let patient = Patient::new();
    patient.live(5, true).await;
    patient.shelf.0.store(true, Ordering::SeqCst);
    patient.live(60, true).await;
    assert_eq!(patient.came(), [0]);
    let problems = patient.pulse.borrow().withheld.clone();
    assert!(problems[0].starts_with("the store cannot write: "), "{problems:?}");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_arrive_is_tried_again_within_the_period() {
    let patient = Patient::new();
    patient.live(20, true).await;
    patient.switch.broken.store(true, Ordering::SeqCst);
    patient.live(21, true).await;
    assert_eq!(patient.came(), [0]);
    assert_eq!(patient.pulse.borrow().warnings(), ["the heartbeat does not arrive: HTTP 503"]);
    patient.switch.broken.store(false, Ordering::SeqCst);
    patient.live(5, true).await;
    assert_eq!(patient.came(), [0, 45]);
}

#[test]
fn every_mistake_in_its_settings_is_told() {
    let flaws = settings(
        "{ url: s3cr3t, every: 0s, timeout: 0s, headers: { \"a b\": x, ok: \"s3\\ncr3t\" } }",
    );
    let flaws = flaws.unwrap_err();
    let paths: Vec<&str> = flaws.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["url", "every", "timeout", "headers.a b", "headers.ok"]);
    assert!(!format!("{flaws:?}").contains("s3"), "{flaws:?}");
}

#[test]
fn the_call_is_as_it_is_configured() {
    let beat = settings(
        "{ url: \"http://h:1/x\", every: 2s, timeout: 5s, method: GET, headers: { authorization: \"Bearer s3cr3t\" } }",
    );
    let beat = beat.unwrap();
    assert_eq!((beat.every, beat.timeout), (Duration::from_secs(2), Duration::from_secs(2)));
    assert_eq!(beat.call.method, http::Method::GET);
    assert!(beat.call.body.is_empty());
    let headers = format!("{:?}", beat.call.headers);
    assert!(headers.contains("authorization") && !headers.contains("s3cr3t"), "{headers}");
}
