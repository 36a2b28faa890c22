//! The numbers that a limit can be put on.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limit::Unit;
use crate::indicators::GroupReading;
use crate::query::{Measure, Of};
use crate::subject::SignalKind;

/// A number that is worked out from signals over a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub(super) enum Indicator {
    /// How many there are by the second.
    Rate,
    /// Which share of them is bad.
    ErrorRatio,
    /// How many there are.
    Count,
    /// By how much a counter grew.
    Delta,
    /// How many of them came later than they may.
    Late,
    Sum,
    Min,
    Max,
    Avg,
    Last,
    /// A quantile, from 0 to 1.
    Quantile(f64),
}

/// The words, but for quantiles.
const WORDS: [(&str, Indicator); 10] = [
    ("rate", Indicator::Rate),
    ("error_ratio", Indicator::ErrorRatio),
    ("count", Indicator::Count),
    ("delta", Indicator::Delta),
    ("late", Indicator::Late),
    ("sum", Indicator::Sum),
    ("min", Indicator::Min),
    ("max", Indicator::Max),
    ("avg", Indicator::Avg),
    ("last", Indicator::Last),
];

/// Says why a text names no indicator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no indicator: write one of {list}, or a quantile such as p95 or p99.9", list = words())]
pub(super) struct NoIndicator(String);

fn words() -> String {
    WORDS.map(|it| it.0).join(", ")
}

impl FromStr for Indicator {
    type Err = NoIndicator;

    fn from_str(text: &str) -> Result<Self, NoIndicator> {
        if let Some((_, word)) = WORDS.iter().find(|it| it.0 == text) {
            return Ok(*word);
        }
        let percent = text.strip_prefix('p').and_then(|it| it.parse::<f64>().ok());
        let percent = percent.filter(|it| *it > 0.0 && *it < 100.0);
        percent.map(|it| Self::Quantile(it / 100.0)).ok_or_else(|| NoIndicator(text.to_owned()))
    }
}

impl TryFrom<String> for Indicator {
    type Error = NoIndicator;

    fn try_from(text: String) -> Result<Self, NoIndicator> {
        text.parse()
    }
}

impl From<Indicator> for String {
    fn from(indicator: Indicator) -> Self {
        indicator.to_string()
    }
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Quantile(quantile) = self {
            // 0.999 * 100 is not 99.9
            return write!(f, "p{}", (quantile * 1e6).round() / 1e4);
        }
        let word = WORDS.iter().find(|it| it.1 == *self);
        f.write_str(word.map_or("", |it| it.0))
    }
}

impl Indicator {
    /// Says whether it is a number of things, which is known to be zero where nothing came.
    pub(super) fn counts(self) -> bool {
        matches!(self, Self::Rate | Self::Count | Self::Delta | Self::Late)
    }

    /// Works the number out, and from how many signals. It has none where it cannot be known.
    pub(super) fn read(self, group: &GroupReading<'_>, window: Duration) -> (Option<f64>, f64) {
        match self {
            Self::Rate => {
                let total = group.tally(window).total;
                (Some(total / window.as_secs_f64()), total)
            }
            Self::Count | Self::Delta => {
                let total = group.tally(window).total;
                (Some(total), total)
            }
            Self::Late => {
                let tally = group.tally(window);
                (Some(tally.bad), tally.total)
            }
            Self::ErrorRatio => {
                let tally = group.tally(window);
                ((tally.total > 0.0).then(|| tally.bad / tally.total), tally.total)
            }
            Self::Quantile(quantile) => {
                let all = group.distribution(window);
                (all.quantile(quantile), all.summary.count as f64)
            }
            Self::Sum | Self::Min | Self::Max | Self::Avg | Self::Last => {
                let all = group.summary(window);
                let value = match self {
                    Self::Sum => all.sum,
                    Self::Min => all.min,
                    Self::Max => all.max,
                    Self::Avg => all.sum / all.count as f64,
                    _ => all.last,
                };
                let count = all.count as f64;
                (Some(value).filter(|it| all.count > 0 && it.is_finite()), count)
            }
        }
    }

    /// Says in which unit the number is, given that of the metric.
    pub(super) fn unit(self, signal: SignalKind, measure: &Measure, metric: Option<&str>) -> Unit {
        match (self, measure) {
            (Self::ErrorRatio, _) => Unit::Share,
            (Self::Rate, _) => Unit::BySecond,
            (Self::Count | Self::Late, _) => Unit::None,
            (_, Measure::Summary(Of::Duration) | Measure::Distribution(Of::Duration)) => {
                Unit::Named("s".into())
            }
            _ if signal == SignalKind::Metrics => match metric {
                Some(unit) if !unit.is_empty() && unit != "1" => Unit::Named(unit.into()),
                _ => Unit::None,
            },
            _ => Unit::None,
        }
    }
}
