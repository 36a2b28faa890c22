//! The demo: a router vanishes, and everybody who should know does.
//!
//! It starts the vendors' stand-ins, the collector and the example service as processes of
//! their own, and tells what they say: the collector's API, the stand-ins' records, the
//! service's answers.

mod outage;
mod recovery;
mod stage;
mod story;
mod summary;
mod tell;
mod vendors;

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

pub use self::tell::Tell;

use self::stage::Stage;

/// What the demo is asked for.
pub struct Options {
    /// Stays up after the story until it is told to stop.
    pub keep: bool,
    /// The database of the example service; SQLite when there is none.
    pub postgres_url: Option<String>,
    /// How to speak.
    pub tell: Tell,
}

/// What shells say of a program that ctrl-c ended.
const INTERRUPTED: u8 = 130;

/// Tells the whole story and stops what it started, whatever happens. Returns 0 when all was
/// as told, 1 when something was not, 130 when it was interrupted.
pub async fn run(options: Options) -> ExitCode {
    let tell = &options.tell;
    let mut stage = None;
    let told = tokio::select! {
        told = perform(&mut stage, &options) => Some(told),
        () = interruption() => None,
    };
    let kept = options.keep && matches!(told, Some(Ok(())));
    match (&told, &stage) {
        (Some(Ok(())), Some(stage)) if kept => {
            story::stay(stage, tell);
            interruption().await;
        }
        (Some(Err(error)), stage) => {
            tell.failure(error);
            stage.iter().flat_map(Stage::tails).for_each(|tail| tell.raw(&tail));
        }
        _ => {}
    }
    let stopped = match stage {
        Some(stage) => stage.stop().await,
        None => Ok(()),
    };
    match (told, stopped) {
        // ctrl-c reaches every process, so that how they ended says nothing
        (Some(Ok(())), _) if kept => ExitCode::SUCCESS,
        (Some(Ok(())), Ok(())) => ExitCode::SUCCESS,
        (Some(Ok(())), Err(error)) => {
            tell.failure(&error);
            ExitCode::FAILURE
        }
        (Some(Err(_)), _) => ExitCode::FAILURE,
        (None, _) => ExitCode::from(INTERRUPTED),
    }
}

/// Fills the stage and plays on it. What it started is left to the caller to stop.
async fn perform(stage: &mut Option<Stage>, options: &Options) -> anyhow::Result<()> {
    let stage = stage.insert(Stage::start(options.postgres_url.as_deref()).await?);
    story::tell(stage, &options.tell).await
}

/// Waits for ctrl-c, SIGTERM or the end of the terminal.
async fn interruption() {
    let waiting = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(
        |kind| async move {
            match signal(kind) {
                Ok(mut signal) => drop(signal.recv().await),
                // then this one cannot be waited for, and ends us without a word
                Err(_) => std::future::pending().await,
            }
        },
    );
    let [interrupt, terminate, hangup] = waiting;
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
        () = hangup => {}
    }
}
