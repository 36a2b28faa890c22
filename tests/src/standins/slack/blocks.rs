//! The limits of blocks.

use serde_json::Value;

/// The blocks of a message.
const BLOCKS: usize = 50;
/// The characters of all blocks together, beyond which Slack has been seen to refuse.
const ALL: usize = 13_000;
const TEXT: usize = 40_000;

/// Returns Slack's word for what is wrong with a message.
pub(super) fn problem(body: &Value) -> Option<&'static str> {
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
    if text.chars().count() > TEXT {
        return Some("msg_too_long");
    }
    let blocks = match body.get("blocks") {
        None => return None,
        Some(blocks) => blocks.as_array(),
    };
    let Some(blocks) = blocks.filter(|it| it.len() <= BLOCKS) else {
        return Some("invalid_blocks");
    };
    if !blocks.iter().all(is_sound) {
        return Some("invalid_blocks");
    }
    let all: usize = blocks.iter().map(characters).sum();
    (all > ALL).then_some("msg_blocks_too_long")
}

fn is_sound(block: &Value) -> bool {
    match block.get("type").and_then(Value::as_str) {
        Some("header") => text(block.get("text"), &["plain_text"], 150),
        Some("section") => text(block.get("text"), &["plain_text", "mrkdwn"], 3_000),
        Some("divider") => true,
        Some("context") => {
            elements(block, 10, |it| text(Some(it), &["plain_text", "mrkdwn"], 3_000))
        }
        Some("actions") => elements(block, 25, button),
        _ => false,
    }
}

/// Wants a text object of one of these types with 1 to `most` characters.
fn text(object: Option<&Value>, types: &[&str], most: usize) -> bool {
    let field = |key| object.and_then(|it| it.get(key)).and_then(Value::as_str);
    field("type").is_some_and(|it| types.contains(&it))
        && field("text").is_some_and(|it| (1..=most).contains(&it.chars().count()))
}

fn elements(block: &Value, most: usize, is_sound: impl Fn(&Value) -> bool) -> bool {
    let elements = block.get("elements").and_then(Value::as_array);
    elements.is_some_and(|it| (1..=most).contains(&it.len()) && it.iter().all(is_sound))
}

fn button(it: &Value) -> bool {
    let url = it.get("url").and_then(Value::as_str);
    it.get("type").and_then(Value::as_str) == Some("button")
        && text(it.get("text"), &["plain_text"], 75)
        && url.is_none_or(|it| it.len() <= 3_000)
}

fn characters(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(list) => list.iter().map(characters).sum(),
        Value::Object(map) => map.values().map(characters).sum(),
        _ => 0,
    }
}
