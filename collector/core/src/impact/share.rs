use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::ComponentId;
use crate::state::ComponentState;

/// How many of the requests that a component served failed, as measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Traffic {
    /// How many there were.
    pub total: u64,
    /// How many of them failed.
    pub failed: u64,
}

/// What was measured of each component; one without traffic has no entry, or a total of zero.
pub type Measured = BTreeMap<ComponentId, Traffic>;

/// Which customers met failures of each component in a step: [`hash`](crate::distinct::hash)es of
/// their ids, those of the catalog for customers of the catalog.
pub type Failing = BTreeMap<ComponentId, Vec<u64>>;

/// Which share of a component's work fails, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "known_by", rename_all = "snake_case")]
pub enum FailingShare {
    /// It was measured on the requests that were served.
    Measured(Traffic),
    /// It is out and nobody asks anything of it: all fails.
    OutWithoutTraffic,
}

impl FailingShare {
    /// Works out the share of an unwell component; none when nothing fails as far as is known.
    pub fn of(state: ComponentState, measured: Option<Traffic>) -> Option<Self> {
        match measured.filter(|it| it.total > 0) {
            Some(traffic) if traffic.failed > 0 => Some(Self::Measured(traffic)),
            Some(_) => None,
            None => (state >= ComponentState::PartialOutage).then_some(Self::OutWithoutTraffic),
        }
    }

    /// Returns how many of how many fail.
    pub(super) fn parts(self) -> (Decimal, Decimal) {
        match self {
            // what fails is a part of the whole, whatever was counted
            Self::Measured(Traffic { total, failed }) => {
                (failed.min(total).into(), total.max(1).into())
            }
            Self::OutWithoutTraffic => (Decimal::ONE, Decimal::ONE),
        }
    }

    /// Returns the share, from 0 to 1.
    pub fn ratio(self) -> Decimal {
        let (failed, total) = self.parts();
        failed / total
    }
}
