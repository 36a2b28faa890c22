//! How often a signal comes at each hour of the week, learnt from the signal itself.

use std::time::Duration;

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

const HOUR: i64 = 3_600;
const HOURS: i64 = 168;

/// An hour counts as seen when this much of it was.
const ENOUGH: Duration = Duration::from_secs(45 * 60);

/// How much of a former pause stays when an hour of the week comes again and is busier.
const FADE: f64 = 0.75;

/// A pause may become twice as long as this, in seconds, from one week to the next.
const LEAST_PAUSE: f64 = 30.0;

/// How long ago the newest signal came at most, by hour of the week in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rhythm {
    hours: Box<[Usual]>,
    /// The hour that is being learnt, counted since 1970.
    hour: i64,
    /// Its longest pause so far, in seconds.
    longest: f64,
    /// When watching it began.
    since: Timestamp,
    /// The newest signal.
    last: Timestamp,
}

/// The longest pause between signals that is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsualPause {
    /// How long it is.
    pub pause: Duration,
    /// Whether this very hour of the week was seen before; else it is taken from others.
    pub by_week: bool,
}

/// What is usual in one hour of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Usual {
    /// The longest pause in seconds; 0 before any was learnt.
    pause: f64,
    /// How often the hour was seen.
    weeks: u32,
}

impl Rhythm {
    /// Begins with the first signal.
    pub(crate) fn new(at: Timestamp) -> Self {
        Self {
            hours: vec![Usual::default(); HOURS as usize].into(),
            hour: at.secs().div_euclid(HOUR),
            longest: 0.0,
            since: at,
            last: at,
        }
    }

    /// Says whether it has every hour of the week, as one that was read back may not.
    pub(crate) fn is_whole(&self) -> bool {
        self.hours.len() == HOURS as usize
    }

    /// Takes a signal into account.
    pub(crate) fn saw(&mut self, at: Timestamp) {
        if at <= self.last {
            return;
        }
        let hour = at.secs().div_euclid(HOUR);
        // in every hour that is over, the pause had grown to so much when the hour ended
        for _ in 0..HOURS.min(hour - self.hour) {
            let end = Timestamp::from_secs((self.hour + 1) * HOUR);
            self.longest = self.longest.max(end.since(self.last).as_secs_f64());
            self.finish(end);
            self.hour += 1;
            self.longest = 0.0;
            self.since = end;
        }
        self.hour = hour;
        self.longest = self.longest.max(at.since(self.last).as_secs_f64());
        self.last = at;
    }

    /// Learns the hour that is over, unless too little of it was seen.
    fn finish(&mut self, end: Timestamp) {
        if end.since(self.since) < ENOUGH {
            return;
        }
        let longest = self.longest;
        let Some(usual) = self.hours.get_mut(self.hour.rem_euclid(HOURS) as usize) else { return };
        usual.pause = match usual.weeks {
            0 => longest,
            // an outage is not usual; a rhythm that really became slower is learnt step by step
            _ => longest.min(usual.pause.max(LEAST_PAUSE) * 2.0).max(usual.pause * FADE),
        };
        usual.weeks = usual.weeks.saturating_add(1);
    }

