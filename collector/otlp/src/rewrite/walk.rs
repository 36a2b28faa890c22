//! Walks a request and collects what changes.

use std::ops::Range;

use bytes::Bytes;

use super::redaction::Fate;
use super::{Edit, Editor};
use crate::common::{Attributes, Pair, Resource, Scope};
use crate::logs::LogRecord;
use crate::message::Message;
use crate::metrics::Data;
use crate::splice::Splices;
use crate::wire::{Field, Value};

/// Tells where a message has attributes, its own and those of what lies in it.
#[derive(Debug)]
struct Holder {
    attributes: u32,
    inner: &'static [(u32, &'static Holder)],
}

static RESOURCE: Holder = Holder { attributes: 1, inner: &[] };
static SCOPE: Holder = Holder { attributes: 3, inner: &[] };
static EVENT: Holder = Holder { attributes: 3, inner: &[] };
static LINK: Holder = Holder { attributes: 4, inner: &[] };
static SPAN: Holder = Holder { attributes: 9, inner: &[(11, &EVENT), (13, &LINK)] };
static LOG_RECORD: Holder = Holder { attributes: 6, inner: &[] };
static EXEMPLAR: Holder = Holder { attributes: 7, inner: &[] };
static NUMBER_POINT: Holder = Holder { attributes: 7, inner: &[(5, &EXEMPLAR)] };
static HISTOGRAM_POINT: Holder = Holder { attributes: 9, inner: &[(8, &EXEMPLAR)] };
static EXPONENTIAL_POINT: Holder = Holder { attributes: 1, inner: &[(11, &EXEMPLAR)] };
static SUMMARY_POINT: Holder = Holder { attributes: 7, inner: &[] };

/// Returns what the points of a metric are, by the field that carries them.
fn points(data: u32) -> &'static Holder {
    match data {
        9 => &HISTOGRAM_POINT,
        10 => &EXPONENTIAL_POINT,
        11 => &SUMMARY_POINT,
        _ => &NUMBER_POINT,
    }
}

/// Walks a request.
pub(super) struct Walk<'a, 'e> {
    splices: Splices<'a, 'e>,
    /// What becomes of the attributes of what is looked at; kept so that it is allocated once.
    edit: Edit<'e>,
}

/// Looks at one span, log record or metric, which lies at the range.
type Item<'a, 'e, E> = fn(&mut Walk<'a, 'e>, &Range<usize>, &mut E);

impl<'a, 'e> Walk<'a, 'e> {
    pub(super) fn new(request: &'a Bytes) -> Self {
        Self { splices: Splices::new(request), edit: Edit::default() }
    }

    pub(super) fn traces<E: Editor<'a, 'e>>(self, editor: &mut E) -> Option<Bytes> {
        self.request(editor, |walk, at, editor| {
            editor.span(walk.splices.bytes(at), &mut walk.edit);
            walk.attributes(at, &SPAN);
        })
    }

    pub(super) fn logs<E: Editor<'a, 'e>>(self, editor: &mut E) -> Option<Bytes> {
        self.request(editor, |walk, at, editor| {
            editor
                .log_record(&LogRecord::read(Message::of(walk.splices.bytes(at))), &mut walk.edit);
            walk.attributes(at, &LOG_RECORD);
        })
    }

    pub(super) fn metrics<E: Editor<'a, 'e>>(self, editor: &mut E) -> Option<Bytes> {
        self.request(editor, |walk, at, editor| {
            for field in walk.splices.fields(at).filter(|it| Data::is_number(it.number)) {
                let holder = points(field.number);
                walk.message(at, &field, |walk, at| walk.points(at, holder, editor));
            }
        })
    }

    fn points<E: Editor<'a, 'e>>(
        &mut self,
        at: &Range<usize>,
        holder: &'static Holder,
        editor: &mut E,
    ) {
        for field in self.splices.fields(at).filter(|it| it.number == 1) {
            self.message(at, &field, |walk, at| {
                walk.edit.clear();
                let message = Message::of(walk.splices.bytes(at));
                let attributes = Attributes { message, number: holder.attributes };
                editor.point(&attributes, &mut walk.edit);
                walk.attributes(at, holder);
            });
        }
    }

    fn request<E: Editor<'a, 'e>>(
        mut self,
        editor: &mut E,
        item: Item<'a, 'e, E>,
    ) -> Option<Bytes> {
        let whole = 0..self.splices.len();
        for field in self.splices.fields(&whole).filter(|it| it.number == 1) {
            self.message(&whole, &field, |walk, at| walk.resource(at, editor, item));
        }
        self.splices.write()
    }

