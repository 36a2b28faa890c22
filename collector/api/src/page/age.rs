//! Lengths of time for people.

use std::fmt;
use std::time::Duration;

/// Writes the two largest units of a length of time, such as `2 min 5 s`; a number and its
/// unit stay on one line.
pub(super) struct Age(pub(super) Duration);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.as_secs();
        let parts = [(secs / 86_400, "d"), (secs / 3_600 % 24, "h"), (secs / 60 % 60, "min")];
        let seconds = [(secs % 60, "s")];
        let mut shown = parts.iter().chain(&seconds).skip_while(|(count, _)| *count == 0).take(2);
        let Some((count, unit)) = shown.next() else { return f.write_str("0\u{a0}s") };
        write!(f, "{count}\u{a0}{unit}")?;
        match shown.next() {
            Some((count, unit)) if *count > 0 => write!(f, " {count}\u{a0}{unit}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_largest_units_are_shown() {
        for (secs, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (125, "2 min 5 s"),
            (3_601, "1 h"),
            (3_661, "1 h 1 min"),
            (90_000, "1 d 1 h"),
        ] {
            let shown = Age(Duration::from_secs(secs)).to_string();
            assert_eq!(shown.replace('\u{a0}', " "), text);
        }
    }
}
