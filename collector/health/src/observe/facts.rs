//! Facts that services report about themselves, taken out of spans and log records.

use std::collections::BTreeSet;
use std::time::Duration;

use bellwether_core::facts::{CheckOutcome, CheckReport, Fact, MonitorRun, Source, StartupOutcome};
use bellwether_core::ids::{ComponentId, CustomerId, Instance, JourneyId, Service, Version};
use bellwether_core::route::Route;
use bellwether_otlp::{AnyValue, LogRecord, Resource, Span};
use bellwether_proto::semconv;

/// A manifest with more routes than this is cut: nobody registers as many by hand.
const MOST_ROUTES: usize = 10_000;

/// Nobody is waited for longer than for three times this, in seconds.
const LONGEST_PERIOD: u64 = 3_600;

/// A probe with a longer nonce is none: a UUID has 36 letters.
const LONGEST_NONCE: usize = 128;

/// Reads the source of a resource once, and only when something asks for it.
pub(super) struct LazySource<'a> {
    resource: Resource<'a>,
    read: Option<Source>,
}

impl<'a> LazySource<'a> {
    pub(super) fn new(resource: Resource<'a>) -> Self {
        Self { resource, read: None }
    }

    pub(super) fn get(&mut self) -> Source {
        self.read.get_or_insert_with(|| source(&self.resource)).clone()
    }
}

fn source(resource: &Resource<'_>) -> Source {
    let [service, version, instance, host, pod] = resource.attributes().get_all([
        semconv::SERVICE_NAME,
        semconv::SERVICE_VERSION,
        semconv::SERVICE_INSTANCE_ID,
        "host.name",
        "k8s.pod.name",
    ]);
    let text = |value: &Option<AnyValue<'_>>| {
        value.as_ref().and_then(AnyValue::as_str).unwrap_or_default().to_owned()
    };
    // without an instance id, what comes nearest; all processes of a host then count as one
    let instance = [&instance, &pod, &host].into_iter().map(text).find(|it| !it.is_empty());
    Source {
        service: Service::from(text(&service)),
        version: Version::from(text(&version)),
        instance: Instance::from(instance.unwrap_or_default()),
    }
}

/// Says whether a span's name is one of those that facts have.
pub(super) fn may_be_fact(name: &[u8]) -> bool {
    name.starts_with(b"startup.") || name.starts_with(b"monitor.")
}

/// Returns the fact that a span tells, if it tells one.
pub(super) fn of_span(span: &Span<'_>) -> Option<Fact> {
    let name = span.name();
    if let Some(monitor) = name.strip_prefix(semconv::MONITOR_CHECK) {
        return of_monitor(span, monitor.strip_prefix(' ')?);
    }
    if name == semconv::STARTUP_VALIDATION {
        let outcome = span.attributes().get(semconv::STARTUP_OUTCOME)?;
        return Some(Fact::Startup { outcome: StartupOutcome::from_word(outcome.as_str()?)? });
    }
    // the span's name is `startup.check NAME`
    let named = name.strip_prefix(semconv::STARTUP_CHECK)?.strip_prefix(' ')?;
    let [check, outcome, component] = span.attributes().get_all([
        semconv::STARTUP_CHECK_NAME,
        semconv::STARTUP_CHECK_OUTCOME,
        semconv::BUSINESS_COMPONENT,
    ]);
    let check = check.as_ref().and_then(AnyValue::as_str).unwrap_or(named);
    Some(Fact::Check {
        name: check.to_owned(),
        report: CheckReport {
            outcome: CheckOutcome::from_word(outcome?.as_str()?)?,
            component: component.as_ref().and_then(AnyValue::as_str).map(ComponentId::new),
            message: span.status().message.to_owned(),
        },
    })
}

/// Reads a run of a monitor; the span's name is `monitor.check NAME`.
fn of_monitor(span: &Span<'_>, named: &str) -> Option<Fact> {
    let [name, outcome, component, customer, journey] = span.attributes().get_all([
        semconv::MONITOR_NAME,
        semconv::MONITOR_OUTCOME,
        semconv::BUSINESS_COMPONENT,
        semconv::BUSINESS_CUSTOMER,
        semconv::BUSINESS_JOURNEY,
    ]);
    fn text<'a>(value: &'a Option<AnyValue<'_>>) -> Option<&'a str> {
        value.as_ref().and_then(AnyValue::as_str)
    }
    let run = MonitorRun {
        passed: text(&outcome)? == semconv::monitor_outcome::PASSED,
        component: text(&component).map(ComponentId::new),
        customer: text(&customer).map(CustomerId::new),
        journey: text(&journey).map(JourneyId::new),
        message: span.status().message.to_owned(),
    };
    Some(Fact::Monitor { name: text(&name).unwrap_or(named).to_owned(), run })
}

/// Returns the fact that a log record tells, if it tells one.
pub(super) fn of_record(record: &LogRecord<'_>) -> Option<Fact> {
    let named = record.event_name();
    // SDKs from before the field existed put the name into an attribute
    let attribute = if named.is_empty() { record.attributes().get("event.name") } else { None };
    let name = attribute.as_ref().and_then(AnyValue::as_str).unwrap_or(named);
    match name {
        semconv::SERVICE_ROUTES => routes(record),
        semconv::SERVICE_STOPPING => Some(Fact::Stopping),
        semconv::TELEMETRY_PROBE => probe(record),
        _ => None,
    }
}

fn probe(record: &LogRecord<'_>) -> Option<Fact> {
    let nonce = record.attributes().get(semconv::TELEMETRY_PROBE_NONCE)?;
    let nonce = nonce.as_str().filter(|it| !it.is_empty() && it.len() <= LONGEST_NONCE)?;
    Some(Fact::Probe { nonce: nonce.to_owned() })
}

fn routes(record: &LogRecord<'_>) -> Option<Fact> {
    let [routes, outcome, every] = record.attributes().get_all([
        semconv::ROUTES,
        semconv::STARTUP_OUTCOME,
        semconv::REPORT_INTERVAL,
    ]);
    let routes: BTreeSet<Route> = routes?
        .as_array()?
        .iter()
        .take(MOST_ROUTES)
        .filter_map(|route| route.as_str()?.parse().ok())
        .collect();
    let outcome = outcome.as_ref().and_then(AnyValue::as_str).and_then(StartupOutcome::from_word);
    let every = every.as_ref().and_then(AnyValue::as_int).and_then(|it| u64::try_from(it).ok());
    let every = every.filter(|it| (1..=LONGEST_PERIOD).contains(it)).map(Duration::from_secs);
    Some(Fact::Routes { routes, outcome, every })
}
