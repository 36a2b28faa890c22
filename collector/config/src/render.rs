//! Problems as text for people, in the manner of rustc.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::Problem;

struct Style {
    error: &'static str,
    frame: &'static str,
    bold: &'static str,
    off: &'static str,
}

const PLAIN: Style = Style { error: "", frame: "", bold: "", off: "" };
const COLOUR: Style =
    Style { error: "\x1b[1;31m", frame: "\x1b[1;34m", bold: "\x1b[1m", off: "\x1b[0m" };

pub(crate) fn render(problems: &[Problem], colour: bool) -> String {
    let style = if colour { COLOUR } else { PLAIN };
    let mut out = String::new();
    for problem in problems {
        one(&mut out, problem, &style);
        out.push('\n');
    }
    let files: BTreeSet<&str> = problems.iter().map(|problem| &*problem.place.file).collect();
    let Style { error, bold, off, .. } = style;
    let count = match problems.len() {
        1 => "1 problem".to_owned(),
        n => format!("{n} problems"),
    };
    let files: Vec<&str> = files.into_iter().collect();
    let _ = writeln!(out, "{error}error{off}{bold}: {count} in {}{off}", files.join(", "));
    out
}

fn one(out: &mut String, problem: &Problem, style: &Style) {
    let Style { error, frame, bold, off } = style;
    let place = &problem.place;
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let line = &problem.excerpt.line;
    let point = &problem.excerpt.point;
    // Tabs stay tabs, so that the caret stands below what it points at.
    let pad: String = line
        .get(..point.start)
        .unwrap_or(line)
        .chars()
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    let width = line.get(point.clone()).map_or(1, |text| text.chars().count()).max(1);
    let carets = "^".repeat(width);
    let message = clean(&problem.message);
    let _ = writeln!(out, "{error}error{off}{bold}: {message}{off}");
    let _ = writeln!(out, "{gutter}{frame}-->{off} {place}");
    let _ = writeln!(out, "{gutter} {frame}|{off}");
    let _ = writeln!(out, "{frame}{number} |{off} {}", clean(line));
    let _ = writeln!(out, "{gutter} {frame}|{off} {pad}{error}{carets}{off}");
    if problem.path.steps().len() > 1 {
        let _ = writeln!(
            out,
            "{gutter} {frame}={off} {bold}key{off}: {}",
            clean(&problem.path.to_string())
        );
    }
    if let Some(help) = &problem.help {
        let _ = writeln!(out, "{gutter} {frame}={off} {bold}help{off}: {}", clean(help));
    }
}

/// Takes out what would move a terminal's cursor or change its colours.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| *c != '\r')
        .map(|c| match c {
            '\t' => '\t',
            '\n' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}
