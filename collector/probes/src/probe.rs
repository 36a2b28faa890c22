//! A probe that can run: what it asks, how often, and what it speaks for.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bellwether::checks::{self, Check, CheckResult, NotPassed};
use bellwether::journeys;
use bellwether_core::BoxFuture;
use bellwether_core::attribute::Wanted;
use bellwether_core::ids::{ComponentId, CustomerId, JourneyId};
use bellwether_core::journey::{Body, Expect, Journey, Step};
use bellwether_core::settings::FilePath;
use serde_json::Value;

use crate::rhythm;
use crate::settings::{Http, Level, Settings, Tls};

/// Says that something is as it should be, or what is wrong with it.
pub type Answer = CheckResult;

/// Asks one thing once.
pub trait Ask: Send + Sync {
    /// Says whether it is as it should be. Whoever asks bounds the time.
    fn ask(&self) -> BoxFuture<'_, Answer>;
}

impl<C: Check> Ask for C {
    fn ask(&self) -> BoxFuture<'_, Answer> {
        Box::pin(self.run())
    }
}

/// Something that is asked from outside again and again.
#[derive(Clone)]
pub struct Probe {
    /// Its name: `monitor.name`.
    pub name: String,
    /// The component that fails when it does.
    pub component: ComponentId,
    /// Whose failure it is, if it is one customer's.
    pub customer: Option<CustomerId>,
    /// The journey that it walks, if it walks one.
    pub journey: Option<JourneyId>,
    /// Which question of health it answers.
    pub level: Level,
    /// From the begin of one run to the begin of the next.
    pub every: Duration,
    /// How long one run may take.
    pub timeout: Duration,
    /// What it asks.
    pub ask: Arc<dyn Ask>,
}

impl Probe {
    /// Makes a probe of settings without flaws.
    ///
    /// # Errors
    /// Says which file with certificates cannot be read.
    pub fn of(name: &str, settings: &Settings) -> Result<Self, String> {
        let (ask, level): (Arc<dyn Ask>, _) = match settings {
            Settings { http: Some(http), .. } => (Arc::new(http.check(name)?), Level::Endpoint),
            Settings { tcp: Some(tcp), .. } => (Arc::new(checks::tcp(&tcp.address)), Level::Basic),
            Settings { tls: Some(tls), .. } => (Arc::new(tls.check()?), Level::Basic),
            _ => return Err(format!("the probe {name} asks nothing")),
        };
        let level = if settings.customer.is_some() { Level::Business } else { level };
        let every = settings.every.get().max(rhythm::SHORTEST);
        Ok(Self {
            name: name.to_owned(),
            component: settings.component.clone(),
            customer: settings.customer.clone(),
            journey: None,
            level: settings.level.unwrap_or(level),
            every,
            timeout: settings.timeout.get().min(rhythm::longest_timeout(every)),
            ask,
        })
    }

