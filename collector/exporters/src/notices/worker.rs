//! Carries notices from the outbox to a destination, in order for each subject.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::deployment::Deployment;
use bellwether_core::notice::{Body, Change, Owed};
use bellwether_core::settings::HumanDuration;
use bellwether_core::store::{Attempt, Outbox, Receipts, StoreError};
use bellwether_core::time::Timestamp;
use bellwether_core::witness::Delivery;
use tokio::sync::watch;

use super::{Due, NoticeVendor, Step};
use crate::call::{Answer, Call};
use crate::limiter::Limiter;
use crate::link::Link;
use crate::verdict::RetryAfter;

/// How many notices are read at once.
const BATCH: u32 = 256;
/// More steps than any delivery needs, so that a confused one ends.
const MAX_STEPS: usize = 100;
/// Of so many notices at most it is known since when they are tried.
const MOST_TRIED: usize = 1_024;
/// How long a store that fails is left alone.
const STORE_REST: Duration = Duration::from_secs(1);
/// How often it is looked for what people wait for, while something else waits for room.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long what nobody waits for rests at least after it was not taken.
const ASIDE_REST: Duration = Duration::from_secs(30);
/// How long an answer is waited for that nobody needs.
const ASIDE_PATIENCE: Duration = Duration::from_secs(2);
/// Why a notice is skipped that is not owed any more; the outbox says so already.
const WITHDRAWN: &str = "withdrawn";
/// The longest sleep, so that a clock that jumps is noticed.
const MAX_SLEEP: Duration = Duration::from_secs(60);

/// Owns the way of notices to one destination.
pub(crate) struct NoticeWorker {
    vendor: Arc<dyn NoticeVendor>,
    outbox: Arc<dyn Outbox>,
    wake: watch::Receiver<u64>,
    link: Link,
    limiter: Limiter,
    receipts: Receipts,
    started: Timestamp,
    /// What was tried in vain, by number; of what waits only.
    tried: BTreeMap<i64, Tried>,
}

/// How a notice was tried in vain.
#[derive(Clone, Copy)]
struct Tried {
    since: Timestamp,
    /// Whether a try had no answer, though it may have arrived.
    unanswered: bool,
}

/// What to do after a notice.
enum Then {
    /// Go on with the next one.
    Next,
    /// Read the outbox again.
    Again,
}

impl NoticeWorker {
    pub(crate) fn new(
        vendor: Arc<dyn NoticeVendor>,
        outbox: Arc<dyn Outbox>,
        wake: watch::Receiver<u64>,
        link: Link,
    ) -> Self {
        let limiter = Limiter::new(vendor.rate());
        let started = link.now();
        let (receipts, tried) = (Receipts::new(), BTreeMap::new());
        Self { vendor, outbox, wake, link, limiter, receipts, started, tried }
    }

    /// Runs until a stop is asked for and nothing can leave any more, or the time to drain is
    /// over. What is left stays in the outbox.
    pub(crate) async fn run(mut self) {
        let stop = self.link.stop.clone();
        tokio::select! {
            biased;
            () = self.work() => {}
            () = stop.over() => {
                tracing::warn!(
                    destination = %self.link.destination,
                    "stopped while a notice was on its way, it stays in the outbox"
                );
            }
        }
    }

    async fn work(&mut self) {
        while let Err(error) = self.load_receipts().await {
            if self.link.stop.is_stopping() {
                return;
            }
            self.store_failed(&error).await;
        }
        loop {
            // before the read, so that a commit during the read wakes us again
            self.wake.mark_unchanged();
            let now = self.link.now();
            match self.outbox.due(&self.link.destination, now, BATCH).await {
                Ok(due) => {
                    self.link.lane.set_queued(due.len());
                    let more = !due.is_empty();
                    let went_on = self.deliver_all(due).await;
                    if self.link.stop.is_stopping() && !(more && went_on) {
                        return;
                    }
                    if !more {
                        self.sleep().await;
                    }
                }
                Err(error) if self.link.stop.is_stopping() => {
                    return tracing::error!(destination = %self.link.destination, %error, "cannot read the outbox");
                }
                Err(error) => self.store_failed(&error).await,
            }
        }
    }

