//! Generated stories: hundreds of series of which nobody knows beforehand what comes of them.

use super::chance::Chance;
use super::{Family, Rule, Series, Story, Values, agree};

/// A gauge is above or below a limit, with every combination of `for` and `keep_firing_for`.
pub(super) fn gauge_rules() -> Family {
    let ours = "kind: threshold, signal: metrics, metric: depth, indicator: last, window: 10s";
    let above = || format!("{ours}, above: 100");
    let below = || format!("{ours}, below: 20");
    Family::every(
        10,
        vec![
            Rule::new("plain", above(), "depth > 100"),
            Rule::new("holds", above(), "depth > 100").hold(30),
            Rule::new("keeps", above(), "depth > 100").keep(40),
            Rule::new("both", above(), "depth > 100").hold(30).keep(40),
            Rule::new("below", below(), "depth < 20").hold(10).keep(20),
        ],
    )
}

pub(super) fn gauge(values: Values) -> Story {
    let steps = values.len();
    let series = Series {
        ours: "metric: { service: shop, name: depth }".into(),
        theirs: "depth".into(),
        values,
    };
    Story { series: vec![series], steps }
}

const GAUGE: [Option<(u64, u64)>; 3] = [Some((0, 19)), Some((20, 100)), Some((101, 150))];

/// Sentences 3 and 4: a breach that lasts for `for` fires, one that is clear for `keep_firing_for`
/// is over.
#[test]
fn thresholds_with_for_and_keep_firing_for() {
    let mut chance = Chance(1);
    let stories: Vec<Story> = (0..60).map(|_| gauge(chance.runs(60, (1, 8), &GAUGE))).collect();
    let (compared, active) = agree(&gauge_rules(), &stories);
    assert!(compared > 12_000 && active > 4_000, "{compared} {active}");
}

/// Numbers over a window. Ours holds its newest end and not its oldest; theirs (before Prometheus
/// 3) holds both, so that the window has to be a second shorter.
#[test]
fn thresholds_over_windows() {
    let over = |indicator: &str, limit: &str| {
        format!(
            "kind: threshold, signal: metrics, metric: depth, indicator: {indicator}, window: 1m, {limit}"
        )
    };
    let family = Family::every(
        10,
        vec![
            Rule::new("max", over("max", "above: 120"), "max_over_time(depth[59s]) > 120"),
            Rule::new("min", over("min", "below: 10"), "min_over_time(depth[59s]) < 10").hold(20),
            Rule::new("avg", over("avg", "above: 75"), "avg_over_time(depth[59s]) > 75").keep(30),
            Rule::new("sum", over("sum", "above: 450"), "sum_over_time(depth[59s]) > 450").hold(10),
        ],
    );
    let mut chance = Chance(2);
    let stories: Vec<Story> = (0..40).map(|_| gauge(chance.runs(90, (2, 20), &GAUGE))).collect();
    let (compared, active) = agree(&family, &stories);
    assert!(compared > 12_000 && active > 4_000, "{compared} {active}");
}

