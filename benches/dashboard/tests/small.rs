//! The measurement itself, small: that it measures what it says, not how long it takes.

use std::time::Duration;

use bellwether_glance::{Case, measure};

/// Scenario: six components, two of which are out all the while; the executive page is loaded, three
/// more fail while a browser looks, and five sockets are held.
/// Guarantee: each load, each fault and each socket is in the figures.
#[tokio::test]
async fn every_load_fault_and_socket_is_measured() -> anyhow::Result<()> {
    let held = Duration::from_secs(3);
    let case = Case { components: 6, open: 2, loads: 2, faults: 3, sockets: 5, held };
    let outcome = measure(case).await?;
    assert_eq!((outcome.loads.cold.len(), outcome.loads.warm.len()), (2, 2));
    assert!(outcome.loads.script > 50_000 && outcome.loads.all > outcome.loads.script);
    assert!(outcome.pixels.quantile(1.0) > Duration::ZERO, "{outcome:?}");
    assert!(outcome.held.messages >= 10, "everything and a change for each: {outcome:?}");
    assert!(outcome.held.end >= outcome.held.without);
    Ok(())
}