    async fn load_receipts(&mut self) -> Result<(), StoreError> {
        self.receipts = self.outbox.receipts(&self.link.destination).await?;
        Ok(())
    }

    async fn store_failed(&mut self, error: &StoreError) {
        self.link.complain("cannot use the outbox, trying again", "store", &error.to_string());
        self.link.stop.sleep(STORE_REST).await;
    }

    /// Sleeps until something may be due: a commit, the time of the next notice, or a stop.
    async fn sleep(&mut self) {
        let next = self.outbox.next_due(&self.link.destination).await;
        let wait = match next {
            Ok(Some(at)) => at.since(self.link.now()).clamp(Duration::from_millis(1), MAX_SLEEP),
            Ok(None) => MAX_SLEEP,
            Err(error) => return self.store_failed(&error).await,
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.link.stop.cancelled() => {}
            Ok(()) = self.wake.changed() => {}
        }
    }

    /// Delivers what is due, incidents before components; says whether all of it was tried.
    async fn deliver_all(&mut self, mut due: Vec<Owed>) -> bool {
        due.sort_by_key(|owed| !matches!(owed.notice.body, Body::Incident { .. }));
        for owed in &due {
            match self.deliver(owed).await {
                Then::Next => {}
                Then::Again => return false,
            }
        }
        true
    }

    async fn deliver(&mut self, owed: &Owed) -> Then {
        let aside = owed.notice.lapses_at();
        if let Some(at) = aside {
            if self.link.now() >= at {
                return self.drop_lapsed(owed).await;
            }
            // what people wait for may have come meanwhile
            if !self.has_room().await {
                return Then::Again;
            }
        }
        let start = self.link.now();
        let step = self.steps(owed).await;
        self.tell(owed, start, &step);
        let (attempt, then) = match step {
            Step::Done(receipts) => {
                self.may_be_heard_twice(owed);
                self.link.went_well();
                self.link.lane.sent(self.link.now(), 1, 0);
                (Attempt::Delivered { receipts, but: None }, Then::Next)
            }
            Step::Partly { receipts, again, why } => {
                (self.partly(owed, receipts, again, &why), Then::Next)
            }
            Step::Skip { why: WITHDRAWN, .. } => {
                self.link.lane.skipped(WITHDRAWN);
                return Then::Next;
            }
            Step::Skip { receipts, why } => {
                self.link.lane.skipped(why);
                tracing::debug!(destination = %self.link.destination, subject = owed.notice.subject, why, "notice skipped");
                (Attempt::Delivered { receipts, but: None }, Then::Next)
            }
            Step::Held { why } => {
                self.link.lane.skipped("waits for a person");
                let why = self.link.clean(&why);
                tracing::info!(destination = %self.link.destination, subject = owed.notice.subject, why, "notice waits for a person");
                (Attempt::Delivered { receipts: Receipts::new(), but: Some(why) }, Then::Next)
            }
            Step::Reject { why } => {
                self.link.was_refused(&why);
                self.link.lane.dropped("rejected", 1);
                let why = self.link.clean(&why);
                tracing::error!(destination = %self.link.destination, subject = owed.notice.subject, why, "notice refused, given up");
                (Attempt::Refused { why }, Then::Next)
            }
            Step::Retry { why, .. } if self.is_given_up(owed) => {
                self.link.failing(&why);
                self.link.lane.dropped("retries_exhausted", 1);
                let why = self.link.clean(&format!("given up: {why}"));
                tracing::error!(destination = %self.link.destination, subject = owed.notice.subject, why, "notice given up");
                (Attempt::Refused { why }, Then::Next)
            }
            Step::Retry { after, why } if aside.is_some() => {
                (self.put_off(owed, after, &why), Then::Next)
            }
            // that this is not taken says nothing of what people wait for
            Step::Pause { why } if aside.is_some() => (self.put_off(owed, None, &why), Then::Next),
            Step::Retry { after, why } => return self.postpone(owed, after, &why).await,
            Step::Pause { why } => {
                self.link.pause(&why, || self.vendor.probe()).await;
                return Then::Again;
            }
            Step::Call(_) => return Then::Again,
        };
        self.settle(owed, attempt).await;
        then
    }

