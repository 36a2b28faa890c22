//! States of components, criticality and severity, and how they follow from each other.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the word that stands for the value everywhere outside.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Finds the value of a word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words!(
    /// How a component is, in Statuspage's words; ordered from best to worst.
    ComponentState {
        /// Everything that is watched is well.
        Operational = "operational",
        /// Work is announced; alarms are off.
        UnderMaintenance = "under_maintenance",
        /// There is no evidence yet, or it is stale.
        Unknown = "unknown",
        /// It works, worse than it should.
        DegradedPerformance = "degraded_performance",
        /// Some of it does not work.
        PartialOutage = "partial_outage",
        /// It does not work.
        MajorOutage = "major_outage",
    }
);

impl ComponentState {
    /// Says whether the state is a failure, which is more than not knowing.
    pub fn is_unwell(self) -> bool {
        self >= Self::DegradedPerformance
    }

    /// Says whether it does what it is for, however well; absent while that is not known, and while
    /// work on it is announced.
    pub fn is_up(self) -> Option<bool> {
        match self {
            Self::Operational | Self::DegradedPerformance => Some(true),
            Self::PartialOutage | Self::MajorOutage => Some(false),
            Self::UnderMaintenance | Self::Unknown => None,
        }
    }

    /// Returns the worse of two states.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        self.max(other)
    }
}

words!(
    /// How much a component matters; ordered from least to most.
    Criticality {
        /// Nobody is woken for it.
        Low = "low",
        /// It matters during working hours.
        Medium = "medium",
        /// Customers notice at once.
        High = "high",
        /// The business stands still without it.
        Critical = "critical",
    }
);

words!(
    /// How loud an alert is; ordered from least to most.
    Severity {
        /// For the record.
        Low = "low",
        /// For the working day.
        Medium = "medium",
        /// Soon.
        High = "high",
        /// Now.
        Critical = "critical",
        /// Now, and everybody.
        Emergency = "emergency",
    }
);

impl Severity {
    /// Returns the severity that a component of this criticality deserves in this state.
    pub fn default_for(criticality: Criticality, state: ComponentState) -> Self {
        use ComponentState::{DegradedPerformance, MajorOutage, PartialOutage, Unknown};
        match (criticality, state) {
            (_, Unknown) => Self::Medium,
            (Criticality::Critical, MajorOutage) => Self::Emergency,
            (Criticality::Critical | Criticality::High, PartialOutage | MajorOutage) => {
                Self::Critical
            }
            (Criticality::Critical | Criticality::High, DegradedPerformance)
            | (Criticality::Medium, MajorOutage) => Self::High,
            (Criticality::Low, _) => Self::Low,
            _ => Self::Medium,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_serde() {
        for state in ComponentState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(ComponentState::from_word(state.as_str()), Some(*state));
        }
    }

    #[test]
    fn severity_follows_the_table() {
        use ComponentState::*;
        use Criticality as C;
        for (criticality, state, severity) in [
            (C::Critical, MajorOutage, Severity::Emergency),
            (C::Critical, PartialOutage, Severity::Critical),
            (C::High, MajorOutage, Severity::Critical),
            (C::High, PartialOutage, Severity::Critical),
            (C::Critical, DegradedPerformance, Severity::High),
            (C::High, DegradedPerformance, Severity::High),
            (C::Medium, MajorOutage, Severity::High),
            (C::Medium, PartialOutage, Severity::Medium),
            (C::Low, MajorOutage, Severity::Low),
            (C::Critical, Unknown, Severity::Medium),
            (C::Low, Unknown, Severity::Medium),
        ] {
            assert_eq!(
                Severity::default_for(criticality, state),
                severity,
                "{criticality} {state}"
            );
        }
    }
}
