//! Incidents and components on a page.

mod faults;
mod floods;
mod lives;
mod maintenance;
mod people;

use bellwether_core::incident::Incident;
use bellwether_core::state::ComponentState;

use super::bench::Bench;
use super::samples::{about, state};

async fn tell(bench: &Bench, incident: &Incident) {
    bench.outbox.push(about("statuspage", incident));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
}

async fn tell_state(bench: &Bench, component: &str, told: ComponentState, secs: u64) {
    bench.outbox.push(state("statuspage", component, told, secs));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
}