    /// Waits until a call may leave that nobody waits for; says whether nothing came meanwhile that
    /// somebody may wait for.
    async fn has_room(&mut self) -> bool {
        if self.wake.has_changed().unwrap_or(false) {
            return false;
        }
        tokio::select! {
            biased;
            () = self.limiter.room() => true,
            Ok(()) = self.wake.changed() => false,
            // the time of what was put off may have come
            () = tokio::time::sleep(LOOK_AGAIN) => false,
            () = self.link.stop.cancelled() => true,
        }
    }

    /// Tries a notice again later that nobody waits for; all others go on.
    fn put_off(&mut self, owed: &Owed, after: Option<RetryAfter>, why: &str) -> Attempt {
        let wait = self.link.wait(after, owed.attempts.saturating_add(1)).max(ASIDE_REST);
        let why = self.link.clean(why);
        tracing::warn!(destination = %self.link.destination, subject = owed.notice.subject, why, "not taken, trying again beside everything else");
        let receipts = Receipts::new();
        Attempt::Postponed { until: self.link.now().plus(wait), why, receipts }
    }

    /// Gives up what nobody needs to know any more.
    async fn drop_lapsed(&mut self, owed: &Owed) -> Then {
        self.link.lane.dropped("lapsed", 1);
        tracing::warn!(destination = %self.link.destination, subject = owed.notice.subject, "notice dropped, it could not be told in time");
        let why = format!("not told within {}", HumanDuration::new(Deployment::TOLD_WITHIN));
        self.settle(owed, Attempt::Refused { why }).await;
        Then::Next
    }

    /// Tells how an attempt went, unless none was needed.
    fn tell(&self, owed: &Owed, start: Timestamp, step: &Step) {
        let error = match step {
            Step::Skip { .. } | Step::Held { .. } | Step::Call(_) => return,
            Step::Done(_) => None,
            Step::Partly { why, .. }
            | Step::Reject { why }
            | Step::Retry { why, .. }
            | Step::Pause { why } => Some(self.link.clean(why)),
        };
        let (destination, notice) = (&self.link.destination, &owed.notice);
        let end = self.link.now();
        self.link.witness.delivery(Delivery { destination, notice, start, end, error });
    }

    /// Says whether a notice that was read from the outbox is not owed any more: while it waited
    /// for its turn somebody may have acknowledged what it tells.
    async fn withdrawn(&self, owed: &Owed) -> bool {
        // nothing was committed since it was read
        if !self.wake.has_changed().unwrap_or(false) {
            return false;
        }
        // a store that cannot say is no reason to be silent
        !self.outbox.waits(owed.number).await.unwrap_or(true)
    }

    /// Goes through the steps of a delivery; a call without an answer ends it.
    async fn steps(&mut self, owed: &Owed) -> Step {
        let now = self.link.now();
        let doubtful = owed.attempts > 0 || owed.notice.at < self.started;
        let mut delivery = self.vendor.begin(Due {
            owed,
            receipts: &self.receipts,
            now,
            since: self.started,
            doubtful,
            links: self.link.links.as_ref(),
        });
        let mut answer = None;
        for _ in 0..MAX_STEPS {
            let call = match delivery.next(answer.as_ref()) {
                Step::Call(call) => call,
                end => return end,
            };
            self.limiter.wait().await;
            if answer.is_none() && self.withdrawn(owed).await {
                return Step::Skip { receipts: Receipts::new(), why: WITHDRAWN };
            }
            match self.send(call, owed).await {
                Ok(got) => answer = Some(got),
                Err(why) => {
                    self.tried_in_vain(owed).unanswered = true;
                    return Step::Retry { after: None, why };
                }
            }
        }
        Step::Retry { after: None, why: format!("no end after {MAX_STEPS} calls") }
    }

