use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::catalog::Catalog;
use crate::ids::ComponentId;
use crate::state::{ComponentState, Criticality};

/// Returns how healthy the product is, from 0 to 100: the values of effective states, weighted by
/// criticality. Components under maintenance are left out; without any there is no score.
pub fn health_score(
    catalog: &Catalog,
    effective: &BTreeMap<ComponentId, ComponentState>,
) -> Option<Decimal> {
    let (mut sum, mut weights) = (Decimal::ZERO, Decimal::ZERO);
    for component in catalog.components() {
        let state = effective.get(&component.id).copied().unwrap_or(ComponentState::Unknown);
        let Some(tenths) = tenths(state) else { continue };
        let weight = Decimal::from(weight(component.criticality));
        sum += weight * Decimal::new(tenths, 1);
        weights += weight;
    }
    (!weights.is_zero()).then(|| Decimal::ONE_HUNDRED * sum / weights)
}

const fn weight(criticality: Criticality) -> u8 {
    match criticality {
        Criticality::Critical => 8,
        Criticality::High => 4,
        Criticality::Medium => 2,
        Criticality::Low => 1,
    }
}

const fn tenths(state: ComponentState) -> Option<i64> {
    match state {
        ComponentState::Operational => Some(10),
        ComponentState::DegradedPerformance => Some(7),
        ComponentState::PartialOutage => Some(3),
        ComponentState::MajorOutage => Some(0),
        ComponentState::Unknown => Some(5),
        ComponentState::UnderMaintenance => None,
    }
}
