//! What an expression may consist of.

use std::collections::BTreeMap;

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel::parser::Expression;

use crate::{Kind, Refusal, Vocabulary};

/// An expression of more parts than this is refused.
pub(crate) const MOST_PARTS: usize = 200;

/// An expression that nests deeper is refused: evaluation uses the stack.
const DEEPEST: usize = 64;

/// The functions that may be called beside operators, with their number of arguments, the one
/// before the dot included.
const FUNCTIONS: &[(&str, usize)] = &[
    ("contains", 2),
    ("startsWith", 2),
    ("endsWith", 2),
    ("matches", 2),
    ("size", 1),
    ("int", 1),
    ("double", 1),
    ("string", 1),
];

const MACROS: &[&str] = &["has", "all", "exists", "exists_one", "map", "filter"];

const OPERATORS: &[&str] = &[
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::IN,
];

/// What was found out about an expression.
pub(crate) struct Checked {
    /// The names that it uses, with a kind to try it with.
    pub(crate) typical: BTreeMap<String, Kind>,
}

impl Checked {
    pub(crate) fn names(self) -> Vec<String> {
        self.typical.into_keys().collect()
    }
}

pub(crate) fn check(expression: &Expression, vocabulary: &Vocabulary) -> Result<Checked, Refusal> {
    let mut walk = Walk { vocabulary, parts: 0, typical: BTreeMap::new() };
    walk.visit(&expression.expr, 0, Some(Kind::Bool))?;
    Ok(Checked { typical: walk.typical })
}

struct Walk<'a> {
    vocabulary: &'a Vocabulary,
    parts: usize,
    typical: BTreeMap<String, Kind>,
}

impl Walk<'_> {
    /// Checks a part; `like` is the kind that its surroundings suggest.
    fn visit(&mut self, expr: &Expr, depth: usize, like: Option<Kind>) -> Result<(), Refusal> {
        self.parts += 1;
        if self.parts > MOST_PARTS || depth > DEEPEST {
            let message = format!(
                "the expression has more than {MOST_PARTS} parts, or nests more than {DEEPEST} deep"
            );
            return Err(Refusal::new(message, "split it into several rules"));
        }
        if let Some(name) = name(expr) {
            return self.name(&name, like);
        }
        match expr {
            Expr::Literal(_) => Ok(()),
            Expr::List(list) => {
                list.elements.iter().try_for_each(|it| self.visit(&it.expr, depth + 1, like))
            }
            Expr::Call(call) => self.call(call, depth),
            Expr::Select(select) if select.test => Err(macro_refused()),
            Expr::Select(select) => Err(Refusal::new(
                format!("`.{}` stands after something that is no name", select.field),
                None,
            )),
            Expr::Comprehension(_) => Err(macro_refused()),
            Expr::Ident(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(Refusal::new("maps and messages cannot be written here", None))
            }
        }
    }

    fn name(&mut self, name: &str, like: Option<Kind>) -> Result<(), Refusal> {
        let known = self.vocabulary.kind(name)?;
        let kind = known.or(like);
        match (self.typical.get(name), kind) {
            // the first hint counts
            (Some(_), _) if known.is_none() => {}
            (_, kind) => {
                self.typical.insert(name.to_owned(), kind.unwrap_or(Kind::Text));
            }
        }
        Ok(())
    }

    fn call(&mut self, call: &CallExpr, depth: usize) -> Result<(), Refusal> {
        let function = call.func_name.as_str();
        let arguments: Vec<&Expr> = call
            .target
            .iter()
            .map(|it| &it.expr)
            .chain(call.args.iter().map(|it| &it.expr))
            .collect();
        if !OPERATORS.contains(&function) {
            check_function(function, &arguments)?;
        }
        let like = hint(function, &arguments);
        arguments.into_iter().try_for_each(|it| self.visit(it, depth + 1, like))
    }
}

fn macro_refused() -> Refusal {
    let help = "compare with null to ask whether something is there: `http.route != null`";
    Refusal::new(
        "macros (has, all, exists, map, filter) are not taken: they may run for long",
        help,
    )
}

fn check_function(function: &str, arguments: &[&Expr]) -> Result<(), Refusal> {
    if MACROS.contains(&function) {
        return Err(macro_refused());
    }
    let Some((_, wanted)) = FUNCTIONS.iter().find(|it| it.0 == function) else {
        let names: Vec<&str> = FUNCTIONS.iter().map(|it| it.0).collect();
        let help = Some(format!("there are {}", names.join(", ")));
        return Err(Refusal { message: format!("there is no function `{function}`"), help });
    };
    if arguments.len() != *wanted {
        return Err(Refusal::new(format!("`{function}` is called in another way"), None));
    }
    let pattern = arguments.last().filter(|_| function == "matches");
    if pattern.is_some_and(|it| !matches!(it, Expr::Literal(LiteralValue::String(_)))) {
        let message = "the pattern of `matches` has to be written out";
        return Err(Refusal::new(message, "write it in quotes"));
    }
    Ok(())
}

/// Returns the kind of value that names among the arguments probably have.
fn hint(function: &str, arguments: &[&Expr]) -> Option<Kind> {
    match function {
        "contains" | "startsWith" | "endsWith" | "matches" | "size" => Some(Kind::Text),
        operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT => Some(Kind::Bool),
        _ => arguments.iter().find_map(|it| literal(it)).or_else(|| arithmetic(function)),
    }
}

fn arithmetic(function: &str) -> Option<Kind> {
    let numbers = [
        operators::SUBSTRACT,
        operators::MULTIPLY,
        operators::DIVIDE,
        operators::MODULO,
        operators::NEGATE,
        "int",
        "double",
    ];
    numbers.contains(&function).then_some(Kind::Int)
}

fn literal(expr: &Expr) -> Option<Kind> {
    match expr {
        Expr::Literal(LiteralValue::String(_)) => Some(Kind::Text),
        Expr::Literal(LiteralValue::Boolean(_)) => Some(Kind::Bool),
        Expr::Literal(LiteralValue::Int(_) | LiteralValue::UInt(_)) => Some(Kind::Int),
        Expr::Literal(LiteralValue::Double(_)) => Some(Kind::Double),
        Expr::List(list) => list.elements.iter().find_map(|it| literal(&it.expr)),
        // `a + 1 > b`: the other side of a comparison is like this one
        Expr::Call(call) => call.args.iter().find_map(|it| literal(&it.expr)),
        _ => None,
    }
}

/// Returns the dotted name that a part spells, if it spells one.
pub(crate) fn name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            Some(format!("{}.{}", name(&select.operand.expr)?, select.field))
        }
        _ => None,
    }
}
