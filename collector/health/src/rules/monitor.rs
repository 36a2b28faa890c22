//! `monitor`: a check that runs while the service runs does not pass.

use bellwether_core::facts::{InstanceRecord, MonitorRecord};
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use bellwether_proto::semconv;
use schemars::JsonSchema;
use serde::Deserialize;

use super::monitors::{self, Counted};
use super::rest::View;
use super::{Common, Judge, Kind, Scene};
use crate::sample::{Labels, Sample, Verdict};

/// Settings of a `monitor` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
    /// The name of the monitor; unless set each one that guards the component, by itself.
    monitor: Option<String>,
}

pub(super) const KIND: Kind = Kind {
    name: "monitor",
    schema: || schemars::schema_for!(Settings),
    build: |settings, _| {
        let mut settings: Settings = super::read(settings)?;
        let counted = Counted::take(&mut settings.common)?;
        Ok((settings.common, Box::new(Monitor { name: settings.monitor, counted })))
    },
    default: super::no_settings,
};

struct Monitor {
    name: Option<String>,
    counted: Counted,
}

impl Monitor {
    /// Says whether the rule is about a monitor, and by which labels it is told.
    fn pick(
        &self,
        scene: &Scene<'_>,
        instance: &InstanceRecord,
        name: &str,
        record: &MonitorRecord,
    ) -> Option<Labels> {
        let component = scene.component;
        let run = &record.newest;
        match &self.name {
            Some(wanted) => {
                // a probe of the collector's is part of no service
                let mine = component.is_part_of(&instance.source.service)
                    || run.component.as_ref() == Some(&component.id);
                (wanted == name && mine).then(Labels::new)
            }
            // journeys have a rule of their own
            None => (run.component.as_ref() == Some(&component.id) && run.journey.is_none())
                .then(|| Labels::from([(semconv::MONITOR_NAME.to_owned(), name.to_owned())])),
        }
    }
}

impl Judge for Monitor {
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        let pick = |instance: &_, name: &str, record: &_| self.pick(scene, instance, name, record);
        let mut samples = monitors::judge(scene, self.counted, ComponentState::MajorOutage, pick);
        if self.name.is_some() && samples.is_empty() {
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
        self.name.is_none()
    }
}

#[cfg(test)]
mod tests;
