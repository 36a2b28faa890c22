//! The thread of a queue on disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bellwether_core::queue::{Left, NotKept, NotQueued, Note, Request, Room};
use tokio::sync::{mpsc, oneshot};

use crate::disk::{INBOX, Shared};
use crate::log::Log;
use crate::segment::Amount;

/// How many bytes are written before one sync.
const GROUP: usize = 8 << 20;

type Answer = oneshot::Sender<Result<(), NotQueued>>;

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Command {
    /// A request, and the room that it has until it counts as waiting.
    Append(Request, Room, Answer),
    /// Notes, and whether they begin anew.
    Keep(Vec<Note>, bool, oneshot::Sender<Result<(), NotKept>>),
    /// There may be something to do.
    Look,
    Close(oneshot::Sender<Left>),
}

/// Appends that share a sync.
#[derive(Default)]
struct Group {
    requests: Vec<Request>,
    rooms: Vec<Room>,
    answers: Vec<Answer>,
    bytes: usize,
}

/// Does everything that blocks.
pub(crate) struct Worker {
    log: Log,
    commands: mpsc::Receiver<Command>,
    shared: Arc<Shared>,
    closing: Option<oneshot::Sender<Left>>,
    /// When the last appends began to be written.
    wrote: Option<Instant>,
}

impl Worker {
    pub(crate) fn new(log: Log, commands: mpsc::Receiver<Command>, shared: Arc<Shared>) -> Self {
        let mut worker = Self { log, commands, shared, closing: None, wrote: None };
        worker.hand_out();
        worker.publish();
        worker
    }

    /// Runs until it is told to close, or nobody is left who could.
    pub(crate) fn run(mut self) {
        while self.closing.is_none()
            && let Some(first) = self.commands.blocking_recv()
        {
            let group = self.gather(first);
            self.learn();
            self.append(group);
            self.hand_out();
            self.log.tidy();
        }
        self.learn();
        self.log.flush();
        self.publish();
        // the account of what waits is all that is left of the queue from here on
        let kept = self.log.depth().requests;
        if let Some(answer) = self.closing.take() {
            // the folder is free for another process before anybody hears of it
            drop(self);
            let _ = answer.send(Left { kept, lost: 0 });
        }
    }

    /// Takes what came meanwhile together with the first command, and what comes until the next
    /// sync may begin.
    fn gather(&mut self, first: Command) -> Group {
        let mut group = Group::default();
        self.take(first, &mut group);
        self.take_all(&mut group);
        if !group.requests.is_empty() {
            let since = self.wrote.map(|it| it.elapsed());
            let early = since.and_then(|it| self.log.settings.pace.checked_sub(it));
            if let Some(early) = early.filter(|_| self.may_grow(&group)) {
                std::thread::sleep(early);
                self.take_all(&mut group);
            }
            self.wrote = Some(Instant::now());
        }
        group
    }

    fn may_grow(&self, group: &Group) -> bool {
        self.closing.is_none() && group.requests.len() < INBOX && group.bytes < GROUP
    }

    fn take_all(&mut self, group: &mut Group) {
        while self.may_grow(group)
            && let Ok(command) = self.commands.try_recv()
        {
            self.take(command, group);
        }
    }

    fn take(&mut self, command: Command, group: &mut Group) {
        match command {
            Command::Append(request, room, answer) => {
                group.bytes += request.body.len();
                group.requests.push(request);
                group.rooms.push(room);
                group.answers.push(answer);
            }
            Command::Keep(notes, anew, answer) => self.keep(&notes, anew, answer),
            Command::Look => self.shared.asked.store(false, Ordering::Release),
            Command::Close(answer) => self.closing = Some(answer),
        }
    }

    /// Keeps notes, before what comes with them is appended: records say what is done.
    fn keep(&mut self, notes: &[Note], anew: bool, answer: oneshot::Sender<Result<(), NotKept>>) {
        let kept = self.log.keep(notes, anew).map_err(|error| NotKept(error.to_string()));
        self.publish();
        // whoever does not wait for it learns it after the next start
        let _ = answer.send(kept);
    }

    /// Learns what the destination has taken.
    fn learn(&mut self) {
        let done = self.shared.done.load(Ordering::Acquire);
        self.shared.told.store(done, Ordering::Relaxed);
        self.log.done(done);
    }

    fn append(&mut self, group: Group) {
        let results = self.log.append(&group.requests);
        self.shared.failing.store(self.log.failing, Ordering::Relaxed);
        self.publish();
        drop(group.rooms);
        for (answer, result) in group.answers.into_iter().zip(results) {
            // a sender that hung up will come again, and what it sent is delivered twice
            let _ = answer.send(result.map(|_| ()));
        }
    }

    /// Hands out what is next when little is at hand.
    fn hand_out(&mut self) {
        let half = self.log.settings.memory / 2;
        let little = self.shared.at_hand().bytes <= half;
        let batch = if little { self.log.read(half) } else { Vec::new() };
        self.shared.stuck.store(self.log.stuck, Ordering::Relaxed);
        let came = !batch.is_empty() || self.log.stuck;
        let mut at_hand = self.shared.at_hand();
        for queued in batch {
            at_hand.bytes += Amount::of(0, queued.request.body.len()).bytes;
            at_hand.requests.push_back(queued);
        }
        at_hand.more = self.log.has_more();
        drop(at_hand);
        self.publish();
        if came {
            self.shared.came.notify_one();
        }
    }

    fn publish(&self) {
        let depth = self.log.depth();
        if self.shared.account.set_waiting(depth.bytes) {
            tracing::info!(queue = self.shared.name, "queue has room again");
        }
        *self.shared.depth() = depth;
    }
}