    /// Walks the signals of one resource.
    fn resource<E: Editor<'a, 'e>>(
        &mut self,
        at: &Range<usize>,
        editor: &mut E,
        item: Item<'a, 'e, E>,
    ) {
        let message = Message::of(self.splices.bytes(at));
        let resource = Resource(message.singular(1).unwrap_or(Message::of(&[])));
        // the resource may stand behind what it sent, and in several parts
        let mut edit = Edit::default();
        editor.resource(&resource, &mut edit);
        let mut parts = message.fields().filter(|field| field.number == 1).count();
        if parts == 0 && !edit.set.is_empty() {
            let open = self.splices.open(1, at.start..at.start, 0);
            self.append(at.start, &RESOURCE, &edit);
            self.splices.close(open);
        }
        for field in self.splices.fields(at) {
            match field.number {
                1 => self.message(at, &field, |walk, at| {
                    parts = parts.saturating_sub(1);
                    walk.change(at, &RESOURCE, &mut edit);
                    if parts == 0 {
                        walk.append(at.end, &RESOURCE, &edit);
                    }
                }),
                2 => self.message(at, &field, |walk, at| walk.scope(at, editor, item)),
                _ => {}
            }
        }
    }

    fn scope<E: Editor<'a, 'e>>(
        &mut self,
        at: &Range<usize>,
        editor: &mut E,
        item: Item<'a, 'e, E>,
    ) {
        let message = Message::of(self.splices.bytes(at));
        let mut edit = Edit::default();
        let scope = message.singular(1).map(Scope);
        if let Some(scope) = &scope {
            editor.scope(scope, &mut edit);
        }
        let mut parts = message.fields().filter(|field| field.number == 1).count();
        for field in self.splices.fields(at) {
            match field.number {
                1 => self.message(at, &field, |walk, at| {
                    parts = parts.saturating_sub(1);
                    walk.change(at, &SCOPE, &mut edit);
                    if parts == 0 {
                        walk.append(at.end, &SCOPE, &edit);
                    }
                }),
                2 => self.message(at, &field, |walk, at| {
                    walk.edit.clear();
                    item(walk, at, editor);
                }),
                _ => {}
            }
        }
    }

    /// Does what was asked for with the message at the range.
    fn attributes(&mut self, at: &Range<usize>, holder: &'static Holder) {
        if self.edit.is_empty() {
            return;
        }
        let mut edit = std::mem::take(&mut self.edit);
        self.change(at, holder, &mut edit);
        self.append(at.end, holder, &edit);
        self.edit = edit;
    }

    /// Removes and hashes attributes, and notes those that need not be added.
    fn change(&mut self, at: &Range<usize>, holder: &'static Holder, edit: &mut Edit<'e>) {
        if edit.leaves() {
            return;
        }
        for field in self.splices.fields(at) {
            let Value::Bytes(bytes) = field.value else { continue };
            if field.number == holder.attributes {
                self.attribute(at, &field, bytes, edit);
            } else if edit.redaction.is_some()
                && let Some((_, inner)) = holder.inner.iter().find(|(it, _)| *it == field.number)
            {
                let mut redaction = Edit { redaction: edit.redaction, ..Edit::default() };
                self.message(at, &field, |walk, at| walk.change(at, inner, &mut redaction));
            }
        }
    }

    fn attribute(
        &mut self,
        at: &Range<usize>,
        field: &Field<'a>,
        bytes: &[u8],
        edit: &mut Edit<'e>,
    ) {
        let pair = Pair::read(bytes);
        let whole = at.start + field.start..at.start + field.end;
        if let Some(set) = edit.set.iter_mut().find(|it| it.attribute.key().as_bytes() == pair.key)
        {
            if !set.found && set.attribute.is(&pair.value()) {
                set.found = true;
            } else {
                self.splices.remove(whole);
            }
            return;
        }
        let Some(redaction) = edit.redaction else { return };
        match redaction.fate(pair.key) {
            Fate::Keep => {}
            Fate::Delete => self.splices.remove(whole),
            Fate::Hash(digest) => {
                let lies = whole.end - bytes.len()..whole.end;
                self.splices.hash(whole, field.number, (lies, pair.key.len()), digest);
            }
        }
    }

    fn append(&mut self, at: usize, holder: &'static Holder, edit: &Edit<'e>) {
        for set in edit.set.iter().filter(|it| !it.found) {
            self.splices.add(at, holder.attributes, set.attribute);
        }
        for run in &edit.runs {
            self.splices.add_fields(at, run.fields());
        }
    }

    /// Walks the message in a field, whose header is written anew if something in it changes.
    fn message(
        &mut self,
        at: &Range<usize>,
        field: &Field<'a>,
        inside: impl FnOnce(&mut Self, &Range<usize>),
    ) {
        let Some((open, content)) = self.splices.open_field(at, field) else { return };
        inside(self, &content);
        self.splices.close(open);
    }
}
