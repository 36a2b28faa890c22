//! Builds the tree from the parser's events.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, StrInput, Tag};

use super::{Stop, range, stop, syntax};
use crate::lookup::Lookup;
use crate::problem::Finding;
use crate::source::Span;
use crate::substitute::substitute;
use crate::tree::{Body, Entry, Node, Origin, Scalar};
use crate::{Path, suggest};

/// No more values than this, counted with what aliases repeat.
const MAX_NODES: usize = 100_000;
/// No deeper than this, counted with what aliases repeat: later code recurses.
const MAX_DEPTH: usize = 64;

pub(super) struct Builder<'t> {
    events: Parser<'t, StrInput<'t>>,
    lookup: &'t Lookup,
    /// Finished anchored values with their number of values and depth.
    anchors: HashMap<usize, (Node, usize, usize)>,
    pub(super) keys: Vec<Span>,
    pub(super) findings: Vec<Finding>,
    nodes: usize,
    /// How far the events reached.
    understood: usize,
}

impl<'t> Builder<'t> {
    pub(super) fn new(text: &'t str, lookup: &'t Lookup) -> Self {
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.block_nesting_limit = MAX_DEPTH;
        options.flow_nesting_limit = MAX_DEPTH;
        Self {
            events: Parser::new_from_str_with_options(text, options),
            lookup,
            anchors: HashMap::new(),
            keys: Vec::new(),
            findings: Vec::new(),
            nodes: 0,
            understood: 0,
        }
    }

