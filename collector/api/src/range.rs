//! Which time is asked about.

use std::time::Duration;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use bellwether_core::period::Period;
use bellwether_core::time::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::error::ApiError;

/// The most steps that one answer holds.
pub(crate) const MOST_POINTS: u32 = 1_000;

/// How many steps it holds when nobody asks for another number.
pub(crate) const USUAL_POINTS: u32 = 200;

/// The most months.
pub(crate) const MOST_MONTHS: u32 = 24;

/// How many when nobody asks for another number.
pub(crate) const USUAL_MONTHS: u32 = 12;

/// The longest period; of a longer one it is its end that counts.
const LONGEST: Duration = Duration::from_secs(3 * 366 * 86_400);

/// How long a period is of which only the end is said.
const DAY: Duration = Duration::from_secs(86_400);

/// The period of a query, and how many steps it is cut into at most.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Range {
    from: Option<Moment>,
    until: Option<Moment>,
    points: u32,
}

impl Default for Range {
    fn default() -> Self {
        Self { from: None, until: None, points: USUAL_POINTS }
    }
}

/// Reads a query.
pub(crate) fn read<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, ApiError> {
    query.map(|Query(it)| it).map_err(|error| ApiError::query(error.body_text()))
}

/// Says whether a number lies within bounds.
pub(crate) fn within(name: &str, number: u32, least: u32, most: u32) -> Result<u32, ApiError> {
    let fits = (least..=most).contains(&number);
    let wrong = || ApiError::query(format!("{name} is {number}: write {least} to {most}"));
    fits.then_some(number).ok_or_else(wrong)
}

impl Range {
    /// Makes one of its parts.
    pub(crate) fn new(from: Option<Moment>, until: Option<Moment>, points: Option<u32>) -> Self {
        Self { from, until, points: points.unwrap_or(USUAL_POINTS) }
    }

    /// Returns the period, as far as it is over, and how many steps are wanted at most. What is
    /// longer than three years is cut to its end; what ends before it begins is empty.
    pub(crate) fn period(&self, now: Timestamp) -> Result<(Period, u32), ApiError> {
        let points = within("points", self.points, 2, MOST_POINTS)?;
        let until = self.until.map_or(now, |it| it.0).min(now);
        let from = self.from.map_or_else(|| until.minus(DAY), |it| it.0);
        let from = from.max(until.minus(LONGEST)).min(until);
        Ok((Period { from, until }, points))
    }
}

/// A moment as RFC 3339 has it. What lies beyond 1970 or 2262 is taken for the nearest that can
/// be counted.
#[derive(Clone, Copy)]
pub(crate) struct Moment(Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        moment(&text).map(Self).ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is no moment: write RFC 3339, such as 2026-11-23T10:00:00Z"
            ))
        })
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    // a `+` of an offset that nobody escaped comes as a space
    let text = text.replace(' ', "+");
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => {
            let nanos = at.as_nanosecond().clamp(0, i128::from(i64::MAX));
            i64::try_from(nanos).ok().map(Timestamp::from_nanos)
        }
        // the last days that can be written, which are beyond what can be counted
        Err(_) => {
            let day = text.get(..19)?.parse::<jiff::civil::DateTime>().ok()?;
            (day.year() == 9_999).then_some(Timestamp::from_nanos(i64::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(query: &str) -> Result<(Period, u32), ApiError> {
        let range: Range = Query::try_from_uri(&format!("/?{query}").parse().unwrap()).unwrap().0;
        range.period(Timestamp::from_secs(1_795_428_000))
    }

    #[test]
    fn a_period_is_bounded_and_over() {
        let told = |query| {
            let (period, points) = period(query).unwrap();
            format!("{} {} {points}", period.from, period.until)
        };
        assert_eq!(told(""), "2026-11-22T10:00:00.000Z 2026-11-23T10:00:00.000Z 200");
        let query = "from=2026-11-01T00:00:00%2B01:00&until=2026-11-02T00:00:00Z&points=7";
        assert_eq!(told(query), "2026-10-31T23:00:00.000Z 2026-11-02T00:00:00.000Z 7");
        let future = "2023-11-21T10:00:00.000Z 2026-11-23T10:00:00.000Z 200";
        assert_eq!(told("from=0000-01-01T00:00:00%2B23:00&until=9999-12-31T23:59:60Z"), future);
        let backwards = "2026-11-02T00:00:00.000Z 2026-11-02T00:00:00.000Z 200";
        assert_eq!(told("from=2026-11-03T00:00:00Z&until=2026-11-02T00:00:00Z"), backwards);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "yesterday", "2026-11-23", "2026-13-01T00:00:00Z", "2026-11-23T10:00:00 "]
        {
            assert!(moment(text).is_none(), "{text}");
        }
        assert!(period("points=1").is_err() && period("points=1001").is_err());
    }
}
