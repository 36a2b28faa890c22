use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::propagation::Injector;
use std::collections::HashMap;

use super::*;

/// Answers for Zebra, and says so where a service would authenticate.
pub(super) async fn for_zebra() {
    business::customer("zebra");
    business::customer("the first one stands");
}

#[tokio::test]
async fn a_customer_of_the_catalog_is_named_and_any_other_has_an_id() {
    let served = serve();
    let spans = served.ask("GET", "/users/named", None).await;
    let named = attributes(&spans[0]);
    assert!(named.contains(&"business.customer=zebra".to_owned()), "{named:?}");
    assert!(named.contains(&"business.customer.id=zebra".to_owned()), "{named:?}");

    let spans = served.ask("GET", "/users/stranger", None).await;
    let stranger = attributes(&spans[0]);
    assert!(stranger.contains(&"business.customer.id=c-10482".to_owned()), "{stranger:?}");
    assert!(!stranger.iter().any(|it| it.starts_with("business.customer=")), "{stranger:?}");
}

#[tokio::test]
async fn metrics_know_the_customers_of_the_catalog_and_others() {
    let served = serve();
    for path in ["/users/named", "/users/stranger", "/users/7", "/broken", "/users/nowhere/at/all"]
    {
        served.ask("GET", path, None).await;
    }
    let text = served.metrics();
    let business = text.split("business.operation.duration").nth(1).unwrap();
    let business = business.split("http.server").next().unwrap();
    assert!(business.contains("\"zebra\""), "{business}");
    assert!(business.contains("\"other\""), "{business}");
    assert!(!business.contains("c-10482"), "customers are unbounded: {business}");
    // Three requests for users: named, stranger, 7. A path that nobody mounted is in no metric of a component.
    assert_eq!(business.matches("HistogramDataPoint {").count(), 3, "{business}");
}

#[tokio::test]
async fn outcomes_are_counted_by_route_of_a_component() {
    let served = serve();
    served.ask("GET", "/users/7", None).await;
    served.ask("GET", "/users/8", None).await;
    served.ask("GET", "/broken", None).await;
    let outcomes = served.activity.routes.outcomes();
    let seen: Vec<_> =
        outcomes.iter().map(|it| (it.route, it.component.id, it.requests, it.failures)).collect();
    assert_eq!(seen, [("GET /users/{id}", "users", 2, 0)]);
}

#[tokio::test]
async fn the_code_may_name_the_component() {
    let served = serve();
    let spans = served.ask("GET", "/graphql", None).await;
    let graphql = attributes(&spans[0]);
    assert!(graphql.contains(&"business.component=admin".to_owned()), "{graphql:?}");
    assert!(graphql.contains(&"service.criticality=critical".to_owned()), "{graphql:?}");
}

#[tokio::test]
async fn a_router_may_name_the_component_of_its_routes() {
    use crate::routing::{self, any, get, post};
    let served = serve();
    let users = routing::Router::new()
        .route("/{id}", get(async || ()))
        .component("admin")
        .route("/", any(async || ()))
        .component("people");
    let app = routing::Router::new()
        .nest("/users", users)
        .merge(routing::Router::new().route("/login", post(async || ())).component("auth"))
        .route("/users/of/the/catalog", get(async || ()));
    let business = Business::new(&served.providers, Arc::new(catalog()));
    let (manifest, components) = (app.manifest().clone(), app.components().clone());
    let listed = Listed { manifest: &manifest, components: &components };
    let (app, _) =
        instrument(app.into_axum(), listed, "shop".to_owned(), &served.providers, &business);
    for (method, path, component) in [
        ("GET", "/users/7", "admin"),
        ("HEAD", "/users/7", "admin"),
        ("DELETE", "/users", "people"),
        ("POST", "/login", "auth"),
        ("GET", "/users/of/the/catalog", "users"),
    ] {
        app.clone().oneshot(request(method, path, None)).await.unwrap();
        served.providers.tracer.force_flush().unwrap();
        let spans = served.spans.get_finished_spans().unwrap();
        let tags = attributes(spans.last().unwrap());
        let expected = format!("business.component={component}");
        assert!(tags.contains(&expected), "{method} {path}: {tags:?}");
    }
}

#[tokio::test]
async fn the_customer_comes_with_the_callers_baggage_down_to_inner_spans() {
    let served = serve();
    let baggage = Some(("baggage", "business.customer.id=zebra,colour=red"));
    let spans = served.ask("GET", "/inner", baggage).await;
    for span in &spans {
        let attributes = attributes(span);
        assert!(attributes.contains(&"business.customer=zebra".to_owned()), "{attributes:?}");
    }
    assert_eq!(spans.len(), 2);

    let absurd = format!("business.customer.id={}", "x".repeat(500));
    let spans = served.ask("GET", "/inner", Some(("baggage", &absurd))).await;
    assert!(!attributes(&spans[0]).iter().any(|it| it.starts_with("business.customer")));
}

#[test]
fn what_goes_out_names_the_customer_and_keeps_other_baggage() {
    struct Sent(HashMap<String, String>);
    impl Injector for Sent {
        fn set(&mut self, key: &str, value: String) {
            self.0.insert(key.to_owned(), value);
        }
    }
    let incoming = HashMap::from([("baggage".to_owned(), "colour=red".to_owned())]);
    let propagator = Providers::disabled().propagator();
    let parent = propagator.extract_with_context(&Context::new(), &incoming);
    let tags = Tags::begin(&Arc::new(catalog()), None, &parent);
    let context = parent.with_value(tags);
    let attached = context.clone().attach();
    business::customer("zebra");
    drop(attached);

    let mut sent = Sent(HashMap::new());
    propagator.inject_context(&context, &mut sent);
    let baggage = sent.0.get("baggage").unwrap();
    assert!(baggage.contains("business.customer.id=zebra"), "{baggage}");
    assert!(baggage.contains("colour=red"), "{baggage}");
}

#[tokio::test]
async fn logs_within_a_request_carry_its_tags() {
    let served = serve();
    let logger = served.providers.logger.logger("test");
    let handler = async move || {
        business::customer("zebra");
        let mut record = logger.create_log_record();
        record.set_event_name("something");
        logger.emit(record);
    };
    let business = Business::new(&served.providers, Arc::new(catalog()));
    let app = Router::new().route("/users/log", get(handler));
    let listed = Listed { manifest: &RouteManifest::default(), components: &BTreeMap::new() };
    let (app, _) = instrument(app, listed, "shop".to_owned(), &served.providers, &business);
    app.oneshot(request("GET", "/users/log", None)).await.unwrap();
    served.providers.logger.force_flush().unwrap();
    let logs = format!("{:?}", served.logs.get_emitted_logs().unwrap());
    for expected in ["business.component", "users", "business.customer", "zebra"] {
        assert!(logs.contains(expected), "{expected}: {logs}");
    }
}
