//! Tests as they are written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bellwether_config::{Document, Problems};
use bellwether_core::alert::Phase;
use bellwether_core::attribute::Scalar;
use bellwether_core::catalog::Catalog;
use bellwether_core::ids::{ComponentId, CustomerId, Destination, JourneyId, RuleId};
use bellwether_core::money::Money;
use bellwether_core::notice::Change;
use bellwether_core::settings::HumanDuration;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::notation::Values;
use crate::config::{self, Config};
use crate::tools::{ToolError, no_time, time};

/// A file with tests.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TestFile")]
struct Written {
    /// The configuration whose rules are tested, relative to this file.
    config: String,
    /// The tests, each with an empty history of its own.
    tests: Vec<WrittenTest>,
}

/// A story and what has to come of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Test")]
struct WrittenTest {
    /// What people call it.
    name: String,
    /// When it begins, such as `2026-01-05T08:00:00Z`; a Monday at midnight unless set.
    start: Option<String>,
    /// From one value of a series to the next; 10s unless set.
    #[serde(default = "ten_seconds")]
    every: HumanDuration,
    /// What happens.
    series: Vec<WrittenSeries>,
    /// What has to come of it, in the order of time.
    expect: Vec<Expected>,
}

/// A signal that comes again and again: exactly one of `spans`, `metric`, `logs`, `monitor` and
/// `routes`, and a value for each time.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Series")]
struct WrittenSeries {
    /// Spans that are all alike; a value is how many of them end at that time.
    spans: Option<Spans>,
    /// A metric; a value is a point's.
    metric: Option<Metric>,
    /// Log records that are all alike; a value is how many of them there are.
    logs: Option<Logs>,
    /// A monitor or a probe; a run passes with 1 and fails with 0.
    monitor: Option<Monitor>,
    /// An instance that tells the routes that it serves, with 1.
    routes: Option<Routes>,
    /// The values, as Prometheus writes them: `1 2 3`, `5x3` is 5 four times, `0+10x3` is 0, 10,
    /// 20, 30, `_` is none and `_x5` are five of these.
    values: String,
}

/// Who says it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct By {
    /// `service.name`.
    pub(super) service: String,
    /// `service.version`.
    #[serde(default)]
    pub(super) version: String,
    /// `service.instance.id`.
    #[serde(default = "one")]
    pub(super) instance: String,
}

/// Spans that are all alike.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Spans {
    #[serde(flatten)]
    pub(super) by: By,
    /// The name; `test` unless set.
    #[serde(default = "test")]
    pub(super) name: String,
    /// The kind; server unless set.
    #[serde(default)]
    pub(super) kind: SpanKind,
    /// The status; unset unless set.
    #[serde(default)]
    pub(super) status: Status,
    /// How long each lasted; 10ms unless set.
    #[serde(default = "ten_milliseconds")]
    pub(super) duration: HumanDuration,
    /// Attributes by name.
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, Scalar>,
}

/// The kind of a span.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SpanKind {
    Internal,
    #[default]
    Server,
    Client,
    Producer,
    Consumer,
}

/// The status of a span.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    #[default]
    Unset,
    Ok,
    Error,
}

/// A metric.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Metric {
    #[serde(flatten)]
    pub(super) by: By,
    /// The name.
    pub(super) name: String,
    /// Whether a point is a value of its own (`gauge`), the sum since the process began
    /// (`cumulative`), or since the point before (`delta`).
    #[serde(default)]
    pub(super) kind: MetricKind,
    /// The unit.
    #[serde(default)]
    pub(super) unit: String,
    /// Attributes by name.
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, Scalar>,
}

/// What a point of a metric says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MetricKind {
    #[default]
    Gauge,
    Cumulative,
    Delta,
}

