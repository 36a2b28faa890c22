//! The values by which signals are told apart, as bytes and as labels.

use bellwether_core::attribute::Value;

use crate::sample::Labels;

/// Longer values are cut: nobody reads them, and they would be kept for every group.
const LONGEST: usize = 200;

/// Writes one value of a group: its length and its text. An absent value is an empty text.
pub(crate) fn write(group: &mut Vec<u8>, value: Option<Value<'_>>) {
    match value {
        Some(Value::Str(text)) => write_text(group, text),
        Some(Value::Bool(truth)) => write_text(group, if truth { "true" } else { "false" }),
        Some(Value::Int(number)) => write_text(group, &number.to_string()),
        Some(Value::Double(number)) => write_text(group, &number.to_string()),
        Some(Value::Other) | None => write_text(group, ""),
    }
}

fn write_text(group: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // LONGEST fits into a byte
    group.push(end as u8);
    group.extend_from_slice(text.as_bytes().get(..end).unwrap_or_default());
}

/// Writes the group that has these labels.
pub(crate) fn of_labels<'n>(names: impl Iterator<Item = &'n str>, labels: &Labels) -> Vec<u8> {
    let mut group = Vec::new();
    for name in names {
        write_text(&mut group, labels.get(name).map_or("", String::as_str));
    }
    group
}

/// Reads a group back, given the names of its values.
pub(crate) fn labels<'n>(names: impl Iterator<Item = &'n str>, mut group: &[u8]) -> Labels {
    let mut labels = Labels::new();
    for name in names {
        let Some((length, rest)) = group.split_first() else { break };
        let (text, rest) = rest.split_at_checked(usize::from(*length)).unwrap_or_default();
        labels.insert(name.to_owned(), String::from_utf8_lossy(text).into_owned());
        group = rest;
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut group = Vec::new();
        let long = "ä".repeat(300);
        let values = [
            Some(Value::Str("x")),
            Some(Value::Int(-7)),
            Some(Value::Double(0.5)),
            Some(Value::Bool(true)),
            Some(Value::Other),
            None,
            Some(Value::Str(&long)),
        ];
        values.into_iter().for_each(|value| write(&mut group, value));
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let labels = labels(names.into_iter(), &group);
        assert_eq!(of_labels(names.into_iter(), &labels), group);
        let read: Vec<&str> = labels.values().map(String::as_str).collect();
        assert_eq!(read, ["x", "-7", "0.5", "true", "", "", &"ä".repeat(100)]);
    }
}
