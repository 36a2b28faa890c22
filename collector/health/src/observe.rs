//! Takes out of OTLP bytes what the health plane wants to know. Nothing is decoded that no
//! rule asks for.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::facts::{
    CheckOutcome, CheckReport, Fact, Hit, Observed, Source, StartupOutcome, Traffic,
};
use bellwether_core::ids::{ComponentId, Instance, Service, Version};
use bellwether_core::ingest::Signal;
use bellwether_core::route::{Route, template};
use bellwether_core::time::Timestamp;
use bellwether_otlp::{
    AnyValue, LogRecord, LogsRequest, MetricsRequest, Resource, Span, SpanKind, TraceRequest,
};
use bellwether_proto::semconv;

/// A manifest with more routes than this is cut: nobody registers as many by hand.
const MOST_ROUTES: usize = 10_000;

/// A probe with a longer nonce is none: a UUID has 36 letters.
const LONGEST_NONCE: usize = 128;

/// Distinct targets that are told apart in one request; further ones are left out.
const MOST_TARGETS: usize = 2_000;

/// What one request told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations {
    /// How many spans, points or log records it carried.
    pub items: u64,
    /// Facts, which are stored before the request is acknowledged.
    pub facts: Vec<Observed>,
    /// Traffic, which only counts in numbers.
    pub traffic: Vec<Traffic>,
}

/// Reads what the health plane wants to know from a request that a receiver has validated; on
/// other bytes it sees less, and never fails. `now` stands in for times that are missing or lie
/// in the future.
pub fn observe(signal: Signal, body: &[u8], now: Timestamp) -> Observations {
    match signal {
        Signal::Traces => traces(&TraceRequest::assume_valid(body), now),
        Signal::Logs => logs(&LogsRequest::assume_valid(body), now),
        Signal::Metrics => {
            let items = MetricsRequest::assume_valid(body).point_count();
            Observations { items, ..Observations::default() }
        }
    }
}

fn traces(request: &TraceRequest<'_>, now: Timestamp) -> Observations {
    let mut seen = Observations::default();
    for resource in request.resource_spans() {
        let mut source = LazySource::new(resource.resource());
        let mut hits = BTreeMap::new();
        for span in resource.scope_spans().flat_map(|scope| scope.spans()) {
            seen.items += 1;
            if span.kind() == SpanKind::Server {
                count(&mut hits, &span, now);
            } else if let Some(fact) = startup_fact(&span) {
                let at = time(span.end_time_unix_nano(), now);
                seen.facts.push(Observed { source: source.get(), at, fact });
            }
        }
        seen.traffic.extend(hits.into_iter().map(|(hit, (count, at))| Traffic {
            source: source.get(),
            hit,
            count,
            at,
        }));
    }
    seen
}

fn logs(request: &LogsRequest<'_>, now: Timestamp) -> Observations {
    let mut seen = Observations::default();
    for resource in request.resource_logs() {
        let mut source = LazySource::new(resource.resource());
        for record in resource.scope_logs().flat_map(|scope| scope.log_records()) {
            seen.items += 1;
            if let Some(fact) = event_fact(&record) {
                let nanos = match record.time_unix_nano() {
                    0 => record.observed_time_unix_nano(),
                    nanos => nanos,
                };
                seen.facts.push(Observed { source: source.get(), at: time(nanos, now), fact });
            }
        }
    }
    seen
}

/// Reads the source of a resource once, and only when something asks for it.
struct LazySource<'a> {
    resource: Resource<'a>,
    read: Option<Source>,
}

impl<'a> LazySource<'a> {
    fn new(resource: Resource<'a>) -> Self {
        Self { resource, read: None }
    }

    fn get(&mut self) -> Source {
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

fn startup_fact(span: &Span<'_>) -> Option<Fact> {
    let name = span.name();
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

fn event_fact(record: &LogRecord<'_>) -> Option<Fact> {
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
    let [routes, outcome] =
        record.attributes().get_all([semconv::ROUTES, semconv::STARTUP_OUTCOME]);
    let routes: BTreeSet<Route> = routes?
        .as_array()?
        .iter()
        .take(MOST_ROUTES)
        .filter_map(|route| route.as_str()?.parse().ok())
        .collect();
    let outcome = outcome.as_ref().and_then(AnyValue::as_str).and_then(StartupOutcome::from_word);
    Some(Fact::Routes { routes, outcome })
}

/// Counts a server span by what the request met, if that says anything about routes.
fn count(hits: &mut BTreeMap<Hit, (u64, Timestamp)>, span: &Span<'_>, now: Timestamp) {
    // the second name of each is that of the conventions before 1.23, which many SDKs still use
    let [method, old_method, route, status, old_status, path, old_path] =
        span.attributes().get_all([
            semconv::HTTP_REQUEST_METHOD,
            "http.method",
            semconv::HTTP_ROUTE,
            semconv::HTTP_RESPONSE_STATUS_CODE,
            "http.status_code",
            semconv::URL_PATH,
            "http.target",
        ]);
    let text = |one: &Option<AnyValue<'_>>, other: &Option<AnyValue<'_>>| {
        one.as_ref().or(other.as_ref()).and_then(AnyValue::as_str).map(str::to_owned)
    };
    let Some(method) = text(&method, &old_method) else { return };
    let status = status.or(old_status).and_then(|it| it.as_int());
    let path = text(&path, &old_path);
    let path = path.map(|it| it.split('?').next().unwrap_or_default().to_owned());
    let Some(hit) = hit(method, text(&route, &None), status, path) else { return };
    if hits.len() >= MOST_TARGETS && !hits.contains_key(&hit) {
        return;
    }
    let at = time(span.end_time_unix_nano(), now);
    let (count, newest) = hits.entry(hit).or_insert((0, at));
    *count += 1;
    *newest = at.max(*newest);
}

/// Says what a request met, if that says anything about routes.
fn hit(
    method: String,
    route: Option<String>,
    status: Option<i64>,
    path: Option<String>,
) -> Option<Hit> {
    match (route.map(|it| template(&it)), status, path) {
        // some frameworks put the route of another method on a 405, and the prefix of a mounted
        // router on a 404 below it: neither answered
        (Some(route), Some(404 | 405), Some(path))
            if status == Some(405)
                || !(Route { method: method.clone(), path: route.clone() }).matches_path(&path) =>
        {
            Some(Hit::NotFound { method, path })
        }
        (Some(route), _, _) => Some(Hit::Answered { method, route }),
        (None, Some(404 | 405), Some(path)) => Some(Hit::NotFound { method, path }),
        _ => None,
    }
}

/// Reads a time as OTLP writes it; 0 is none, and a clock that runs ahead is not believed.
fn time(nanos: u64, now: Timestamp) -> Timestamp {
    match i64::try_from(nanos) {
        Ok(0) | Err(_) => now,
        Ok(nanos) => Timestamp::from_nanos(nanos).min(now),
    }
}

#[cfg(test)]
mod tests;
