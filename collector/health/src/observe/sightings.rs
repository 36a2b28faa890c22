//! What is seen of some traces: who called whom, without what was said.

use std::sync::Arc;

use bellwether_core::catalog::{ComponentIndex, ComponentSet};
use bellwether_core::ids::Service;
use bellwether_core::time::Timestamp;
use bellwether_otlp::scan::{RawValue, ScannedSpan};
use bellwether_otlp::{LogRecord, SpanKind, StatusCode};

use crate::plan::Class;

/// Spans and log records that one worker keeps between two harvests.
const MOST: usize = 8_192;

/// When more come than this, of fewer traces is anything kept; when less than a quarter, of more.
const ENOUGH: usize = 4_096;

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
    Child(Box<str>),
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

/// Says what a span is.
pub(super) fn of_span(
    trace: u64,
    span: &ScannedSpan<'_>,
    class: &Class,
    found: &[(u16, RawValue<'_>)],
    at: Timestamp,
    components: impl FnOnce() -> ComponentSet,
) -> Sighting {
    let asked = || {
        ASKED.iter().find_map(|(name, word)| {
            let value = class.attribute(found, name)?.read();
            Some(cut(&format!("{word} {}", value.as_str()?)))
        })
    };
    let what = match span.kind {
        SpanKind::Server | SpanKind::Consumer => What::Operation {
            of: Arc::new(Operation {
                service: class.service.clone(),
                name: cut(&String::from_utf8_lossy(span.name)),
                components: components().iter().collect(),
            }),
            ok: span.status != StatusCode::Error,
        },
        SpanKind::Client | SpanKind::Producer => asked().map_or(What::Link, What::Child),
        SpanKind::Internal | SpanKind::Unspecified => What::Link,
    };
    let parent = number(span.parent_span_id).unwrap_or_default();
    Sighting { trace, span: number(span.span_id).unwrap_or_default(), parent, at, what }
}

/// Says what a log record is.
pub(super) fn of_record(trace: u64, log: &LogRecord<'_>, error: bool, at: Timestamp) -> Sighting {
    let parent = number(log.span_id()).unwrap_or_default();
    Sighting { trace, span: 0, parent, at, what: What::Log { error } }
}

fn cut(text: &str) -> Box<str> {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().into()
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
