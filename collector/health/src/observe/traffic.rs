//! What requests met: a route that answered, or a 404 or 405 that no route answered.

use std::collections::HashMap;

use bellwether_core::facts::{Hit, Source, Traffic};
use bellwether_core::route::{Route, template};
use bellwether_core::time::Timestamp;
use bellwether_otlp::scan::RawValue;
use bellwether_otlp::{AnyValue, SpanKind};
use bellwether_proto::semconv;

use crate::plan::{Class, METHOD, PATH, STATUS};

/// Distinct targets that are told apart between two harvests; further ones are left out.
const MOST_TARGETS: usize = 10_000;

/// What signals that look alike met.
#[derive(Clone, Debug, Default)]
pub(super) enum Met {
    /// They are no requests, or tell nothing about routes.
    #[default]
    Nothing,
    /// A route that answered.
    Route(Hit),
    /// That depends on the path.
    ByPath { method: String, route: Option<String>, status: i64 },
}

impl Met {
    /// Says what a span met, given the attributes that were found in it.
    pub(super) fn of(kind: SpanKind, class: &Class, found: &[(u16, RawValue<'_>)]) -> Self {
        if kind != SpanKind::Server {
            return Self::Nothing;
        }
        // the second name of each is that of the conventions before 1.23, which many still use
        let first = |names: [&str; 2]| {
            names.into_iter().find_map(|name| class.attribute(found, name)).map(RawValue::read)
        };
        let method = first(METHOD);
        let Some(method) = method.as_ref().and_then(AnyValue::as_str) else {
            return Self::Nothing;
        };
        let method = method.to_owned();
        let route = class.attribute(found, semconv::HTTP_ROUTE).map(RawValue::read);
        let route = route.as_ref().and_then(AnyValue::as_str).map(template);
        match (route, first(STATUS).and_then(|it| it.as_int())) {
            (route, Some(status @ (404 | 405))) => Self::ByPath { method, route, status },
            (Some(route), _) => Self::Route(Hit::Answered { method, route }),
            _ => Self::Nothing,
        }
    }
}

/// What requests met since the last harvest.
#[derive(Debug, Default)]
pub(super) struct Hits {
    routes: Vec<Traffic>,
    others: HashMap<(Source, Hit), (u64, Timestamp)>,
}

impl Hits {
    /// Counts requests that a route answered, the newest of them at `at`.
    pub(super) fn add_route(&mut self, source: Source, hit: &Hit, count: u64, at: Timestamp) {
        if self.routes.len() < MOST_TARGETS {
            self.routes.push(Traffic { source, hit: hit.clone(), count, at });
        }
    }

    /// Counts a request of which the path tells what it met.
    pub(super) fn add_by_path(
        &mut self,
        met: &Met,
        at: Timestamp,
        path: impl FnOnce() -> Option<String>,
        source: impl FnOnce() -> Source,
    ) {
        let Met::ByPath { method, route, status } = met else { return };
        let Some(hit) = by_path(method, route.as_deref(), *status, path()) else { return };
        let key = (source(), hit);
        if self.others.len() < MOST_TARGETS || self.others.contains_key(&key) {
            let (count, newest) = self.others.entry(key).or_insert((0, at));
            *count += 1;
            *newest = at.max(*newest);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.others.is_empty()
    }

    /// Takes out what was counted.
    pub(super) fn take(&mut self) -> Vec<Traffic> {
        let others = self.others.drain().map(|((source, hit), (count, at))| Traffic {
            source,
            hit,
            count,
            at,
        });
        let mut all = std::mem::take(&mut self.routes);
        all.extend(others);
        // the same input tells the same story
        all.sort_by(|one, other| {
            (&one.source, &one.hit, one.at).cmp(&(&other.source, &other.hit, other.at))
        });
        all
    }
}

/// Says what a request met that was answered with 404 or 405.
fn by_path(method: &str, route: Option<&str>, status: i64, path: Option<String>) -> Option<Hit> {
    let method = method.to_owned();
    match (route, path) {
        // some frameworks put the route of another method on a 405, and the prefix of a mounted
        // router on a 404 below it: neither answered
        (Some(route), Some(path))
            if status == 405
                || !(Route { method: method.clone(), path: route.to_owned() })
                    .matches_path(&path) =>
        {
            Some(Hit::NotFound { method, path })
        }
        (Some(route), _) => Some(Hit::Answered { method, route: route.to_owned() }),
        (None, Some(path)) => Some(Hit::NotFound { method, path }),
        (None, None) => None,
    }
}

/// Reads the path of a request, without its query.
pub(super) fn path(class: &Class, found: &[(u16, RawValue<'_>)]) -> Option<String> {
    let value = PATH.into_iter().find_map(|name| class.attribute(found, name))?.read();
    Some(value.as_str()?.split('?').next().unwrap_or_default().to_owned())
}
