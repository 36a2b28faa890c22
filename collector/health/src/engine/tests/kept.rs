//! What rules went by is kept for the history.

use serde_json::json;

use crate::testing::otlp::{served, spans};
use crate::testing::play::Play;
use bellwether_core::ingest::Signal;

/// Guarantee: the number of each rule comes once a minute, as it is then, whether the rule rests
/// or not; nothing comes where nothing is measured.
#[test]
fn a_number_a_minute_goes_to_the_history() {
    let rule =
        json!({ "kind": "threshold", "indicator": "error_ratio", "above": "20%", "window": "5m" });
    let mut play = Play::new(&[("errors", rule)]);
    let mut kept = Vec::new();
    for second in 0..600 {
        if second < 150 {
            let status = if second % 2 == 0 { 500 } else { 200 };
            let span = served(play.second(), 5, "/a", status);
            play.send(Signal::Traces, &spans("api", vec![span]));
        }
        play.pass(1);
        kept.extend(play.last.commit.observations.clone());
    }
    let ratios: Vec<_> = kept.iter().filter(|it| it.series == "rule:errors:value").collect();
    // from the first whole minute until the window is empty
    let minutes: Vec<i64> = ratios.iter().map(|it| it.at.secs() / 60 % 60).collect();
    assert_eq!(minutes, [1, 2, 3, 4, 5, 6, 7]);
    assert!(ratios.iter().all(|it| it.failed && (0.49..0.51).contains(&it.value)), "{ratios:?}");
    assert_eq!(kept.len(), 2 * ratios.len(), "and beside each how many requests there were");
}
