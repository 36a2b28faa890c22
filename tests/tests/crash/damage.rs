//! Segments that are damaged while the collector is down.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use bellwether_tests::harness::process::{Bellwether, Setup};
use bellwether_tests::harness::random::Seeded;
use bellwether_tests::harness::wait;

use super::load::{connect, request};
use super::sink::Sink;
use super::{LIMIT, times};

/// Returns the files of the queue of a destination that end in something.
fn files(setup: &Setup, destination: &str, end: &str) -> anyhow::Result<Vec<PathBuf>> {
    let folder = setup.data().join("queues").join(destination);
    let entries = fs::read_dir(folder)?.map(|it| Ok(it?.path()));
    let mut paths = entries.collect::<anyhow::Result<Vec<PathBuf>>>()?;
    paths.retain(|it| it.to_string_lossy().ends_with(end));
    paths.sort();
    Ok(paths)
}

/// Flips a byte in so many places of a file.
fn spoil(file: &Path, times: u64, random: &mut Seeded) -> anyhow::Result<()> {
    let mut bytes = fs::read(file)?;
    for _ in 0..times {
        let at = usize::try_from(random.below(bytes.len() as u64))?;
        let byte = bytes.get_mut(at).context("a byte")?;
        *byte ^= 0x55;
    }
    fs::write(file, bytes)?;
    Ok(())
}

/// Returns how many requests the destination counts as lost by damage, once nothing waits for it.
async fn damaged(collector: &Bellwether, destination: &str) -> anyhow::Result<u64> {
    let status = collector.status().await?;
    let found = status.destinations.into_iter().find(|it| it.name.as_str() == destination);
    let stream = found.and_then(|it| it.signals).context("it takes signals")?;
    ensure!(stream.queued == 0, "{} wait", stream.queued);
    Ok(stream.dropped.get("damaged").copied().unwrap_or_default())
}

/// Scenario: two destinations are down while spans are acknowledged; the collector is killed, and
/// bytes of the segments of one destination are flipped; both return. Over and over, with other
/// bytes (4 times, or `COLLECTOR_DAMAGES`).
/// Guarantee: the other destination gets everything. The damaged one gets everything that can be
/// read; how many that are not is told, but at the very end, and what is damaged is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_costs_what_it_touches_and_is_told() -> anyhow::Result<()> {
    const SPANS: u64 = 300;
    for seed in 0..times("COLLECTOR_DAMAGES", 4) {
        let mut random = Seeded::new(seed);
        let (well, hurt) = (Sink::start().await?, Sink::start().await?);
        // a segment is a sixteenth, and 64 KiB at least: some 30 spans
        let exporters =
            format!("{{ {}, {} }}", well.exporter("well", ""), hurt.exporter("hurt", "size: 1MiB"));
        let setup = Setup::leading_to(&exporters)?;
        let collector = setup.start().await?;
        [&well, &hurt].iter().for_each(|it| it.fail(true));
        let mut client = connect(setup.otlp());
        let names = (0..SPANS).map(|it| format!("{it}"));
        for name in names.clone() {
            client.export(request(&name)).await?;
        }
        let names = names.collect();
        collector.kill().await?;

        let segments = files(&setup, "otlphttp%2Fhurt", ".seg")?;
        ensure!(segments.len() > 5, "{} segments", segments.len());
        let spoilt = 1 + random.below(3);
        for _ in 0..spoilt {
            let which = usize::try_from(random.below(segments.len() as u64))?;
            let flips = 1 + random.below(4);
            spoil(&segments[which], flips, &mut random)?;
        }

        [&well, &hurt].iter().for_each(|it| it.fail(false));
        let collector = setup.start().await?;
        well.has_all("everything at the other", &names).await?;
        let lost = wait::until("everything that can be read to leave", LIMIT, async || {
            damaged(&collector, "otlphttp/hurt").await
        })
        .await
        .with_context(|| format!("seed {seed}"))?;
        let came = hurt.spans();
        assert!(came.keys().all(|it| names.contains(it)), "seed {seed}: nothing else came");
        let is_missing = |it: &u64| !came.contains_key(&it.to_string());
        let missing = (0..SPANS).filter(is_missing).count() as u64;
        // at most 12 bytes were flipped, and a byte is in one request
        assert!((1..=12).contains(&missing), "seed {seed}: {missing} are missing");
        // an end that cannot be read may be a write that was not finished: put aside, not counted
        let end = (0..SPANS).rev().take_while(is_missing).count() as u64;
        assert!(
            lost <= missing && missing - lost <= end,
            "seed {seed}: {missing} are missing, {end} of them at the end, {lost} are told"
        );
        wait::until("the damaged segments to be put aside", LIMIT, async || {
            let aside = files(&setup, "otlphttp%2Fhurt", ".damaged")?.len();
            ensure!(aside >= 1, "none is");
            Ok(())
        })
        .await?;
        assert_eq!(files(&setup, "otlphttp%2Fwell", ".damaged")?.len(), 0);
        println!(
            "damage: seed {seed}, {missing} of {SPANS} requests damaged, {lost} told, the others delivered"
        );
        collector.stop().await?;
    }
    Ok(())
}
