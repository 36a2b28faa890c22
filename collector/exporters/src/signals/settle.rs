//! What is done with what came back.

use tokio::time::Instant;

use super::delivery::{Returned, Sent};
use super::parcel::Parcel;
use super::partial::partial_success;
use super::worker::{Pause, SignalWorker};
use crate::call::Answer;
use crate::verdict::{RetryAfter, Verdict};

impl SignalWorker {
    /// Ends with the parcel done, given up, or in line for another try.
    pub(super) fn settle(&mut self, Returned { parcel, left_at, sent }: Returned) {
        let verdict = match sent {
            Sent::Answer(answer) => match self.vendor.judge(&answer) {
                Verdict::Accepted => return self.taken(&parcel, &answer),
                verdict => verdict,
            },
            Sent::NoAnswer(why) => Verdict::Retry { after: None, why },
            Sent::TooLarge { why, fits } => return self.cut(parcel, fits, &why),
            Sent::Unpacked(why) => return self.give_up(&parcel, "compression", &why),
        };
        match verdict {
            Verdict::Accepted => {}
            Verdict::Retry { after, why } => self.try_again(parcel, left_at, after, &why),
            Verdict::Pause { why } => {
                self.paused(&why);
                self.line_up(parcel, Instant::now());
            }
            Verdict::TooLarge { why } => {
                self.answers(false);
                self.link.was_refused(&why);
                let half = parcel.bytes() / 2;
                self.cut(parcel, half, &why);
            }
            Verdict::Reject { why } => {
                self.answers(false);
                self.link.was_refused(&why);
                match parcel.halves() {
                    Ok(halves) => self.line_up_all(halves),
                    Err(parcel) => self.give_up(&parcel, "rejected", &why),
                }
            }
        }
    }

    fn taken(&mut self, parcel: &Parcel, answer: &Answer) {
        self.answers(!self.takes_more());
        if self.pause == Pause::No {
            self.link.went_well();
        }
        let requests = parcel.pieces.len();
        self.link.lane.sent(self.link.now(), requests as u64, parcel.items());
        if let Some(partial) = partial_success(self.vendor.response(answer)) {
            self.link.lane.refused_items(partial.rejected);
            let signal = parcel.signal.as_str();
            let why = format!("{signal}: {} refused: {}", partial.rejected, partial.message);
            self.link.complain("request taken in part", "partial_success", &why);
        }
        self.finish(parcel);
    }

    /// Notes that the destination answers and takes our key.
    fn answers(&mut self, backlog: bool) {
        if self.pause == Pause::Yes {
            self.pause = Pause::No;
        }
        if self.flow.went_well(backlog) {
            self.all_due(Instant::now());
        }
    }

    fn try_again(
        &mut self,
        mut parcel: Parcel,
        left_at: Instant,
        after: Option<RetryAfter>,
        why: &str,
    ) {
        let now = Instant::now();
        let in_a_row = self.flow.failed(left_at, now);
        parcel.failures = parcel.failures.saturating_add(1);
        if self.pause == Pause::No {
            self.link.failing(why);
        }
        let tried = parcel.since.map_or_else(Default::default, |since| now.duration_since(since));
        if self.link.timing.give_up.is_some_and(|longest| tried >= longest) {
            return self.give_up(&parcel, "retries_exhausted", why);
        }
        let wait = self.link.wait(after, in_a_row.max(parcel.failures));
        if after.is_some() {
            // it asked for a rest, and not for that of one request
            self.flow.shut(now + wait);
        }
        self.line_up(parcel, now + wait);
    }

    /// Sends a parcel again in parts: requests apart from each other, and one alone cut into
    /// requests of at most so many bytes.
    fn cut(&mut self, parcel: Parcel, fits: usize, why: &str) {
        match parcel.halves() {
            Ok(halves) => self.line_up_all(halves),
            Err(parcel) => match parcel.parts(fits.max(1)) {
                Some(parts) => {
                    self.progress.split(parcel.first(), parts.len());
                    self.line_up_all(parts);
                }
                None => self.give_up(&parcel, "oversize", why),
            },
        }
    }

    fn line_up_all(&mut self, parcels: impl IntoIterator<Item = Parcel>) {
        let now = Instant::now();
        parcels.into_iter().for_each(|parcel| self.line_up(parcel, now));
    }

    fn give_up(&mut self, parcel: &Parcel, reason: &'static str, why: &str) {
        self.link.lane.dropped(reason, parcel.pieces.len() as u64);
        let why = format!("{}: {why}", parcel.signal.as_str());
        self.link.complain("request dropped", reason, &why);
        self.finish(parcel);
    }

    fn finish(&mut self, parcel: &Parcel) {
        for piece in &parcel.pieces {
            self.progress.finished(piece.seq);
        }
    }
}