    /// Returns the longest pause that is usual at `now`, absent while nothing is learnt that says
    /// so.
    ///
    /// The same hour of the week says the most. Until it was seen, the same hour of other days
    /// stands for it, and on the first day the hours just before, of which two are needed.
    pub(crate) fn usual_pause(&self, now: Timestamp) -> Option<UsualPause> {
        let hour = now.secs().div_euclid(HOUR);
        let of = |hour: i64| {
            let usual = self.hours.get(hour.rem_euclid(HOURS) as usize);
            usual.filter(|it| it.weeks > 0).map(|it| it.pause)
        };
        // the hour before as well: what happens at full hours comes a little earlier or later
        let around = |hour: i64| [of(hour), of(hour - 1)].into_iter().flatten().reduce(f64::max);
        let this = of(hour).and_then(|_| around(hour));
        let other_days = || (1..7).filter_map(|day| of(hour - 24 * day)).reduce(f64::max);
        let just_before = || {
            let recent: Vec<f64> = (1..4).filter_map(|back| of(hour - back)).collect();
            if recent.len() < 2 { None } else { recent.into_iter().reduce(f64::max) }
        };
        let pause = this.or_else(other_days).or_else(just_before)?;
        Some(UsualPause { pause: Duration::from_secs_f64(pause), by_week: this.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONDAY: i64 = 1_795_996_800; // 2026-11-30T00:00:00Z

    /// Sends a signal every `every` seconds from one hour to another.
    fn send(rhythm: &mut Rhythm, from: i64, to: i64, every: i64) {
        let mut at = MONDAY + from * HOUR;
        while at < MONDAY + to * HOUR {
            rhythm.saw(Timestamp::from_secs(at));
            at += every;
        }
    }

    fn usual(rhythm: &Rhythm, hour: i64) -> Option<u64> {
        let now = Timestamp::from_secs(MONDAY + hour * HOUR + 1_800);
        rhythm.usual_pause(now).map(|it| it.pause.as_secs())
    }

    #[test]
    fn nothing_is_usual_before_it_was_seen() {
        let mut rhythm = Rhythm::new(Timestamp::from_secs(MONDAY));
        send(&mut rhythm, 0, 1, 10);
        assert_eq!(usual(&rhythm, 1), None);
        send(&mut rhythm, 1, 3, 10);
        assert_eq!(usual(&rhythm, 3), Some(10), "two hours just before");
        assert_eq!(usual(&rhythm, 12), None, "of that time of the day nothing is known");
    }

    #[test]
    fn each_hour_of_the_week_has_its_own() {
        let mut rhythm = Rhythm::new(Timestamp::from_secs(MONDAY));
        for day in 0..7 {
            let night = 600;
            let busy = if day < 5 { 5 } else { 300 };
            send(&mut rhythm, day * 24, day * 24 + 8, night);
            send(&mut rhythm, day * 24 + 8, day * 24 + 20, busy);
            send(&mut rhythm, day * 24 + 20, day * 24 + 24, night);
        }
        let week = 168;
        assert_eq!(usual(&rhythm, week + 12), Some(5), "Monday at noon");
        assert_eq!(usual(&rhythm, week + 3), Some(600), "Monday at night");
        assert_eq!(usual(&rhythm, week + 5 * 24 + 12), Some(300), "Saturday at noon");
        assert_eq!(usual(&rhythm, week + 8), Some(600), "the hour before counts too");
    }

    #[test]
    fn a_pause_fades_when_it_does_not_come_again() {
        let mut rhythm = Rhythm::new(Timestamp::from_secs(MONDAY));
        for week in 0..6 {
            let every = if week == 0 { 1_200 } else { 10 };
            send(&mut rhythm, week * 168, week * 168 + 3, every);
        }
        let pause = usual(&rhythm, 6 * 168 + 2).unwrap();
        assert!((200..400).contains(&pause), "{pause}");
    }

    #[test]
    fn in_an_hour_that_is_always_silent_the_pause_of_the_hours_before_is_usual() {
        let mut rhythm = Rhythm::new(Timestamp::from_secs(MONDAY));
        for week in 0..3 {
            send(&mut rhythm, week * 168, week * 168 + 3, 10);
        }
        let hours = |hour: i64| usual(&rhythm, 2 * 168 + hour).map(|it| it.div_ceil(3_600));

        assert_eq!([hours(3), hours(10), hours(100)], [Some(2), Some(9), Some(99)]);
    }

    #[test]
    fn an_outage_is_not_taken_for_usual() {
        let mut rhythm = Rhythm::new(Timestamp::from_secs(MONDAY));
        send(&mut rhythm, 0, 3, 10);
        send(&mut rhythm, 168, 169, 10);
        // forty minutes of silence
        send(&mut rhythm, 169, 170, 2_400);
        send(&mut rhythm, 170, 171, 10);
        assert_eq!(usual(&rhythm, 2 * 168 + 1), Some(60));
    }

    #[test]
    fn a_signal_that_comes_late_changes_nothing() {
        let mut rhythm = Rhythm::new(Timestamp::from_secs(MONDAY));
        send(&mut rhythm, 0, 3, 10);
        let before = rhythm.clone();
        rhythm.saw(Timestamp::from_secs(MONDAY + 20));
        assert_eq!(rhythm, before);
    }
}
