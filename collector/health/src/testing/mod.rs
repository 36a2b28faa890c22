//! Evidence for tests, written as a story.

use std::time::Duration;

use bellwether_core::catalog::Catalog;
use bellwether_core::facts::{
    CheckOutcome, CheckReport, Fact, Hit, Observed, Source, StartupOutcome, Traffic,
};
use bellwether_core::time::Timestamp;

use crate::evidence::Evidence;

pub(crate) mod otlp;
pub(crate) mod play;
pub(crate) mod story;

pub(crate) const AUTH: &[&str] = &["POST /api/v1/auth/login"];
pub(crate) const ADMIN: &[&str] = &["GET /api/v1/admin/dashboard", "GET /api/v1/admin/users/{id}"];

pub(crate) fn catalog() -> Catalog {
    let raw = serde_json::json!({
        "components": {
            "auth": { "criticality": "critical", "services": ["api"], "routes": ["/api/v1/auth/**"], "depends_on": ["database"] },
            "admin": { "name": "Admin panel", "criticality": "high", "services": ["api"], "routes": ["/api/v1/admin/**"], "depends_on": ["auth", "database"] },
            "database": { "criticality": "critical", "services": ["api"] },
        },
        "customers": { "zebra": { "name": "Zebra Associates" } },
        "opportunities": {
            "zebra-cinema": { "customer": "zebra", "amount": "925000 GBP", "requires": ["auth", "admin"] },
        },
    });
    Catalog::check(serde_json::from_value(raw).unwrap()).unwrap()
}

pub(crate) struct Book {
    pub(crate) evidence: Evidence,
    pub(crate) now: Timestamp,
}

impl Default for Book {
    fn default() -> Self {
        Self { evidence: Evidence::default(), now: Timestamp::from_secs(1_000) }
    }
}

pub(crate) fn source(version: &str, instance: &str) -> Source {
    Source { service: "api".into(), version: version.into(), instance: instance.into() }
}

pub(crate) fn manifest(routes: &[&str]) -> Fact {
    let routes = routes.iter().map(|it| it.parse().unwrap()).collect();
    Fact::Routes { routes, outcome: Some(StartupOutcome::Ready), every: None }
}

impl Book {
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    pub(crate) fn add(&mut self, version: &str, instance: &str, fact: Fact) {
        let observed = Observed { source: source(version, instance), at: self.now, fact };
        self.evidence.add(&observed, self.now);
    }

    pub(crate) fn routes(&mut self, version: &str, instance: &str, routes: &[&str]) {
        self.add(version, instance, manifest(routes));
    }

    pub(crate) fn stopping(&mut self, version: &str, instance: &str) {
        self.add(version, instance, Fact::Stopping);
    }

    pub(crate) fn startup(&mut self, version: &str, instance: &str, outcome: &str) {
        let outcome = StartupOutcome::from_word(outcome).unwrap();
        self.add(version, instance, Fact::Startup { outcome });
    }

    pub(crate) fn check(
        &mut self,
        version: &str,
        instance: &str,
        name: &str,
        outcome: &str,
        component: Option<&str>,
    ) {
        let outcome = CheckOutcome::from_word(outcome).unwrap();
        let report = CheckReport {
            outcome,
            component: component.map(Into::into),
            message: "it broke".into(),
        };
        self.add(version, instance, Fact::Check { name: name.to_owned(), report });
    }

    pub(crate) fn not_found(&mut self, version: &str, instance: &str, method: &str, path: &str) {
        let hit = Hit::NotFound { method: method.into(), path: path.into() };
        self.hit(version, instance, hit);
    }

    pub(crate) fn answered(&mut self, version: &str, instance: &str, method: &str, route: &str) {
        let hit = Hit::Answered { method: method.into(), route: route.into() };
        self.hit(version, instance, hit);
    }

    fn hit(&mut self, version: &str, instance: &str, hit: Hit) {
        let traffic = Traffic { source: source(version, instance), hit, count: 1, at: self.now };
        self.evidence.count(&traffic, &catalog());
    }
}
