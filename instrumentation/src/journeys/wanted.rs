//! What a value has to be.

use serde_json::Value;

use crate::glob::fits;

/// Tells whether a value is one of those that are wanted; in a text, `*` stands for any run of characters, so that `*`
/// alone asks only that there is something. A number is its value, however written.
pub(super) fn takes(wanted: &[Value], found: &Value) -> bool {
    wanted.iter().any(|wanted| match (wanted, found) {
        (Value::String(pattern), _) if pattern == "*" => true,
        (Value::String(pattern), Value::String(text)) => fits(pattern, text),
        (Value::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
        (wanted, found) => wanted == found,
    })
}

/// Tells whether a text, such as a header, is one of those that are wanted.
pub(super) fn takes_text(wanted: &[Value], found: &str) -> bool {
    wanted.iter().any(|wanted| match wanted {
        Value::String(pattern) => fits(pattern, found),
        other => {
            let written = other.to_string();
            written == found
        }
    })
}

/// Writes what is wanted, for messages.
pub(super) fn shown(wanted: &[Value]) -> String {
    let all: Vec<String> = wanted
        .iter()
        .map(|it| it.as_str().map_or_else(|| it.to_string(), |text| format!("`{text}`")))
        .collect();
    all.join(" or ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_taken_by_kind() {
        assert!(takes(&[json!(1), json!(2)], &json!(2.0)));
        assert!(takes(&[json!(true)], &json!(true)));
        assert!(takes(&[json!("*")], &json!({ "any": "thing" })));
        assert!(!takes(&[json!("1")], &json!(1)));
        assert!(!takes(&[json!(false)], &json!(null)));
        assert!(takes_text(&[json!(5)], "5"));
        assert_eq!(shown(&[json!("a*"), json!(5)]), "`a*` or 5");
    }
}
