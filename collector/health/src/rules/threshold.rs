//! `threshold`: a number worked out from signals is beyond its limit.

mod indicator;
mod limit;

use bellwether_core::reason::Reason;
use bellwether_core::settings::HumanDuration;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use self::indicator::Indicator;
use self::limit::{Limit, Limits, Unit};
use super::groups::{self, Finding};
use super::rest::View;
use super::selection::Selection;
use super::timing::{Defaults, Misfit};
use super::{Common, Judge, Kind, Scene};
use crate::indicators::GroupReading;
use crate::query::{Bad, Measure, Of, Query};
use crate::sample::{Sample, Verdict};
use crate::subject::SignalKind;

/// From this share of failures on, unless the rule names a state, some of the component is out.
const PARTIAL: f64 = 0.25;

/// From this share on, it is out.
const MAJOR: f64 = 0.9;

/// Settings of a `threshold` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
    #[serde(flatten)]
    selection: Selection,
    /// The number: `rate` (by the second), `error_ratio`, `count`, `delta`, `late`, `sum`, `min`,
    /// `max`, `avg`, `last`, or a quantile from `p1` to `p99.99`.
    indicator: Indicator,
    /// The numeric attribute whose values are looked at; the duration of spans, the value of
    /// points unless set.
    value: Option<String>,
    /// What makes a signal good, in CEL, where the number is the share of those that are not;
    /// that it did not fail unless set.
    good: Option<String>,
    /// It is a breach above this: a number, `5%`, `800ms`.
    above: Option<Limit>,
    /// It is a breach below this.
    below: Option<Limit>,
    /// It counts as over only once it is not beyond this; the limit unless set.
    clear: Option<Limit>,
    /// Over which time the number is worked out.
    window: HumanDuration,
    /// With fewer signals in the window nothing is said; 1 unless set.
    #[serde(default)]
    min_events: u64,
}

pub(super) const KIND: Kind = Kind {
    name: "threshold",
    schema: || schemars::schema_for!(Settings),
    build: |settings, _| {
        let settings: Settings = super::read(settings)?;
        let common = settings.common.clone();
        Ok((common, Box::new(Threshold::check(settings)?)))
    },
    // the share of requests that fail
    default: |_, _| {
        Some(serde_json::json!({
            "signal": "spans",
            "match": { "span.kind": "server" },
            "indicator": "error_ratio",
            "above": "5%",
            "clear": "2%",
            "window": "1m",
            "min_events": 10,
        }))
    },
};

#[derive(Debug)]
struct Threshold {
    query: Query,
    indicator: Indicator,
    limits: Limits,
    window: HumanDuration,
    min_events: u64,
    /// What the number is of, for people.
    what: String,
}

impl Threshold {
    fn check(settings: Settings) -> Result<Self, Misfit> {
        let Settings { common, selection, indicator, window, .. } = &settings;
        if window.get().as_secs() == 0 {
            return Err(Misfit::new(
                "window",
                "a window of less than a second holds nothing",
                "write 1m",
            ));
        }
        let limits = Limits::check(settings.above, settings.below, settings.clear)?;
        let mut query = selection.query(common)?;
        query.windows = vec![window.get()];
        query.measure = measure(&settings)?;
        let of = settings.value.as_deref().map(|it| format!("{it} of ")).unwrap_or_default();
        Ok(Self {
            query,
            indicator: *indicator,
            limits,
            window: *window,
            min_events: settings.min_events.max(1),
            what: format!("{indicator} of {of}{}", selection.describe()),
        })
    }

    fn finding(
        &self,
        group: &GroupReading<'_>,
        limits: &Limits<f64>,
        unit: &Unit,
        scene: &Scene<'_>,
        is_seen: bool,
    ) -> Finding {
        if !is_seen && self.is_well(group, limits) {
            return Finding::of(Verdict::Good);
        }
        let (value, events) = self.indicator.read(group, self.window.get());
        if self.indicator == Indicator::ErrorRatio
            && (events <= 0.0 || value.is_some_and(|it| !(0.0..=1.0).contains(&it)))
            && let Some(why) = groups::absurd(group.tally(self.window.get()))
        {
            return Finding::of(Verdict::Error { why });
        }
        let Some(value) = value.filter(|_| self.is_enough(events)) else {
            return Finding::of(self.without(group, events, scene));
        };
        let breached = limits.breached(value);
        let mut finding = Finding::of(if let Some((limit, above)) = breached {
            Verdict::Bad {
                state: self.state(value),
                fault_at: scene.now,
                reasons: vec![Reason::BeyondLimit {
                    indicator: self.what.clone(),
                    value: unit.write(value),
                    limit: unit.write(limit),
                    above,
                    window: self.window,
                }],
            }
        } else if limits.is_clear(value) {
            Verdict::Good
        } else {
            Verdict::Between
        });
        finding.values.extend([("value", value), ("events", events)]);
        // an example is what is bad or most, which shows nothing of too little
        finding.example = breached.filter(|it| it.1).and_then(|_| group.example(self.window.get()));
        finding
    }

