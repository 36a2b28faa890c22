//! Incidents and components on a page.

mod faults;
mod floods;
mod lives;
mod maintenance;
mod people;

use std::sync::atomic::Ordering;
use std::time::Duration;

use bellwether_core::incident::Incident;
use bellwether_core::notice::Notice;
use bellwether_core::state::ComponentState;

use super::bench::Bench;
use super::board::Page;
use super::samples::{about, settings, state};

/// Begins with incidents that wait for a person who publishes them.
fn drafting(page: &Page) -> Bench {
    let mut settings = settings("statuspage");
    settings["incidents"] = "draft".into();
    Bench::with("statuspage", settings, &page.script)
}

async fn tell(bench: &Bench, incident: &Incident) {
    bench.outbox.push(about("statuspage", incident));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
}

async fn tell_state(bench: &Bench, component: &str, told: ComponentState, secs: u64) {
    bench.outbox.push(state("statuspage", component, told, secs));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
}

/// Tells something, dies once the page has it and before that is noted, and starts again.
async fn tell_through_a_crash(bench: &mut Bench, notice: Notice, is_written: impl Fn() -> bool) {
    bench.outbox.push(notice);
    bench.outbox.dies_at_settle.store(true, Ordering::SeqCst);
    bench.run_notices();
    bench.until("written", |_| is_written()).await;
    bench.kill().await;
    assert_eq!(bench.outbox.waiting(), 1);
    bench.outbox.dies_at_settle.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(5)).await;
    bench.run_notices();
    bench.until("noted", |it| it.outbox.waiting() == 0).await;
    bench.kill().await;
}
