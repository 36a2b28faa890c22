//! Disks that are full, and disks that forget what was not synced.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::disk::Forgetful;
use bellwether_tests::harness::process::Setup;
use bellwether_tests::harness::random::Seeded;
use bellwether_tests::harness::wait;
use tokio::time::sleep;

use super::load::Load;
use super::sink::Sink;
use super::{LIMIT, times};

/// Scenario: eight clients send without a pause; the disk under the queues runs full and is freed,
/// and the power is cut at random moments (10, or `COLLECTOR_CUTS`), after which the disk has
/// nothing but what was synced; of two destinations one fails now and then.
/// Guarantee: every acknowledged span arrives at both. While the disk is full, senders are told to
/// come again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_disks_and_power_cuts_lose_nothing_acknowledged() -> anyhow::Result<()> {
    let cuts = times("COLLECTOR_CUTS", 10);
    let (steady, moody) = (Sink::start().await?, Sink::start().await?);
    let exporters =
        format!("{{ {}, {} }}", steady.exporter("steady", ""), moody.exporter("moody", ""));
    let mut disk = Forgetful::default();
    let mut load = Load::default();
    let mut random = Seeded::new(11);
    let mut full = 0;
    for _ in 0..cuts {
        let collector = Collector::on_disk(&exporters, Arc::new(disk.clone())).await?;
        moody.fail(random.below(2) == 0);
        load.begin(collector.otlp());
        if random.below(2) == 0 {
            disk.set_room(Some(usize::try_from(random.below(200_000))?));
            let before = load.refused();
            wait::until("senders to be told that the disk is full", LIMIT, async || {
                ensure!(disk.refused() > 0, "no write was refused");
                ensure!(load.refused() > before, "nobody was told");
                Ok(())
            })
            .await?;
            full += disk.refused();
            if random.below(2) == 0 {
                disk.set_room(None);
                let before = load.acknowledged().len();
                wait::until("senders to be taken from again", LIMIT, async || {
                    ensure!(load.acknowledged().len() > before, "nothing is acknowledged");
                    Ok(())
                })
                .await?;
            }
        }
        // the moment is the scenario
        sleep(Duration::from_millis(random.below(300))).await;
        disk = disk.cut_power();
        load.end().await;
        collector.kill().await;
    }
    moody.fail(false);
    let collector = Collector::on_disk(&exporters, Arc::new(disk)).await?;
    let names = load.acknowledged();
    steady.has_all("everything at steady", &names).await?;
    moody.has_all("everything at moody", &names).await?;
    println!(
        "cuts: {cuts} power cuts of the whole collector, {} acknowledged, 0 lost; {full} writes \
         found no room",
        names.len()
    );
    assert!(full > 0 && names.len() as u64 >= cuts);
    collector.stop().await
}

/// A small file system in memory, mounted on a folder until it is dropped.
struct Small(PathBuf);

impl Small {
    /// Mounts one; the error says why that cannot be here.
    fn mount(folder: &Path, size: &str) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder);
        match mount.output() {
            Ok(output) if output.status.success() => Ok(Self(folder.to_owned())),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // lazily: a collector that a failed test left may still use it
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Scenario: the collector's folder is on a file system of 16 MiB; its destination is down until
/// that is full, and the process is killed and started again while it is. Over and over (2 times,
/// or `COLLECTOR_FULL`), with load all the time.
/// Guarantee: senders are told to come again; it starts on a full disk; when the destination
/// returns, everything acknowledged arrives, senders are taken from again, and it is ready.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_file_system_that_is_full_loses_nothing_acknowledged() -> anyhow::Result<()> {
    let sink = Sink::start().await?;
    let setup = Setup::leading_to(&format!("{{ {} }}", sink.exporter("sink", "")))?;
    let _small = match Small::mount(&setup.data(), "16m") {
        Ok(small) => small,
        Err(why) => {
            // not by a macro: what those write is not shown when a test passes
            let mut stderr = std::io::stderr();
            writeln!(
                stderr,
                "\nNOT TESTED: no file system can be mounted here ({why}), so nothing was seen of a \
                 collector on a file system that is really full. The injected full disk was.\n"
            )?;
            return Ok(());
        }
    };
    let mut load = Load::default();
    load.begin(setup.otlp());
    let rounds = times("COLLECTOR_FULL", 2);
    for _ in 0..rounds {
        sink.fail(true);
        let collector = setup.start().await?;
        let before = load.refused();
        wait::until("the disk to be full", LIMIT, async || {
            ensure!(load.refused() > before + 20, "nobody is refused");
            Ok(())
        })
        .await?;
        collector.kill().await?;
        // ready it is when there is room for history, too, which the queue has to make
        let collector = setup.start_unready().await?;
        sink.fail(false);
        let before = load.acknowledged().len();
        wait::until("senders to be taken from again", LIMIT, async || {
            ensure!(load.acknowledged().len() > before + 20, "nothing is acknowledged");
            Ok(())
        })
        .await?;
        wait::until("it to be ready", LIMIT, async || collector.ready().await).await?;
        collector.kill().await?;
    }
    load.end().await;
    let collector = setup.start().await?;
    let names = load.acknowledged();
    sink.has_all("everything", &names).await?;
    println!(
        "full: {rounds} times full on a file system of 16 MiB, {} acknowledged, 0 lost, {} refused",
        names.len(),
        load.refused()
    );
    collector.stop().await
}