/// Each group is an alert of its own.
#[test]
fn thresholds_by_group() {
    let ours = "kind: threshold, signal: metrics, metric: depth, indicator: last, window: 10s, above: 100, group_by: [shop]";
    let family =
        Family::every(10, vec![Rule::new("groups", ours, "depth > 100").hold(20).keep(20)]);
    let mut chance = Chance(3);
    let mut story = || {
        let series = ["a", "b", "c"].map(|shop| Series {
            ours: format!(
                "metric: {{ service: shop, name: depth, attributes: {{ shop: {shop} }} }}"
            ),
            theirs: format!(r#"depth{{shop="{shop}"}}"#),
            values: chance.runs(60, (1, 9), &GAUGE),
        });
        Story { series: series.into(), steps: 60 }
    };
    let stories: Vec<Story> = (0..30).map(|_| story()).collect();
    let (compared, active) = agree(&family, &stories);
    assert!(compared > 4_000 && active > 1_500, "{compared} {active}");
}

/// A counter with restarts: what it grew by is what Prometheus says it did.
#[test]
fn growth_of_counters_that_restart() {
    let ours =
        "kind: threshold, signal: metrics, metric: jobs, indicator: delta, window: 1m, above: 30";
    let family = Family::every(
        10,
        vec![
            Rule::new("grows", ours, "increase(jobs[1m]) > 30").hold(20),
            Rule::new("races", ours.replace("above: 30", "above: 40"), "increase(jobs[1m]) > 40")
                .keep(20),
        ],
    );
    let mut chance = Chance(4);
    let mut story = || {
        // the first minute is not known in full: it has to say nothing to either of them
        let steps = chance.runs(100, (2, 12), &[Some((0, 1)), Some((2, 4)), Some((5, 9))]);
        let mut values: Values = vec![Some(0.0); 8];
        for step in steps {
            let before = values.last().copied().flatten().unwrap();
            let before = if chance.from(0, 14) == 0 { 0.0 } else { before };
            values.push(step.map(|it| before + it));
        }
        let steps = values.len();
        let ours = "metric: { service: shop, name: jobs, kind: cumulative }".into();
        Story { series: vec![Series { ours, theirs: "jobs".into(), values }], steps }
    };
    let stories: Vec<Story> = (0..40).map(|_| story()).collect();
    let (compared, active) = agree(&family, &stories);
    assert!(compared > 8_000 && active > 1_500, "{compared} {active}");
}

/// Requests of which some fail.
pub(super) fn requests(good: Values, bad: Values) -> Story {
    let steps = good.len();
    let series = |ours: &str, theirs: &str, values| Series {
        ours: ours.into(),
        theirs: theirs.into(),
        values,
    };
    let failed = "spans: { service: shop, status: error }";
    let series = vec![series("spans: { service: shop }", "good", good), series(failed, "bad", bad)];
    Story { series, steps }
}

/// Shares of failures and rates of requests, of windows in which there are any.
#[test]
fn shares_and_rates_of_requests() {
    let bad = "sum_over_time(bad[59s])";
    let all = format!("({bad} + sum_over_time(good[59s]))");
    let of = |more: &str| format!("kind: threshold, window: 1m, {more}");
    let family = Family::every(
        10,
        vec![
            Rule::new(
                "fails",
                of("indicator: error_ratio, above: 5%"),
                format!("{bad} / {all} > 0.05"),
            ),
            Rule::new(
                "holds",
                of("indicator: error_ratio, above: 20%"),
                format!("{bad} / {all} > 0.2"),
            )
            .hold(30)
            .keep(60),
            Rule::new("rate", of("indicator: rate, below: 0.5"), format!("{all} / 60 < 0.5"))
                .hold(20),
            Rule::new("count", of("indicator: count, above: 60"), format!("{all} > 60")).keep(20),
        ],
    );
    let mut chance = Chance(5);
    let mut story = || {
        let good = chance.runs(80, (3, 20), &[Some((1, 4)), Some((5, 9)), Some((10, 20))]);
        let bad = chance.runs(80, (3, 20), &[Some((0, 0)), Some((0, 1)), Some((2, 6))]);
        requests(good, bad)
    };
    let stories: Vec<Story> = (0..30).map(|_| story()).collect();
    let (compared, active) = agree(&family, &stories);
    assert!(compared > 7_000 && active > 2_500, "{compared} {active}");
}

/// A signal that stays away, and comes again.
#[test]
fn absence_of_what_came_before() {
    let absent =
        |after: u64| format!("kind: absence, signal: logs, event: backup, after: {after}s");
    let family = Family::every(
        10,
        vec![
            Rule::new("minute", absent(60), "absent_over_time(backup[59s])"),
            Rule::new("holds", absent(60), "absent_over_time(backup[59s])").hold(30).keep(30),
            Rule::new("longer", absent(200), "absent_over_time(backup[199s])").keep(50),
        ],
    );
    let mut chance = Chance(6);
    let mut story = || {
        let mut values = chance.runs(120, (1, 14), &[Some((1, 3)), None]);
        values[0] = Some(1.0);
        let ours = "logs: { service: shop, event: backup }".into();
        Story { series: vec![Series { ours, theirs: "backup".into(), values }], steps: 120 }
    };
    let stories: Vec<Story> = (0..60).map(|_| story()).collect();
    let (compared, active) = agree(&family, &stories);
    assert!(compared > 15_000 && active > 4_000, "{compared} {active}");
}

/// Asks whether the budget burns faster than so many times what it may, in both windows. What a
/// window of ours holds when a slot has just begun: all but what came before its oldest slot.
pub(super) fn burns(budget: f64, factor: f64, long: u64, short: u64, enough: &str) -> String {
    let sum = |what: &str, window: u64| format!("sum_over_time({what}[{window}s])");
    let share = |window: u64| {
        format!("{bad} / ({bad} + {good})", bad = sum("bad", window), good = sum("good", window))
    };
    let limit = factor * budget;
    let enough = enough.replace("[long]", &format!("[{long}s]"));
    format!("({} > {limit} and {} > {limit} and ({enough}))", share(long), share(short))
}

/// Sentence 7: both pairs that page, of a week and an objective of 99 %, every five minutes.
#[test]
fn burn_rates_that_page() {
    let pairs = |events: u64, bad: u64| {
        let enough = format!(
            "sum_over_time(bad[long]) + sum_over_time(good[long]) >= {events} or sum_over_time(bad[long]) >= {bad}"
        );
        [burns(0.01, 3.36, 3_540, 299, &enough), burns(0.01, 1.4, 21_300, 1_740, &enough)]
            .join(" or ")
    };
    let ours = "kind: burn_rate, objective: 99%, window: 7d";
    let family = Family {
        evaluated: std::time::Duration::from_secs(300),
        ..Family::every(
            60,
            vec![
                Rule::new("pages", ours, pairs(100, 10)),
                Rule::new("keeps", ours, pairs(100, 10)).hold(600).keep(900),
                Rule::new(
                    "few",
                    format!("{ours}, min_events: 1500, min_bad: 60"),
                    pairs(1_500, 60),
                ),
            ],
        )
    };
    let mut chance = Chance(7);
    let mut story = || {
        let good = chance.runs(840, (30, 300), &[Some((1, 3)), Some((4, 12))]);
        let bad =
            chance.runs(840, (5, 200), &[Some((0, 0)), Some((0, 0)), Some((0, 1)), Some((1, 4))]);
        requests(good, bad)
    };
    let stories: Vec<Story> = (0..12).map(|_| story()).collect();
    let (compared, active) = agree(&family, &stories);
    assert!(compared > 5_000 && active > 1_500, "{compared} {active}");
}

/// Sentence 7: all four pairs, of 30 days and an objective of 99.9 %, every hour for six days.
#[test]
fn burn_rates_of_four_pairs() {
    let enough = "sum_over_time(bad[long]) + sum_over_time(good[long]) >= 100 or sum_over_time(bad[long]) >= 10";
    let pair = |factor, long, short| burns(0.001, factor, long, short, enough);
    let pairs = [
        pair(14.4, 3_540, 299),
        pair(6.0, 21_300, 1_740),
        pair(3.0, 82_800, 6_900),
        pair(1.0, 255_600, 21_300),
    ];
    let family = Family {
        evaluated: std::time::Duration::from_secs(3_600),
        ..Family::every(
            600,
            vec![Rule::new("burns", "kind: burn_rate, objective: 99.9%", pairs.join(" or "))],
        )
    };
    let mut chance = Chance(8);
    let mut story = || {
        let good = chance.runs(864, (30, 300), &[Some((20, 60)), Some((60, 120))]);
        let rare = [Some((0, 0)), Some((0, 0)), Some((0, 0)), Some((1, 1)), Some((1, 6))];
        let bad = chance.runs(864, (3, 120), &rare);
        requests(good, bad)
    };
    let stories: Vec<Story> = (0..12).map(|_| story()).collect();
    let (compared, active) = agree(&family, &stories);
    assert!(compared > 1_200 && active > 300, "{compared} {active}");
}
