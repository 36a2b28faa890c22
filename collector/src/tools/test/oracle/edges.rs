//! Stories written by hand, about the evaluations at which something just is or just is not; and
//! that the oracle can say no.

use super::generated::{gauge, gauge_rules};
use super::{Story, agree, ours, theirs};

/// `for` is 30 s and `keep_firing_for` 40 s, with a value every 10 s and a limit of 100.
#[test]
fn just_so_and_just_not() {
    let stories: Vec<Story> = [
        // neither limit is beyond itself
        "100 100 100 100 20 20 20 20 101 19 100 20",
        // pending for 20 s, 30 s, 40 s
        "50 101 101 101 50 101 101 101 101 50 50 50 50 50 50 101 101 101 101 101 50 50 50 50 50 50",
        // one good value deletes a pending alert
        "50 101 101 101 50 101 101 101 50 101 101 101 101 50",
        // clear for 30 s, 40 s, and a breach in the very evaluation that would have ended it
        "101 101 101 101 50 50 50 50 101 50 50 50 50 50 50 101 101 101 101 101 50 50 50 50 101 50 50 50 50 50",
        // a breach from the first evaluation on, and one in the last
        "101 101 101 101 101 50 50 50 50 50 50 50 50 101",
        // it comes again just after it resolved
        "101 50 101 50 50 50 101 101 101 101 50 50 50 50 50 101 101 101 101 101 101 101",
        // from one limit beyond the other
        "150 150 150 150 5 5 5 5 5 150 150 150 150 150 5 5 5 5 5 5",
    ]
    .iter()
    .map(|it| gauge(it.split(' ').map(|it| it.parse().ok()).collect()))
    .collect();
    agree(&gauge_rules(), &stories);
}

/// What ours says is held against theirs at each evaluation: a single letter that is not so is told.
#[test]
fn the_oracle_says_no() {
    let family = gauge_rules();
    let values = "50 101 101 101 101 50 50 50 50 50 50 101";
    let story = gauge(values.split(' ').map(|it| it.parse().ok()).collect());
    let told = ours::phases(&family, &story);
    assert_eq!(ours::of(&told, "both"), ".pppfffff..p");
    let stories = [story];
    theirs::check(&family, &stories, std::slice::from_ref(&told)).unwrap();
    for (at, wrong) in [(3, "f"), (4, "p"), (8, "."), (9, "f"), (11, ".")] {
        let mut lie = told.clone();
        let letters = lie.get_mut(&("both", String::new())).unwrap();
        letters.replace_range(at..=at, wrong);
        let said = theirs::check(&family, &stories, &[lie]).unwrap_err();
        assert!(said.contains(r#"alertname=\"both\""#), "{said}");
    }
}
