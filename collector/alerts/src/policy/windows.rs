//! Checks what has to do with time: silences, maintenance windows, time intervals.

use std::collections::BTreeSet;
use std::time::Duration;

use bellwether_core::catalog::{Catalog, Flaw};
use bellwether_core::settings::HumanDuration;
use bellwether_core::silence::Silence;
use bellwether_core::time::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::check::{condition, unknown};
use super::{RawInterval, RawSilence, RawWindow, When, Window};
use crate::calendar::{self, Length, Weekly};

pub(super) fn interval(path: &str, raw: &RawInterval, flaws: &mut Vec<Flaw>) -> Option<Weekly> {
    let zone = zone(path, raw.time_zone.as_deref(), flaws);
    let begin = time(&format!("{path}.from"), raw.from.as_deref(), flaws);
    let end = time(&format!("{path}.to"), raw.to.as_deref(), flaws);
    let (zone, begin, end) = (zone?, begin?, end?);
    Some(Weekly { days: raw.weekdays.clone(), begin, length: Length::Until(end), zone })
}

pub(super) fn window(
    name: &str,
    raw: &RawWindow,
    catalog: &Catalog,
    flaws: &mut Vec<Flaw>,
) -> Option<Window> {
    let path = format!("maintenance.{name}");
    if raw.components.is_empty() {
        let help = "write `components: [database]`".to_owned();
        flaws.push(Flaw::new(path.clone(), "nothing is worked on in it", help));
    }
    for (at, id) in raw.components.iter().enumerate() {
        if catalog.component(id).is_none() {
            let known = catalog.components().map(|it| it.id.as_str());
            let path = format!("{path}.components[{at}]");
            flaws.push(unknown(path, "component", id.as_str(), known));
        }
    }
    let zone = zone(&path, raw.time_zone.as_deref(), flaws)?;
    let when = match (&raw.from, &raw.to, &raw.at, raw.lasts) {
        (Some(from), Some(to), None, None) if raw.weekdays.is_empty() => {
            let from = moment(&format!("{path}.from"), from, &zone, flaws);
            let to = moment(&format!("{path}.to"), to, &zone, flaws);
            let (from, to) = (from?, to?);
            if to <= from {
                let help = "write a later `to`".to_owned();
                flaws.push(Flaw::new(format!("{path}.to"), "it ends before it begins", help));
            }
            When::Once { from, to }
        }
        (None, None, Some(at), Some(lasts)) => {
            let begin = time(&format!("{path}.at"), Some(at), flaws)?;
            if lasts.get() == Duration::ZERO {
                let help = "write how long it lasts, such as `1h`".to_owned();
                flaws.push(Flaw::new(format!("{path}.lasts"), "it is over at once", help));
            }
            let (days, length) = (raw.weekdays.clone(), Length::For(lasts.get()));
            When::Weekly(Weekly { days, begin, length, zone })
        }
        _ => {
            let message = "it is not clear when";
            let help = "write `from` and `to` for a window that comes once, or `at` and `lasts` (and `weekdays`) for one that comes again".to_owned();
            flaws.push(Flaw::new(path, message, help));
            return None;
        }
    };
    let id = name.to_owned();
    let name = match &raw.reason {
        Some(reason) => format!("{name} ({reason})"),
        None => name.to_owned(),
    };
    let components = raw.components.iter().cloned().collect::<BTreeSet<_>>();
    let announce = raw.announce.map(HumanDuration::get);
    Some(Window { id, name, announce, components, when })
}

pub(super) fn silence(
    at: usize,
    raw: RawSilence,
    catalog: &Catalog,
    flaws: &mut Vec<Flaw>,
) -> Option<Silence> {
    let path = format!("silences[{at}]");
    condition(&format!("{path}.when"), &raw.when, catalog, flaws);
    for (key, text) in [("author", &raw.author), ("reason", &raw.reason)] {
        if text.trim().is_empty() {
            let help = "who finds it later wants to know".to_owned();
            flaws.push(Flaw::new(
                format!("{path}.{key}"),
                format!("a silence needs its {key}"),
                help,
            ));
        }
    }
    let zone = zone(&path, raw.time_zone.as_deref(), flaws)?;
    let from = match &raw.from {
        None => Some(Timestamp::from_nanos(i64::MIN)),
        Some(from) => moment(&format!("{path}.from"), from, &zone, flaws),
    };
    let until = moment(&format!("{path}.until"), &raw.until, &zone, flaws);
    let (from, until) = (from?, until?);
    if until <= from {
        let help = "write a later `until`".to_owned();
        flaws.push(Flaw::new(format!("{path}.until"), "it ends before it begins", help));
    }
    Some(Silence {
        id: format!("{path} of the configuration"),
        author: raw.author,
        reason: raw.reason,
        incident: None,
        component: None,
        when: Some(raw.when),
        from,
        until: Some(until),
    })
}

fn zone(path: &str, name: Option<&str>, flaws: &mut Vec<Flaw>) -> Option<TimeZone> {
    let found = calendar::zone(name);
    if found.is_none() {
        let message =
            format!("`{}` is no time zone that this machine knows", name.unwrap_or_default());
        let help = "write a name of the IANA database, such as `Europe/London`; where the machine has no such database, install `tzdata`".to_owned();
        flaws.push(Flaw::new(format!("{path}.time_zone"), message, help));
    }
    found
}

/// Reads a time of the day; midnight where there is none.
fn time(path: &str, text: Option<&str>, flaws: &mut Vec<Flaw>) -> Option<Time> {
    let Some(text) = text else { return Some(Time::midnight()) };
    let found = calendar::time_of_day(text);
    if found.is_none() {
        let help = "write it as `09:00`".to_owned();
        flaws.push(Flaw::new(path, format!("`{text}` is no time of the day"), help));
    }
    found
}

fn moment(path: &str, text: &str, zone: &TimeZone, flaws: &mut Vec<Flaw>) -> Option<Timestamp> {
    let found = calendar::moment(text, zone);
    if found.is_none() {
        let help = "write it as `2026-12-24T18:00`, or with an offset as `2026-12-24T18:00:00Z`"
            .to_owned();
        flaws.push(Flaw::new(path, format!("`{text}` is no moment"), help));
    }
    found
}
