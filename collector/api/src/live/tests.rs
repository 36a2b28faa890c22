//! Numbers, deltas and what a slow one gets; and a socket's life under a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Message;
use bellwether_core::state::ComponentState;
use futures_util::{Sink, SinkExt, Stream, StreamExt, stream};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{advance, timeout};
use tokio_util::sync::{CancellationToken, PollSender};

use super::Live;
use super::socket::Socket;
use crate::tests::memory::Memory;
use crate::tests::samples::{at, snapshot};
use crate::tests::{api_over, sources};
use crate::view::Snapshot;
use crate::{Api, Sources};

fn later(change: impl FnOnce(&mut Snapshot)) -> Arc<Snapshot> {
    let mut snapshot = snapshot();
    change(&mut snapshot);
    Arc::new(snapshot)
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Does what a page does with what it is sent.
#[derive(Default)]
struct Page {
    known: Option<u64>,
    shown: Value,
}

impl Page {
    fn take(&mut self, text: &str) {
        let Value::Object(mut message) = value(text) else { panic!("an object") };
        let seq = message.remove("seq").and_then(|it| it.as_u64()).unwrap();
        match message.remove("kind").unwrap().as_str().unwrap() {
            "snapshot" => self.shown = message.remove("snapshot").unwrap(),
            "delta" => {
                assert_eq!(Some(seq), self.known.map(|it| it + 1), "no gap");
                self.merge(message);
            }
            other => panic!("{other}"),
        }
        self.known = Some(seq);
    }

    fn merge(&mut self, delta: Map<String, Value>) {
        for (part, mut new) in delta {
            let Some(changed) = new.get_mut("changed").map(Value::take) else {
                self.shown[&part] = new;
                continue;
            };
            let id = if part == "components" || part == "incidents" { "id" } else { "name" };
            let mut all: Vec<Value> = self.shown[&part].as_array().unwrap().clone();
            for item in changed.as_array().unwrap() {
                match all.iter_mut().find(|it| it[id] == item[id]) {
                    Some(known) => *known = item.clone(),
                    None => all.push(item.clone()),
                }
            }
            if let Some(order) = new.get("order").and_then(Value::as_array) {
                let of = |key: &Value| all.iter().find(|it| it[id] == *key).unwrap().clone();
                all = order.iter().map(of).collect();
            }
            self.shown[&part] = Value::Array(all);
        }
    }

    fn follow(&mut self, live: &Live, newest: &Arc<Snapshot>) {
        while let Some((text, seq)) = live.next(self.known, || newest.clone()) {
            self.take(&text);
            assert_eq!(self.known, Some(seq));
        }
        assert_eq!(self.shown, serde_json::to_value(&**newest).unwrap());
    }
}

/// Guarantee: whatever changes, a page that takes snapshot and deltas shows what is.
#[test]
fn a_page_that_takes_deltas_shows_what_is() {
    let live = Live::new(at(0));
    let (mut early, mut late) = (Page::default(), Page::default());
    let story = [
        later(|_| {}),
        later(|it| it.collector.now = at(101).into()),
        later(|it| {
            it.components[0].effective = ComponentState::Operational;
            it.components.reverse();
        }),
        later(|it| {
            it.incidents.clear();
            it.health_score = None;
            it.impact = Default::default();
        }),
        later(|it| {
            it.components.remove(0);
            it.services.clear();
            it.destinations.rotate_left(1);
        }),
        later(|it| it.collector.ready = false),
    ];
    for newest in &story {
        early.follow(&live, newest);
    }
    late.follow(&live, &story[5]);
    assert_eq!(early.known, late.known);
}

#[test]
fn a_delta_says_what_changed_and_nothing_else() {
    let live = Live::new(at(0));
    let seq = live.next(None, || later(|_| {})).unwrap().1;
    assert!(live.next(Some(seq), || later(|_| {})).is_none(), "another one that says the same");
    let changed = || later(|it| it.components[1].own = ComponentState::UnderMaintenance);
    let (text, next) = live.next(Some(seq), changed).unwrap();
    assert_eq!(next, seq + 1);
    let component = serde_json::to_value(&changed().components[1]).unwrap();
    let expected =
        json!({ "kind": "delta", "seq": next, "components": { "changed": [component] } });
    assert_eq!(value(&text), expected);
    let (whole, _) = live.next(None, changed).unwrap();
    let (again, _) = live.next(None, changed).unwrap();
    assert_eq!(whole.as_ptr(), again.as_ptr(), "written once for all");
}

/// Scenario: a page goes on from a number that is in memory, too old, of an earlier process, or
/// made up.
/// Guarantee: it is sent what it misses, or everything.
#[test]
fn who_comes_back_is_sent_what_was_missed() {
    let live = Live::new(at(0));
    let at_second = |second: i64| later(|it| it.collector.now = at(second).into());
    let first = live.next(None, || at_second(1)).unwrap().1;
    for second in 2..=600 {
        let _ = live.next(Some(first), || at_second(second));
    }
    let newest = || at_second(600);
    let last = first + 599;
    let kind = |known| {
        live.next(Some(known), newest)
            .map(|(text, seq)| (value(&text)["kind"].as_str().unwrap().to_owned(), seq))
    };
    assert_eq!(kind(last), None);
    assert_eq!(kind(last - 1), Some(("delta".to_owned(), last)));
    assert_eq!(kind(last - 512), Some(("delta".to_owned(), last - 511)));
    for lost in [last - 513, 0, last + 1, u64::MAX] {
        assert_eq!(kind(lost), Some(("snapshot".to_owned(), last)), "{lost}");
    }
}

#[test]
fn what_is_remembered_is_bounded_in_bytes() {
    let live = Live::new(at(0));
    let long = |second: i64| {
        later(|it| it.collector.problems = vec![format!("{second}{}", "x".repeat(500_000))])
    };
    let first = live.next(None, || long(0)).unwrap().1;
    for second in 1..=10 {
        let _ = live.next(Some(first + second - 1), || long(i64::try_from(second).unwrap()));
    }
    let kind = |known| value(&live.next(Some(known), || long(10)).unwrap().0)["kind"].clone();
    assert_eq!(kind(first + 7), "delta");
    assert_eq!(kind(first + 5), "snapshot");
}

/// The two ends of a socket that are not the collector's.
struct Other {
    to: mpsc::Sender<Result<Message, axum::Error>>,
    from: mpsc::Receiver<Message>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
    may: Arc<std::sync::atomic::AtomicBool>,
}

/// A stream and a sink as one.
struct Both<R, W>(R, W);

impl<R: Stream + Unpin, W: Unpin> Stream for Both<R, W> {
    type Item = R::Item;
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<R::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl<R: Unpin, W: Sink<Message> + Unpin> Sink<Message> for Both<R, W> {
    type Error = W::Error;
    fn poll_ready(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), W::Error>> {
        self.1.poll_ready_unpin(cx)
    }
    fn start_send(mut self: std::pin::Pin<&mut Self>, it: Message) -> Result<(), W::Error> {
        self.1.start_send_unpin(it)
    }
    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), W::Error>> {
        self.1.poll_flush_unpin(cx)
    }
    fn poll_close(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), W::Error>> {
        self.1.poll_close_unpin(cx)
    }
}

impl Other {
    fn of(api: Api) -> Self {
        use std::sync::atomic::{AtomicBool, Ordering};
        let (to, mut heard) = mpsc::channel(1);
        let (told, from) = mpsc::channel(1);
        let (stop, may) = (CancellationToken::new(), Arc::new(AtomicBool::new(true)));
        let mut tasks = JoinSet::new();
        let asked = may.clone();
        let may_look = move || asked.load(Ordering::Relaxed);
        let heard = stream::poll_fn(move |cx| heard.poll_recv(cx));
        let socket = Both(heard, PollSender::new(told));
        tasks.spawn(Socket { socket, api, stop: stop.clone(), may: may_look }.serve(None));
        Self { to, from, tasks, stop, may }
    }

    /// Returns the next message that is not a ping.
    async fn next(&mut self) -> Option<Message> {
        loop {
            match timeout(Duration::from_secs(60), self.from.recv()).await.unwrap() {
                Some(Message::Ping(_)) => {}
                other => return other,
            }
        }
    }

    async fn seq(&mut self, kind: &str) -> u64 {
        let Some(Message::Text(text)) = self.next().await else { panic!("no text") };
        let message = value(&text);
        assert_eq!(message["kind"], kind);
        message["seq"].as_u64().unwrap()
    }

    async fn code(&mut self) -> u16 {
        match self.next().await {
            Some(Message::Close(Some(frame))) => frame.code,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_is_sent_when_it_happens() {
    let (api, hand) = api_over(snapshot(), Memory::default());
    let mut other = Other::of(api);
    let first = other.seq("snapshot").await;
    let began = tokio::time::Instant::now();
    hand.send_replace(later(|it| it.collector.now = at(101).into()));
    assert_eq!(other.seq("delta").await, first + 1);
    assert_eq!(began.elapsed(), Duration::ZERO, "nobody waits for a timer");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_is_let_go_and_who_does_stays() {
    let (api, _hand) = api_over(snapshot(), Memory::default());
    let mut quiet = Other::of(api.clone());
    quiet.seq("snapshot").await;
    let ended =
        timeout(Duration::from_secs(60), async { while quiet.from.recv().await.is_some() {} });
    let began = tokio::time::Instant::now();
    ended.await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(25), "the beat after 20 s of silence");

    let mut alive = Other::of(api);
    for _ in 0..20 {
        match alive.from.recv().await.unwrap() {
            Message::Ping(_) => alive.to.send(Ok(Message::Pong(Vec::new().into()))).await.unwrap(),
            Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Scenario: somebody reads nothing, as a laptop that sleeps.
/// Guarantee: the socket is given up after 10 s, and nothing grows meanwhile.
#[tokio::test(start_paused = true)]
async fn who_reads_nothing_is_let_go() {
    let (api, hand) = api_over(snapshot(), Memory::default());
    let mut other = Other::of(api);
    // there is room for two messages on the way
    for second in 101..104 {
        advance(Duration::from_millis(10)).await;
        hand.send_replace(later(|it| it.collector.now = at(second).into()));
    }
    let began = tokio::time::Instant::now();
    timeout(Duration::from_secs(60), other.tasks.join_next()).await.unwrap().unwrap().unwrap();
    assert!(began.elapsed() <= Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_end_is_said_with_its_reason() {
    let (api, _hand) = api_over(snapshot(), Memory::default());
    let mut stopped = Other::of(api.clone());
    stopped.seq("snapshot").await;
    stopped.stop.cancel();
    assert_eq!(stopped.code().await, 1001);

    let mut revoked = Other::of(api.clone());
    revoked.seq("snapshot").await;
    revoked.may.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(revoked.code().await, 1008, "with the next beat");

    let mut talker = Other::of(api);
    talker.seq("snapshot").await;
    talker.to.send(Ok(Message::Text("drop table".into()))).await.unwrap();
    assert_eq!(talker.code().await, 1003);
}

/// Scenario: the collector stops making snapshots.
/// Guarantee: who looks is told within seconds that the news is old.
#[tokio::test(start_paused = true)]
async fn old_news_is_told_over_the_socket_too() {
    let (hand, snapshots) = tokio::sync::watch::channel(Arc::new(snapshot()));
    let every = tokio::sync::watch::Sender::new(Duration::from_secs(1)).subscribe();
    let api = Api::new(Sources { every, ..sources(snapshots, Memory::default()) });
    let mut other = Other::of(api);
    other.seq("snapshot").await;
    let told = async {
        loop {
            match other.from.recv().await.unwrap() {
                Message::Text(text) => return value(&text),
                _ => other.to.send(Ok(Message::Pong(Vec::new().into()))).await.unwrap(),
            }
        }
    };
    let told = timeout(Duration::from_secs(16), told).await.unwrap();
    assert_eq!(told["collector"]["ready"], false);
    drop(hand);
}
