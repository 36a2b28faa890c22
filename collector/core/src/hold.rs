//! When a notice may leave that replaces one which still waits.
//!
//! A destination may hold notices back (`not_before`) so that a blip is not published. Two
//! things must not happen: that a component which flaps faster than the hold is never
//! published as unwell because each change starts the hold anew, and that a change from bad
//! to worse delays the first word. So:
//!
//! - Unwell replaces unwell, or well replaces well: the earlier time of both.
//! - Well replaces unwell: the time of the well one, so that a recovery is held in full. The
//!   time by which the unwell one had to leave is carried on as a *deadline*.
//! - Unwell replaces well: no later than the deadline that the well one carries. A component
//!   that is unwell again after its first hold has passed is therefore published at once.
//!
//! The deadline lives as long as the destination has not been told anything newer: it goes
//! when a later notice of the subject is delivered or refused. A well one that leaves after
//! its own hold ends the matter, and the next failure is held in full again.

use crate::notice::{Body, Change, Notice};
use crate::time::Timestamp;

/// The times of a notice that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Whether the notice tells of something that is not well.
    pub unwell: bool,
    /// When it may leave at the earliest.
    pub not_before: Timestamp,
    /// By when the destination was to be told that something is unwell.
    pub deadline: Option<Timestamp>,
}

impl Times {
    /// Works out the times of a notice that replaces those in `replaced`.
    pub fn of(notice: &Notice, replaced: &[Self]) -> Self {
        let unwell = is_unwell(&notice.body);
        let deadline = replaced.iter().filter_map(|it| it.deadline).min();
        if unwell {
            let not_before = deadline.map_or(notice.not_before, |at| at.min(notice.not_before));
            return Self { unwell, not_before, deadline: Some(not_before) };
        }
        let well = replaced.iter().filter(|it| !it.unwell).map(|it| it.not_before);
        let not_before = well.fold(notice.not_before, Timestamp::min);
        Self { unwell, not_before, deadline }
    }
}

fn is_unwell(body: &Body) -> bool {
    match body {
        Body::Incident { change, .. } => *change != Change::Resolved,
        Body::Component { state, .. } => state.is_unwell(),
        Body::Maintenance { change, .. } => *change != Change::Resolved,
        Body::Deployment { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::state::ComponentState;

    use super::*;

    const HOLD_OPEN: i64 = 60;
    const HOLD_RESOLVE: i64 = 120;

    /// Replays changes of one component, as (second, state), and returns when each may leave.
    fn leaves(changes: &[(i64, ComponentState)]) -> Vec<i64> {
        let mut waiting: Option<Times> = None;
        let leave = changes.iter().map(|&(at, state)| {
            let hold = if state.is_unwell() { HOLD_OPEN } else { HOLD_RESOLVE };
            let notice = Notice {
                destination: "statuspage".into(),
                subject: "component:admin".to_owned(),
                newest_only: true,
                at: Timestamp::from_secs(at),
                not_before: Timestamp::from_secs(at + hold),
                body: Body::Component { component: "admin".into(), state },
            };
            let times = Times::of(&notice, waiting.as_slice());
            waiting = Some(times);
            times.not_before.secs()
        });
        leave.collect()
    }

    #[test]
    fn holds_follow_the_table() {
        use ComponentState::{
            DegradedPerformance as Degraded, MajorOutage as Out, Operational as Well, Unknown,
        };
        for (changes, expected, why) in [
            (&[(0, Out)][..], &[60][..], "alone: its own hold"),
            (&[(0, Degraded), (30, Out)], &[60, 60], "worse does not start the hold anew"),
            (&[(0, Out), (30, Well)], &[60, 150], "a recovery is held in full"),
            (&[(0, Out), (30, Well), (40, Out)], &[60, 150, 60], "again: by the first deadline"),
            (&[(0, Out), (55, Well), (70, Out)], &[60, 175, 60], "again after it: at once"),
            (
                &[(0, Out), (20, Well), (40, Out), (50, Well), (90, Out)],
                &[60, 140, 60, 170, 60],
                "flapping does not push the deadline away",
            ),
            (&[(0, Well), (50, Unknown)], &[120, 120], "well after well keeps the earlier time"),
            (&[(0, Well), (50, Out)], &[120, 110], "nothing unwell before: its own hold"),
        ] {
            assert_eq!(leaves(changes), expected, "{why}");
        }
    }
}
