//! A collector that is killed after any evaluation goes on as if nothing had been.

use bellwether_core::alert::{Alert, Flaps};
use bellwether_core::ingest::Signal;
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::json;

use super::*;
use crate::testing::otlp::{served, spans, text};
use crate::testing::play::Play;
use crate::testing::story::{Alive, Deed, begin, happen, story_of_instances, story_of_signals};

/// What an evaluation came to: phases, states, money, lives; without the numbers in the reasons,
/// which are written down when something changes and not whenever they do.
pub(super) fn essence(evaluation: &Evaluation) -> Evaluation {
    let mut all = evaluation.clone();
    all.commit.snapshots.clear();
    // a minute in which it was killed is not observed
    all.commit.observations.clear();
    let quiet = |it: &mut Alert| {
        it.values.clear();
        it.reasons.clear();
        it.flaps = Flaps { results: it.flaps.results & 1, slot: 0 };
    };
    all.commit.alerts.iter_mut().for_each(quiet);
    all.active.iter_mut().for_each(quiet);
    all.commit.lives.iter_mut().for_each(|it| it.reasons.clear());
    all.commit.transitions.iter_mut().for_each(|it| it.reasons.clear());
    // after a start it is looked at everything that runs, which is as it was
    all.running.clear();
    all
}

/// Lets the same happen to a collector and to one that is killed after so many evaluations each
/// time, and holds what they find against each other.
fn same(deeds: &[Deed], kills: &[u64], reporting: bool) -> Result<(), TestCaseError> {
    let (mut steady, mut killed) = (begin(), begin());
    let mut kills = kills.iter().copied().cycle();
    let mut left = kills.next().unwrap();
    let mut alive = Alive::default();
    for deed in deeds {
        alive.sees(deed);
        let reports = |it: &mut Play| {
            if reporting {
                alive.report(it);
            }
        };
        let (mut one, mut other) = (Vec::new(), Vec::new());
        happen(&mut steady, deed, |it| {
            one.push((it.now, essence(&it.last)));
            reports(it);
        });
        happen(&mut killed, deed, |it| {
            other.push((it.now, essence(&it.last)));
            left -= 1;
            if left == 0 {
                it.restart();
                left = kills.next().unwrap();
            }
            reports(it);
        });
        for (one, other) in one.iter().zip(&other) {
            prop_assert_eq!(one, other);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn kills_change_nothing(
        deeds in story_of_signals(40),
        kills in prop::collection::vec(1_u64..200, 1..8),
    ) {
        same(&deeds, &kills, false)?;
    }

    /// What instances say of themselves is stored before it is acknowledged.
    #[test]
    fn kills_change_nothing_of_instances_that_go_on_to_report(
        deeds in story_of_instances(30),
        kills in prop::collection::vec(1_u64..200, 1..8),
    ) {
        same(&deeds, &kills, true)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// What operations usually have below them is known from the last full minute on, so that a
    /// failure may be found later; it is found, kept, and so is its end.
    #[test]
    fn what_operations_have_below_them_survives_three_kills(
        before in 61_u64..300, meanwhile in 300_u64..420, later in 300_u64..500,
    ) {
        let mut play = Play::new(&[("r", json!({ "kind": "trace_shape" }))]);
        let mut second = 0;
        let mut requests = |play: &mut Play, count: u64, queries: bool| {
            for _ in 0..count {
                second += 1;
                play.send(Signal::Traces, &traced(second, play.second(), queries));
                play.pass(1);
                if [before, meanwhile, later].contains(&second) {
                    play.restart();
                }
            }
        };
        requests(&mut play, 300, true);
        prop_assert_eq!(play.state("a"), ComponentState::Operational);
        // each kill leaves it a minute to find it
        requests(&mut play, 180, false);
        let key = "r{operation=GET /x,service.name=api}";
        prop_assert!(play.fires(key), "{}", key);
        prop_assert_eq!(play.state("a"), ComponentState::PartialOutage);
        requests(&mut play, 90, true);
        prop_assert_eq!(play.state("a"), ComponentState::Operational);
    }
}

/// A request with or without the query that it needs.
fn traced(trace: u64, second: u64, query: bool) -> Vec<u8> {
    let id = |it: u64| it.to_be_bytes().to_vec();
    let span = |number: u64, parent: u64, kind, name: &str| Span {
        trace_id: [id(0), id(trace)].concat(),
        span_id: id(2 * trace + number),
        parent_span_id: if parent == 0 { Vec::new() } else { id(parent) },
        kind,
        name: name.into(),
        ..served(second, 5, name, 200)
    };
    let mut all = vec![span(0, 0, 2, "GET /x")];
    if query {
        let attributes = vec![text("db.system.name", "postgresql")];
        all.push(Span { attributes, ..span(1, 2 * trace, 3, "SELECT") });
    }
    spans("api", all)
}
