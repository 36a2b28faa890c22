//! The policy as it is written: shapes only.

use std::collections::BTreeMap;

use bellwether_core::ids::ComponentId;
use bellwether_core::settings::HumanDuration;
use schemars::JsonSchema;
use serde::Deserialize;

/// Who is told of incidents, when, and what keeps them from being told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Alerting {
    /// Who is told: every route that holds applies, in order, until one that stops.
    pub routes: Vec<RawRoute>,
    /// Who hears next when nobody acknowledges in time, by the name of the policy.
    pub escalation: BTreeMap<String, Vec<RawStep>>,
    /// What nobody wants to be told of for a while.
    pub silences: Vec<RawSilence>,
    /// When components are worked on, by the name of the window.
    pub maintenance: BTreeMap<String, RawWindow>,
    /// Times of the week that routes name, by their names.
    pub time_intervals: BTreeMap<String, RawInterval>,
    /// The channels that lead to somebody who answers for something, by how the catalog calls
    /// them. Who is called like a channel, or has an address that a channel writes to, need not be here.
    pub owners: BTreeMap<String, Vec<String>>,
    /// How long the first message waits for more to come together with it; 0s for emergency and
    /// critical incidents and 30s for others unless set.
    pub group_wait: Option<HumanDuration>,
    /// How long those who were told are left alone before they are told of a change; 5m unless set.
    pub group_interval: Option<HumanDuration>,
    /// After how long those who were told are told again while nobody acknowledges; 4h unless set.
    pub repeat_interval: Option<HumanDuration>,
    /// How often those who answer for an affected customer are kept informed; 30m unless set.
    pub updates_every: Option<HumanDuration>,
    /// How long an acknowledgement holds; 30m unless set.
    pub acknowledge_for: Option<HumanDuration>,
    /// How long after the start nobody is told that something is silent until every instance that
    /// ran was heard again; 30s unless set.
    pub startup_delay: Option<HumanDuration>,
}

/// Who is told of incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRoute {
    /// Which incidents, in CEL; all unless set.
    pub when: Option<String>,
    /// Who: names of exporters, and `owner` for those who answer for the component and for
    /// affected customers.
    pub to: Vec<String>,
    /// The escalation policy that goes on from here.
    pub escalate: Option<String>,
    /// Whether routes below are not looked at when this one holds.
    pub stop: bool,
    /// The time intervals in which it tells; always unless set.
    pub active: Vec<String>,
    /// The time intervals in which it does not.
    pub mute: Vec<String>,
    /// Another `group_wait` for this route.
    pub group_wait: Option<HumanDuration>,
    /// Another `repeat_interval` for this route.
    pub repeat_interval: Option<HumanDuration>,
}

/// Who hears next.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawStep {
    /// How long after the opening of the incident.
    pub after: HumanDuration,
    /// Who: names of exporters, `owner`, and `route` for whoever the routes named.
    pub to: Vec<String>,
}

/// What nobody wants to be told of for a while.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSilence {
    /// Which incidents, in CEL.
    pub when: String,
    /// Who wants it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// From when on, such as `2026-12-24T18:00` or `2026-12-24T18:00:00Z`; at once unless set.
    pub from: Option<String>,
    /// Until when.
    pub until: String,
    /// Where times without an offset are meant, such as `Europe/London`; UTC unless set.
    pub time_zone: Option<String>,
}

/// When components are worked on: once, with `from` and `to`, or again and again, with `at` and
/// `lasts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawWindow {
    /// Which components.
    pub components: Vec<ComponentId>,
    /// Why.
    pub reason: Option<String>,
    /// Once: from when on, such as `2026-12-06T02:00`.
    pub from: Option<String>,
    /// Once: until when.
    pub to: Option<String>,
    /// Again and again: on which days of the week it begins; every day unless set.
    pub weekdays: Vec<Weekday>,
    /// Again and again: at what time it begins, such as `02:00`.
    pub at: Option<String>,
    /// Again and again: how long it lasts.
    pub lasts: Option<HumanDuration>,
    /// How long before it begins status pages announce it to customers, such as `3d`; they are not
    /// told of it unless set.
    pub announce: Option<HumanDuration>,
    /// Where times are meant, such as `Europe/London`; UTC unless set.
    pub time_zone: Option<String>,
}

/// A time of the week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawInterval {
    /// On which days it begins; every day unless set.
    pub weekdays: Vec<Weekday>,
    /// From what time on, such as `09:00`; from midnight unless set.
    pub from: Option<String>,
    /// Until what time; to midnight unless set. One that is earlier is on the next day.
    pub to: Option<String>,
    /// Where times are meant, such as `Europe/London`; UTC unless set.
    pub time_zone: Option<String>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the days are what they are")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}
