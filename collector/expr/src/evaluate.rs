//! The one place that knows which crate evaluates.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{Expr, operators};
use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelNull, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::parser::{Expression, PrattParser};
use cel::{Context, Env};

use crate::check::MOST_PARTS;
use crate::{Condition, Kind, Lookup, Refusal, Undecided, Value};

/// The functions and operators, without macros. Making one is dear, so all share it.
static STANDARD: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(Env::default().with_optional_support(false).with_stdlib()));

/// How deep the parser follows brackets.
const DEEPEST: u16 = 32;

pub(crate) fn parse(text: &str) -> Result<Expression, Refusal> {
    // the parser written by hand bounds recursion itself; the generated one, which is the default,
    // overflows the stack of a debug build at a dozen of brackets
    let parser = PrattParser::new()
        .max_recursion_depth(DEEPEST)
        .max_expression_node_count(MOST_PARTS)
        .enable_ident_escape_syntax(true);
    parser.parse(text).map_err(|errors| {
        let first = errors.errors.first().map(|it| it.msg.clone()).unwrap_or_default();
        let help = "such as `http.response.status_code >= 500 && http.route != null`";
        Refusal::new(format!("`{text}` is no expression: {first}"), help)
    })
}

/// A checked expression.
pub(crate) struct Compiled {
    text: String,
    expression: Expression,
    names: Vec<String>,
}

impl Compiled {
    pub(crate) fn new(text: &str, expression: Expression, names: Vec<String>) -> Self {
        Self { text: text.to_owned(), expression, names }
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.text)
    }
}

impl Condition for Compiled {
    fn text(&self) -> &str {
        &self.text
    }

    fn names(&self) -> &[String] {
        &self.names
    }

    fn holds(&self, lookup: &dyn Lookup) -> Result<bool, Undecided> {
        evaluate(&self.expression, lookup, &self.names)
    }
}

/// Tries an expression with typical values, and each part that another one may skip.
pub(crate) fn try_out(
    expression: &Expression,
    typical: &BTreeMap<String, Kind>,
) -> Result<(), Refusal> {
    let lookup = |name: &str| typical.get(name).map(|kind| kind.typical());
    let names: Vec<String> = typical.keys().cloned().collect();
    let mut parts = vec![expression];
    while let Some(part) = parts.pop() {
        if let Err(error) = evaluate(part, &lookup, &names) {
            let message = format!("it cannot be evaluated with typical values: {error}");
            return Err(Refusal::new(message, "it has to come to true or false"));
        }
        if let Expr::Call(call) = &part.expr
            && [operators::LOGICAL_AND, operators::LOGICAL_OR, operators::LOGICAL_NOT]
                .contains(&call.func_name.as_str())
        {
            parts.extend(&call.args);
        }
    }
    Ok(())
}

fn evaluate(
    expression: &Expression,
    lookup: &dyn Lookup,
    names: &[String],
) -> Result<bool, Undecided> {
    let resolver = Names { lookup };
    let mut context = Context::with_env(STANDARD.clone());
    context.set_variable_resolver(&resolver);
    let value = cel::Value::resolve_val(expression, &context);
    let failed = |why: String| match names.iter().find(|it| present(lookup, it).is_none()) {
        Some(name) => Undecided::Absent(name.clone()),
        None => Undecided::Failed(why),
    };
    match value {
        Ok(value) => match value.as_ref().downcast_ref::<CelBool>() {
            Some(truth) => Ok(*truth.inner()),
            None => Err(failed("it comes to neither true nor false".to_owned())),
        },
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Returns the value of a name; NaN is none, because it breaks every comparison.
fn present<'a>(lookup: &'a dyn Lookup, name: &str) -> Option<Value<'a>> {
    lookup.get(name).filter(|it| !matches!(it, Value::Double(number) if number.is_nan()))
}

/// Shows names to the evaluator. What has no value is null, so that it can be asked for.
struct Names<'a> {
    lookup: &'a dyn Lookup,
}

impl VariableResolver for Names<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        Some(match present(self.lookup, name) {
            Some(Value::Text(text)) => CowVal::owned(CelString::from(text)),
            Some(Value::Bool(truth)) => CowVal::owned(CelBool::from(truth)),
            Some(Value::Int(number)) => CowVal::owned(CelInt::from(number)),
            Some(Value::Double(number)) => CowVal::owned(CelDouble::from(number)),
            Some(Value::Texts(texts)) => {
                let text = |it: &'b String| Box::new(CelString::from(it.as_str())) as Box<dyn Val>;
                CowVal::owned(CelList::from(texts.iter().map(text).collect::<Vec<_>>()))
            }
            None => CowVal::owned(CelNull),
        })
    }
}
