//! How long answers took.

use std::time::Duration;

/// Every latency that was measured.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    /// Adds one.
    pub fn add(&mut self, latency: Duration) {
        self.micros.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    /// Returns the latency that `share` of all do not exceed, such as 0.99; zero without any.
    pub fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() as f64 * share).ceil() as usize;
        let micros = sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default();
        Duration::from_micros(u64::from(micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_latency_that_was_measured() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.99), Duration::ZERO);
        (1..=200).rev().for_each(|millis| latencies.add(Duration::from_millis(millis)));
        assert_eq!(latencies.quantile(0.5), Duration::from_millis(100));
        assert_eq!(latencies.quantile(0.99), Duration::from_millis(198));
        assert_eq!(latencies.quantile(1.0), Duration::from_millis(200));
    }
}
