//! Keeps a peer busy: as fast as it answers, or at a rate of its own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, sleep_until};

use crate::answer::Answer;
use crate::client::{Compression, Lane};
use crate::latency::Latencies;
use crate::spans::{Shape, templates};
use crate::template::{Ready, Template};

/// When the next request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// When an answer has come: a closed loop. What is refused is sent again.
    Closed,
    /// When it is due, whether or not answers have come: an open loop, as long as a lane is free.
    /// What is refused is given up.
    Open {
        /// How much is offered.
        spans_per_second: u64,
    },
}

/// How long a closed loop waits at most before it sends again what was refused.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// What was sent, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Spans that were sent, again and again where they were refused.
    pub offered: u64,
    /// Spans that the peer took.
    pub accepted: u64,
    /// Spans that the peer said it dropped from requests that it took.
    pub rejected: u64,
    /// How often each kind of answer came.
    pub answers: BTreeMap<String, u64>,
    /// The requests that the peer took.
    pub numbers: Vec<u64>,
    /// From when a request was due to the answer that it was taken.
    pub latencies: Latencies,
    /// How long it took, answers included.
    pub elapsed: Duration,
}

/// Makes requests.
#[derive(Debug)]
pub struct Feed {
    templates: Vec<Template>,
    /// Compressing costs more than all the rest, so it is done once.
    packed: Vec<Ready>,
    sent: u64,
}

impl Feed {
    /// Makes requests of a shape.
    pub fn new(shape: Shape) -> Self {
        // enough that all groups occur
        let count = (12_800 / shape.spans.max(1)).clamp(16, 256);
        Self { templates: templates(shape, count), packed: Vec::new(), sent: 0 }
    }

    /// Prepares for a run that begins now.
    ///
    /// # Errors
    /// Never, in memory.
    pub fn prepare(&mut self, compression: Compression) -> std::io::Result<()> {
        self.packed.clear();
        if compression == Compression::Gzip {
            let now = now();
            let packed = self.templates.iter().map(|it| it.packed(0, now));
            self.packed = packed.collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    fn next(&mut self) -> Ready {
        self.sent += 1;
        let at = usize::try_from(self.sent).unwrap_or_default();
        match self.packed.get(at % self.packed.len().max(1)) {
            Some(ready) => ready.clone(),
            None => self.templates[at % self.templates.len()].fresh(self.sent, now()),
        }
    }
}

/// Sends requests over all lanes for so long, and waits for the last answers.
pub async fn drive(lanes: &mut [Lane], feed: &mut Feed, pace: Pace, duration: Duration) -> Outcome {
    let began = Instant::now();
    let run = Run {
        feed: RefCell::new(feed),
        outcome: RefCell::default(),
        pace,
        due: Cell::new(began),
        end: began + duration,
    };
    join_all(lanes.iter_mut().map(|lane| run.keep_busy(lane))).await;
    Outcome { elapsed: began.elapsed(), ..run.outcome.into_inner() }
}

struct Run<'a> {
    feed: RefCell<&'a mut Feed>,
    outcome: RefCell<Outcome>,
    pace: Pace,
    due: Cell<Instant>,
    end: Instant,
}

impl Run<'_> {
    async fn keep_busy(&self, lane: &mut Lane) {
        while let Some(due) = self.turn().await {
            let ready = self.feed.borrow_mut().next();
            loop {
                let answer = lane.send(&ready).await;
                let wait = self.note(&ready, due, answer);
                match wait {
                    Some(wait) if self.pace == Pace::Closed && Instant::now() < self.end => {
                        sleep(wait.min(LONGEST_WAIT)).await;
                    }
                    _ => break,
                }
            }
        }
    }

    /// Waits until a request is due, and says when that was; absent at the end.
    async fn turn(&self) -> Option<Instant> {
        let now = Instant::now();
        let Pace::Open { spans_per_second } = self.pace else {
            return (now < self.end).then_some(now);
        };
        let due = self.due.get();
        if due >= self.end {
            return None;
        }
        let spans = self.feed.borrow().templates.first().map_or(1, Template::spans);
        let interval = Duration::from_secs_f64(spans as f64 / spans_per_second.max(1) as f64);
        self.due.set(due + interval);
        if due <= now {
            // nobody was free in time: the wait counts
            return Some(due);
        }
        sleep_until(due).await;
        // what the timer is late for is not the peer's fault
        Some(Instant::now())
    }

    /// Counts an answer; returns how long to wait before the request is sent again, if it should.
    fn note(&self, ready: &Ready, due: Instant, answer: Answer) -> Option<Duration> {
        let outcome = &mut *self.outcome.borrow_mut();
        outcome.offered += ready.spans;
        *outcome.answers.entry(answer.kind()).or_default() += 1;
        if answer.is_accepted() {
            outcome.accepted += ready.spans;
            outcome.numbers.push(ready.number);
            outcome.latencies.add(due.elapsed());
        }
        match answer {
            Answer::Accepted | Answer::Refused { .. } => None,
            Answer::Partly { rejected } => {
                outcome.rejected += rejected;
                None
            }
            Answer::TryAgain { after, .. } => Some(after.unwrap_or(LONGEST_WAIT)),
            Answer::Broken { .. } => Some(LONGEST_WAIT),
        }
    }
}

/// Returns the time in nanoseconds since 1970.
pub fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the one place where the load reads the clock")]
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
