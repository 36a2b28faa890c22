//! Periods of time, and the months and weeks by which people look back.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;

use crate::time::Timestamp;

/// A period of time; its end is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

impl Period {
    /// Returns how long it is.
    pub fn length(&self) -> Duration {
        self.until.since(self.from)
    }

    /// Says whether a moment lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// Returns the period of the same length right before.
    #[must_use]
    pub fn before(&self) -> Self {
        Self { from: self.from.minus(self.length()), until: self.from }
    }

    /// Returns what of it is over at `now`.
    #[must_use]
    pub fn up_to(&self, now: Timestamp) -> Self {
        let until = self.until.min(now);
        Self { from: self.from.min(until), until }
    }

    /// Returns what two periods have in common, if that is anything.
    pub fn common(&self, other: &Self) -> Option<Self> {
        let common = Self { from: self.from.max(other.from), until: self.until.min(other.until) };
        (common.from < common.until).then_some(common)
    }

    /// Cuts it into at most so many steps of a length that people know, each beginning at a whole
    /// number of them since the Unix epoch; the first may begin before the period.
    pub fn steps(&self, most: u32) -> Vec<Self> {
        if self.from >= self.until {
            return Vec::new();
        }
        let step = self.step(most);
        let nanos = i64::try_from(step.as_nanos()).unwrap_or(i64::MAX);
        let mut from =
            Timestamp::from_nanos(self.from.nanos().div_euclid(nanos).saturating_mul(nanos));
        let mut steps = Vec::new();
        while from < self.until {
            let until = from.plus(step);
            steps.push(Self { from, until });
            from = until;
        }
        steps
    }

    /// Returns the length of these steps.
    pub fn step(&self, most: u32) -> Duration {
        const MINUTES: [u64; 9] = [1, 5, 15, 60, 360, 1_440, 7 * 1_440, 30 * 1_440, 365 * 1_440];
        let fits = |step: &Duration| {
            // one more than fit in the period, since the first begins before it
            self.length().as_nanos().div_ceil(step.as_nanos()) < u128::from(most.max(2))
        };
        let mut steps = MINUTES.into_iter().map(|it| Duration::from_secs(60 * it));
        steps.find(fits).unwrap_or(self.length().max(Duration::from_secs(60)))
    }
}

/// A month or a week of the calendar, in UTC. Written `2026-11` and `2026-W48`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// A month, known by its first day.
    Month(Date),
    /// A week as ISO 8601 counts them, known by its Monday.
    Week(Date),
}

/// Says that a text is no month and no week.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no month and no week: write `2026-11`, or `2026-W48`")]
pub struct NoPeriod(String);

impl Calendar {
    /// Returns the month to which a moment belongs.
    pub fn month_of(at: Timestamp) -> Option<Self> {
        Some(Self::Month(date(at)?.first_of_month()))
    }

    /// Returns the week to which a moment belongs.
    pub fn week_of(at: Timestamp) -> Option<Self> {
        let week = date(at)?.iso_week_date();
        ISOWeekDate::new(week.year(), week.week(), Weekday::Monday)
            .ok()
            .map(|it| Self::Week(it.date()))
    }

    /// Returns the one right before.
    pub fn before(&self) -> Option<Self> {
        match self {
            Self::Month(first) => first.checked_sub(1.month()).ok().map(Self::Month),
            Self::Week(monday) => monday.checked_sub(1.week()).ok().map(Self::Week),
        }
    }

    /// Returns when it begins and ends; nothing where that is beyond what clocks count.
    pub fn period(&self) -> Option<Period> {
        let (first, next) = match self {
            Self::Month(first) => (first, first.checked_add(1.month())),
            Self::Week(monday) => (monday, monday.checked_add(1.week())),
        };
        Some(Period { from: midnight(*first)?, until: midnight(next.ok()?)? })
    }
}

fn date(at: Timestamp) -> Option<Date> {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at.nanos())).ok()?;
    Some(at.to_zoned(TimeZone::UTC).date())
}

