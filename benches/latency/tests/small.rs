//! The measurement itself, with few components: that it measures what it says, not how long it takes.

use std::time::Duration;

use bellwether_latency::{Case, Severity, measure};

/// Scenario: four components of six fail one after the other, while two incidents are open.
/// Guarantee: each is told after it failed and before the next one does, with its severity; the two are
/// open before each.
#[tokio::test]
async fn each_fault_is_told_once_and_in_order() -> anyhow::Result<()> {
    let outcome =
        measure(Case { components: 6, open: 2, faults: 4, settle: Duration::ZERO }).await?;
    let told: Vec<_> = outcome.told.iter().map(|it| (it.component, it.severity)).collect();
    let (emergency, critical) = (Severity::Emergency, Severity::Critical);
    assert_eq!(told, [(2, emergency), (3, critical), (4, emergency), (5, critical)]);
    assert!(outcome.open >= 2, "{outcome:?}");
    assert!(
        measure(Case { components: 5, open: 2, faults: 4, settle: Duration::ZERO }).await.is_err(),
        "one is missing"
    );
    Ok(())
}
