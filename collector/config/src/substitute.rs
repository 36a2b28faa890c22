//! `${env:NAME}`, `${env:NAME:-default}`, `${file:path}` and `$$` inside a value that is
//! already parsed, so that what comes in can never become structure.

use crate::lookup::Lookup;
use crate::tree::{Origin, Scalar};

/// A substitution that failed: what is wrong and what to do.
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) help: String,
}

/// Replaces the substitutions in a scalar, and returns those that failed.
pub(crate) fn substitute(scalar: &mut Scalar, lookup: &Lookup) -> Vec<Failure> {
    let written = scalar.text.clone();
    let mut out = String::new();
    let mut failures = Vec::new();
    let mut replaced = false;
    let mut rest = written.as_str();
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            after
        } else if let Some(after) = after.strip_prefix('{') {
            let (inside, after) =
                after.split_once('}').map_or((after, None), |(i, a)| (i, Some(a)));
            replaced = true;
            match after.map_or_else(|| Err(unclosed(inside)), |_| value(inside, lookup)) {
                Ok(value) => out.push_str(&value),
                Err(failure) => failures.push(failure),
            }
            after.unwrap_or_default()
        } else {
            out.push('$');
            after
        };
    }
    out.push_str(rest);
    let whole = written.starts_with("${") && written.find('}') == Some(written.len() - 1);
    scalar.text = out;
    scalar.origin = match (failures.is_empty(), replaced) {
        (false, _) => Origin::Failed(written),
        (true, false) => Origin::Written,
        (true, true) if whole => Origin::Whole(written),
        (true, true) => Origin::Part(written),
    };
    failures
}

/// Returns the value of what stands between `${` and `}`.
fn value(inside: &str, lookup: &Lookup) -> Result<String, Failure> {
    match inside.split_once(':') {
        Some(("env", rest)) => env(rest, lookup),
        Some(("file", path)) => lookup.file(path).map_err(|why| Failure {
            message: format!("cannot read the file `{path}`: {why}"),
            help: "check that the file exists and that this process may read it".to_owned(),
        }),
        _ => Err(Failure {
            message: format!("`${{{inside}}}` is not a substitution"),
            help: format!(
                "write `${{env:NAME}}` or `${{file:path}}`, or `$${{{inside}}}` if this is the text itself"
            ),
        }),
    }
}

fn env(rest: &str, lookup: &Lookup) -> Result<String, Failure> {
    let (name, default) = rest.split_once(":-").map_or((rest, None), |(n, d)| (n, Some(d)));
    let valid = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if name.is_empty() || !name.bytes().all(valid) {
        return Err(Failure {
            message: format!("`{name}` is not the name of an environment variable"),
            help: "write letters, digits and `_`, such as `${env:API_KEY}` or `${env:PORT:-8080}`"
                .to_owned(),
        });
    }
    // As in a shell, `:-` also stands in for a variable that is set to nothing.
    match (lookup.env(name), default) {
        (Some(value), _) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (Some(empty), None) => Ok(empty),
        (None, None) => Err(Failure {
            message: format!("the environment variable `{name}` is not set"),
            help: format!("set it, or give a default with `${{env:{name}:-default}}`"),
        }),
    }
}

fn unclosed(inside: &str) -> Failure {
    Failure {
        message: "a substitution is not closed".to_owned(),
        help: format!("write a `}}` after `${{{inside}`, or `$${{` for the text `${{` itself"),
    }
}
