//! Times as people write them: days of the week, times of the day, in a time zone, over changes
//! of the clock. Pure: what time it is comes as an argument.

use std::time::Duration;

use bellwether_core::time::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};

use crate::policy::Weekday;

/// Something that begins at a time of the day, on some days of the week, and lasts for a while.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weekly {
    /// The days; every day when there is none.
    pub(crate) days: Vec<Weekday>,
    pub(crate) begin: Time,
    pub(crate) length: Length,
    pub(crate) zone: TimeZone,
}

/// How long something lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Length {
    /// Until a time of the day, the next day's where that is not later than the begin.
    Until(Time),
    /// For so long, however the clock is changed meanwhile.
    For(Duration),
}

impl Weekly {
    /// Returns whether it goes on at a time.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        let Some(now) = zoned(now, &self.zone) else { return false };
        let mut begun = (-self.longest()..=0).filter_map(|days| self.of_day(&now, days));
        begun.any(|(begin, end)| begin <= now && now < end)
    }

    /// Returns when it begins and ends that goes on at a time, or comes next.
    pub(crate) fn next(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let now = zoned(now, &self.zone)?;
        let mut days = (-self.longest()..=7).filter_map(|days| self.of_day(&now, days));
        let (begin, end) = days.find(|(_, end)| now < *end)?;
        let at = |it: &Zoned| {
            let nanos = i64::try_from(it.timestamp().as_nanosecond()).ok()?;
            Some(Timestamp::from_nanos(nanos))
        };
        Some((at(&begin)?, at(&end)?))
    }

    /// Returns how many days ago what still goes on can have begun.
    fn longest(&self) -> i64 {
        match self.length {
            Length::Until(_) => 1,
            // a day for each that it lasts, and one because days may be shorter than others
            Length::For(length) => {
                i64::try_from(length.as_secs() / 86_400).unwrap_or(366).min(366) + 1
            }
        }
    }

    /// Returns the begin and the end of what begins so many days from a time.
    fn of_day(&self, now: &Zoned, days: i64) -> Option<(Zoned, Zoned)> {
        let date = now.date().checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
        let day = Weekday::of(date.weekday());
        if !self.days.is_empty() && !self.days.contains(&day) {
            return None;
        }
        // a time that the clock skips is the one after the gap; of one that comes twice it is the first
        let begin = date.to_datetime(self.begin).to_zoned(self.zone.clone()).ok()?;
        let end = match self.length {
            Length::For(length) => {
                begin.checked_add(SignedDuration::try_from(length).ok()?).ok()?
            }
            Length::Until(time) => {
                let day = if time > self.begin { date } else { date.tomorrow().ok()? };
                day.to_datetime(time).to_zoned(self.zone.clone()).ok()?
            }
        };
        Some((begin, end))
    }
}

impl Weekday {
    fn of(day: jiff::civil::Weekday) -> Self {
        use jiff::civil::Weekday as Day;
        match day {
            Day::Monday => Self::Monday,
            Day::Tuesday => Self::Tuesday,
            Day::Wednesday => Self::Wednesday,
            Day::Thursday => Self::Thursday,
            Day::Friday => Self::Friday,
            Day::Saturday => Self::Saturday,
            Day::Sunday => Self::Sunday,
        }
    }
}

fn zoned(at: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at.nanos())).ok()?;
    Some(at.to_zoned(zone.clone()))
}

/// Finds a time zone by its name; UTC without one.
pub(crate) fn zone(name: Option<&str>) -> Option<TimeZone> {
    match name {
        None => Some(TimeZone::UTC),
        Some(name) => TimeZone::get(name).ok(),
    }
}

/// Reads a time of the day, such as `02:00`.
pub(crate) fn time_of_day(text: &str) -> Option<Time> {
    text.parse().ok()
}

