//! Goes on with what did not pass at the start, until it does: degraded becomes ready without a restart.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::Instant;

use super::outcome::Outcome;
use super::plan::Planned;
use super::publish;
use super::report::{CheckReport, Counts};
use super::runner::Isolation;
use super::spans::Recorder;
use super::status::Status;
use super::{CHECK_BUDGET, validation};
use crate::telemetry::Shared;

/// First pause between the tries of one check; doubles up to [`LONGEST_PAUSE`].
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause between the tries of one check.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Begins to try again, in the background, until every check has passed or telemetry ends.
pub(super) fn begin(
    shared: &Arc<Shared>,
    planned: Vec<Planned>,
    after: Vec<Vec<usize>>,
    reports: Vec<CheckReport>,
    isolation: Isolation,
) {
    let recovery = Recovery {
        shared: Arc::clone(shared),
        planned,
        after,
        isolation,
        reports: watch::Sender::new(reports),
    };
    let stop = shared.stopping().clone();
    shared.startup().tasks.spawn(async move {
        stop.run_until_cancelled(recovery.run()).await;
    });
}

struct Recovery {
    shared: Arc<Shared>,
    planned: Vec<Planned>,
    after: Vec<Vec<usize>>,
    isolation: Isolation,
    reports: watch::Sender<Vec<CheckReport>>,
}

impl Recovery {
    async fn run(self) {
        let open = indices(&self.reports.borrow());
        join_all(open.into_iter().map(|index| self.until_settled(index))).await;
    }

    /// Tries one check again and again. What waited for another check begins as soon as that one is settled.
    async fn until_settled(&self, index: usize) {
        let (Some(plan), Some(after)) = (self.planned.get(index), self.after.get(index)) else {
            return;
        };
        let failed = |reports: &Vec<CheckReport>| {
            reports.get(index).is_some_and(|report| report.outcome.is_failure())
        };
        let mut pause = if failed(&self.reports.borrow()) { FIRST_PAUSE } else { Duration::ZERO };
        loop {
            tokio::time::sleep(pause).await;
            let settled = |index: &usize, reports: &[CheckReport]| {
                reports.get(*index).is_none_or(CheckReport::is_settled)
            };
            let mut reports = self.reports.subscribe();
            let ready = reports.wait_for(|now| after.iter().all(|index| settled(index, now)));
            if ready.await.is_err() {
                return;
            }
            if self.attempt(index, plan).await {
                return;
            }
            pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        }
    }

    /// Runs one check once and tells the result; returns whether it is settled.
    async fn attempt(&self, index: usize, plan: &Planned) -> bool {
        let recorder = Recorder::start(self.shared.resource());
        let began = Instant::now();
        let mut plan = plan.clone();
        plan.retry = false;
        let found = validation::run(
            std::slice::from_ref(&plan),
            vec![Vec::new()],
            began + CHECK_BUDGET,
            self.isolation,
            &recorder,
        );
        let Some(report) = found.await.pop() else { return false };
        let settled = report.is_settled();
        self.reports.send_modify(|reports| {
            if let Some(slot) = reports.get_mut(index) {
                *slot = report.clone();
            }
        });
        self.tell(&report, recorder, began.elapsed());
        settled
    }

    fn tell(&self, report: &CheckReport, recorder: Recorder, took: Duration) {
        let (open, failed, total) = {
            let reports = self.reports.borrow();
            let open: Vec<CheckReport> =
                reports.iter().filter(|it| !it.is_settled()).cloned().collect();
            let failed = reports.iter().filter(|it| it.outcome.is_failure()).count();
            (open, failed, reports.len())
        };
        let outcome = if open.is_empty() { Outcome::Ready } else { Outcome::Degraded };
        let status = if open.is_empty() { Status::Ready } else { Status::Degraded(open) };
        self.shared.startup().set(status);
        if !report.is_settled() {
            tracing::debug!(check = report.name, "a startup check has still not passed");
            return;
        }
        tracing::info!(
            check = report.name,
            component = report.component,
            outcome = report.outcome.as_str(),
            "a startup check that had not passed is settled"
        );
        if outcome == Outcome::Ready {
            tracing::info!("startup validated after all: ready");
        }
        publish::go_on(&self.shared, recorder, outcome, Counts { total, failed }, took);
    }
}

fn indices(reports: &[CheckReport]) -> Vec<usize> {
    let open = reports.iter().enumerate().filter(|(_, report)| !report.is_settled());
    open.map(|(index, _)| index).collect()
}