    /// Makes a call of a notice: what nobody waits for keeps nobody waiting.
    async fn send(&self, call: Call, owed: &Owed) -> Result<Answer, String> {
        let answer = self.link.send(call);
        if owed.notice.lapses_at().is_none() {
            return answer.await;
        }
        let late = |_| Err(format!("no answer within {} s", ASIDE_PATIENCE.as_secs()));
        tokio::time::timeout(ASIDE_PATIENCE, answer).await.unwrap_or_else(late)
    }

    /// Notes that a notice was tried in vain.
    fn tried_in_vain(&mut self, owed: &Owed) -> &mut Tried {
        let since = self.link.now();
        // what was superseded or withdrawn meanwhile is never settled here
        if self.tried.len() >= MOST_TRIED && !self.tried.contains_key(&owed.number) {
            self.tried.pop_first();
        }
        self.tried.entry(owed.number).or_insert(Tried { since, unanswered: false })
    }

    /// Says whether a notice was tried for as long as the settings say. That an incident is over is
    /// told for as long as it takes, so that nothing stays open.
    fn is_given_up(&mut self, owed: &Owed) -> bool {
        let Some(longest) = self.link.timing.give_up else { return false };
        let tried = self.link.now().since(self.tried_in_vain(owed).since);
        let is_the_end =
            matches!(owed.notice.body, Body::Incident { change: Change::Resolved, .. });
        tried >= longest && !is_the_end
    }

    /// Counts a notice that was taken now, and perhaps before.
    fn may_be_heard_twice(&self, owed: &Owed) {
        let unanswered = self.tried.get(&owed.number).is_some_and(|it| it.unanswered);
        if unanswered && self.vendor.hears_twice(&owed.notice.body) {
            self.link.lane.repeated();
            tracing::warn!(
                destination = %self.link.destination, subject = owed.notice.subject,
                "message may have arrived twice: an earlier try had no answer"
            );
        }
    }

    /// Notes that some were told. The others hold up nothing but this notice's own subject.
    fn partly(&mut self, owed: &Owed, receipts: Receipts, again: bool, why: &str) -> Attempt {
        self.link.went_well();
        let why = self.link.clean(why);
        let (destination, subject) = (&self.link.destination, &owed.notice.subject);
        if again {
            tracing::warn!(%destination, subject, why, "not everybody is told yet, trying the others again");
            let wait = self.link.timing.backoff(owed.attempts.saturating_add(1));
            return Attempt::Postponed { until: self.link.now().plus(wait), why, receipts };
        }
        self.link.lane.sent(self.link.now(), 1, 0);
        self.link.lane.dropped("recipient", 1);
        tracing::error!(%destination, subject, why, "not everybody was told, the others are given up");
        Attempt::Delivered { receipts, but: Some(why) }
    }

    async fn postpone(&mut self, owed: &Owed, after: Option<RetryAfter>, why: &str) -> Then {
        let wait = self.link.failed(after, why);
        // a notice that keeps failing while others pass waits longer by itself
        let own = self.link.timing.backoff(owed.attempts.saturating_add(1));
        let wait_own = if after.is_some() { wait } else { wait.max(own / 2) };
        let until = self.link.now().plus(wait_own);
        let why = self.link.clean(why);
        self.settle(owed, Attempt::Postponed { until, why, receipts: Receipts::new() }).await;
        if !self.link.stop.is_stopping() {
            self.link.stop.sleep(wait).await;
        }
        Then::Again
    }

    async fn settle(&mut self, owed: &Owed, attempt: Attempt) {
        if let Attempt::Delivered { receipts, .. } | Attempt::Postponed { receipts, .. } = &attempt
        {
            // remembered even if the store fails below: what was told was told
            self.receipts.extend(receipts.clone());
        }
        if !matches!(attempt, Attempt::Postponed { .. }) {
            self.tried.remove(&owed.number);
        }
        if let Err(error) = self.outbox.settle(owed.number, attempt, self.link.now()).await {
            self.store_failed(&error).await;
        }
    }
}
