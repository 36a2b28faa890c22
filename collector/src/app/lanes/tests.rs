use std::sync::Mutex;

use bellwether_core::BoxFuture;
use bellwether_core::queue::{Account, Depth, Left, Queued};
use bellwether_core::time::Timestamp;
use bellwether_queue::{MemoryQueue, Policy};
use bytes::Bytes;
use futures_util::FutureExt;
use tokio::sync::Notify;

use super::*;

/// A queue whose appends fail, or wait until they are let go; it writes down that they began.
#[derive(Debug)]
struct Odd {
    name: &'static str,
    fails: bool,
    go: Option<Arc<Notify>>,
    account: Arc<Account>,
    log: Arc<Mutex<Vec<&'static str>>>,
}

impl Queue for Odd {
    fn reserve(&self, bytes: usize) -> Result<Room, NotQueued> {
        self.account.reserve(bytes as u64).map_err(|_| NotQueued::Full)
    }
    fn is_failing(&self) -> bool {
        self.fails
    }
    fn append(&self, _: Room, _: Request) -> BoxFuture<'_, Result<(), NotQueued>> {
        self.log.lock().unwrap().push(self.name);
        Box::pin(async {
            if let Some(go) = &self.go {
                go.notified().await;
            }
            if self.fails { Err(NotQueued::Storage("no room".to_owned())) } else { Ok(()) }
        })
    }
    fn next(&self) -> BoxFuture<'_, Queued> {
        Box::pin(std::future::pending())
    }
    fn try_next(&self) -> Option<Queued> {
        None
    }
    fn has_more(&self) -> bool {
        false
    }
    fn done(&self, _: u64) {}
    fn close(&self) -> BoxFuture<'_, Left> {
        Box::pin(async { Left::default() })
    }
    fn depth(&self) -> Depth {
        Depth::default()
    }
}

fn request(bytes: usize) -> Request {
    let body = Bytes::from(vec![0; bytes]);
    Request { signal: Signal::Traces, items: 1, at: Timestamp::default(), body }
}

fn lane(queues: Vec<Arc<dyn Queue>>) -> Lane {
    let queues = queues.into_iter().map(|queue| (0, queue)).collect();
    Lane { observed: false, treatments: vec![Treatment::default()], queues }
}

/// Guarantee: a request that one queue has no room for is in none, and takes no room from those
/// that have some, so that its sender's next try makes no duplicates.
#[test]
fn a_full_queue_refuses_before_another_has_the_request() {
    let small = Arc::new(MemoryQueue::new("small", 200, Policy::Block));
    let large = Arc::new(MemoryQueue::new("large", 400, Policy::Block));
    let lane = lane(vec![large.clone(), small.clone()]);
    let put = || {
        let rooms = lane.reserve(100)?;
        lane.append(rooms, &[request(100)]).now_or_never().expect("memory takes no time")
    };
    assert_eq!(put(), Ok(()));
    for _ in 0..10 {
        assert_eq!(put(), Err(NotQueued::Full));
    }
    assert_eq!((small.depth().requests, large.depth().requests), (1, 1));
    let front = small.try_next().unwrap();
    small.done(front.seq);
    assert_eq!(put(), Ok(()), "what was promised and not used is free again");
    assert_eq!((small.depth().requests, large.depth().requests), (1, 2));
}

/// Guarantee: a destination that drops its oldest never refuses for the others.
#[test]
fn a_queue_that_drops_makes_nobody_wait() {
    let drops = Arc::new(MemoryQueue::new("drops", 200, Policy::DropOldest));
    let keeps = Arc::new(MemoryQueue::new("keeps", 4_000, Policy::Block));
    let lane = lane(vec![drops.clone(), keeps.clone()]);
    for _ in 0..10 {
        let rooms = lane.reserve(100).unwrap();
        lane.append(rooms, &[request(100)]).now_or_never().unwrap().unwrap();
    }
    assert_eq!((drops.depth().requests, drops.depth().dropped["queue_full"]), (1, 9));
    assert_eq!(keeps.depth().requests, 10);
}

