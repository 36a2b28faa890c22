//! Lets probes be run at once, because something that stands on what they ask is broken.

use std::sync::{Arc, Mutex, PoisonError};

use bellwether_core::ids::ComponentId;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Who may wait for one probe at a time; whoever comes after them waits for none.
const WAITING: usize = 16;

/// Lets probes be run at once. Clones share what runs.
#[derive(Clone, Debug, Default)]
pub struct Urgency {
    lines: Arc<Mutex<Vec<Line>>>,
}

/// The way to one probe that runs.
#[derive(Debug)]
struct Line {
    component: ComponentId,
    asks: Sender<oneshot::Sender<()>>,
}

/// What is to come of probes that were asked to run.
#[derive(Debug, Default)]
pub struct Answers(Vec<oneshot::Receiver<()>>);

impl Urgency {
    /// Opens the way to a probe of a component, for as long as the receiver lives.
    pub(crate) fn open(&self, component: &ComponentId) -> Receiver<oneshot::Sender<()>> {
        let (asks, asked) = channel(WAITING);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|it| !it.asks.is_closed());
        lines.push(Line { component: component.clone(), asks });
        asked
    }

    /// Lets every probe of these components be run now.
    pub fn ask<'c>(&self, components: impl IntoIterator<Item = &'c ComponentId>) -> Answers {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = Vec::new();
        for component in components {
            for line in lines.iter().filter(|it| it.component == *component) {
                let (done, answer) = oneshot::channel();
                if line.asks.try_send(done).is_ok() {
                    answers.push(answer);
                }
            }
        }
        Answers(answers)
    }
}

impl Answers {
    /// Says whether all of them have found what they will find, and told it.
    pub fn are_there(&mut self) -> bool {
        let pending = |it: &mut oneshot::Receiver<()>| {
            matches!(it.try_recv(), Err(oneshot::error::TryRecvError::Empty))
        };
        self.0.retain_mut(pending);
        self.0.is_empty()
    }
}
