//! Judges the groups of a query one by one.

use std::collections::HashSet;

use bellwether_core::state::Severity;
use bellwether_core::trace::TraceId;
use smallvec::SmallVec;

use super::Scene;
use crate::indicators::{GroupReading, Reading, Tally};
use crate::sample::{Labels, Sample, Verdict};

/// The numbers that something was found by: never more, so that a group that is well needs no
/// memory for them.
pub(super) type Values = SmallVec<[(&'static str, f64); 2]>;

/// What a rule found of one group.
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) values: Values,
    /// How loud it is at most.
    pub(super) at_most: Option<Severity>,
    /// A trace that shows a breach.
    pub(super) example: Option<TraceId>,
}

impl Finding {
    pub(super) fn of(verdict: Verdict) -> Self {
        Self { verdict, values: Values::new(), at_most: None, example: None }
    }

    fn with(self, labels: Labels) -> Sample {
        let Self { verdict, values, at_most, example } = self;
        Sample { labels, verdict, values: values.into_vec(), at_most, example }
    }
}

/// Judges every group: of a rule that groups those that breach and those with an alert, and one
/// sample for the rule as a whole, which is good while there is evidence of any group. `judge` is
/// told whether somebody sees the numbers even when all is well.
pub(super) fn judge(
    scene: &Scene<'_>,
    reading: &Reading<'_>,
    mut judge: impl FnMut(&GroupReading<'_>, bool) -> Finding,
) -> Vec<Sample> {
    if !reading.is_grouped() {
        let finding = reading.groups().next().map(|it| judge(&it, true));
        let mut finding = finding.unwrap_or_else(|| Finding::of(Verdict::Quiet));
        finding.verdict = judged(finding.verdict, reading);
        return vec![finding.with(Labels::new())];
    }
    let alerts = scene.alerts.into_iter().flat_map(|it| it.keys()).filter(|it| !it.is_empty());
    let known: HashSet<Vec<u8>> = alerts.map(|labels| reading.key_of(labels)).collect();
    let (mut samples, mut missing) = (Vec::new(), Vec::new());
    let mut any = false;
    for group in reading.groups() {
        let is_known = !known.is_empty() && known.contains(group.key());
        let finding = judge(&group, is_known);
        any |= finding.verdict.is_result();
        let speaks = matches!(finding.verdict, Verdict::Bad { .. } | Verdict::Error { .. });
        let lost = finding.verdict == Verdict::Missing;
        if speaks || lost || is_known {
            let to = if lost && !is_known { &mut missing } else { &mut samples };
            to.push(finding.with(group.labels()));
        }
    }
    // where nothing comes of any group, that is said once and not of each
    let whole = match (any, missing.is_empty()) {
        (true, _) => Verdict::Good,
        (false, false) => Verdict::Missing,
        (false, true) => Verdict::Quiet,
    };
    let mut whole = Sample::of(judged(whole, reading));
    if any {
        samples.append(&mut missing);
    }
    if reading.overflow() > 0 {
        whole.values.push(("overflow", reading.overflow() as f64));
    }
    samples.push(whole);
    samples
}

/// Where signals came and it could be told of none whether it is good, that is no silence: the
/// rule cannot be judged.
fn judged(verdict: Verdict, reading: &Reading<'_>) -> Verdict {
    let silent = matches!(verdict, Verdict::Quiet | Verdict::Missing);
    match reading.untold().filter(|_| silent) {
        None => verdict,
        Some(count) => Verdict::Error {
            why: format!(
                "of {count} signals none says whether it is good: does `good` ask for what they have?"
            ),
        },
    }
}

/// Says what cannot be true of how much there is and how much of it is bad.
pub(super) fn absurd(tally: Tally) -> Option<String> {
    let Tally { total, bad } = tally;
    let share = (0.0..=total).contains(&bad);
    (!share).then(|| format!("{bad} of {total} are bad, which is no share"))
}
