//! `kill -9` of the process.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_tests::harness::process::Setup;
use bellwether_tests::harness::random::Seeded;
use tokio::time::sleep;

use super::load::Load;
use super::sink::{Arrival, Sink};
use super::times;

/// So many requests that were taken may not be noted when a process is killed: the worker tells
/// the queue every 32, and its thread may be in the middle of a sync.
const UNNOTED: usize = 64;

/// With several calls at once everything waits to be noted behind the oldest that is still tried:
/// so many may be taken behind one that fails for as long as a life lasts here.
const BEHIND: usize = 1_024;

/// What came again at a destination.
struct Again {
    spans: usize,
    /// How far back the furthest lay: how many others had come since it did, before the kill.
    furthest: usize,
    /// How many a life brought again at most.
    most: usize,
}

/// Holds that what came again is only the last that had come when the process was killed. With one
/// call at a time that is what was on its way and what was not noted yet, and it comes before
/// everything else; with several, also what was taken behind the oldest that was still tried.
fn only_the_last_comes_again(sink: &str, arrivals: &[Arrival], calls: usize) -> Again {
    // by name: its place among all that came, and the life in which it came last
    let mut places = BTreeMap::<&str, (usize, u64)>::new();
    let mut again = Again { spans: 0, furthest: 0, most: 0 };
    let (mut life, mut before, mut largest, mut in_life) = (0, 0, 0, 0);
    let (mut largest_before, mut fresh) = (0, false);
    for arrival in arrivals {
        if arrival.life != life {
            (life, before, in_life) = (arrival.life, places.len(), 0);
            (largest_before, largest, fresh) = (largest.max(1), 0, false);
        }
        largest = largest.max(arrival.names.len());
        for name in &arrival.names {
            let place = places.len();
            let Some((place, last)) = places.get_mut(name.as_str()) else {
                places.insert(name, (place, life));
                fresh = true;
                continue;
            };
            assert!(*last < life, "{sink}: {name} came twice in life {life}");
            assert!(calls > 1 || !fresh, "{sink}: {name} came again behind what is new");
            *last = life;
            let back = before - *place;
            let most = UNNOTED + if calls == 1 { largest_before } else { BEHIND };
            assert!(back <= most, "{sink}: {name} came again, {back} back, in life {life}");
            in_life += 1;
            again.spans += 1;
            again.furthest = again.furthest.max(back);
            again.most = again.most.max(in_life);
        }
    }
    again
}

/// Scenario: eight clients send without a pause; the collector is killed at random moments (20,
/// or `COLLECTOR_KILLS`) and started again; of its two destinations one fails now and then.
/// Guarantee: every acknowledged span arrives at both. At each, what comes again is only the last
/// that it had taken when the process was killed, and nothing comes twice from one life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_whenever_it_is_killed() -> anyhow::Result<()> {
    let kills = times("COLLECTOR_KILLS", 20);
    let (steady, moody) = (Sink::start().await?, Sink::start().await?);
    let setup = Setup::leading_to(&format!(
        "{{ {}, {} }}",
        steady.exporter("steady", "num_consumers: 1"),
        moody.exporter("moody", "num_consumers: 10"),
    ))?;
    let mut load = Load::default();
    let mut random = Seeded::new(7);
    load.begin(setup.otlp());
    for _ in 0..kills {
        let collector = setup.start().await?;
        moody.fail(random.below(2) == 0);
        // the moment is the scenario
        sleep(Duration::from_millis(random.below(400))).await;
        collector.kill().await?;
        [&steady, &moody].iter().for_each(|it| it.next_life());
    }
    load.end().await;
    moody.fail(false);
    let collector = setup.start().await?;
    let names = load.acknowledged();
    for (name, sink, calls) in [("steady", &steady, 1), ("moody", &moody, 10)] {
        sink.has_all(&format!("everything at {name}"), &names).await?;
        let Again { spans, furthest, most } =
            only_the_last_comes_again(name, &sink.arrivals(), calls);
        println!(
            "{name}: {kills} kills, {} acknowledged, 0 lost, {spans} came again, \
             at most {most} after one kill, the furthest {furthest} back",
            names.len()
        );
    }
    assert!(names.len() as u64 >= kills, "{} acknowledged", names.len());
    collector.stop().await
}
