//! A collector that is killed after any evaluation goes on as if nothing had been.

use bellwether_core::alert::{Alert, Flaps};
use proptest::prelude::*;

use super::*;
use crate::testing::story::{begin, happen, story_of_signals};

/// What an evaluation came to: phases, states, money, lives; without the numbers in the reasons,
/// which are written down when something changes and not whenever they do.
fn essence(evaluation: &Evaluation) -> Evaluation {
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
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn kills_change_nothing(
        deeds in story_of_signals(40),
        kills in prop::collection::vec(1_u64..200, 1..8),
    ) {
        let (mut steady, mut killed) = (begin(), begin());
        let mut kills = kills.into_iter().cycle();
        let mut left = kills.next().unwrap();
        for deed in &deeds {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            happen(&mut steady, deed, |it| one.push((it.now, essence(&it.last))));
            happen(&mut killed, deed, |it| {
                other.push((it.now, essence(&it.last)));
                left -= 1;
                if left == 0 {
                    it.restart();
                    left = kills.next().unwrap();
                }
            });
            for (one, other) in one.iter().zip(&other) {
                prop_assert_eq!(one, other);
            }
        }
    }
}