/// Log records that are all alike.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Logs {
    #[serde(flatten)]
    pub(super) by: By,
    /// The severity; info unless set.
    #[serde(default)]
    pub(super) severity: Severity,
    /// The name of the event.
    #[serde(default)]
    pub(super) event: String,
    /// The text.
    #[serde(default)]
    pub(super) body: String,
    /// Attributes by name.
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, Scalar>,
}

/// The severity of a log record.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    Debug,
    #[default]
    Info,
    Warn,
    Error,
    Fatal,
}

/// A monitor of a service, or a probe of the collector.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Monitor {
    #[serde(flatten)]
    pub(super) by: By,
    /// Its name.
    pub(super) name: String,
    /// What it guards.
    pub(super) component: Option<ComponentId>,
    /// Whose eyes it sees with.
    pub(super) customer: Option<CustomerId>,
    /// The journey that it walks.
    pub(super) journey: Option<JourneyId>,
}

/// An instance and the routes that it serves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Routes {
    #[serde(flatten)]
    pub(super) by: By,
    /// The routes, such as `GET /api/v1/users/{id}`.
    pub(super) routes: Vec<String>,
}

/// What has to hold at a time. What is left out may be anything.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// When, from the begin of the test.
    pub(super) at: HumanDuration,
    /// Effective states, with what components stand on.
    #[serde(default)]
    pub(super) states: BTreeMap<ComponentId, ComponentState>,
    /// States by the components' own rules.
    #[serde(default)]
    pub(super) own: BTreeMap<ComponentId, ComponentState>,
    /// Every alert that fires, and of those that are pending the ones that are named.
    pub(super) alerts: Option<Vec<ExpectedAlert>>,
    /// Every message that is owed since the time before, in order.
    pub(super) messages: Option<Vec<ExpectedMessage>>,
    /// What is at risk, by currency.
    pub(super) revenue_at_risk: Option<Vec<Money>>,
}

/// An alert.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedAlert {
    /// Its rule.
    pub(super) rule: RuleId,
    /// The labels of its group.
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    /// Where it stands; firing unless set.
    #[serde(default = "firing")]
    pub(super) phase: Phase,
}

/// A message.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedMessage {
    /// The exporter that gets it.
    pub(super) to: Destination,
    /// The component that it is about.
    pub(super) component: ComponentId,
    /// What became of the incident.
    pub(super) change: Option<Change>,
    /// The state that the component has, where the message is about that.
    pub(super) state: Option<ComponentState>,
}

/// A test without mistakes.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) start: Timestamp,
    pub(super) every: Duration,
    pub(super) series: Vec<Series>,
    pub(super) expect: Vec<Expected>,
}

/// A signal with its values.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) signal: Kind,
    pub(super) values: Values,
}

/// What comes again and again.
#[derive(Debug)]
pub(super) enum Kind {
    Spans(Spans),
    Metric(Metric),
    Logs(Logs),
    Monitor(Monitor),
    Routes(Routes),
}

/// A file without mistakes.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) config: PathBuf,
    pub(super) tests: Vec<Test>,
}

/// Reads a file, with every mistake in it.
pub(super) fn read(file: &Path) -> Result<Checked, ToolError> {
    let document = config::document(file)?;
    let written: Written = document.read()?;
    let config = file.parent().unwrap_or(Path::new("")).join(&written.config);
    let known = config::load(Some(&config))?;
    let mut reading = Reading { document: &document, known: &known, problems: Problems::default() };
    if written.tests.is_empty() {
        reading.wrong("tests", "there is no test", "write one");
    }
    let tests = written.tests.into_iter().enumerate();
    let tests = tests.map(|(at, it)| reading.test(&format!("tests[{at}]"), it)).collect();
    Ok(Checked { config, tests: reading.problems.or(tests)? })
}

struct Reading<'a> {
    document: &'a Document,
    known: &'a Config,
    problems: Problems,
}

