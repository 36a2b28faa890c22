//! What a plain scalar means: the core schema of YAML 1.2.

use serde_json::{Number, Value};

/// Returns the value of a scalar that stands without quotes. `no` and `on` are texts.
pub(crate) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

/// Reads a number: decimal, `0x` and `0o` whole numbers, and decimal fractions.
/// What has no finite value (`.inf`, `.nan`) is left a text.
fn number(text: &str) -> Option<Number> {
    let radix = |prefix, radix| {
        let digits = text.strip_prefix(prefix)?;
        let whole = digits.bytes().all(|b| b.is_ascii_alphanumeric());
        whole.then(|| u64::from_str_radix(digits, radix).ok())?
    };
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(number.into());
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let allowed = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+');
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || !unsigned.bytes().all(allowed)
        || !unsigned.bytes().any(|b| b.is_ascii_digit())
    {
        return None;
    }
    let whole = text.strip_prefix('+').unwrap_or(text);
    if let Ok(number) = whole.parse::<u64>() {
        return Some(number.into());
    }
    if let Ok(number) = whole.parse::<i64>() {
        return Some(number.into());
    }
    whole.parse().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("true", json!(true)),
            ("no", json!("no")),
            ("on", json!("on")),
            ("5", json!(5)),
            ("+5", json!(5)),
            ("-5", json!(-5)),
            ("007", json!(7)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("0.05", json!(0.05)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("18446744073709551615", json!(u64::MAX)),
            (".inf", json!(".inf")),
            ("1e999", json!("1e999")),
            ("1.2.3", json!("1.2.3")),
            ("30s", json!("30s")),
            ("127.0.0.1:4317", json!("127.0.0.1:4317")),
            ("-", json!("-")),
            ("0x", json!("0x")),
            ("0x+1", json!("0x+1")),
            ("12:30:45", json!("12:30:45")),
            ("1_000", json!("1_000")),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
    }
}
