//! How many calls may be on their way: more while all goes well, fewer when the destination
//! cannot follow, one at a time when it fails, none when it asked for a rest.

use tokio::time::Instant;

/// So many calls at once to begin with.
const START: u32 = 4;

/// After so many failures in a row only one call at a time is tried.
const BREAK: u32 = 3;

/// Decides when a call may leave. No clock and no queue of its own.
#[derive(Debug)]
pub(crate) struct Flow {
    most: u32,
    limit: u32,
    /// How many went well since the limit was raised.
    credit: u32,
    in_flight: u32,
    failures: u32,
    /// When the last failure was noticed that told something new.
    failed_at: Option<Instant>,
    /// Whether only one at a time may leave until one goes well.
    probing: bool,
    /// Until when nothing may leave.
    shut_until: Option<Instant>,
}

impl Flow {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most: most.max(1),
            limit: START.min(most).max(1),
            credit: 0,
            in_flight: 0,
            failures: 0,
            failed_at: None,
            probing: false,
            shut_until: None,
        }
    }

    /// Says whether a call may leave, beside so many that wait for their next try.
    pub(crate) fn admits(&self, waiting: usize, now: Instant) -> bool {
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        self.shut_until.is_none_or(|until| until <= now)
            && self.in_flight.saturating_add(waiting) < self.allowed()
    }

    /// Returns how many may be on their way.
    fn allowed(&self) -> u32 {
        if self.probing { 1 } else { self.limit }
    }

    /// Says whether only one call at a time may leave.
    pub(crate) fn is_probing(&self) -> bool {
        self.probing
    }

    pub(crate) fn left(&mut self) {
        self.in_flight += 1;
    }

    pub(crate) fn came_back(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Notes that a call went well; `backlog` says whether more than one call's worth waits.
    /// Returns whether everything that waits for its next try may go now.
    pub(crate) fn went_well(&mut self, backlog: bool) -> bool {
        self.failures = 0;
        self.credit += 1;
        if self.credit >= self.limit && backlog {
            self.limit = (self.limit + 1).min(self.most);
            self.credit = 0;
        }
        std::mem::take(&mut self.probing)
    }

    /// Notes that a call failed that left at a time, and returns how many did in a row. Those
    /// that were on their way together count as one.
    pub(crate) fn failed(&mut self, left_at: Instant, now: Instant) -> u32 {
        if self.failed_at.is_none_or(|failed_at| left_at >= failed_at) {
            self.failures = self.failures.saturating_add(1);
            self.failed_at = Some(now);
            self.limit = (self.limit / 2).max(1);
            self.credit = 0;
            self.probing |= self.failures >= BREAK;
        }
        self.failures
    }

    /// Lets nothing leave until a time, and after it one at a time.
    pub(crate) fn shut(&mut self, until: Instant) {
        self.shut_until = Some(self.shut_until.map_or(until, |it| it.max(until)));
        self.probing = true;
    }

    /// Begins anew with a destination that is spoken to in another way; what is on its way stays.
    pub(crate) fn refit(&mut self, most: u32) {
        *self = Self { in_flight: self.in_flight, ..Self::new(most) };
    }

    /// Forgets what it was asked to wait for.
    pub(crate) fn hurry(&mut self) {
        self.shut_until = None;
    }

    /// Returns when it opens again, if it is shut.
    pub(crate) fn opens_at(&self, now: Instant) -> Option<Instant> {
        self.shut_until.filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn after(start: Instant, secs: u64) -> Instant {
        start + Duration::from_secs(secs)
    }

    #[test]
    fn it_grows_by_one_a_round_while_more_waits_than_it_can_take() {
        let now = Instant::now();
        let mut flow = Flow::new(6);
        let fill = |flow: &mut Flow| {
            let mut left = 0;
            while flow.admits(0, now) {
                flow.left();
                left += 1;
            }
            left
        };
        let mut rounds = Vec::new();
        for round in 0..5 {
            let left = fill(&mut flow);
            rounds.push(left);
            for _ in 0..left {
                flow.came_back();
                flow.went_well(round != 1);
            }
        }
        assert_eq!(rounds, [4, 5, 5, 6, 6]);
    }

    #[test]
    fn calls_that_fail_together_halve_it_once() {
        let start = Instant::now();
        let mut flow = Flow::new(8);
        (0..4).for_each(|_| flow.left());
        let failures: Vec<u32> =
            (1..=4).map(|secs| flow.failed(start, after(start, secs))).collect();
        (0..4).for_each(|_| flow.came_back());
        assert_eq!(failures, [1, 1, 1, 1]);
        assert!(flow.admits(1, start), "two are allowed, and one waits");
        assert!(!flow.admits(2, start));
    }

    #[test]
    fn it_breaks_after_failures_in_a_row_and_mends_with_the_first_success() {
        let start = Instant::now();
        let mut flow = Flow::new(8);
        for secs in 0..3 {
            flow.failed(after(start, 2 * secs), after(start, 2 * secs + 1));
        }
        assert!(flow.is_probing() && flow.admits(0, start) && !flow.admits(1, start));
        assert!(flow.went_well(true), "all may go now");
        assert!(!flow.is_probing() && !flow.went_well(true));
        assert_eq!(flow.failed(after(start, 9), after(start, 10)), 1);
    }

    #[test]
    fn a_rest_is_kept_by_all_and_ends_with_one_call() {
        let start = Instant::now();
        let mut flow = Flow::new(8);
        flow.shut(after(start, 5));
        flow.shut(after(start, 3));
        assert!(!flow.admits(0, after(start, 4)));
        assert_eq!(flow.opens_at(start), Some(after(start, 5)));
        assert!(flow.admits(0, after(start, 5)) && !flow.admits(1, after(start, 5)));
        assert_eq!(flow.opens_at(after(start, 5)), None);
        flow.shut(after(start, 50));
        flow.hurry();
        assert!(flow.admits(0, start));
    }
}
