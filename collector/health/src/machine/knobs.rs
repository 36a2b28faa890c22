//! How long or how often something has to hold before it counts.

use std::time::Duration;

use bellwether_core::state::ComponentState;

/// When a breach fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// When it lasts this long; zero fires at once.
    For(Duration),
    /// After this many results in a row.
    Failures(u32),
    /// When so many of the last results are breaches.
    Of {
        /// How many have to be, at least 1.
        bad: u32,
        /// Of how many, at most [`MOST_RESULTS`].
        last: u32,
    },
}

/// How many results can be looked back at.
pub const MOST_RESULTS: u32 = u64::BITS;

/// What missing data means.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OnMissing {
    /// What was found last is held; when data that had to come stays away, that is an alert of
    /// its own.
    #[default]
    Hold,
    /// It is a breach.
    Fire,
    /// It is as good as a good result.
    Ok,
}

/// How an alert moves between its phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// When a breach fires.
    pub breach: Breach,
    /// How many good results in a row clear it, at least one.
    pub successes: u32,
    /// How long it stays clear before it resolves.
    pub keep_firing_for: Duration,
    /// What missing data means.
    pub on_missing: OnMissing,
    /// The state that missing data gives, where it is a breach.
    pub missing_state: ComponentState,
    /// How long a loss of data is held before it is an alert.
    pub max_hold: Duration,
    /// How far apart results are that are looked at for flapping: as long as a rule's window, or
    /// a minute, because what comes faster is the same evidence again. Zero takes every result,
    /// for rules that have one only when something new came.
    pub flap_every: Duration,
    /// For how long what was found goes on to count after it is over: as long as a rule's window,
    /// or two minutes, in which most of what is tried again and again has been tried again.
    pub looks_back: Duration,
}

impl Knobs {
    /// Fires at once, clears after three good results.
    pub const DEFAULT: Self = Self {
        breach: Breach::For(Duration::ZERO),
        successes: 3,
        keep_firing_for: Duration::ZERO,
        on_missing: OnMissing::Hold,
        missing_state: ComponentState::PartialOutage,
        max_hold: Duration::from_secs(600),
        flap_every: Duration::from_secs(60),
        looks_back: Duration::from_secs(120),
    };
}

impl Default for Knobs {
    fn default() -> Self {
        Self::DEFAULT
    }
}
