//! What is seen of traces, and when there is nothing to harvest.

use serde_json::json;

use super::*;
use crate::testing::otlp::{served, spans, text};
use crate::testing::play::catalog;

/// A catalog in which a path may be of another component than the route that answered.
fn story() -> Story {
    let components = json!({
        "one": { "services": ["api"], "routes": ["/orders/**"] },
        "two": { "services": ["api"], "routes": ["/items/**"] },
    });
    let catalog = catalog(&json!({ "components": components }));
    Story::of(&catalog, vec![Query::of(crate::SignalKind::Spans)])
}

fn operations(harvest: &Harvest) -> Vec<(String, Vec<usize>)> {
    let of = |it: &Sighting| match &it.what {
        What::Operation { of, .. } => {
            let components = of.components.iter().map(|it| it.get()).collect();
            Some((of.name.to_string(), components))
        }
        _ => None,
    };
    harvest.sightings.iter().filter_map(of).collect()
}

#[test]
fn whose_an_operation_is_the_route_tells_and_the_path_only_without_one() {
    let mut story = story();
    let mut routed = served(990, 5, "/orders/{id}", 200);
    // behind a proxy that rewrites paths
    let path = text("url.path", "/items/all");
    routed.attributes.push(path.clone());
    routed.trace_id = vec![1; 16];
    let mut lost = served(990, 5, "/", 404);
    lost.trace_id = vec![2; 16];
    lost.attributes.retain(|it| it.key != "http.route");
    lost.attributes.push(path);
    // once to decide, once by what was decided
    for _ in 0..2 {
        story.send(Signal::Traces, &spans("api", vec![routed.clone(), lost.clone()]));
        let found = operations(&story.observer.harvest());
        let components: Vec<_> = found.into_iter().map(|it| it.1).collect();
        assert_eq!(components, [vec![0], vec![1]]);
    }
}

#[test]
fn there_is_nothing_to_harvest_once_all_was() {
    let mut story = story();
    assert!(story.observer.harvest().is_empty());
    story.send(Signal::Traces, &spans("api", vec![served(990, 5, "/orders/{id}", 200)]));
    assert!(!story.observer.harvest().is_empty());
    assert!(story.observer.harvest().is_empty());
    // that a request came without a signal is something, too: it tells how late it is
    story.now = Timestamp::from_secs(1_001);
    story.send(Signal::Traces, &spans("api", vec![]));
    assert!(!story.observer.harvest().is_empty());
}
