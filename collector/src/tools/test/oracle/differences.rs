//! Where ours means something else on purpose, with what either says. `docs/health-model.md` tells
//! each under "Beside Prometheus".

use super::generated::{burns, gauge, requests};
use super::{Family, Rule, Series, Story, ours, theirs};

/// Holds both against what is written of them; they have to differ.
fn differ(rule: Rule, seconds: u64, story: Story, wanted: &str, theirs: &str) {
    assert_ne!(wanted, theirs);
    let name = rule.name;
    let family = Family::every(seconds, vec![rule]);
    let mut told = ours::phases(&family, &story);
    assert_eq!(ours::of(&told, name), wanted);
    told.insert((name, String::new()), theirs.to_owned());
    theirs::check(&family, &[story], &[told]).unwrap_or_else(|error| panic!("{error}"));
}

fn written(text: &str) -> Vec<Option<f64>> {
    text.split(' ').map(|it| it.parse().ok()).collect()
}

/// Sentence 5: a metric that stays away resolves nothing. Theirs looks back for five minutes, and
/// then takes what is not there for what is well.
#[test]
fn missing_points_hold_the_state() {
    let ours =
        "kind: threshold, signal: metrics, metric: depth, indicator: last, window: 1m, above: 100";
    let story = gauge(written("50 150 _ _ _ _ _ _ _ 50"));
    differ(Rule::new("gone", ours, "depth > 100"), 60, story, ".ffffffff.", ".ffffff...");
}

/// Sentence 5: a pending alert waits as well: a missing sample neither counts nor resets.
#[test]
fn missing_points_neither_count_nor_reset() {
    let ours =
        "kind: threshold, signal: metrics, metric: depth, indicator: last, window: 1m, above: 100";
    let rule = Rule::new("pends", ours, "depth > 100").hold(480);
    differ(rule, 60, gauge(written("50 150 _ _ _ _ _ _ _ 150 50")), ".ppppppppf.", ".pppppp..p.");
}

/// Sentence 5: where nobody asks, no share of failures is known. Theirs is 0 / 0, which is no more
/// than the limit.
#[test]
fn no_requests_hold_the_state() {
    let ours = "kind: threshold, indicator: error_ratio, window: 1m, above: 5%";
    let expr =
        "sum_over_time(bad[59s]) / (sum_over_time(bad[59s]) + sum_over_time(good[59s])) > 0.05";
    let story = requests(written("9 9 0 0 0 9 9"), written("0 9 0 0 0 0 0"));
    differ(Rule::new("quiet", ours, expr), 60, story, ".ffff..", ".f.....");
}

/// The same for the budget of an objective: what burnt is not over because nobody asks.
#[test]
fn no_requests_hold_what_burns() {
    let ours = "kind: burn_rate, objective: 99%, window: 7d, min_bad: 1";
    let any = "sum_over_time(bad[long]) >= 1";
    let pairs = [burns(0.01, 3.36, 3_540, 299, any), burns(0.01, 1.4, 21_300, 1_740, any)];
    let story = requests(written("9 9 0 0 0 9 9"), written("0 9 0 0 0 0 0"));
    let rule = Rule::new("burns", ours, pairs.join(" or "));
    differ(rule, 1_800, story, ".ffff..", ".f.....");
}

/// What never came is expected from the moment on that somebody watches, and absent when it did not
/// come for that long. Theirs is absent at once.
#[test]
fn what_never_came_is_waited_for() {
    let ours = "kind: absence, signal: logs, event: backup, after: 30s";
    let series = Series {
        ours: "logs: { service: shop, event: backup }".into(),
        theirs: "backup".into(),
        values: written("_ _ _ _ _ 1 1"),
    };
    let story = Story { series: vec![series], steps: 7 };
    let rule = Rule::new("never", ours, "absent_over_time(backup[29s])");
    differ(rule, 10, story, "...ff..", "fffff..");
}

/// Sentence 6: an alert that flaps stays firing. Theirs does not know flapping.
#[test]
fn an_alert_that_flaps_fires_on() {
    let ours =
        "kind: threshold, signal: metrics, metric: depth, indicator: last, window: 10s, above: 100";
    let up_and_down = "50 150 50 150 50 150 50 150 50 150 50";
    let family = Family::every(10, vec![Rule::new("flaps", ours, "depth > 100")]);
    let story = gauge(written(up_and_down));
    let mut told = ours::phases(&family, &story);
    let letters = ours::of(&told, "flaps");
    assert_eq!(letters, ".f.f.f~~~~~", "from the sixth change on");
    told.insert(("flaps", String::new()), ".f.f.f.f.f.".to_owned());
    theirs::check(&family, &[story], &[told]).unwrap_or_else(|error| panic!("{error}"));
}

/// A window is at least 24 slots, of which the newest is still filling: what happened is forgotten
/// up to a slot earlier than in theirs.
#[test]
fn a_window_is_up_to_a_slot_shorter() {
    let ours =
        "kind: threshold, signal: metrics, metric: depth, indicator: max, window: 1h, above: 100";
    let mut values = vec![Some(0.0); 126];
    // 30 s into the first slot of a minute
    values[1] = Some(150.0);
    let (wanted, theirs) = (letters(1, 120, 126), letters(1, 122, 126));
    differ(
        Rule::new("late", ours, "max_over_time(depth[1h]) > 100"),
        30,
        gauge(values),
        &wanted,
        &theirs,
    );
}

fn letters(from: usize, to: usize, all: usize) -> String {
    (0..all).map(|at| if (from..to).contains(&at) { 'f' } else { '.' }).collect()
}

/// Without `keep_firing_for` ours wants three good results in a row; theirs resolves with one.
#[test]
fn three_good_results_are_wanted_unless_said() {
    let ours = "kind: threshold, signal: metrics, metric: depth, indicator: last, window: 10s, above: 100, successes: 3";
    let story = gauge(written("50 150 50 50 150 50 50 50 50"));
    differ(Rule::new("thrice", ours, "depth > 100"), 10, story, ".ffffff..", ".f..f....");
}
