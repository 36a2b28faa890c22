//! When a configuration is read again, and what is said of it.

use std::path::PathBuf;
use std::time::Duration;

use bellwether_core::time::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{Follower, Reload, Standing};
use crate::app::clock::Clock;
use crate::config::{Changes, Loaded, Outline, Source};

/// A follower of a file, under a paused clock; the test stands for the collector.
struct Story {
    folder: tempfile::TempDir,
    asks: watch::Sender<u64>,
    reloads: mpsc::Receiver<Reload>,
    standing: watch::Receiver<Standing>,
    before: Outline,
    _running: JoinSet<()>,
}

/// Longest wait, in the clock's own time.
const LIMIT: Duration = Duration::from_secs(3_600);

const FIRST: &str = "exporters: { otlphttp: { endpoint: \"http://127.0.0.1:1\", headers: { k: \"${file:key}\" } } }\n";

impl Story {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bellwether.yaml");
        std::fs::write(&file, FIRST).unwrap();
        std::fs::write(folder.path().join("key"), "first").unwrap();
        let source = Source::new(Some(file));
        let Loaded { config, files } = source.load();
        let before = config.unwrap().outline;
        let (asks, asked) = watch::channel(0);
        let (sender, reloads) = mpsc::channel(1);
        let clock = Clock::virtual_from(Timestamp::from_secs(1_000));
        let (standing, stands) = watch::channel(Standing::new(clock.now()));
        let follower = Follower { source, files, asked, reloads: sender, standing, clock };
        let mut running = JoinSet::new();
        running.spawn(follower.run(CancellationToken::new()));
        Self { folder, asks, reloads, standing: stands, before, _running: running }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ask(&self) {
        self.asks.send_modify(|count| *count += 1);
    }

    /// Waits for a configuration to go over to, goes over, and says what that changes.
    async fn next(&mut self) -> Vec<String> {
        let came = timeout(LIMIT, self.reloads.recv()).await;
        let Reload { config, answer } = came.expect("a configuration within the limit").unwrap();
        let changes = Changes::between(&self.before, &config.outline);
        self.before = config.outline;
        let words = changes.words();
        answer.send(Ok(changes)).ok().unwrap();
        words
    }

    async fn nothing_comes(&mut self, within: Duration) {
        assert!(timeout(within, self.reloads.recv()).await.is_err(), "nothing has changed");
    }

    async fn until(&mut self, wanted: impl FnMut(&Standing) -> bool) -> Standing {
        let came = timeout(LIMIT, self.standing.wait_for(wanted)).await;
        came.expect("a change within the limit").unwrap().clone()
    }

    /// Waits until the log and the status have been told of a mistake.
    async fn refusal(&mut self) -> Vec<String> {
        self.until(|it| it.refused.is_some()).await.refused.unwrap().1
    }
}

#[tokio::test(start_paused = true)]
async fn it_reads_again_when_asked() {
    let mut story = Story::begin();
    story.ask();
    assert_eq!(story.next().await, [""; 0], "the same");
    std::fs::write(story.file("bellwether.yaml"), "").unwrap();
    story.ask();
    let words = ["exporter otlphttp removed", "pipelines changed"];
    assert_eq!(story.next().await, words);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_any_file_is_noticed_within_seconds_and_only_once() {
    let mut story = Story::begin();
    story.nothing_comes(Duration::from_secs(60)).await;
    let began = Instant::now();
    std::fs::write(story.file("key"), "second").unwrap();
    assert_eq!(story.next().await, ["exporter otlphttp changed"]);
    assert!(began.elapsed() <= Duration::from_secs(3), "{:?}", began.elapsed());
    story.nothing_comes(Duration::from_secs(60)).await;
    // touched, and the same
    std::fs::write(story.file("key"), "second").unwrap();
    story.nothing_comes(Duration::from_secs(60)).await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_one_is_refused_with_all_its_mistakes_until_it_is_mended() {
    let mut story = Story::begin();
    std::fs::write(
        story.file("bellwether.yaml"),
        "exportesr: {}\nservice: { pipelines: { trace: {} } }\n",
    )
    .unwrap();
    let problems = story.refusal().await;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("bellwether.yaml:1:1: unknown key `exportesr`"), "{problems:?}");
    let warnings = story.standing.borrow().warnings();
    assert_eq!(warnings, ["the configuration on disk has 2 mistakes; the one before it goes on"]);
    story.nothing_comes(Duration::from_secs(60)).await;

    // a file that is gone for a while is no end either
    std::fs::remove_file(story.file("bellwether.yaml")).unwrap();
    story.nothing_comes(Duration::from_secs(60)).await;
    std::fs::write(story.file("bellwether.yaml"), FIRST).unwrap();
    assert_eq!(story.next().await, [""; 0]);
    story.until(|it| it.refused.is_none()).await;
    assert_eq!(story.standing.borrow().warnings(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_takes_a_restart_is_told() {
    let mut story = Story::begin();
    let text = format!("{FIRST}extensions: {{ storage: {{ path: /elsewhere }} }}\n");
    std::fs::write(story.file("bellwether.yaml"), text).unwrap();
    assert_eq!(story.next().await, [""; 0]);
    let standing = story.until(|it| !it.needs_restart.is_empty()).await;
    assert_eq!(
        standing.warnings(),
        ["extensions.storage was changed, and takes a restart to hold"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_gone_over_to_is_refused_too() {
    let mut story = Story::begin();
    story.ask();
    let Reload { answer, .. } = story.reloads.recv().await.unwrap();
    answer.send(Err(anyhow::anyhow!("the port is taken"))).ok().unwrap();
    assert_eq!(story.refusal().await, ["the port is taken"]);
}
