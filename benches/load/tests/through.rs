//! Load and sink, one right behind the other.
#![expect(clippy::unwrap_used, reason = "a test that cannot start fails")]

use std::net::SocketAddr;
use std::time::Duration;

use bellwether_load::client::{Compression, Lane, Protocol};
use bellwether_load::drive::{Feed, Outcome, Pace, drive};
use bellwether_load::sink::{Mood, Sink};
use bellwether_load::spans::Shape;
use tokio::task::JoinSet;

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const AWHILE: Duration = Duration::from_millis(150);

async fn send(sink: &Sink, protocol: Protocol, compression: Compression, pace: Pace) -> Outcome {
    let mut tasks = JoinSet::new();
    let way = (protocol, compression);
    let mut lanes = Lane::open(sink.address, way, 4, 2, &mut tasks).await.unwrap();
    let mut feed = Feed::new(Shape { spans: 10, ..Shape::default() });
    feed.prepare(compression).unwrap();
    drive(&mut lanes, &mut feed, pace, AWHILE).await
}

/// Scenario: requests of each kind go straight to a sink.
/// Guarantee: what was taken is what came, by span and by request.
#[tokio::test]
async fn what_was_taken_came() {
    for protocol in [Protocol::Grpc, Protocol::Http] {
        for compression in [Compression::None, Compression::Gzip] {
            let sink = Sink::start(ANY, Mood::Spans, true).unwrap();
            let outcome = send(&sink, protocol, compression, Pace::Closed).await;
            assert!(outcome.accepted > 0, "{outcome:?}");
            assert_eq!(outcome.accepted, sink.tally.spans());
            assert_eq!(outcome.offered, outcome.accepted);
            assert_eq!(outcome.answers.keys().collect::<Vec<_>>(), ["accepted"]);
            if compression == Compression::None {
                assert_eq!(sink.tally.numbers().len(), outcome.numbers.len());
                assert!(sink.tally.numbers().values().all(|spans| *spans == 10));
            }
        }
    }
}

/// Scenario: the sink is slower than the load.
/// Guarantee: an open loop offers what it was told to, whatever is answered.
#[tokio::test]
async fn an_open_loop_keeps_its_rate() {
    let sink = Sink::start(ANY, Mood::Spans, false).unwrap();
    let pace = Pace::Open { spans_per_second: 20_000 };
    let outcome = send(&sink, Protocol::Grpc, Compression::None, pace).await;
    assert_eq!(outcome.offered, 3_000);
}

/// Scenario: the sink refuses for now.
/// Guarantee: the load knows, and counts nothing as taken.
#[tokio::test]
async fn refusals_are_told_apart() {
    for (protocol, code) in [(Protocol::Grpc, "Unavailable"), (Protocol::Http, "503")] {
        let sink = Sink::start(ANY, Mood::Refusing, false).unwrap();
        let pace = Pace::Open { spans_per_second: 1_000 };
        let outcome = send(&sink, protocol, Compression::None, pace).await;
        let answers: Vec<_> = outcome.answers.keys().cloned().collect();
        assert_eq!(answers, [format!("{code}, without a time to retry")]);
        assert_eq!((outcome.accepted, sink.tally.spans()), (0, 0));
    }
}
