//! Server spans and metrics by the HTTP semantic conventions, with business tags.
//!
//! The span is made with OpenTelemetry's own API and attached as the current context, which is where `tracing` spans and
//! log records find their parent: that costs a third of a `tracing` span for the same result (docs/benchmarks.md). What a
//! route always says about itself is prepared once for each route, and its metric series are bound.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use opentelemetry::metrics::{Histogram, MeterProvider};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;

use crate::business::Business;
use crate::business::metric::BOUNDS;
use crate::business::tags::{ComponentTag, CustomerTag, Tags};
use crate::propagation::Propagator;
use crate::providers::Providers;
use crate::routing::RouteManifest;
use crate::semconv::{
    ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE, URL_PATH,
};

mod caller;
mod method;
mod routes;
mod series;
mod service;
mod work;

use caller::{Headers, scheme};
use method::KnownMethod;
use routes::{Route, Routes};
use service::Observe;
use work::Work;

const HTTP_SERVER_REQUEST_DURATION: &str = "http.server.request.duration";
const HTTP_SERVER_ACTIVE_REQUESTS: &str = "http.server.active_requests";
const URL_SCHEME: &str = "url.scheme";
/// Room for every attribute that a server span can get, so that the list grows once.
const ATTRIBUTES: usize = 10;

/// What all requests of a router share.
#[derive(Debug)]
struct Server {
    tracer: SdkTracer,
    duration: Histogram<f64>,
    propagator: Propagator,
    business: Business,
    routes: Arc<Routes>,
    work: Arc<Work>,
}

/// What a service does right now, as its requests show it; for the health endpoints.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    pub(crate) routes: Arc<Routes>,
    pub(crate) work: Arc<Work>,
}

/// What a router says of its routes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed<'r> {
    pub(crate) manifest: &'r RouteManifest,
    /// Routes whose component the code names.
    pub(crate) components: &'r BTreeMap<crate::routing::Route, &'static str>,
}

/// Puts a span, its tags and a duration around every request of the router.
pub(crate) fn instrument(
    router: Router,
    listed: Listed<'_>,
    service: String,
    providers: &Providers,
    business: &Business,
) -> (Router, Activity) {
    let meter = providers.meter.meter_with_scope(crate::scope());
    let catalog = Arc::clone(business.shared_catalog());
    let server = Arc::new(Server {
        tracer: providers.tracer.tracer_with_scope(crate::scope()),
        duration: meter
            .f64_histogram(HTTP_SERVER_REQUEST_DURATION)
            .with_unit("s")
            .with_description("Duration of HTTP server requests.")
            .with_boundaries(BOUNDS.to_vec())
            .build(),
        propagator: providers.propagator(),
        business: business.clone(),
        routes: Arc::new(Routes::new(listed.manifest, listed.components, service, catalog)),
        work: Arc::new(Work::new(Instant::now())),
    });
    let work = Arc::clone(&server.work);
    let _registered = meter
        .i64_observable_up_down_counter(HTTP_SERVER_ACTIVE_REQUESTS)
        .with_unit("{request}")
        .with_description("Number of active HTTP server requests.")
        .with_callback(move |observer| {
            for (method, count) in work.by_method() {
                let method = KeyValue::new(HTTP_REQUEST_METHOD, method.name());
                observer.observe(count, &[method, KeyValue::new(URL_SCHEME, "http")]);
            }
        })
        .build();
    let activity = Activity { routes: Arc::clone(&server.routes), work: Arc::clone(&server.work) };
    (router.layer(Observe { server }), activity)
}

/// One request under way.
struct Observed {
    server: Arc<Server>,
    route: Arc<Route>,
    method: KnownMethod,
    scheme: &'static str,
    component: Option<ComponentTag>,
    began: Instant,
    started: SystemTime,
    context: Context,
    ended: bool,
}

