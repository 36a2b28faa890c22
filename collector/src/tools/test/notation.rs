//! Values over time as Prometheus's tests write them.

/// A value for each time; nothing where none comes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Values(pub(super) Vec<Option<f64>>);

/// More values are a mistake: a week at one a second has fewer.
const MOST: usize = 1_000_000;

impl Values {
    /// Reads `1 2 3`, `5x3`, `0+10x3`, `10-1x3`, `_`, `_x5`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut values = Vec::new();
        for word in text.split_whitespace() {
            add(word, &mut values).ok_or_else(|| format!("`{word}` is no value of a series"))?;
            if values.len() > MOST {
                return Err(format!("these are more than {MOST} values"));
            }
        }
        if values.is_empty() { Err("these are no values".to_owned()) } else { Ok(Self(values)) }
    }
}

fn add(word: &str, values: &mut Vec<Option<f64>>) -> Option<()> {
    let (what, times) = match word.rsplit_once('x') {
        Some((what, times)) => (what, Some(times.parse::<usize>().ok().filter(|it| *it <= MOST)?)),
        None => (word, None),
    };
    if what == "_" {
        values.extend(std::iter::repeat_n(None, times.unwrap_or(1)));
        return Some(());
    }
    // behind the first sign of a number and that of its exponent stands that of the step
    let sign = what.char_indices().skip(1).find(|(at, letter)| {
        let before = what.get(..*at).and_then(|it| it.chars().last());
        matches!(letter, '+' | '-') && !matches!(before, Some('e' | 'E'))
    });
    let (first, step) = match (sign, times) {
        (Some((at, _)), Some(_)) => what.split_at_checked(at)?,
        (Some(_), None) => return None,
        (None, _) => (what, "0"),
    };
    let (first, step) = (number(first)?, number(step)?);
    let steps = 0..=u32::try_from(times.unwrap_or(0)).ok()?;
    values.extend(steps.map(|it| Some(first + step * f64::from(it))));
    Some(())
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|it: &f64| it.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_prometheus_reads_them() {
        let some = |it: &[f64]| it.iter().copied().map(Some).collect::<Vec<_>>();
        for (text, values) in [
            ("1 -2 3.5", some(&[1.0, -2.0, 3.5])),
            ("5x3", some(&[5.0, 5.0, 5.0, 5.0])),
            ("0+10x2", some(&[0.0, 10.0, 20.0])),
            ("-1-1x2", some(&[-1.0, -2.0, -3.0])),
            ("1e2 1e-1+1x1", some(&[100.0, 0.1, 1.1])),
            ("_ 1 _x2", vec![None, Some(1.0), None, None]),
        ] {
            assert_eq!(Values::parse(text), Ok(Values(values)), "{text}");
        }
        for text in ["", "a", "1+1", "1x", "x3", "1x-1", "NaN", "1x99999999", "_x"] {
            assert!(Values::parse(text).is_err(), "{text}");
        }
    }
}
