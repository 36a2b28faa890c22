//! Speaks on the terminal: plain words, aligned, at most 100 columns.

use std::io::{self, IsTerminal, Write};

/// The widest line.
const WIDTH: usize = 100;
/// Where the text of a row begins.
const TEXT: usize = 14;

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";

/// Writes to standard output.
pub struct Tell {
    colour: bool,
}

impl Tell {
    /// Speaks in colour on a terminal whose user has not refused it (`NO_COLOR`).
    pub fn new(no_color: bool) -> Self {
        Self { colour: io::stdout().is_terminal() && !no_color }
    }

    /// Begins a step of the story.
    pub(super) fn step(&self, text: &str) {
        self.raw("");
        self.lines(text, 0, BOLD);
    }

    /// Writes a paragraph.
    pub(super) fn say(&self, text: &str) {
        self.lines(text, 2, "");
    }

    /// Writes a named fact.
    pub(super) fn row(&self, label: &str, text: &str) {
        self.named(label, text, "");
    }

    /// Writes a named fact that is as it should be.
    pub(super) fn good(&self, label: &str, text: &str) {
        self.named(label, text, GREEN);
    }

    /// Writes a named fact that is not as it should be.
    pub(super) fn bad(&self, label: &str, text: &str) {
        self.named(label, text, RED);
    }

    /// Writes what went wrong.
    pub(super) fn failure(&self, error: &anyhow::Error) {
        self.raw("");
        self.raw(&self.paint(&format!("The demo failed: {error:#}"), RED));
    }

    /// Writes lines as they are.
    pub(super) fn raw(&self, text: &str) {
        // when nobody reads any more, the story still goes on to its end and cleans up
        let _ = writeln!(io::stdout(), "{text}");
    }

    fn named(&self, label: &str, text: &str, style: &str) {
        for (number, line) in wrap(text, WIDTH - TEXT).iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            let margin = TEXT - 3;
            self.raw(&format!("  {label:margin$} {}", self.paint(line, style)));
        }
    }

    fn lines(&self, text: &str, indent: usize, style: &str) {
        for line in wrap(text, WIDTH - indent) {
            self.raw(&format!("{:indent$}{}", "", self.paint(&line, style)));
        }
    }

    fn paint(&self, text: &str, style: &str) -> String {
        if self.colour && !style.is_empty() {
            format!("\x1b[{style}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Breaks text that is too long at its spaces, into lines of at most `width` characters,
/// longer words aside.
fn wrap(text: &str, width: usize) -> Vec<String> {
    if text.chars().count() <= width {
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn breaks_at_spaces_and_keeps_long_words_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("http://127.0.0.1 is it", 5), ["http://127.0.0.1", "is it"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("1  2", 5), ["1  2"]);
    }
}
