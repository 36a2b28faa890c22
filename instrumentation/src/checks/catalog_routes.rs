//! Checks that what the catalog declares is mounted.

use super::{Check, CheckKind, CheckResult, NotPassed};
use crate::Telemetry;
use crate::business::{Business, Component};
use crate::routing::{RouteManifest, Router};

/// Checks that everything is mounted that the catalog declares for this service: each pattern of each of its components
/// fits a route of the router.
///
/// ```
/// use bellwether::checks::catalog_routes;
/// use bellwether::routing::{Router, get};
///
/// let telemetry = bellwether::Telemetry::disabled();
/// let app: Router = Router::new().route("/api/v1/admin/users", get(async || "nobody yet"));
/// let admin = catalog_routes(&app, &telemetry).of("admin");
/// ```
pub fn catalog_routes(router: &Router, telemetry: &Telemetry) -> CatalogRoutes {
    let shared = telemetry.shared();
    CatalogRoutes {
        manifest: router.manifest().clone(),
        business: shared.business().clone(),
        service: shared.service_name(),
        component: None,
    }
}

/// Checks that what the catalog declares is mounted; comes from [`catalog_routes`].
#[derive(Debug, Clone)]
pub struct CatalogRoutes {
    manifest: RouteManifest,
    business: Business,
    service: String,
    component: Option<String>,
}

impl CatalogRoutes {
    /// Looks at the routes of one component only, by catalog id.
    #[must_use]
    pub fn of(mut self, component: impl Into<String>) -> Self {
        self.component = Some(component.into());
        self
    }

    fn is_wanted(&self, component: &Component) -> bool {
        component.is_part_of(&self.service)
            && self.component.as_ref().is_none_or(|id| component.id() == id)
    }
}

impl Check for CatalogRoutes {
    fn kind(&self) -> CheckKind {
        CheckKind::Route
    }

    async fn run(&self) -> CheckResult {
        let catalog = self.business.catalog();
        if let Some(id) = &self.component
            && catalog.get(id).is_none()
            && catalog.components().next().is_some()
        {
            return Err(NotPassed::failed(format!("the catalog has no component `{id}`"))
                .advice("correct the id in the check, or the catalog")
                .error_type("unknown_component"));
        }
        let wanted: Vec<_> = catalog
            .components()
            .filter(|component| self.is_wanted(component))
            .flat_map(|component| component.routes().iter().map(|it| (component.id(), it)))
            .collect();
        if wanted.is_empty() {
            let service = &self.service;
            return Err(NotPassed::skipped(format!("the catalog declares no routes of {service}"))
                .advice(
                    "give the telemetry a catalog: BELLWETHER_CATALOG, or builder().catalog(..)",
                ));
        }
        let missing: Vec<String> = wanted
            .into_iter()
            .filter(|(_, pattern)| {
                !self.manifest.iter().any(|it| pattern.matches(it.method(), it.path()))
            })
            .map(|(component, pattern)| format!("nothing is mounted for {pattern} ({component})"))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(NotPassed::failed(missing.join("; "))
            .advice("mount the routes on the router that is served, or correct the catalog")
            .error_type("route_missing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::business::{Catalog, Criticality};
    use crate::routing::{get, post};
    use crate::telemetry::Parts;

    fn telemetry(catalog: Catalog) -> Telemetry {
        Telemetry::new(Parts { catalog, ..Parts::silent() })
    }

    fn catalog() -> Catalog {
        let component = |id| Component::new(id, Criticality::High);
        Catalog::new()
            .component(component("auth").route("POST /login").unwrap())
            .component(component("admin").route("/admin/**").unwrap().route("/reports/*").unwrap())
            .component(component("other").route("/x").unwrap().part_of("another service"))
    }

    #[tokio::test]
    async fn what_the_catalog_declares_has_to_be_mounted() {
        let telemetry = telemetry(catalog());
        let app = Router::new().route("/login", post(async || ()));
        let all = catalog_routes(&app, &telemetry).run().await.unwrap_err();
        assert_eq!(
            all.message(),
            "nothing is mounted for /admin/** (admin); nothing is mounted for /reports/* (admin)"
        );
        assert_eq!(catalog_routes(&app, &telemetry).of("auth").run().await, Ok(()));
        let wrong_method = Router::new().route("/login", get(async || ()));
        let problem = catalog_routes(&wrong_method, &telemetry).of("auth").run().await.unwrap_err();
        assert_eq!(problem.message(), "nothing is mounted for POST /login (auth)");
        let whole = app
            .route("/admin/users/{id}", get(async || ()))
            .route("/reports/{name}", get(async || ()));
        assert_eq!(catalog_routes(&whole, &telemetry).run().await, Ok(()));
    }

    #[tokio::test]
    async fn a_component_that_is_misspelt_fails_and_no_catalog_is_told() {
        let app = Router::new();
        let problem =
            catalog_routes(&app, &telemetry(catalog())).of("admn").run().await.unwrap_err();
        assert_eq!(
            (problem.skipped, problem.message()),
            (false, "the catalog has no component `admn`")
        );
        let problem = catalog_routes(&app, &Telemetry::disabled()).of("a").run().await.unwrap_err();
        assert!(problem.skipped, "{problem}");
    }
}