    /// Says whether a quantile is well because every value is: that costs much less to know.
    fn is_well(&self, group: &GroupReading<'_>, limits: &Limits<f64>) -> bool {
        if !matches!(self.indicator, Indicator::Quantile(_)) {
            return false;
        }
        let all = group.summary(self.window.get());
        let well = |value: f64| limits.breached(value).is_none() && limits.is_clear(value);
        // what holds for the least and for the greatest holds for all between them
        self.is_enough(all.count as f64) && all.min <= all.max && well(all.min) && well(all.max)
    }

    /// What only counts says something where nothing came, too: that it is none.
    fn is_enough(&self, events: f64) -> bool {
        self.indicator.counts() || events >= self.min_events as f64
    }

    /// Nobody promises requests; points of a metric are promised as long as somebody runs who
    /// sends them.
    fn without(&self, group: &GroupReading<'_>, events: f64, scene: &Scene<'_>) -> Verdict {
        let promised = self.query.signal == SignalKind::Metrics && events == 0.0;
        if promised && !scene.has_stopped(&group.labels()) {
            Verdict::Missing
        } else {
            Verdict::Quiet
        }
    }

    fn state(&self, value: f64) -> ComponentState {
        match self.indicator {
            Indicator::ErrorRatio if value >= MAJOR => ComponentState::MajorOutage,
            Indicator::ErrorRatio if value >= PARTIAL => ComponentState::PartialOutage,
            _ => ComponentState::DegradedPerformance,
        }
    }
}

impl Judge for Threshold {
    fn queries(&self) -> Vec<Query> {
        vec![self.query.clone()]
    }

    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        let Some(reading) = scene.reading(0) else { return Vec::new() };
        let unit = self.indicator.unit(self.query.signal, &self.query.measure, reading.unit());
        let limits = match self.limits.in_unit(&unit) {
            Ok(limits) => limits,
            Err(_) if reading.is_empty() => return vec![Sample::of(Verdict::Quiet)],
            Err(why) => return vec![Sample::of(Verdict::Error { why })],
        };
        groups::judge(scene, &reading, |group, is_seen| {
            self.finding(group, &limits, &unit, scene, is_seen)
        })
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Signals, View::Facts])
    }

    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        scene.slots_until(&self.query.windows)
    }

    fn defaults(&self) -> Defaults {
        let window = self.window.get();
        Defaults { flap_every: window, looks_back: window, ..Defaults::default() }
    }

    fn replaces_default(&self) -> bool {
        self.indicator == Indicator::ErrorRatio
    }
}

/// Says what has to be kept of signals.
fn measure(settings: &Settings) -> Result<Measure, Misfit> {
    let Settings { selection, indicator, value, good, .. } = settings;
    if good.is_some() && *indicator != Indicator::ErrorRatio {
        return Err(Misfit::new("good", "only `error_ratio` asks what is good", "leave it out"));
    }
    let of = match (value, selection.signal) {
        (Some(name), SignalKind::Spans | SignalKind::Logs) => {
            Some(Of::Attribute(name.as_str().into()))
        }
        (Some(_), SignalKind::Metrics) => {
            return Err(Misfit::new("value", "a point of a metric has one value", "leave it out"));
        }
        (None, SignalKind::Spans) => Some(Of::Duration),
        (None, SignalKind::Metrics) => Some(Of::Point),
        (None, SignalKind::Logs) => None,
    };
    let of = || {
        of.ok_or_else(|| {
            let message = format!("`{indicator}` of which value? a log record has none of its own");
            Misfit::new("value", message, "name a numeric attribute: `value: cart.total`")
        })
    };
    Ok(match indicator {
        Indicator::Late if value.is_some() => {
            return Err(Misfit::new("value", "`late` counts signals, not values", "leave it out"));
        }
        Indicator::Late => Measure::Count(Bad::Late),
        Indicator::Rate | Indicator::Count | Indicator::Delta if value.is_none() => {
            Measure::counting(selection.signal, Bad::Nothing)
        }
        Indicator::Rate | Indicator::Count | Indicator::Delta => Measure::Summary(of()?),
        Indicator::ErrorRatio => {
            let bad = match good {
                Some(good) => Bad::Unless(selection.compile("good", good)?),
                None if selection.signal == SignalKind::Metrics => {
                    return Err(Misfit::new(
                        "good",
                        "a point of a metric does not say by itself whether it is good",
                        "write what makes it good, such as `good: 'error.type == null'`",
                    ));
                }
                None => Bad::Errors,
            };
            Measure::counting(selection.signal, bad)
        }
        Indicator::Quantile(_) => Measure::Distribution(of()?),
        Indicator::Sum | Indicator::Min | Indicator::Max | Indicator::Avg | Indicator::Last => {
            Measure::Summary(of()?)
        }
    })
}

#[cfg(test)]
mod tests;