    pub(super) fn document(&mut self) -> Result<Node, Stop> {
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                _ if root.is_some() => {
                    let message = "a file holds one document, and here a second one begins";
                    let help = "remove the `---` or put the rest into a file of its own";
                    return Err(stop(span, message, Some(help)));
                }
                event => root = Some(self.node(event, span, &Path::root(), 1)?.0),
            }
        }
        Ok(match root {
            Some(node) if !is_nothing(&node) => node,
            _ => Node::empty(),
        })
    }

    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Stop> {
        match self.events.next_event() {
            None => Ok(None),
            Some(Ok((event, mark))) => {
                let span = range(&mark);
                self.understood = self.understood.max(span.end);
                Ok(Some((event, span)))
            }
            Some(Err(error)) => Err(syntax(&error)),
        }
    }

    /// Returns the next event, which a document that has begun must have.
    fn expect(&mut self) -> Result<(Event<'t>, Span), Stop> {
        let end = self.understood..self.understood;
        self.next()?.ok_or_else(|| stop(end, "the document ends too early", None))
    }

    /// Builds the value that begins with an event; returns it with its depth.
    fn node(
        &mut self,
        event: Event<'t>,
        span: Span,
        path: &Path,
        depth: usize,
    ) -> Result<(Node, usize), Stop> {
        self.count(1, depth, &span)?;
        let before = self.nodes;
        let (anchor, (node, below)) = match event {
            Event::Alias(id) => return self.alias(id, span, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = self.is_plain(style == ScalarStyle::Plain, tag.as_deref(), &span, path);
                // The parser says `~` where nothing is written.
                let text = if span.is_empty() { String::new() } else { text.into_owned() };
                let scalar = Scalar { text, plain, origin: Origin::Written };
                (anchor, (self.scalar(scalar, span, path), 0))
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), &span, path);
                (anchor, self.sequence(span, path, depth)?)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), &span, path);
                (anchor, self.mapping(span, path, depth)?)
            }
            _ => return Err(stop(span, "this cannot stand here", None)),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before + 1, below));
        }
        Ok((node, below))
    }

    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Result<(Node, usize), Stop> {
        let Some((node, size, below)) = self.anchors.get(&id).cloned() else {
            return Err(stop(span, "an alias stands inside of what it repeats", None));
        };
        self.count(size, depth + below, &span)?;
        Ok((node, below))
    }

    fn sequence(&mut self, span: Span, path: &Path, depth: usize) -> Result<(Node, usize), Stop> {
        let mut items = Vec::new();
        let mut deepest = 0;
        loop {
            let (event, at) = self.expect()?;
            if event == Event::SequenceEnd {
                let span = span.start..at.end.max(span.end);
                return Ok((Node { span, body: Body::Seq(items) }, deepest + 1));
            }
            let (item, below) = self.node(event, at, &path.index(items.len()), depth + 1)?;
            deepest = deepest.max(below);
            items.push(item);
        }
    }

    fn mapping(&mut self, span: Span, path: &Path, depth: usize) -> Result<(Node, usize), Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut deepest = 0;
        loop {
            let (event, key_span) = self.expect()?;
            if event == Event::MappingEnd {
                let span = span.start..key_span.end.max(span.end);
                return Ok((Node { span, body: Body::Map(entries) }, deepest + 1));
            }
            let key = self.key(event, &key_span, path, depth)?;
            let here = key.as_deref().map_or_else(|| path.clone(), |key| path.key(key));
            let (event, at) = self.expect()?;
            let (value, below) = self.node(event, at, &here, depth + 1)?;
            deepest = deepest.max(below);
            let Some(key) = key else { continue };
            if seen.insert(key.clone(), key_span.clone()).is_some() {
                let message = format!("the key `{key}` stands here a second time");
                self.find(key_span, &here, message, "keep one of them");
                continue;
            }
            entries.push(Entry { key, key_span, value });
        }
    }

    /// Takes a key; one that is not a text is reported, and its value read over.
    fn key(
        &mut self,
        event: Event<'t>,
        span: &Span,
        path: &Path,
        depth: usize,
    ) -> Result<Option<String>, Stop> {
        if matches!(event, Event::Scalar(..) | Event::Alias(_)) {
            self.keys.push(span.clone());
        }
        let help = match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
                "YAML 1.2 has no merge keys: write the keys out, or repeat a whole value with `*name`"
            }
            Event::Scalar(text, ..) if !text.is_empty() && !span.is_empty() => {
                return Ok(Some(text.into_owned()));
            }
            other => {
                self.node(other, span.clone(), path, depth + 1)?;
                "write a name before the `:`"
            }
        };
        self.find(span.clone(), path, "this is not a key".to_owned(), help);
        Ok(None)
    }

    fn scalar(&mut self, mut scalar: Scalar, span: Span, path: &Path) -> Node {
        for failure in substitute(&mut scalar, self.lookup) {
            self.find(span.clone(), path, failure.message, &failure.help);
        }
        Node { span, body: Body::Scalar(scalar) }
    }

    /// Says whether a scalar means what it looks like: `!!str 5` is a text.
    fn is_plain(&mut self, plain: bool, tag: Option<&Tag>, span: &Span, path: &Path) -> bool {
        match tag.and_then(Tag::core_suffix) {
            Some("str") => false,
            Some("int" | "float" | "bool" | "null") => true,
            _ => {
                self.refuse_tag(tag, span, path);
                plain
            }
        }
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, span: &Span, path: &Path) {
        if let Some(tag) = tag
            && !matches!(tag.core_suffix(), Some("map" | "seq"))
            && tag.original() != "!"
        {
            let message = format!("the tag `{}` is unknown", tag.original());
            let known = suggest::list(["!!str", "!!int", "!!float", "!!bool", "!!null"], "and");
            self.find(
                span.clone(),
                path,
                message,
                &format!("remove it; the known ones are {known}"),
            );
        }
    }

    fn count(&mut self, nodes: usize, depth: usize, span: &Span) -> Result<(), Stop> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            let message =
                format!("the document has more than {MAX_NODES} values, counted with aliases");
            return Err(stop(
                span.clone(),
                &message,
                Some("split it, or repeat less with aliases"),
            ));
        }
        if depth > MAX_DEPTH {
            let message = format!("the document is nested deeper than {MAX_DEPTH} levels");
            return Err(stop(span.clone(), &message, None));
        }
        Ok(())
    }

    fn find(&mut self, span: Span, path: &Path, message: String, help: &str) {
        let path = path.clone();
        self.findings.push(Finding { span, path, message, help: Some(help.to_owned()) });
    }
}

/// Says whether a document is nothing but white space and comments.
fn is_nothing(node: &Node) -> bool {
    matches!(&node.body, Body::Scalar(scalar) if scalar.plain && node.span.is_empty() && scalar.text.is_empty())
}
