//! What a startup validation found, for programs and for people.

use std::fmt;
use std::time::Duration;

use super::outcome::{CheckOutcome, OnFailure, Outcome, decide};
use crate::checks::{CheckKind, NotPassed};
use crate::monitors::Level;

/// Tells what one check found.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckReport {
    pub(super) name: String,
    pub(super) component: String,
    pub(super) on_failure: OnFailure,
    pub(super) kind: CheckKind,
    pub(super) level: Level,
    pub(super) outcome: CheckOutcome,
    pub(super) took: Duration,
    pub(super) problem: Option<NotPassed>,
}

impl CheckReport {
    /// Returns the check's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the catalog id of the component that the check guards.
    pub fn component(&self) -> &str {
        &self.component
    }

    /// Returns what follows when the check does not pass.
    pub fn on_failure(&self) -> OnFailure {
        self.on_failure
    }

    /// Returns what the check looked at.
    pub fn kind(&self) -> CheckKind {
        self.kind
    }

    /// Returns which question of health the check answers.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Returns how the check ended.
    pub fn outcome(&self) -> CheckOutcome {
        self.outcome
    }

    /// Returns how long the check took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Returns why the check did not pass; `None` when it did.
    pub fn problem(&self) -> Option<&NotPassed> {
        self.problem.as_ref()
    }
}

/// How many checks there were, and how many of them failed or timed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) total: usize,
    pub(super) failed: usize,
}

/// Tells whether the collector has the spans of an aborted startup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// They go out in the background, because the service goes on.
    InBackground,
    /// The collector acknowledged them.
    Delivered,
    /// The collector did not acknowledge them before the deadline.
    NotDelivered,
    /// Telemetry is disabled.
    Disabled,
}

/// Tells what a startup validation found; comes from [`Startup::run`](super::Startup::run).
///
/// Its `Display` is the report that a person reads, without colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub(super) service: String,
    pub(super) checks: Vec<CheckReport>,
    pub(super) took: Duration,
    pub(super) delivery: Delivery,
}

impl Report {
    /// Returns what becomes of the service.
    pub fn outcome(&self) -> Outcome {
        decide(self.checks.iter().map(|check| (check.on_failure, check.outcome)))
    }

    /// Returns the checks in the order in which they were added.
    pub fn checks(&self) -> &[CheckReport] {
        &self.checks
    }

    /// Returns the number of checks that failed or timed out.
    pub fn failed(&self) -> usize {
        self.checks.iter().filter(|check| check.outcome.is_failure()).count()
    }

    /// Returns the time that all checks together took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Returns whether the collector has the spans.
    pub fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// Names the checks that failed or timed out and why, in one line.
    pub fn summary(&self) -> String {
        let failures: Vec<String> = self
            .checks
            .iter()
            .filter(|check| check.outcome.is_failure())
            .filter_map(|check| Some((check, check.problem.as_ref()?)))
            .map(|(check, problem)| format!("{}: {}", check.name, problem.message))
            .collect();
        failures.join("; ")
    }

    /// Writes the report for a person, with ANSI colours when `colour` is set.
    pub fn render(&self, colour: bool) -> String {
        let paint = |tone: &str, text: &str| {
            if colour { format!("\x1b[{tone}m{text}\x1b[0m") } else { text.to_owned() }
        };
        let outcome = self.outcome();
        let tone = match outcome {
            Outcome::Ready => GREEN,
            Outcome::Degraded => YELLOW,
            Outcome::Aborted => RED,
        };
        let mut text = format!(
            "startup of {}: {} after {}\n",
            self.service,
            paint(tone, outcome.as_str()),
            seconds(self.took)
        );
        text.push_str(&self.table(&paint));
        for (check, problem) in
            self.checks.iter().filter_map(|check| Some((check, check.problem.as_ref()?)))
        {
            text.push_str(&format!("\n  {}: {}\n", check.name, problem.message));
            if let Some(advice) = &problem.advice {
                text.push_str(&format!("    -> {advice}\n"));
            }
        }
        text.push_str(&self.conclusion());
        text
    }

    fn table(&self, paint: &dyn Fn(&str, &str) -> String) -> String {
        const HEAD: [&str; 5] = ["CHECK", "GUARDS", "OUTCOME", "TOOK", "IF IT FAILS"];
        if self.checks.is_empty() {
            return "  no checks\n".to_owned();
        }
        let rows: Vec<[String; 5]> = self
            .checks
            .iter()
            .map(|check| {
                [
                    check.name.clone(),
                    check.component.clone(),
                    check.outcome.as_str().replace('_', " "),
                    seconds(check.took),
                    check.on_failure.as_str().to_owned(),
                ]
            })
            .collect();
        let mut widths = HEAD.map(str::len);
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |cells: [&str; 5], tones: [&str; 5]| {
            let mut line = String::from("\n ");
            for ((cell, width), tone) in cells.into_iter().zip(widths).zip(tones) {
                line.push(' ');
                line.push_str(&paint(tone, cell));
                line.push_str(&" ".repeat(1 + width - cell.chars().count()));
            }
            line.truncate(line.trim_end().len());
            line
        };
        let mut text = line(HEAD, [DIM; 5]);
        for (row, check) in rows.iter().zip(&self.checks) {
            let tone = match (check.outcome, check.on_failure) {
                (CheckOutcome::Passed, _) => GREEN,
                (CheckOutcome::Skipped, _) => DIM,
                (_, OnFailure::Degrade) => YELLOW,
                (_, OnFailure::Abort) => RED,
            };
            text.push_str(&line(
                row.each_ref().map(String::as_str),
                [PLAIN, PLAIN, tone, PLAIN, DIM],
            ));
        }
        text.push('\n');
        text
    }

    fn conclusion(&self) -> String {
        let service = match self.outcome() {
            Outcome::Ready => return String::new(),
            Outcome::Degraded => "\nThe service starts, degraded.",
            Outcome::Aborted => "\nThe service does not start.",
        };
        let collector = match self.delivery {
            Delivery::InBackground => "The collector is being told.",
            Delivery::Delivered => "The collector was told.",
            Delivery::NotDelivered => {
                "The collector was NOT told: it did not acknowledge in time. Check OTEL_EXPORTER_OTLP_ENDPOINT."
            }
            Delivery::Disabled => "Nobody was told: telemetry is disabled (OTEL_SDK_DISABLED).",
        };
        format!("{service} {collector}\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

const PLAIN: &str = "0";
const DIM: &str = "2";
const RED: &str = "1;31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}

mod json;
#[cfg(test)]
mod tests;

pub use json::ReportFormat;
