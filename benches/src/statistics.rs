//! Medians and their spread.

/// The middle of some figures, and where the middle half of them lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

/// Returns the median and the quartiles; zeros for no figures.
pub(crate) fn spread(figures: impl Iterator<Item = f64>) -> Spread {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: usize| {
        let last = sorted.len().saturating_sub(1);
        sorted.get(last * share / 4).copied().unwrap_or_default()
    };
    Spread { median: at(2), lower: at(1), upper: at(3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_those_of_the_sorted_figures() {
        let it = spread([5.0, 1.0, 4.0, 2.0, 3.0].into_iter());
        assert_eq!((it.lower, it.median, it.upper), (2.0, 3.0, 4.0));
    }
}
