//! An incident as a message of blocks.

use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;
use serde_json::{Value, json};

use crate::notices::{Offers, Story, Templates};
use crate::text::{cut, plain_line};

const HEADER: usize = 150;
const SECTION: usize = 3_000;
const URL: usize = 3_000;

/// What messages are made with.
pub(super) struct Style {
    pub(super) templates: Templates,
    /// Where people find more, or empty.
    pub(super) external_url: String,
}

/// Returns the `text` and the `blocks` of a message.
pub(super) fn message_of(
    change: Change,
    incident: &Incident,
    style: &Style,
    offers: &Offers,
) -> Value {
    let Style { templates, external_url } = style;
    let story = Story::new(change, incident, external_url).offering(offers);
    let headline = plain_line(&templates.headline(&story));
    let told = escaped(&templates.text(&story), SECTION);
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": cut(&headline, HEADER) } }),
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": told } }),
    ];
    let about = format!("{} · {} · {}", incident.severity, incident.status, incident.id);
    let about = escaped(&about, SECTION);
    blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": about }] }));
    let buttons = [
        ("Open", external_url),
        ("Acknowledge", &offers.acknowledge),
        ("Silence", &offers.silence),
    ];
    let buttons: Vec<Value> = buttons
        .into_iter()
        .filter(|(_, url)| !url.is_empty() && url.len() <= URL)
        .map(|(text, url)| {
            let text = json!({ "type": "plain_text", "text": text });
            json!({ "type": "button", "text": text, "url": url })
        })
        .collect();
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": buttons }));
    }
    json!({ "text": escaped(&headline, SECTION), "blocks": blocks })
}

/// Returns what a change is in one line, for a thread.
pub(super) fn line(change: Change, incident: &Incident, style: &Style) -> String {
    let story = Story::new(change, incident, &style.external_url);
    let headline = plain_line(&style.templates.headline(&story));
    escaped(&format!("{headline}\n{}", style.templates.text(&story)), SECTION)
}

/// Cuts a text, and writes what would be markup or a mention as Slack wants it written.
fn escaped(text: &str, max: usize) -> String {
    let mut escaped = String::new();
    let mut length = 0;
    for c in text.chars() {
        let written = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            c => {
                length += 1;
                escaped.push(c);
                ""
            }
        };
        length += written.len();
        escaped.push_str(written);
        // the longest that one character becomes, and the mark of a cut
        if length + 6 > max {
            escaped.push('…');
            break;
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_mentioned_by_what_came_from_outside() {
        assert_eq!(escaped("<!channel> & <@U1>", 100), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
        let cut = escaped(&"&".repeat(1_000), 100);
        assert!(cut.chars().count() <= 100 && cut.ends_with("&amp;…"), "{cut}");
    }
}
