//! What is acknowledged was synced, in the queue of every destination.

use std::sync::Arc;

use anyhow::ensure;
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::disk::Forgetful;
use bellwether_tests::harness::wait;

use super::LIMIT;
use super::load::{connect, request};
use super::sink::Sink;

/// Scenario: a span is sent to a collector with two destinations; the disk lets the sync of the
/// second one's queue wait.
/// Guarantee: the first destination has the span already, and it is not acknowledged. It is as soon
/// as the second queue's sync is done, and only then does the second destination get it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sync_of_every_queue_comes_before_the_acknowledgement() -> anyhow::Result<()> {
    let (first, second) = (Sink::start().await?, Sink::start().await?);
    let exporters =
        format!("{{ {}, {} }}", first.exporter("first", ""), second.exporter("second", ""));
    let disk = Forgetful::default();
    let collector = Collector::on_disk(&exporters, Arc::new(disk.clone())).await?;
    let mut client = connect(collector.otlp());
    // everything is open, and the connection is there
    client.export(request("warm")).await?;
    second.has_all("the first span", &["warm".to_owned()].into()).await?;

    disk.hold("otlphttp%2Fsecond");
    let mut sender = tokio::task::JoinSet::new();
    sender.spawn(async move { client.export(request("held")).await });
    wait::until("a sync to wait", LIMIT, async || {
        ensure!(disk.waiting() == 1, "{} wait", disk.waiting());
        Ok(())
    })
    .await?;
    first.has_all("the span at the first", &["held".to_owned()].into()).await?;
    assert!(sender.try_join_next().is_none(), "acknowledged before the second sync");
    assert!(!second.spans().contains_key("held"), "sent before it was synced");
    disk.release();
    let answer = sender.join_next().await;
    assert!(matches!(answer, Some(Ok(Ok(_)))), "{answer:?}");
    second.has_all("the span at the second", &["held".to_owned()].into()).await?;
    collector.stop().await
}
