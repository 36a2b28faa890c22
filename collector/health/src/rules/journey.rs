//! `journey`: a customer cannot do what they pay for.

use std::collections::BTreeSet;

use bellwether_core::facts::MonitorRecord;
use bellwether_core::ids::JourneyId;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use bellwether_proto::semconv;
use schemars::JsonSchema;
use serde::Deserialize;

use super::monitors::{self, Counted};
use super::rest::View;
use super::timing::Misfit;
use super::{Common, Judge, Kind, Scene};
use crate::sample::{Labels, Sample, Verdict};

/// Settings of a `journey` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
    /// The id of the journey; unless set each one that leads through the component, by itself.
    journey: Option<JourneyId>,
}

pub(super) const KIND: Kind = Kind {
    name: "journey",
    schema: || schemars::schema_for!(Settings),
    build: |settings, catalog| {
        let mut settings: Settings = super::read(settings)?;
        let counted = Counted::take(&mut settings.common)?;
        let component = &settings.common.component;
        let through = catalog.journeys().iter().filter(|it| it.components.contains(component));
        let through: BTreeSet<JourneyId> = through.map(|it| it.id.clone()).collect();
        if let Some(journey) = &settings.journey
            && !catalog.journeys().iter().any(|it| it.id == *journey)
        {
            let known: Vec<&str> = catalog.journeys().iter().map(|it| it.id.as_str()).collect();
            let message = format!("the catalog has no journey `{journey}`");
            return Err(Misfit::new("journey", message, format!("it has: {}", known.join(", "))));
        }
        let judge = Journey { one: settings.journey, through, counted };
        Ok((settings.common, Box::new(judge)))
    },
    default: super::no_settings,
};

struct Journey {
    one: Option<JourneyId>,
    /// The journeys of the catalog that lead through the component.
    through: BTreeSet<JourneyId>,
    counted: Counted,
}

impl Journey {
    /// Says whether the rule is about what a monitor walks, and by which labels it is told.
    fn pick(&self, scene: &Scene<'_>, record: &MonitorRecord) -> Option<Labels> {
        let run = &record.newest;
        let journey = run.journey.as_ref()?;
        if let Some(one) = &self.one {
            return (one == journey).then(Labels::new);
        }
        let guards = run.component.as_ref() == Some(&scene.component.id);
        if !guards && !self.through.contains(journey) {
            return None;
        }
        let mut labels =
            Labels::from([(semconv::BUSINESS_JOURNEY.to_owned(), journey.to_string())]);
        let customer = run.customer.iter();
        labels.extend(customer.map(|it| (semconv::BUSINESS_CUSTOMER.to_owned(), it.to_string())));
        Some(labels)
    }
}

impl Judge for Journey {
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        // others may well get what they pay for
        let most = ComponentState::PartialOutage;
        let pick = |_: &_, _: &str, record: &_| self.pick(scene, record);
        let mut samples = monitors::judge(scene, self.counted, most, pick);
        if self.one.is_some() && samples.is_empty() {
            samples.push(Sample::of(Verdict::Quiet));
        }
        samples
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Facts])
    }

    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        scene.facts_until
    }

    fn replaces_default(&self) -> bool {
        self.one.is_none()
    }
}
