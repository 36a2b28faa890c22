use proptest::prelude::*;
use serde_json::json;

use super::*;

fn catalog(raw: serde_json::Value) -> Catalog {
    Catalog::check(serde_json::from_value(raw).unwrap()).unwrap()
}

fn marketedge() -> Catalog {
    catalog(json!({
        "components": {
            "admin": { "services": ["api"], "routes": ["/api/v1/admin/**", "GET /reports/{id}"] },
            "api": { "services": ["api"], "routes": ["/api/**"] },
            "auth": { "services": ["api"], "routes": ["/api/v1/auth/**"] },
            "database": { "services": ["api"], "spans": { "db.system.name": "postgresql" } },
            "queue": { "spans": [{ "messaging.system": "kafka" }, { "rpc.system": "grpc", "server.port": [5672, 5673] }] },
            "staging": { "spans": { "deployment.environment.name": "stag*" } },
            "tagged": {},
            "worker": { "services": ["worker"] },
        },
        "customers": {
            "acme": { "match": { "business.customer.id": "acme", "tenant.region": "eu" } },
            "globex": { "match": { "tenant.id": ["g-1", "g-2"] } },
            "zebra": {},
        },
    }))
}

type Attributes<'a> = &'a [(&'a str, Value<'a>)];

type Lazy = (&'static [u8], fn() -> Value<'static>);

fn lazily<'a>(
    attributes: Attributes<'a>,
) -> impl Iterator<Item = (&'a [u8], impl FnOnce() -> Value<'a>)> {
    attributes.iter().map(|(key, value)| (key.as_bytes(), move || *value))
}

struct Told {
    components: Vec<String>,
    component: Option<String>,
    customer: Option<String>,
    id: Option<String>,
}

fn find(service: &str, resource: Attributes<'_>, served: bool, span: Attributes<'_>) -> Told {
    let catalog = marketedge();
    let matcher = Matcher::new(&catalog);
    let resource = matcher.service(service).resource(lazily(resource));
    let found = resource.find(served, lazily(span));
    let name = |index| catalog.at(index).unwrap().id.to_string();
    Told {
        components: found.components.iter().map(name).collect(),
        component: found.component.map(name),
        customer: found.customer.map(ToString::to_string),
        id: found.customer_id.map(str::to_owned),
    }
}

fn components(service: &str, served: bool, span: Attributes<'_>) -> String {
    find(service, &[], served, span).components.join(" ")
}

use Value::{Int, Str};

#[test]
fn a_route_of_the_service_makes_a_span_the_components() {
    for (service, served, span, expected) in [
        ("api", true, &[("http.route", Str("/api/v1/admin/users/{id}"))][..], "admin api"),
        ("api", true, &[("http.route", Str("/api/v1/admin"))], "admin api"),
        ("api", true, &[("http.route", Str("/api/v1/auth/login"))], "api auth"),
        ("api", true, &[("http.route", Str("/health"))], ""),
        ("other", true, &[("http.route", Str("/api/v1/auth/login"))], ""),
        // parameters as frameworks write them, and methods
        ("api", true, &[("http.route", Str("/reports/:id"))], "admin"),
        ("api", true, &[("http.route", Str("/reports/<int:id>"))], "admin"),
        ("api", true, &[("http.route", Str("/reports/latest"))], ""),
        (
            "api",
            true,
            &[("http.route", Str("/reports/{id}")), ("http.request.method", Str("PUT"))],
            "",
        ),
        (
            "api",
            true,
            &[("http.route", Str("/reports/{id}")), ("http.method", Str("GET"))],
            "admin",
        ),
        // an unmounted route has no http.route: then the path counts, on requests that were served
        ("api", true, &[("url.path", Str("/api/v1/admin/dashboard"))], "admin api"),
        ("api", true, &[("http.target", Str("/reports/7?full=1"))], "admin"),
        ("api", false, &[("url.path", Str("/api/v1/admin/dashboard"))], ""),
        // the prefix of a mounted router is no route that answered
        ("api", true, &[("http.route", Str("/mount")), ("url.path", Str("/api/x"))], "api"),
    ] {
        assert_eq!(components(service, served, span), expected, "{service} {span:?}");
    }
}

#[test]
fn attributes_make_a_signal_the_components() {
    for (service, span, expected) in [
        ("api", &[("db.system.name", Str("postgresql"))][..], "database"),
        ("api", &[("db.system.name", Str("redis"))], ""),
        ("other", &[("db.system.name", Str("postgresql"))], ""),
        ("any", &[("messaging.system", Str("kafka"))], "queue"),
        ("any", &[("rpc.system", Str("grpc")), ("server.port", Int(5673))], "queue"),
        ("any", &[("rpc.system", Str("grpc")), ("server.port", Int(80))], ""),
        ("any", &[("rpc.system", Str("grpc"))], ""),
        ("any", &[("deployment.environment.name", Str("staging-2"))], "staging"),
        // the first of several with one key counts
        ("api", &[("db.system.name", Str("x")), ("db.system.name", Str("postgresql"))], ""),
    ] {
        assert_eq!(components(service, false, span), expected, "{service} {span:?}");
    }
}

