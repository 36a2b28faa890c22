//! One pass over a plan: runs the checks, records their spans, and describes how each ended.

use std::time::Duration;

use opentelemetry::Context;
use tokio::time::Instant;

use super::outcome::{CheckOutcome, OnFailure};
use super::plan::{PlanError, Planned};
use super::report::CheckReport;
use super::runner::{self, End, Isolation, Job, Listener};
use super::spans::Recorder;
use crate::checks::{CheckKind, NotPassed};

/// The `error.type` of a check that was not run because of another.
const PREREQUISITE: &str = "prerequisite_failed";
/// The `error.type` of checks that contradict one another.
const INVALID_PLAN: &str = "invalid_plan";

/// Runs the checks until the deadline at the latest; `after` are the prerequisites of each.
pub(super) async fn run(
    planned: &[Planned],
    after: Vec<Vec<usize>>,
    deadline: Instant,
    isolation: Isolation,
    recorder: &Recorder,
) -> Vec<CheckReport> {
    let jobs: Vec<Job> = planned.iter().zip(after).map(|(plan, after)| plan.job(after)).collect();
    let mut pass = Pass {
        planned,
        recorder,
        begun: vec![None; planned.len()],
        reports: vec![None; planned.len()],
    };
    runner::run(&jobs, deadline, isolation, &mut pass).await;
    pass.reports.into_iter().flatten().collect()
}

/// Describes checks of which none was run, because the plan cannot be carried out. The check that is to blame fails,
/// and aborts whatever was said of it.
pub(super) fn refused(
    planned: &[Planned],
    error: &PlanError,
    recorder: &Recorder,
) -> Vec<CheckReport> {
    let problem = NotPassed::failed(format!("the checks cannot be run: {error}"))
        .advice("correct the names in .check(..) and .after(..); Startup::verify finds this in a unit test")
        .error_type(INVALID_PLAN);
    let blamed = planned.iter().rposition(|plan| Some(plan.name.as_str()) == error.name());
    let mut reports: Vec<CheckReport> = planned
        .iter()
        .enumerate()
        .map(|(index, plan)| {
            if Some(index) == blamed {
                return plan.report(CheckOutcome::Failed, Some(problem.clone()));
            }
            let reason = "not run: the checks cannot be run as they are written";
            let skipped = NotPassed::skipped(reason).error_type(INVALID_PLAN);
            plan.report(CheckOutcome::Skipped, Some(skipped))
        })
        .collect();
    if blamed.is_none() {
        reports.push(CheckReport {
            name: "checks".to_owned(),
            component: String::new(),
            on_failure: OnFailure::Abort,
            kind: CheckKind::Config,
            level: CheckKind::Config.level(),
            outcome: CheckOutcome::Failed,
            took: Duration::ZERO,
            problem: Some(problem),
        });
    }
    for report in &mut reports {
        if report.outcome.is_failure() {
            report.on_failure = OnFailure::Abort;
        }
        recorder.end_check(&recorder.start_check(&report.name), report);
    }
    reports
}

struct Pass<'p> {
    planned: &'p [Planned],
    recorder: &'p Recorder,
    begun: Vec<Option<(Context, Instant)>>,
    reports: Vec<Option<CheckReport>>,
}

impl Listener for Pass<'_> {
    fn begins(&mut self, index: usize) -> Context {
        let name = self.planned.get(index).map_or("", |plan| plan.name.as_str());
        let context = self.recorder.start_check(name);
        if let Some(begun) = self.begun.get_mut(index) {
            *begun = Some((context.clone(), Instant::now()));
        }
        context
    }

    fn ended(&mut self, index: usize, end: End) {
        let Some(plan) = self.planned.get(index) else { return };
        let (outcome, problem) = self.describe(end);
        let mut report = plan.report(outcome, problem);
        let begun = self.begun.get(index).cloned().flatten();
        report.took = begun.as_ref().map_or(Duration::ZERO, |(_, since)| since.elapsed());
        let context = match begun {
            Some((context, _)) => context,
            None => self.recorder.start_check(&plan.name),
        };
        self.recorder.end_check(&context, &report);
        if let Some(slot) = self.reports.get_mut(index) {
            *slot = Some(report);
        }
    }
}

impl Pass<'_> {
    fn describe(&self, end: End) -> (CheckOutcome, Option<NotPassed>) {
        match end {
            End::Answered(Ok(())) => (CheckOutcome::Passed, None),
            End::Answered(Err(problem)) if problem.skipped => {
                (CheckOutcome::Skipped, Some(problem))
            }
            End::Answered(Err(problem)) => (CheckOutcome::Failed, Some(problem)),
            End::TimedOut(within) => (CheckOutcome::TimedOut, Some(timed_out(within))),
            End::Blocked(by) => (CheckOutcome::Skipped, Some(self.blocked(by))),
        }
    }

    fn blocked(&self, by: usize) -> NotPassed {
        let name = self.planned.get(by).map_or("?", |plan| plan.name.as_str());
        let outcome = self.reports.get(by).and_then(Option::as_ref).map(|report| report.outcome);
        let reason = match outcome {
            Some(CheckOutcome::TimedOut) => "timed out",
            Some(CheckOutcome::Skipped) => "was not run either",
            _ => "failed",
        };
        NotPassed::skipped(format!("not run: it needs `{name}`, which {reason}"))
            .error_type(PREREQUISITE)
    }
}

impl CheckReport {
    /// Tells whether the check is done with: it passed, or could not tell. What failed, timed out or waits for such a
    /// check has to be tried again.
    pub(super) fn is_settled(&self) -> bool {
        let blocked = self.problem.as_ref().is_some_and(|it| it.error_type == PREREQUISITE);
        !self.outcome.is_failure() && !blocked
    }
}

impl Planned {
    fn report(&self, outcome: CheckOutcome, problem: Option<NotPassed>) -> CheckReport {
        CheckReport {
            name: self.name.clone(),
            component: self.component.clone(),
            on_failure: self.on_failure,
            kind: self.check.kind(),
            level: self.level.unwrap_or_else(|| self.check.kind().level()),
            outcome,
            took: Duration::ZERO,
            problem,
        }
    }
}

fn timed_out(within: Duration) -> NotPassed {
    let seconds = within.as_secs_f64();
    // Whole seconds without a fraction, others with one digit.
    let digits = usize::from(seconds.fract() > 0.05);
    NotPassed::failed(format!("no answer within the {seconds:.digits$} s that it had"))
        .advice("see whether what it asks is overloaded, or whether packets to it are dropped")
        .error_type("timeout")
}