fn midnight(date: Date) -> Option<Timestamp> {
    let at = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
    i64::try_from(at.as_nanosecond()).ok().map(Timestamp::from_nanos)
}

impl FromStr for Calendar {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<Self, NoPeriod> {
        let wrong = || NoPeriod(text.to_owned());
        let digits = |part: &str, count: usize| -> Result<i16, NoPeriod> {
            let all = part.len() == count && part.bytes().all(|it| it.is_ascii_digit());
            if all { part.parse().map_err(|_| wrong()) } else { Err(wrong()) }
        };
        let small = |number: i16| i8::try_from(number).map_err(|_| wrong());
        let (year, rest) = text.split_once('-').ok_or_else(wrong)?;
        let year = digits(year, 4)?;
        if let Some(week) = rest.strip_prefix('W') {
            let monday = ISOWeekDate::new(year, small(digits(week, 2)?)?, Weekday::Monday);
            return monday.map(|it| Self::Week(it.date())).map_err(|_| wrong());
        }
        let first = Date::new(year, small(digits(rest, 2)?)?, 1);
        first.map(Self::Month).map_err(|_| wrong())
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(first) => write!(f, "{:04}-{:02}", first.year(), first.month()),
            Self::Week(monday) => {
                let week = monday.iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(text: &str) -> (String, String) {
        let period = text.parse::<Calendar>().unwrap().period().unwrap();
        (period.from.to_string(), period.until.to_string())
    }

    #[test]
    fn months_and_weeks_begin_and_end_at_midnight_in_utc() {
        let midnight = |day: &str| format!("{day}T00:00:00.000Z");
        assert_eq!(bounds("2026-12"), (midnight("2026-12-01"), midnight("2027-01-01")));
        assert_eq!(bounds("2026-W48"), (midnight("2026-11-23"), midnight("2026-11-30")));
        assert_eq!(bounds("2026-W01"), (midnight("2025-12-29"), midnight("2026-01-05")));
    }

    #[test]
    fn they_are_written_as_they_are_read_and_know_what_was_before() {
        for (text, before) in [
            ("2026-01", "2025-12"),
            ("2026-11", "2026-10"),
            ("2026-W01", "2025-W52"),
            ("2027-W01", "2026-W53"),
        ] {
            let calendar: Calendar = text.parse().unwrap();
            assert_eq!(calendar.to_string(), text);
            assert_eq!(calendar.before().unwrap().to_string(), before);
            let begin = calendar.period().unwrap().from;
            let same = match calendar {
                Calendar::Month(_) => Calendar::month_of(begin),
                Calendar::Week(_) => Calendar::week_of(begin),
            };
            assert_eq!(same, Some(calendar));
        }
    }

    #[test]
    fn what_is_no_period_says_how_one_is_written() {
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-1",
            "2026-W54",
            "2025-W53",
            "26-11",
            "2026-+1",
            "2026-11-01",
        ] {
            let error = text.parse::<Calendar>().unwrap_err().to_string();
            assert!(error.contains("write `2026-11`, or `2026-W48`"), "{error}");
        }
        assert_eq!("9999-12".parse::<Calendar>().unwrap().period(), None, "no clock counts so far");
    }

    #[test]
    fn a_period_is_cut_into_as_many_steps_as_are_wanted_at_most() {
        let day = Period { from: Timestamp::from_secs(90), until: Timestamp::from_secs(86_490) };
        for most in [2, 3, 24, 25, 26, 100, 1_000, 2_000] {
            let steps = day.steps(most);
            assert!(steps.len() <= most as usize, "{most}: {}", steps.len());
            assert!(steps[0].from <= day.from && steps[steps.len() - 1].until >= day.until);
            assert!(steps.windows(2).all(|two| two[0].until == two[1].from));
        }
        assert_eq!(day.step(26), Duration::from_secs(3_600));
        let none = Period { from: day.from, until: day.from };
        assert_eq!(none.steps(10), []);
    }
}
