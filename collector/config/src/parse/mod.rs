//! YAML text to a tree with places.
//!
//! Works on the parser's events rather than through serde, because only there does a value
//! still have its quotes, its exact text and its span, and a repeated key its second place.

mod builder;

use granit_parser::{ScanError, Span as Mark};

use crate::Path;
use crate::lookup::Lookup;
use crate::problem::Finding;
use crate::source::Span;
use crate::tree::Node;

/// What ends the parsing.
type Stop = Box<Finding>;

/// A tree with the mistakes that do not keep it from being read on.
pub(crate) struct Parsed {
    pub(crate) root: Node,
    pub(crate) keys: Vec<Span>,
    pub(crate) findings: Vec<Finding>,
}

/// A text that is not YAML, and the keys that were seen before that showed.
pub(crate) struct Broken {
    pub(crate) finding: Finding,
    pub(crate) keys: Vec<Span>,
}

/// Parses a text. An empty one is an empty map.
pub(crate) fn parse(text: &str, lookup: &Lookup) -> Result<Parsed, Broken> {
    let mut builder = builder::Builder::new(text, lookup);
    match builder.document() {
        Ok(root) => Ok(Parsed { root, keys: builder.keys, findings: builder.findings }),
        Err(finding) => Err(Broken { finding: *finding, keys: builder.keys }),
    }
}

fn stop(span: Span, message: &str, help: Option<&str>) -> Stop {
    let help = help.map(str::to_owned);
    Box::new(Finding { span, path: Path::root(), message: message.to_owned(), help })
}

fn syntax(error: &ScanError) -> Stop {
    let at = error.marker().byte_offset().unwrap_or_default();
    let info = error.info();
    let help = info.contains("tab").then_some("indent with spaces");
    stop(at..at, &format!("this is not YAML: {info}"), help)
}

fn range(mark: &Mark) -> Span {
    let span = mark.byte_range().unwrap_or_default();
    span.start..span.end.max(span.start)
}