impl Reading<'_> {
    fn wrong(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(self.document.problem(path, message, Some(help.into())));
    }

    fn test(&mut self, path: &str, written: WrittenTest) -> Test {
        // a Monday
        let mut start = Timestamp::from_secs(1_767_571_200);
        if let Some(text) = &written.start {
            match time(text) {
                Some(read) => start = read,
                None => self.problems.push(no_time(self.document, &format!("{path}.start"))),
            }
        }
        if written.every.get() == Duration::ZERO {
            self.wrong(&format!("{path}.every"), "nothing comes every 0s", "write 10s");
        }
        let series = written.series.into_iter().enumerate();
        let series = series.filter_map(|(at, it)| self.series(&format!("{path}.series[{at}]"), it));
        let series = series.collect();
        let mut before = Duration::ZERO;
        for (at, expected) in written.expect.iter().enumerate() {
            let path = format!("{path}.expect[{at}]");
            if expected.at.get() < before {
                let help = "put it in the order of time";
                self.wrong(&format!("{path}.at"), "this is before the one above", help);
            }
            before = expected.at.get();
            self.expected(&path, expected);
        }
        if written.expect.is_empty() {
            let help = "write what has to hold, and when";
            self.wrong(&format!("{path}.expect"), "a test that expects nothing never fails", help);
        }
        Test {
            name: written.name,
            start,
            every: written.every.get(),
            series,
            expect: written.expect,
        }
    }

    fn series(&mut self, path: &str, written: WrittenSeries) -> Option<Series> {
        let WrittenSeries { spans, metric, logs, monitor, routes, values } = written;
        let mut kinds = Vec::new();
        kinds.extend(spans.map(Kind::Spans));
        kinds.extend(metric.map(Kind::Metric));
        kinds.extend(logs.map(Kind::Logs));
        kinds.extend(monitor.map(Kind::Monitor));
        kinds.extend(routes.map(Kind::Routes));
        if kinds.len() != 1 {
            let help = "write exactly one of `spans`, `metric`, `logs`, `monitor` and `routes`";
            self.wrong(path, "a series is of one kind", help);
        }
        let values = Values::parse(&values);
        let values = values.map_err(|why| {
            let help = "write it as `1 2 3`, `5x3`, `0+10x3`, `_` or `_x5`";
            self.wrong(&format!("{path}.values"), why, help);
        });
        Some(Series { signal: kinds.pop()?, values: values.ok()? })
    }

    fn expected(&mut self, path: &str, expected: &Expected) {
        let catalog: &Catalog = &self.known.catalog;
        let mut unknown = Vec::new();
        let states = expected.states.keys().map(|it| ("states", it));
        for (key, id) in states.chain(expected.own.keys().map(|it| ("own", it))) {
            if catalog.component(id).is_none() {
                unknown.push((format!("{path}.{key}.{id}"), format!("component `{id}`")));
            }
        }
        for (at, alert) in expected.alerts.iter().flatten().enumerate() {
            if !self.known.rules.iter().any(|it| it.id == alert.rule) {
                let path = format!("{path}.alerts[{at}].rule");
                unknown.push((path, format!("rule `{}`", alert.rule)));
            }
        }
        for (at, message) in expected.messages.iter().flatten().enumerate() {
            let mut exporters = self.known.exporters.iter();
            if !exporters.any(|it| *it.destination() == message.to) {
                let path = format!("{path}.messages[{at}].to");
                unknown.push((path, format!("exporter `{}`", message.to)));
            }
        }
        for (path, what) in unknown {
            self.wrong(
                &path,
                format!("there is no {what}"),
                "see the configuration and its catalog",
            );
        }
    }
}

const fn ten_seconds() -> HumanDuration {
    HumanDuration::from_secs(10)
}

fn ten_milliseconds() -> HumanDuration {
    HumanDuration::new(Duration::from_millis(10))
}

const fn firing() -> Phase {
    Phase::Firing
}

fn one() -> String {
    "1".to_owned()
}

fn test() -> String {
    "test".to_owned()
}
