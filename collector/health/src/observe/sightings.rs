//! What is seen of some traces: who called whom, without what was said.

use std::sync::Arc;

use bellwether_core::catalog::ComponentIndex;
use bellwether_core::ids::Service;
use bellwether_core::time::Timestamp;
use bellwether_otlp::scan::{RawValue, ScannedSpan};
use bellwether_otlp::{LogRecord, SpanKind, StatusCode};

use super::decisions::Decision;
use crate::likeness::Remembered;
use crate::plan::Class;

/// Spans and log records that one worker keeps between two harvests.
const MOST: usize = 8_192;

/// When more come than this, of fewer traces is anything kept; when less than a quarter, of more.
const ENOUGH: usize = 4_096;

/// More operations, and more that is asked of others, are not remembered by how they look.
const MOST_KNOWN: usize = 10_000;

/// Longer names are cut.
const LONGEST: usize = 120;

/// Attributes that say what a span asks of others, and the word for it.
pub(crate) const ASKED: [(&str, &str); 6] = [
    ("db.system.name", "query"),
    ("db.system", "query"),
    ("messaging.system", "message"),
    ("rpc.service", "call"),
    ("server.address", "call"),
    ("net.peer.name", "call"),
];

/// A span or a log record of a trace.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) trace: u64,
    /// The span; 0 for a log record.
    pub(crate) span: u64,
    /// What it is a part of; 0 for the root.
    pub(crate) parent: u64,
    pub(crate) at: Timestamp,
    pub(crate) what: What,
}

/// What a span or a log record is to the operation that it is a part of.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// It is an operation: a request that was served, a message that was taken.
    Operation { of: Arc<Operation>, ok: bool },
    /// It asks something of others.
    Child(Arc<str>),
    /// It is a log record.
    Log { error: bool },
    /// It only stands between.
    Link,
}

/// What a service does when it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Operation {
    pub(crate) service: Service,
    pub(crate) name: Box<str>,
    /// The components that it is a part of.
    pub(crate) components: Vec<ComponentIndex>,
}

/// What one worker saw.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    list: Vec<Sighting>,
    /// Of how many traces something is kept: of those whose id has zeros for these bits.
    pub(super) mask: u64,
    /// Operations by what their spans have in common, and their names.
    operations: Remembered<Arc<Operation>, MOST_KNOWN>,
    /// What is asked of others, by the attribute that tells it.
    asked: Remembered<Arc<str>, MOST_KNOWN>,
    /// What is looked for; kept for its room.
    key: Vec<u8>,
}

/// A span of a trace that is followed.
pub(super) struct Followed<'s, 'a> {
    pub(super) span: &'s ScannedSpan<'a>,
    pub(super) class: &'s Class,
    pub(super) found: &'s [(u16, RawValue<'a>)],
    pub(super) at: Timestamp,
    /// What was decided for spans that look like it.
    pub(super) decision: &'s Decision,
}

impl Sightings {
    /// Says whether anything is kept of a trace, and under which number.
    #[inline]
    pub(super) fn wants(&self, trace: &[u8]) -> Option<u64> {
        let trace = number(trace)?;
        (trace & self.mask == 0 && self.list.len() < MOST).then_some(trace)
    }

    pub(super) fn add(&mut self, sighting: Sighting) {
        self.list.push(sighting);
    }

    /// Adds a span of a trace that is followed.
    pub(super) fn add_span(&mut self, trace: u64, seen: &Followed<'_, '_>) {
        let span = seen.span;
        let what = match span.kind {
            SpanKind::Server | SpanKind::Consumer => {
                What::Operation { of: self.operation(seen), ok: span.status != StatusCode::Error }
            }
            SpanKind::Client | SpanKind::Producer => {
                self.asked(seen).map_or(What::Link, What::Child)
            }
            SpanKind::Internal | SpanKind::Unspecified => What::Link,
        };
        let parent = number(span.parent_span_id).unwrap_or_default();
        let span = number(span.span_id).unwrap_or_default();
        self.list.push(Sighting { trace, span, parent, at: seen.at, what });
    }

    fn operation(&mut self, seen: &Followed<'_, '_>) -> Arc<Operation> {
        let Self { operations, key, .. } = self;
        key.clear();
        key.extend_from_slice(seen.decision.likeness());
        key.extend_from_slice(seen.span.name);
        operations.find(key).unwrap_or_else(|| {
            let operation = Arc::new(Operation {
                service: seen.class.service.clone(),
                name: cut(&String::from_utf8_lossy(seen.span.name)).into(),
                components: seen.decision.components().iter().collect(),
            });
            operations.keep(key, operation.clone());
            operation
        })
    }

    /// Returns what a span asks of others.
    fn asked(&mut self, seen: &Followed<'_, '_>) -> Option<Arc<str>> {
        let Self { asked, key, .. } = self;
        (0..).zip(ASKED).find_map(|(place, (name, word))| {
            let value = seen.class.attribute(seen.found, name)?;
            key.clear();
            key.push(place);
            key.extend_from_slice(value.bytes());
            asked.find(key).or_else(|| {
                let label: Arc<str> = cut(&format!("{word} {}", value.read().as_str()?)).into();
                asked.keep(key, label.clone());
                Some(label)
            })
        })
    }

    /// Forgets what is known by classes, whose numbers others have from now on.
    pub(super) fn forget(&mut self) {
        self.operations = Remembered::default();
    }

    pub(super) fn take(&mut self) -> Vec<Sighting> {
        std::mem::take(&mut self.list)
    }
}

/// Returns the mask to go on with, given how much the fullest worker kept under one.
pub(super) fn next_mask(mask: u64, most: usize) -> u64 {
    if most > ENOUGH {
        mask << 1 | 1
    } else if most < ENOUGH / 4 {
        mask >> 1
    } else {
        mask
    }
}

/// Reads the end of an id as a number: the part that is random.
fn number(id: &[u8]) -> Option<u64> {
    let end = id.get(id.len().checked_sub(8)?..)?;
    let number = u64::from_be_bytes(end.try_into().ok()?);
    (number != 0).then_some(number)
}

/// Says what a log record is.
pub(super) fn of_record(trace: u64, log: &LogRecord<'_>, error: bool, at: Timestamp) -> Sighting {
    let parent = number(log.span_id()).unwrap_or_default();
    Sighting { trace, span: 0, parent, at, what: What::Log { error } }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_traces_some_are_kept_and_all_again_when_there_are_few() {
        let mut mask = 0;
        for _ in 0..3 {
            mask = next_mask(mask, 8_000);
        }
        assert_eq!(mask, 0b111);
        assert_eq!(next_mask(mask, 2_000), 0b111);
        for _ in 0..5 {
            mask = next_mask(mask, 10);
        }
        assert_eq!(mask, 0);
        let sightings = Sightings { mask: 0b111, ..Sightings::default() };
        assert_eq!(sightings.wants(&[0, 0, 0, 0, 0, 0, 0, 8]), Some(8));
        assert_eq!(sightings.wants(&[0, 0, 0, 0, 0, 0, 0, 9]), None);
        for none in [&[][..], &[1, 2], &[0; 16]] {
            assert_eq!(sightings.wants(none), None);
        }
    }
}
