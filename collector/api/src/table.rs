//! Every route in one table: what it is, who may ask for it, what it answers.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{MethodRouter, delete, get, post};
use bellwether_core::access::Role;
use bellwether_core::links::Deed;
use schemars::JsonSchema;

use crate::access::{Access, Door, gate};
use crate::acts::{
    Acknowledge, Assign, Decisions, Drafts, End, Escalate, Judge, Note, Publish, Quiet, Resolve,
    Silences,
};
use crate::api::Api;
use crate::audit::Audit;
use crate::error::{ApiError, LARGEST_BODY};
use crate::known::{Alerts, Rules};
use crate::oidc::LoginWays;
use crate::openapi::{SchemaOf, schema_of};
use crate::pagerduty::Taken;
use crate::parts::Parts;
use crate::removal::{Accept, Accepted};
use crate::routes::{
    Alive, Components, Destinations, Incidents, Notifications, Readiness, Services, Transitions,
};
use crate::series::SeriesNames;
use crate::session::{Login, Session};
use crate::traces::TraceLinks;
use crate::view::{
    Catalog, Escalation, ImpactHistory, Incident, Report, ScoreHistory, Series, Silence, Snapshot,
    UptimeHistory,
};
use crate::{
    acts, audit, dashboard, grpc, headers, known, links, live, oidc, pagerduty, past, removal,
    report, routes, series, session, traces,
};

/// What a route is asked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Delete,
}

impl Verb {
    /// Returns the word of HTTP.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// What a route answers when all is well.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// JSON of a type.
    Json(SchemaOf),
    /// Text of a media type.
    Text(&'static str),
    /// Nothing.
    Nothing,
    /// A WebSocket.
    Socket,
    /// A file of the dashboard, which is for browsers.
    Page,
    /// A call of gRPC, which `proto/` describes.
    Grpc,
}

/// What a route takes in its query.
#[derive(Clone, Copy)]
pub(crate) enum Query {
    /// How many records.
    Limit,
    /// The number of a message.
    After,
    /// When a period begins.
    From,
    /// When it ends.
    Until,
    /// How many steps it is cut into.
    Points,
    /// How many months.
    Months,
    /// The name of a series.
    Name,
    /// How names begin.
    Prefix,
    /// The id of a rule.
    Rule,
    /// The id of an incident.
    Incident,
    /// The name of a destination.
    Destination,
    /// Whom a link was written to.
    By,
    /// When a link ends.
    End,
    /// What proves that a link is ours.
    Proof,
}

/// What routes take that tell of a period.
const PERIOD: &[Query] = &[Query::From, Query::Until, Query::Points];

/// One route.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) verb: Verb,
    /// As the router and the OpenAPI document write it.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// What it is for.
    pub(crate) summary: &'static str,
    /// Whether it changes something, so that it is kept who asked for it.
    pub(crate) act: bool,
    pub(crate) answer: Answer,
    pub(crate) query: &'static [Query],
    /// The type of what is sent.
    pub(crate) body: Option<SchemaOf>,
    /// Whether it needs the store.
    pub(crate) stored: bool,
    /// Whether it answers the same with 503 when the collector is not ready.
    pub(crate) unready: bool,
    handler: fn() -> MethodRouter<Api>,
}

const ANYONE: Access = Access::Anyone;
const VIEWER: Access = Access::Role(Role::Viewer);
const OPERATOR: Access = Access::Role(Role::Operator);
const ADMIN: Access = Access::Role(Role::Admin);
const ACKNOWLEDGE: Access = Access::Link(Deed::Acknowledge);
const SILENCE: Access = Access::Link(Deed::Silence);

impl Route {
    const fn new(
        verb: Verb,
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: fn() -> MethodRouter<Api>,
    ) -> Self {
        Self {
            verb,
            path,
            access,
            summary,
            act: false,
            answer: Answer::Nothing,
            query: &[],
            body: None,
            stored: false,
            unready: false,
            handler,
        }
    }

    const fn json<T: JsonSchema>(self) -> Self {
        Self { answer: Answer::Json(schema_of::<T>), ..self }
    }