impl Observed {
    fn begin(server: &Arc<Server>, request: &Request) -> Self {
        let began = Instant::now();
        let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let (route, path) = (server.routes.get(template), request.uri().path());
        let method = KnownMethod::of(request.method());
        let endpoint = server.routes.endpoint(&route, method);
        let component = match route.template {
            Some(_) => endpoint.component,
            None => server.routes.component_of_path(method.name(), path),
        };
        let headers = Headers(request.headers());
        let parent = server.propagator.extract_with_context(&Context::new(), &headers);
        let scheme = scheme(request);

        let started = opentelemetry::time::now();
        let mut builder = SpanBuilder::from_name(endpoint.name)
            .with_kind(SpanKind::Server)
            .with_start_time(started);
        let caller = parent.span();
        if !caller.span_context().is_valid() || caller.span_context().is_sampled() {
            builder.attributes = Some(Vec::with_capacity(ATTRIBUTES));
        }
        let mut span = server.tracer.build_with_context(builder, &parent);
        if span.is_recording() {
            span.set_attribute(KeyValue::new(HTTP_REQUEST_METHOD, method.name()));
            span.set_attribute(KeyValue::new(URL_SCHEME, scheme));
            span.set_attribute(KeyValue::new(URL_PATH, path.to_owned()));
            if let Some(template) = route.template {
                span.set_attribute(KeyValue::new(HTTP_ROUTE, template));
            }
        }
        let tags = Tags::begin(server.business.shared_catalog(), component, &parent);
        let context = parent.with_value(tags).with_span(span);
        server.work.begin(method, began);
        let server = Arc::clone(server);
        Self { server, route, method, scheme, component, began, started, context, ended: false }
    }

    /// Ends the span and records the durations.
    fn end(&mut self, response: &Response) {
        self.ended = true;
        let (status, elapsed) = (response.status(), self.began.elapsed());
        let seconds = elapsed.as_secs_f64();
        let failed = status.is_server_error();
        let endpoint = self.server.routes.endpoint(&self.route, self.method);
        let tags = self.context.get::<Tags>();
        let component = tags.and_then(Tags::component);

        let span = self.context.span();
        if span.is_recording() {
            let customer = tags.and_then(Tags::customer);
            let code = KeyValue::new(HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
            let error = failed.then(|| KeyValue::new(ERROR_TYPE, status.as_str().to_owned()));
            span.set_attributes(
                [code]
                    .into_iter()
                    .chain(error)
                    .chain(component.into_iter().flat_map(ComponentTag::attributes))
                    .chain(customer.into_iter().flat_map(CustomerTag::attributes)),
            );
            if failed {
                span.set_status(Status::error(""));
            }
            span.end_with_timestamp(self.started + elapsed);
        }

        let bind = || self.server.duration.bind(&self.series(status.as_u16()));
        endpoint.durations.get(status.as_u16(), bind).record(seconds);
        endpoint.count(failed);
        // A path that nobody mounted is a matter of spans: anybody can ask for it.
        if let (Some(component), Some(_)) = (component, self.route.template) {
            let customer = tags.and_then(Tags::customer);
            self.server.business.durations().record(seconds, component, customer, failed);
        }
    }

    /// Lists the attributes of `http.server.request.duration`.
    fn series(&self, status: u16) -> Vec<KeyValue> {
        let mut series = vec![
            KeyValue::new(HTTP_REQUEST_METHOD, self.method.name()),
            KeyValue::new(HTTP_RESPONSE_STATUS_CODE, i64::from(status)),
            KeyValue::new(URL_SCHEME, self.scheme),
        ];
        series.extend(self.route.template.map(|template| KeyValue::new(HTTP_ROUTE, template)));
        if status >= 500 {
            series.push(KeyValue::new(ERROR_TYPE, status.to_string()));
        }
        series
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.server.work.end(self.method, self.began);
        if !self.ended {
            // The caller went away, or the handler panicked: there is no answer to describe.
            let span = self.context.span();
            span.set_attribute(KeyValue::new(ERROR_TYPE, "cancelled"));
            span.set_attributes(self.component.into_iter().flat_map(ComponentTag::attributes));
            span.end();
            let endpoint = self.server.routes.endpoint(&self.route, self.method);
            endpoint.count(std::thread::panicking());
        }
    }
}

#[cfg(test)]
mod tests;