/// Guarantee: all queues are written at the same time, and the acknowledgement waits for all.
#[test]
fn queues_are_written_together_and_all_are_waited_for() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let go = [Arc::new(Notify::new()), Arc::new(Notify::new())];
    let odd = |name, at: usize| -> Arc<dyn Queue> {
        let (account, log, go) = (Account::new(None), Arc::clone(&log), go.get(at).cloned());
        Arc::new(Odd { name, fails: false, go, account, log })
    };
    let lane = lane(vec![odd("a", 0), odd("b", 1)]);
    let rooms = lane.reserve(1).unwrap();
    let treated = [request(1)];
    let mut append = Box::pin(lane.append(rooms, &treated));
    assert_eq!((&mut append).now_or_never(), None);
    assert_eq!(*log.lock().unwrap(), ["a", "b"]);
    go[1].notify_one();
    assert_eq!((&mut append).now_or_never(), None, "one of two");
    go[0].notify_one();
    assert_eq!((&mut append).now_or_never(), Some(Ok(())));
}

/// Guarantee: while the disk of one queue fails, the others do not fill up with copies of what
/// is refused.
#[test]
fn a_queue_that_fails_is_tried_before_the_others() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let odd = |name, fails| -> Arc<dyn Queue> {
        let (account, log) = (Account::new(None), Arc::clone(&log));
        Arc::new(Odd { name, fails, go: None, account, log })
    };
    let lane = lane(vec![odd("well", false), odd("failing", true)]);
    let rooms = lane.reserve(1).unwrap();
    let refused = lane.append(rooms, &[request(1)]).now_or_never().unwrap();
    assert_eq!(refused, Err(NotQueued::Storage("no room".to_owned())));
    assert_eq!(*log.lock().unwrap(), ["failing"]);
}

/// Guarantee: each destination gets what its own pipeline makes of a request, and room is taken
/// for what was added.
#[test]
fn a_destination_gets_what_its_pipeline_does() {
    let raw = serde_json::json!({ "components": { "everything": { "services": ["api"] } } });
    let catalog = bellwether_core::catalog::Catalog::check(serde_json::from_value(raw).unwrap());
    let told = Treatment::new(&[Processor::Health], &catalog.unwrap(), true);
    let plain = Arc::new(MemoryQueue::new("plain", 1_000, Policy::Block));
    let rich = Arc::new(MemoryQueue::new("rich", 1_000, Policy::Block));
    let small = Arc::new(MemoryQueue::new("small", 60, Policy::Block));
    let body = {
        use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
        use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
        use opentelemetry_proto::tonic::resource::v1::Resource;
        use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
        use prost::Message;
        let name = AnyValue { value: Some(any_value::Value::StringValue("api".to_owned())) };
        let name =
            KeyValue { key: "service.name".to_owned(), value: Some(name), ..KeyValue::default() };
        let resource = Some(Resource { attributes: vec![name], ..Resource::default() });
        let scope = ScopeSpans { spans: vec![Span::default()], ..ScopeSpans::default() };
        let spans =
            ResourceSpans { resource, scope_spans: vec![scope], ..ResourceSpans::default() };
        Bytes::from(ExportTraceServiceRequest { resource_spans: vec![spans] }.encode_to_vec())
    };
    let sent = Request { body: body.clone(), ..request(0) };
    let lane = Lane {
        observed: true,
        treatments: vec![Treatment::default(), told],
        queues: vec![(0, plain.clone()), (1, rich.clone())],
    };
    let rooms = lane.reserve(body.len()).unwrap();
    let (treated, _grown) = lane.treat(&sent).unwrap();
    lane.append(rooms, &treated).now_or_never().unwrap().unwrap();
    assert_eq!(plain.try_next().unwrap().request.body.as_ptr(), body.as_ptr(), "byte for byte");
    let rich = rich.try_next().unwrap().request;
    assert!(rich.body.len() > body.len() + 60);
    assert_eq!((rich.items, rich.signal), (1, Signal::Traces));

    // room for the request, and none for what is added to it
    let lane = Lane { queues: vec![(1, small)], ..lane };
    let _rooms = lane.reserve(body.len()).unwrap();
    assert_eq!(lane.treat(&sent).unwrap_err(), NotQueued::Full);
}