/// Reads a moment: with an offset, such as `2026-12-24T18:00:00Z`, or as the clock of a zone shows it.
pub(crate) fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let at = match text.parse::<jiff::Timestamp>() {
        Ok(at) => at,
        Err(_) => text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok()?.timestamp(),
    };
    i64::try_from(at.as_nanosecond()).ok().map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        moment(text, &TimeZone::UTC).unwrap()
    }

    fn weekly(days: &[Weekday], begin: &str, length: Length, zone: &str) -> Weekly {
        let zone = super::zone(Some(zone)).unwrap();
        Weekly { days: days.to_vec(), begin: time_of_day(begin).unwrap(), length, zone }
    }

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn days_and_hours_are_those_of_the_zone() {
        let until = Length::Until(time_of_day("17:00").unwrap());
        let office = weekly(&[Weekday::Monday], "09:00", until, "America/New_York");
        // Monday 23 November 2026; New York is five hours behind
        assert!(!office.holds(at("2026-11-23T13:59:59Z")));
        assert!(office.holds(at("2026-11-23T14:00:00Z")));
        assert!(office.holds(at("2026-11-23T21:59:59Z")));
        assert!(!office.holds(at("2026-11-23T22:00:00Z")));
        assert!(!office.holds(at("2026-11-24T15:00:00Z")), "a Tuesday");
    }

    #[test]
    fn what_ends_earlier_than_it_begins_ends_on_the_next_day() {
        let until = Length::Until(time_of_day("06:00").unwrap());
        let night = weekly(&[Weekday::Saturday], "22:00", until, "UTC");
        assert!(night.holds(at("2026-11-28T23:00:00Z")));
        assert!(night.holds(at("2026-11-29T05:59:59Z")), "Sunday morning");
        assert!(!night.holds(at("2026-11-29T06:00:00Z")));
        assert!(!night.holds(at("2026-11-28T05:00:00Z")), "Saturday morning belongs to Friday");
        let all_day = weekly(&[Weekday::Sunday], "00:00", Length::Until(Time::midnight()), "UTC");
        assert!(all_day.holds(at("2026-11-29T00:00:00Z")));
        assert!(!all_day.holds(at("2026-11-30T00:00:00Z")));
    }

    #[test]
    fn s10_clocks_that_are_changed_skip_nothing_and_repeat_nothing() {
        // Berlin: 2026-03-29 02:00 is 03:00 at once (01:00 UTC)
        let spring = weekly(&[], "02:30", Length::For(HOUR), "Europe/Berlin");
        assert!(!spring.holds(at("2026-03-29T01:29:59Z")));
        assert!(spring.holds(at("2026-03-29T01:30:00Z")), "03:30, after the gap");
        assert!(!spring.holds(at("2026-03-29T02:30:00Z")));
        assert!(spring.holds(at("2026-03-28T01:30:00Z")), "the day before it is 01:30 UTC");
        assert!(spring.holds(at("2026-03-30T00:30:00Z")), "the day after it is 00:30 UTC");
        // 2026-10-25 03:00 is 02:00 again (01:00 UTC): 02:30 comes at 00:30 and at 01:30 UTC
        assert!(spring.holds(at("2026-10-25T00:30:00Z")));
        assert!(!spring.holds(at("2026-10-25T01:30:00Z")), "it has had its hour");
        // a time of the day until which something lasts is that of the clock on the wall
        let until = Length::Until(time_of_day("04:00").unwrap());
        let long = weekly(&[], "01:00", until, "Europe/Berlin");
        let hours = |day: &str| {
            let start = at(day);
            let step = |it: &i64| start.plus(Duration::from_secs(it.unsigned_abs() * 60));
            (0..24 * 60).filter(|it| long.holds(step(it))).count()
        };
        assert_eq!(hours("2026-03-28T22:00:00Z"), 120, "two hours when one is skipped");
        assert_eq!(hours("2026-10-24T21:00:00Z"), 240, "four when one comes twice");
    }

    #[test]
    fn what_goes_on_or_comes_next_is_found() {
        let weekly = weekly(&[Weekday::Sunday], "02:00", Length::For(HOUR), "Europe/London");
        let sunday = (at("2026-11-29T02:00:00Z"), at("2026-11-29T03:00:00Z"));
        assert_eq!(weekly.next(at("2026-11-23T08:00:00Z")), Some(sunday));
        assert_eq!(weekly.next(at("2026-11-29T02:59:59Z")), Some(sunday));
        let next = (at("2026-12-06T02:00:00Z"), at("2026-12-06T03:00:00Z"));
        assert_eq!(weekly.next(at("2026-11-29T03:00:00Z")), Some(next));
        let summer = (at("2026-07-05T01:00:00Z"), at("2026-07-05T02:00:00Z"));
        assert_eq!(
            weekly.next(at("2026-07-01T00:00:00Z")),
            Some(summer),
            "by the clock on the wall"
        );
    }

    #[test]
    fn what_lasts_for_days_goes_on_for_days() {
        let days = weekly(&[Weekday::Friday], "20:00", Length::For(60 * HOUR), "UTC");
        assert!(days.holds(at("2026-11-29T12:00:00Z")));
        assert!(days.holds(at("2026-11-30T07:59:59Z")));
        assert!(!days.holds(at("2026-11-30T08:00:00Z")));
    }

    #[test]
    fn moments_have_an_offset_or_the_clock_of_a_zone() {
        let london = zone(Some("Europe/London")).unwrap();
        assert_eq!(moment("2026-07-01T12:00", &london), Some(at("2026-07-01T11:00:00Z")));
        assert_eq!(moment("2026-07-01T12:00:00+02:00", &london), Some(at("2026-07-01T10:00:00Z")));
        assert_eq!(moment("tomorrow", &london), None);
        assert!(zone(Some("Europe/Lodnon")).is_none());
    }
}
