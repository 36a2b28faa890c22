//! Changes attributes of requests where they lie.
//!
//! An [`Editor`] says for each resource, span, log record and data point what becomes of its
//! attributes. The request is walked once, which yields a list of places where it changes; then it
//! is written once, everything between those places in whole runs. A request in which nothing
//! changes is not written at all, so that it goes on byte for byte.
//!
//! What protobuf allows beyond the usual stays as it is: unknown fields, long varints, messages in
//! several parts. Only the lengths of messages in which something changes are written anew.

mod attribute;
mod redaction;
mod walk;

use bytes::Bytes;

use crate::common::{Attributes, Resource, Scope};
use crate::logs::LogRecord;

pub use attribute::{Attribute, Run};
pub use redaction::{Digest, Fate, Redaction, digits};

/// Says what becomes of attributes. `'a` is how long the request lives, `'e` how long the
/// attributes that are set live.
///
/// Every method is handed an [`Edit`] in which nothing is asked for yet.
pub trait Editor<'a, 'e> {
    /// Looks at a resource; what it sends follows.
    fn resource(&mut self, resource: &Resource<'a>, edit: &mut Edit<'e>) {
        let _ = (resource, edit);
    }

    /// Looks at a scope, if there is one; what comes from it follows.
    fn scope(&mut self, scope: &Scope<'a>, edit: &mut Edit<'e>) {
        let _ = (scope, edit);
    }

    /// Looks at a span, given its bytes: see [`scan::span`](crate::scan::span) and [`Span::of`].
    ///
    /// [`Span::of`]: crate::Span::of
    fn span(&mut self, span: &'a [u8], edit: &mut Edit<'e>) {
        let _ = (span, edit);
    }

    /// Looks at a log record.
    fn log_record(&mut self, record: &LogRecord<'a>, edit: &mut Edit<'e>) {
        let _ = (record, edit);
    }

    /// Looks at the attributes of a data point.
    fn point(&mut self, attributes: &Attributes<'a>, edit: &mut Edit<'e>) {
        let _ = (attributes, edit);
    }
}

/// What becomes of the attributes of one resource, scope, span, log record or data point.
#[derive(Debug, Default)]
pub struct Edit<'e> {
    set: Vec<Set<'e>>,
    runs: Vec<&'e Run>,
    redaction: Option<&'e Redaction>,
}

/// An attribute that is set.
#[derive(Clone, Copy, Debug)]
struct Set<'e> {
    attribute: &'e Attribute,
    /// Whether it was found, so that it need not be added.
    found: bool,
}

impl<'e> Edit<'e> {
    /// Sets an attribute. Where it is there with this value, it stays; other attributes of its key
    /// are removed. Those that are added stand last, in the order in which they were set. Each key
    /// is set at most once.
    pub fn set(&mut self, attribute: &'e Attribute) {
        self.set.push(Set { attribute, found: false });
    }

    /// Adds attributes of which no key is there, last. It costs no look at those that are.
    pub fn append(&mut self, run: &'e Run) {
        self.runs.push(run);
    }

    /// Removes and hashes attributes, those of events, links and exemplars too. What is set is
    /// not touched.
    pub fn redact(&mut self, redaction: &'e Redaction) {
        self.redaction = Some(redaction).filter(|it| !it.is_empty());
    }

    fn clear(&mut self) {
        self.set.clear();
        self.runs.clear();
        self.redaction = None;
    }

    /// Says whether nothing that is there changes.
    fn leaves(&self) -> bool {
        self.set.is_empty() && self.redaction.is_none()
    }

    fn is_empty(&self) -> bool {
        self.leaves() && self.runs.is_empty()
    }
}

/// Rewrites a validated `ExportTraceServiceRequest`; `None` when nothing changes.
pub fn traces<'a, 'e>(request: &'a Bytes, editor: &mut impl Editor<'a, 'e>) -> Option<Bytes> {
    walk::Walk::new(request).traces(editor)
}

/// Rewrites a validated `ExportMetricsServiceRequest`; `None` when nothing changes.
pub fn metrics<'a, 'e>(request: &'a Bytes, editor: &mut impl Editor<'a, 'e>) -> Option<Bytes> {
    walk::Walk::new(request).metrics(editor)
}

/// Rewrites a validated `ExportLogsServiceRequest`; `None` when nothing changes.
pub fn logs<'a, 'e>(request: &'a Bytes, editor: &mut impl Editor<'a, 'e>) -> Option<Bytes> {
    walk::Walk::new(request).logs(editor)
}

#[cfg(test)]
mod tests;