#[test]
fn a_whole_service_and_a_signals_own_word_count_too() {
    assert_eq!(components("worker", false, &[]), "worker");
    assert_eq!(components("elsewhere", false, &[]), "");
    let tagged = [("business.component", Str("tagged"))];
    assert_eq!(components("worker", false, &tagged), "tagged worker");
    assert_eq!(components("api", false, &[("business.component", Str("nobody"))]), "");
}

#[test]
fn attributes_of_the_resource_count_unless_the_signal_says_otherwise() {
    let staging = [("deployment.environment.name", Str("staging"))];
    assert_eq!(find("any", &staging, false, &[]).components, ["staging"]);
    let production = [("deployment.environment.name", Str("production"))];
    assert_eq!(find("any", &staging, false, &production).components, [""; 0]);
}

#[test]
fn the_component_that_says_the_most_is_the_one() {
    let route = ("http.route", Str("/api/v1/admin/users"));
    let tag = ("business.component", Str("tagged"));
    let spans = ("db.system.name", Str("postgresql"));
    for (service, span, expected) in [
        ("api", &[route][..], Some("admin")),
        ("api", &[route, tag, spans], Some("tagged")),
        ("api", &[route, spans], Some("admin")),
        ("worker", &[("messaging.system", Str("kafka"))], Some("queue")),
        ("worker", &[], Some("worker")),
        ("api", &[], None),
    ] {
        assert_eq!(find(service, &[], true, span).component.as_deref(), expected, "{span:?}");
    }
}

#[test]
fn customers_are_found_by_what_the_catalog_says() {
    for (span, customer, id) in [
        (&[("business.customer.id", Str("zebra"))][..], Some("zebra"), Some("zebra")),
        (&[("business.customer", Str("zebra"))], Some("zebra"), Some("zebra")),
        (&[("business.customer.id", Str("c-1"))], None, Some("c-1")),
        (&[("business.customer", Str("other"))], None, None),
        (&[("tenant.id", Str("g-2"))], Some("globex"), None),
        (&[("business.customer.id", Str("acme"))], None, Some("acme")),
        (
            &[("business.customer.id", Str("acme")), ("tenant.region", Str("eu"))],
            Some("acme"),
            Some("acme"),
        ),
        (&[("business.customer.id", Str(""))], None, None),
    ] {
        let found = find("api", &[], true, span);
        assert_eq!((found.customer.as_deref(), found.id.as_deref()), (customer, id), "{span:?}");
    }
}

#[test]
fn a_value_that_nobody_looks_at_is_not_read() {
    let catalog = marketedge();
    let matcher = Matcher::new(&catalog);
    let none: [Lazy; 0] = [];
    let resource = matcher.service("api").resource(none);
    let span: [Lazy; 2] =
        [(b"http.route", || Str("/api/x")), (b"http.user_agent", || panic!("nobody looks at it"))];
    assert!(!resource.find(true, span).components.is_empty());
}

/// A few segments that meet each other often, literal, parameter and star.
fn segment(of_pattern: bool) -> impl Strategy<Value = &'static str> {
    let stars: &[&str] = if of_pattern { &["*"] } else { &[] };
    let all = [&["a", "b", "{id}", "", "c"][..], stars].concat();
    prop::sample::select(all)
}

fn path(of_pattern: bool) -> impl Strategy<Value = String> {
    let ends: &[&str] = if of_pattern { &["", "/**"] } else { &[""] };
    (prop::collection::vec(segment(of_pattern), 1..4), prop::sample::select(ends.to_vec()))
        .prop_map(|(segments, end)| format!("/{}{end}", segments.join("/")))
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["GET", "POST"])
}

proptest! {
    /// The tree finds what asking every pattern finds.
    #[test]
    fn the_tree_agrees_with_the_patterns(
        patterns in prop::collection::vec((prop::option::of(method()), path(true)), 1..8),
        method in method(),
        path in path(false),
    ) {
        let patterns: Vec<crate::route::RoutePattern> = patterns
            .iter()
            .map(|(method, path)| format!("{} {path}", method.unwrap_or_default()).parse().unwrap())
            .collect();
        let mut tree = Routes::default();
        for (at, pattern) in patterns.iter().enumerate() {
            tree.add(pattern, ComponentIndex::new(at).unwrap());
        }
        let route: crate::route::Route = format!("{method} {path}").parse().unwrap();
        let expected: Vec<usize> =
            (0..patterns.len()).filter(|at| patterns[*at].matches(&route)).collect();
        let mut found = Vec::new();
        tree.find(Kind::Template, Some(method), &path, &mut |index, _| found.push(index.get()));
        found.sort_unstable();
        prop_assert_eq!(found, expected);

        let expected: Vec<usize> =
            (0..patterns.len()).filter(|at| patterns[*at].matches_path(&path)).collect();
        let mut found = Vec::new();
        tree.find(Kind::Path, None, &path, &mut |index, _| found.push(index.get()));
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}
