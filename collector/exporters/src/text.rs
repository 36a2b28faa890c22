//! Cuts texts to what a vendor takes, and turns exact amounts into what JSON can carry.

use bellwether_core::money::Money;
use bellwether_core::time::Timestamp;

/// Cuts a text to at most `max` characters, never within one; a cut text ends in `…`.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if text.chars().nth(max).is_none() {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Makes one line of a text: no line breaks, and nothing else that a header could end by.
pub(crate) fn plain_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the amount as a double, as vendors' JSON has it.
pub(crate) fn double(money: Money) -> f64 {
    money.amount.to_string().parse().unwrap_or_default()
}

/// Writes a time for customers, such as `23 November, 10:02 UTC`.
pub(crate) fn for_customers(at: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.nanos()))
        .map_or_else(|_| at.to_string(), |at| at.strftime("%-d %B, %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, max, cut_to) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("žluťoučký", 4, "žlu…"),
            ("👩‍💻👩‍💻", 2, "👩…"),
            ("x", 0, "…"),
        ] {
            assert_eq!(cut(text, max), cut_to);
        }
    }

    #[test]
    fn times_are_said_in_utc() {
        assert_eq!(for_customers(Timestamp::from_secs(1_795_428_131)), "23 November, 10:02 UTC");
    }
}