    /// Makes a probe that walks a journey. It speaks for the component to which the journey leads,
    /// and a run has as much time as all steps together. Nothing for one that leads nowhere, which
    /// no catalog has.
    pub fn walking(journey: &Journey) -> Option<Self> {
        let steps = u32::try_from(journey.steps.len()).unwrap_or(u32::MAX).max(1);
        let timeout = journey.timeout.saturating_mul(steps);
        let every = journey.every.max(rhythm::SHORTEST);
        Some(Self {
            name: journey.id.to_string(),
            component: journey.leads_to.clone()?,
            customer: journey.customer.clone(),
            journey: Some(journey.id.clone()),
            level: Level::Business,
            every,
            timeout: timeout.min(rhythm::longest_timeout(every)),
            ask: Arc::new(walk(journey)),
        })
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A request, and how long its certificate still has to be valid.
struct OverHttp {
    request: journeys::Journey,
    certificate: Option<checks::Tls>,
}

impl Ask for OverHttp {
    fn ask(&self) -> BoxFuture<'_, Answer> {
        Box::pin(async {
            self.request.run().await.map_err(|it| of_one_request(&self.request, it))?;
            match &self.certificate {
                Some(certificate) => certificate.run().await,
                None => Ok(()),
            }
        })
    }
}

/// One request is no walk: what it asks says enough, and no step needs to be named.
fn of_one_request(request: &journeys::Journey, problem: NotPassed) -> NotPassed {
    let step = format!("step 1 of 1, {}: ", request.id());
    let Some(message) = problem.message().strip_prefix(&step) else { return problem };
    let plain = NotPassed::failed(message).error_type(problem.class().to_owned());
    match problem.remedy() {
        Some(advice) => plain.advice(advice),
        None => plain,
    }
}

impl Http {
    fn check(&self, name: &str) -> Result<OverHttp, String> {
        let url = self.url.trim();
        let mut step = journeys::Step::new(name, &self.method, url)
            .follow_redirects(usize::from(self.follow_redirects));
        for (name, value) in &self.headers {
            step = step.header(name, value.expose());
        }
        if let Some(body) = &self.body {
            step = step.body(body.expose());
        }
        // one request, which takes as long as the probe may
        let mut request = journeys::Journey::new(name).timeout(Duration::MAX);
        request = request.step(expecting(step, &self.expect));
        let pem = pem(self.ca_file.as_ref())?;
        let certificate = self.valid_for.map(|valid_for| {
            let tls = checks::tls(authority(url)).valid_for(valid_for.get());
            tls.trust_pem(pem.clone())
        });
        Ok(OverHttp { request: request.trust_pem(pem), certificate })
    }
}

impl Tls {
    fn check(&self) -> Result<checks::Tls, String> {
        let mut check = checks::tls(&self.address).valid_for(self.valid_for.get());
        if let Some(name) = &self.server_name {
            check = check.server_name(name);
        }
        Ok(check.trust_pem(pem(self.ca_file.as_ref())?))
    }
}

/// Returns host and port of an `https` address.
fn authority(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |it| it.1);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |it| it.1);
    let has_port = host.rsplit_once(':').is_some_and(|it| it.1.parse::<u16>().is_ok());
    if has_port { host.to_owned() } else { format!("{host}:443") }
}

fn pem(file: Option<&FilePath>) -> Result<Vec<u8>, String> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let path: &Path = file.as_path();
    std::fs::read(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))
}

/// Writes a journey of the catalog as the library walks it.
fn walk(journey: &Journey) -> journeys::Journey {
    let mut walk = journeys::Journey::new(journey.id.as_str()).timeout(journey.timeout);
    if let Some(customer) = &journey.customer {
        walk = walk.customer(customer.as_str());
    }
    for (name, value) in &journey.credentials {
        walk = walk.credential(name, value.expose());
    }
    journey.steps.iter().fold(walk, |walk, it| walk.step(step(it)))
}

fn step(step: &Step) -> journeys::Step {
    let request = &step.request;
    let mut written = journeys::Step::new(&step.name, &request.method, request.url.text());
    for (name, value) in &request.headers {
        written = written.header(name, value.text());
    }
    written = match &request.body {
        Body::Empty => written,
        Body::Json(json) => written.json(json.document()),
        Body::Text(text) => written.body(text.text()),
        Body::Form(fields) => {
            fields.iter().fold(written, |it, (name, value)| it.form(name, value.text()))
        }
    };
    written = expecting(written, &step.expect);
    step.extract.iter().fold(written, |it, (name, path)| it.extract(name, path.clone()))
}

fn expecting(mut step: journeys::Step, expect: &Expect) -> journeys::Step {
    for code in expect.status.iter().flat_map(|it| it.codes()) {
        step = step.expect_status(*code);
    }
    for (name, wanted) in &expect.headers {
        step = step.expect_header_of(name, values(wanted));
    }
    if let Some(text) = &expect.body {
        step = step.expect_body(text);
    }
    for (path, wanted) in &expect.json {
        step = step.expect_json_of(path.clone(), values(wanted));
    }
    step
}

fn values(wanted: &Wanted) -> impl Iterator<Item = Value> {
    // a scalar is one of JSON, too
    wanted.values().iter().map(|it| serde_json::to_value(it).unwrap_or_default())
}
