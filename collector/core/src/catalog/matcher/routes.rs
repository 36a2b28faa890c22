//! The routes of all components of a service in one tree of segments.

use crate::catalog::index::ComponentIndex;
use crate::route::{Part, Precision, RoutePattern, is_parameter_anywhere};

/// A tree of the segments of patterns. Looking a route up costs as much as it has segments,
/// however many patterns there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Routes(Node);

#[derive(Clone, Debug, Default)]
struct Node {
    /// Sorted by text.
    literals: Vec<(Box<str>, Node)>,
    parameter: Option<Box<Node>>,
    any: Option<Box<Node>>,
    /// Patterns that end here.
    here: Vec<Leaf>,
    /// Patterns that take all that follows.
    rest: Vec<Leaf>,
}

#[derive(Clone, Debug)]
struct Leaf {
    method: Option<Box<str>>,
    component: ComponentIndex,
    precision: Precision,
}

/// What is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A route template; its parameters fit parameters of patterns.
    Template,
    /// The path of a request; every segment fits a parameter.
    Path,
}

impl Routes {
    pub(super) fn is_empty(&self) -> bool {
        let Node { literals, parameter, any, here, rest } = &self.0;
        literals.is_empty()
            && parameter.is_none()
            && any.is_none()
            && here.is_empty()
            && rest.is_empty()
    }

    pub(super) fn add(&mut self, pattern: &RoutePattern, component: ComponentIndex) {
        let leaf = Leaf {
            method: pattern.method().map(Into::into),
            component,
            precision: pattern.precision(),
        };
        let mut node = &mut self.0;
        for part in pattern.parts() {
            node = match part {
                Part::Literal(text) => node.literal(text),
                Part::Parameter => node.parameter.get_or_insert_default(),
                Part::Any => node.any.get_or_insert_default(),
                Part::Rest => {
                    node.rest.push(leaf);
                    return;
                }
            };
        }
        node.here.push(leaf);
    }

    /// Calls `found` with each component that has a fitting pattern, and how precise that is.
    /// Without a method, patterns of every method fit.
    pub(super) fn find(
        &self,
        kind: Kind,
        method: Option<&str>,
        path: &str,
        found: &mut impl FnMut(ComponentIndex, Precision),
    ) {
        self.0.find(kind, method, Some(path.strip_prefix('/').unwrap_or(path)), found);
    }
}

impl Node {
    fn literal(&mut self, text: &str) -> &mut Self {
        let at = match self.literals.binary_search_by(|(known, _)| (**known).cmp(text)) {
            Ok(at) => at,
            Err(at) => {
                self.literals.insert(at, (text.into(), Self::default()));
                at
            }
        };
        &mut self.literals[at].1
    }

    /// Goes no deeper than patterns are long, whatever path comes from outside.
    fn find(
        &self,
        kind: Kind,
        method: Option<&str>,
        rest: Option<&str>,
        found: &mut impl FnMut(ComponentIndex, Precision),
    ) {
        tell(&self.rest, method, found);
        let Some(rest) = rest else {
            tell(&self.here, method, found);
            return;
        };
        let (segment, rest) = first_segment(rest);
        let literal = self.literals.binary_search_by(|(known, _)| (**known).cmp(segment)).ok();
        let literal = literal.and_then(|at| self.literals.get(at)).map(|(_, node)| node);
        let fits = kind == Kind::Path || is_parameter_anywhere(segment);
        let parameter = self.parameter.as_deref().filter(|_| fits);
        for node in [literal, parameter, self.any.as_deref()].into_iter().flatten() {
            node.find(kind, method, rest, found);
        }
    }
}

/// Splits the first segment off. Cheaper than `str::split`, and this is done for every span.
fn first_segment(path: &str) -> (&str, Option<&str>) {
    let slash = path.as_bytes().iter().position(|byte| *byte == b'/');
    match slash.and_then(|at| path.split_at_checked(at)) {
        Some((segment, rest)) => (segment, rest.get(1..)),
        None => (path, None),
    }
}

fn tell(leaves: &[Leaf], method: Option<&str>, found: &mut impl FnMut(ComponentIndex, Precision)) {
    for leaf in leaves {
        let fits = match (&leaf.method, method) {
            (Some(wanted), Some(method)) => method == "ANY" || **wanted == *method,
            _ => true,
        };
        if fits {
            found(leaf.component, leaf.precision);
        }
    }
}
