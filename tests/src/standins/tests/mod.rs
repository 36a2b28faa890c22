//! Each rule of each vendor: what is accepted and what is refused.

mod channels;
mod datadog_events;
mod datadog_intake;
mod deadman;
mod faults;
mod newrelic_events;
mod newrelic_intake;
mod shared;
mod statuspage_incidents;
mod statuspage_life;
mod statuspage_rules;
mod support;