    const fn text(self, kind: &'static str) -> Self {
        Self { answer: Answer::Text(kind), ..self }
    }

    const fn takes<T: JsonSchema>(self) -> Self {
        Self { body: Some(schema_of::<T>), ..self }
    }

    /// Reads records out of the store, as many as the query says.
    const fn newest(self) -> Self {
        self.asks(&[Query::Limit])
    }

    /// Reads out of the store what the query says.
    const fn asks(self, query: &'static [Query]) -> Self {
        Self { query, stored: true, ..self }
    }

    const fn page(self) -> Self {
        Self { answer: Answer::Page, ..self }
    }

    /// Is followed by people.
    const fn link(self) -> Self {
        Self {
            query: &[Query::By, Query::End, Query::Proof],
            stored: true,
            ..self.text("text/html")
        }
    }

    const fn grpc(self) -> Self {
        Self { answer: Answer::Grpc, ..self }
    }

    /// Keeps who asked for it.
    const fn act(self) -> Self {
        Self { act: true, stored: true, ..self }
    }
}

use Verb::{Delete, Get, Post};

/// Every route.
#[rustfmt::skip]
pub(crate) static TABLE: &[Route] = &[
    Route::new(Get, "/", ANYONE, "The dashboard, which asks for what it shows", || get(dashboard::shell)).page(),
    Route::new(Get, "/ui/{*page}", ANYONE, "Any page of the dashboard", || get(dashboard::shell)).page(),
    Route::new(Get, "/assets/{name}", ANYONE, "What the dashboard is made of", || get(dashboard::asset)).page(),
    Route::new(Get, "/plain", VIEWER, "A page for people, without script", || get(routes::plain)).text("text/html"),
    Route::new(Get, "/style.css", ANYONE, "The style of that page", || get(routes::style)).text("text/css"),
    Route::new(Get, "/livez", ANYONE, "Whether the process answers", || get(routes::livez)).json::<Alive>(),
    Route { unready: true, ..Route::new(Get, "/readyz", ANYONE, "Whether telemetry is taken, judged and kept", || get(routes::readyz)).json::<Readiness>() },
    Route { unready: true, ..Route::new(Get, "/status", VIEWER, "How every part is", || get(routes::parts)).json::<Parts>() },
    Route::new(Get, "/metrics", VIEWER, "The collector's own metrics, for Prometheus", || get(routes::metrics)).text("text/plain"),
    Route::new(Get, "/api/v1/openapi.json", VIEWER, "This document", || get(routes::openapi)).json::<serde_json::Map<String, serde_json::Value>>(),
    Route::new(Get, "/api/v1/status", VIEWER, "How everything stands", || get(routes::status)).json::<Snapshot>(),
    Route::new(Get, "/api/v1/components", VIEWER, "How components stand", || get(routes::components)).json::<Components>(),
    Route::new(Get, "/api/v1/services", VIEWER, "Services that reported", || get(routes::services)).json::<Services>(),
    Route::new(Get, "/api/v1/destinations", VIEWER, "How destinations are", || get(routes::destinations)).json::<Destinations>(),
    Route::new(Get, "/api/v1/incidents", VIEWER, "The newest incidents", || get(routes::incidents)).json::<Incidents>().newest(),
    Route { stored: true, ..Route::new(Get, "/api/v1/incidents/{id}", VIEWER, "One incident", || get(routes::incident)).json::<Incident>() },
    Route { stored: true, ..Route::new(Get, "/api/v1/incidents/{id}/decisions", VIEWER, "Who was told of it, and why", || get(acts::decisions)).json::<Decisions>() },
    Route::new(Post, "/api/v1/incidents/{id}/acknowledge", OPERATOR, "Says that somebody works on it", || post(acts::acknowledge)).json::<Incident>().takes::<Acknowledge>().act(),
    Route { stored: true, ..Route::new(Get, "/api/v1/incidents/{id}/escalation", VIEWER, "Who is told of it next, and when", || get(acts::escalation)).json::<Escalation>() },
    Route::new(Post, "/api/v1/incidents/{id}/escalate", OPERATOR, "Takes a step of its escalation now", || post(acts::escalate)).json::<Incident>().takes::<Escalate>().act(),
    Route { stored: true, ..Route::new(Get, "/api/v1/incidents/{id}/drafts", VIEWER, "What customers would read of it", || get(acts::drafts)).json::<Drafts>() },
    Route::new(Post, "/api/v1/incidents/{id}/publish", OPERATOR, "Has customers read of it", || post(acts::publish)).json::<Incident>().takes::<Publish>().act(),
    Route::new(Post, "/api/v1/incidents/{id}/assign", OPERATOR, "Gives it to somebody", || post(acts::assign)).json::<Incident>().takes::<Assign>().act(),
    Route::new(Post, "/api/v1/incidents/{id}/notes", OPERATOR, "Writes something about it", || post(acts::note)).json::<Incident>().takes::<Note>().act(),
    Route::new(Post, "/api/v1/incidents/{id}/resolve", OPERATOR, "Ends it", || post(acts::resolve)).json::<Incident>().takes::<Resolve>().act(),
    Route::new(Post, "/api/v1/incidents/{id}/verdict", OPERATOR, "Says what it was", || post(acts::judge)).json::<Incident>().takes::<Judge>().act(),
    Route::new(Get, "/api/v1/silences", VIEWER, "What nobody is told of for a while", || get(acts::silences)).json::<Silences>(),
    Route::new(Post, "/api/v1/silences", OPERATOR, "Silences something", || post(acts::silence)).json::<Silence>().takes::<Quiet>().act(),
    Route::new(Post, "/api/v1/silences/{id}/end", OPERATOR, "Ends a silence", || post(acts::unsilence)).json::<Silence>().takes::<End>().act(),
    Route::new(Get, "/api/v1/catalog", VIEWER, "What belongs to whom, and what it is worth", || get(known::catalog)).json::<Catalog>(),
    Route::new(Get, "/api/v1/trace-links", VIEWER, "Where traces are looked at", || get(traces::links)).json::<TraceLinks>(),
    Route::new(Get, "/api/v1/rules", VIEWER, "The rules that hold", || get(known::rules)).json::<Rules>(),
    Route::new(Get, "/api/v1/alerts", VIEWER, "What rules found last, by rule and group", || get(known::alerts)).json::<Alerts>().asks(&[Query::Rule, Query::Limit]),
    Route::new(Get, "/api/v1/impact", VIEWER, "What was at risk, lost and protected over time", || get(past::impact)).json::<ImpactHistory>().asks(PERIOD),
    Route::new(Get, "/api/v1/health-score", VIEWER, "How healthy the product was over time", || get(past::scores)).json::<ScoreHistory>().asks(PERIOD),
    Route::new(Get, "/api/v1/uptime", VIEWER, "Uptime by component and by customer, month by month", || get(past::uptime)).json::<UptimeHistory>().asks(&[Query::Months]),
    Route::new(Get, "/api/v1/series", VIEWER, "What was measured over time", || get(series::steps)).json::<Series>().asks(&[Query::Name, Query::From, Query::Until, Query::Points]),
    Route::new(Get, "/api/v1/series/names", VIEWER, "What was measured in the last 30 days, by name", || get(series::names)).json::<SeriesNames>().asks(&[Query::Prefix, Query::Limit]),
    Route { stored: true, ..Route::new(Get, "/api/v1/reports/{period}", VIEWER, "What a month or a week came to", || get(report::json)).json::<Report>() },
    Route { stored: true, ..Route::new(Get, "/api/v1/reports/{period}/page", VIEWER, "The same as a page", || get(report::page)).text("text/html") },
    Route { stored: true, ..Route::new(Get, "/api/v1/reports/{period}/mail", VIEWER, "The same as the body of a mail", || get(report::mail)).text("text/html") },
    Route::new(Get, "/api/v1/transitions", VIEWER, "The newest changes of state", || get(routes::transitions)).json::<Transitions>().newest(),
    Route { answer: Answer::Socket, query: &[Query::After], ..Route::new(Get, "/api/v1/live", VIEWER, "How everything stands, as it changes", || get(live::open)) },
    Route::new(Get, "/api/v1/notifications", VIEWER, "The newest messages to destinations", || get(routes::notifications)).json::<Notifications>().asks(&[Query::Incident, Query::Destination, Query::Limit]),
    Route::new(Post, "/api/v1/routes/accept", OPERATOR, "Says that routes are gone on purpose", || post(removal::accept_routes)).json::<Accepted>().takes::<Accept>().act(),
    Route::new(Get, "/links/acknowledge/{id}", ACKNOWLEDGE, "Asks whether it is meant: to look does nothing", || get(links::ask)).link(),
    Route::new(Post, "/links/acknowledge/{id}", ACKNOWLEDGE, "Says that whoever has the link works on it", || post(links::follow)).link().act(),
    Route::new(Get, "/links/silence/{id}", SILENCE, "Asks whether it is meant: to look does nothing", || get(links::ask)).link(),
    Route::new(Post, "/links/silence/{id}", SILENCE, "Silences it until it is resolved", || post(links::follow)).link().act(),
    Route::new(Post, "/webhooks/pagerduty", Access::Pagerduty, "Takes what people do in PagerDuty", || post(pagerduty::take)).json::<Taken>().act(),
    Route::new(Get, "/api/v1/session", VIEWER, "Who asks", || get(session::who)).json::<Session>(),
    Route::new(Post, "/api/v1/session", ANYONE, "Gives a browser a cookie for a token", || post(session::begin)).json::<Session>().takes::<Login>(),
    Route::new(Delete, "/api/v1/session", ANYONE, "Takes the cookie away", || delete(session::end)),
    Route::new(Get, "/api/v1/login", ANYONE, "How one can sign in beside a token", || get(oidc::ways)).json::<LoginWays>(),
    Route::new(Get, "/login/oidc", ANYONE, "Sends a browser to the identity provider", || get(oidc::begin)).page(),
    Route::new(Get, "/login/oidc/callback", ANYONE, "Takes a browser that comes back from there", || get(oidc::back)).page(),
    Route::new(Get, "/api/v1/audit", ADMIN, "Who did what", || get(audit::newest)).json::<Audit>().newest(),
    Route::new(Post, "/bellwether.health.v1.HealthService/GetStatus", VIEWER, "How everything stands", || post(grpc::get_status)).grpc(),
    Route::new(Post, "/bellwether.health.v1.HealthService/WatchStatus", VIEWER, "How everything stands, as it changes", || post(grpc::watch_status)).grpc(),
    Route::new(Post, "/grpc.health.v1.Health/Check", ANYONE, "Whether the collector is ready, or a component serves", || post(grpc::check)).grpc(),
    Route::new(Post, "/grpc.health.v1.Health/Watch", VIEWER, "The same, as it changes", || post(grpc::watch)).grpc(),
];

impl Answer {
    /// Says whether the OpenAPI document tells of it.
    pub(crate) const fn is_documented(self) -> bool {
        !matches!(self, Self::Grpc | Self::Page)
    }
}

/// Returns the row of a request, by the path that the router matched.
pub(crate) fn find(method: &Method, path: &str) -> Option<&'static Route> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    TABLE.iter().find(|it| it.verb.as_str() == method.as_str() && it.path == path)
}

/// Returns what people call a route.
pub(crate) fn name(method: &Method, path: &str) -> String {
    format!("{method} {path}")
}

/// Builds all routes behind the gate.
pub(crate) fn router(api: Api, door: Door) -> Router {
    let routes = TABLE.iter().fold(Router::new(), |it, row| it.route(row.path, (row.handler)()));
    let routes = routes
        .fallback(routes::unknown)
        .method_not_allowed_fallback(async || ApiError::method())
        .layer(axum::Extension(door.clone()))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state((api.clone(), door), gate))
        .with_state(api);
    // around the whole: what routing adds to an answer comes after the layers of its routes
    Router::new().fallback_service(routes).layer(map_response(headers::secure))
}
