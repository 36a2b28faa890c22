//! Limits as they are written, and in the unit of the number that they are held against.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::settings::{HumanDuration, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::timing::Misfit;

/// A limit: a number in the unit of what it is held against, a share, or a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Limit {
    /// A number, in the unit of what it is held against.
    Number(f64),
    /// A share, such as `5%`.
    Share(Percent),
    /// A length of time, such as `800ms`.
    Time(HumanDuration),
}

/// The unit of a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Unit {
    None,
    Share,
    BySecond,
    /// As the metric says, in UCUM.
    Named(Arc<str>),
}

/// Units of time with their length.
const TIMES: [(&str, Duration); 7] = [
    ("ns", Duration::from_nanos(1)),
    ("us", Duration::from_micros(1)),
    ("ms", Duration::from_millis(1)),
    ("s", Duration::from_secs(1)),
    ("min", Duration::from_secs(60)),
    ("h", Duration::from_secs(3_600)),
    ("d", Duration::from_secs(86_400)),
];

impl Unit {
    /// Writes a number with its unit, for people.
    pub(super) fn write(&self, value: f64) -> String {
        // four digits that say something
        let digits =
            if value == 0.0 { 0 } else { (3 - value.abs().log10().floor() as i32).clamp(0, 9) };
        let number = |value: f64, digits: i32| {
            let text = format!("{value:.*}", digits.max(0) as usize);
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        };
        match self {
            Self::None => number(value, digits),
            Self::Share => format!("{} %", number(value * 100.0, digits - 2)),
            Self::BySecond => format!("{}/s", number(value, digits)),
            Self::Named(unit) => format!("{} {unit}", number(value, digits)),
        }
    }
}

impl Limit {
    /// Returns the limit in a unit.
    fn in_unit(self, unit: &Unit) -> Result<f64, String> {
        match (self, unit) {
            (Self::Number(number), _) => Ok(number),
            (Self::Share(share), _) => Ok(share.ratio()),
            (Self::Time(time), Unit::Named(name)) => {
                let known = TIMES.iter().find(|it| it.0 == &**name);
                let one = known.ok_or_else(|| {
                    format!("the limit is a time, and the metric is counted in `{name}`")
                })?;
                Ok(time.get().as_secs_f64() / one.1.as_secs_f64())
            }
            (Self::Time(_), _) => {
                Err("the limit is a time, and what it is held against is not".to_owned())
            }
        }
    }
}

/// The limits of a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits<L = Limit> {
    above: Option<L>,
    below: Option<L>,
    clear: Option<L>,
}

impl Limits {
    pub(super) fn check(
        above: Option<Limit>,
        below: Option<Limit>,
        clear: Option<Limit>,
    ) -> Result<Self, Misfit> {
        let help = "write `above:` or `below:`";
        match (above, below) {
            (None, None) => {
                return Err(Misfit::new("", "without a limit nothing breaches it", help));
            }
            (Some(_), Some(_)) if clear.is_some() => {
                let message = "of two limits it cannot be told which `clear` is for";
                return Err(Misfit::new("clear", message, "leave it out, or write two rules"));
            }
            _ => {}
        }
        let (limit, clears_above) = match (above, below) {
            (Some(limit), _) => (limit, false),
            (None, Some(limit)) => (limit, true),
            (None, None) => return Ok(Self { above, below, clear }),
        };
        let unfit = match (limit, clear) {
            (Limit::Number(limit), Some(Limit::Number(clear))) => {
                wrong_side(limit, clear, clears_above)
            }
            (Limit::Share(limit), Some(Limit::Share(clear))) => {
                wrong_side(limit.ratio(), clear.ratio(), clears_above)
            }
            (Limit::Time(limit), Some(Limit::Time(clear))) => {
                wrong_side(limit.get().as_secs_f64(), clear.get().as_secs_f64(), clears_above)
            }
            _ => false,
        };
        if unfit {
            let message = "a breach would clear at once: `clear` lies beyond the limit";
            let help = "with `above` it is lower than the limit, with `below` higher";
            return Err(Misfit::new("clear", message, help));
        }
        Ok(Self { above, below, clear })
    }

    /// Returns the limits in a unit, or why that cannot be.
    pub(super) fn in_unit(&self, unit: &Unit) -> Result<Limits<f64>, String> {
        let convert = |it: Option<Limit>| it.map(|it| it.in_unit(unit)).transpose();
        Ok(Limits {
            above: convert(self.above)?,
            below: convert(self.below)?,
            clear: convert(self.clear)?,
        })
    }
}

fn wrong_side(limit: f64, clear: f64, clears_above: bool) -> bool {
    if clears_above { clear < limit } else { clear > limit }
}

impl Limits<f64> {
    /// Returns the limit that a value is beyond, and whether it is above it.
    pub(super) fn breached(&self, value: f64) -> Option<(f64, bool)> {
        let above = self.above.filter(|limit| value > *limit).map(|limit| (limit, true));
        above.or_else(|| self.below.filter(|limit| value < *limit).map(|limit| (limit, false)))
    }

    /// Says whether a value that breaches no limit counts as the end of a breach.
    pub(super) fn is_clear(&self, value: f64) -> bool {
        match (self.clear, self.below) {
            (None, _) => true,
            (Some(clear), None) => value <= clear,
            (Some(clear), Some(_)) => value >= clear,
        }
    }
}
