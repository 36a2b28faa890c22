//! Rules that rest say what they would have said.

use bellwether_core::alert::{Alert, Flaps};
use proptest::prelude::*;

use super::*;
use crate::testing::story::{begin, happen, story};

/// What an evaluation came to, without the numbers of alerts that are not active, which nobody
/// sees, and of flapping with what was found last: while it was the same, time alone says the rest.
fn essence(evaluation: &Evaluation) -> Evaluation {
    let mut all = evaluation.clone();
    let quiet = |it: &mut Alert| {
        it.values.clear();
        it.flaps = Flaps { results: it.flaps.results & 1, slot: 0 };
    };
    all.commit.alerts.iter_mut().filter(|it| !it.phase.is_active()).for_each(quiet);
    all.commit.snapshots.clear();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn what_rests_would_have_found_the_same(deeds in story(40)) {
        let (mut rested, mut restless) = (begin(), begin());
        restless.restless = true;
        for deed in &deeds {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            happen(&mut rested, deed, |it| one.push((it.now, essence(&it.last))));
            happen(&mut restless, deed, |it| other.push((it.now, essence(&it.last))));
            for (one, other) in one.iter().zip(&other) {
                prop_assert_eq!(one, other);
            }
        }
    }
}
