//! What rules cost a span that cannot be theirs.

use std::time::Duration;

use bellwether_load::spans::{Shape, service, templates};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::groups::median;
use crate::plane::Plane;

/// Spans that come in a second.
const A_SECOND: usize = 20_000;

/// Components that the stream has nothing of.
const OTHERS: usize = 198;

/// Rules of each of those.
const EACH: usize = 5;

/// What a span costs with few rules and with many.
pub(crate) struct Cost {
    /// Nanoseconds of CPU with the ten rules that match.
    pub(crate) few: f64,
    /// With 990 more.
    pub(crate) many: f64,
    /// The second against the first, within a round.
    pub(crate) ratio: f64,
    /// The same without the evaluations.
    pub(crate) ratio_observing: f64,
}

/// Measures both side by side.
pub(crate) fn measure(rounds: usize) -> anyhow::Result<Cost> {
    let few = matching();
    let many: Vec<(String, Value)> = few.iter().cloned().chain(others()).collect();
    anyhow::ensure!((few.len(), many.len()) == (10, 1_000), "ten rules and a thousand");
    let mut planes = [Plane::new(catalog(), &few)?, Plane::new(catalog(), &many)?];
    let shape = Shape::default();
    let templates = templates(shape, 64);
    let mut number = 0;
    let mut took: [Vec<(f64, f64)>; 2] = [Vec::new(), Vec::new()];
    // the first seconds fill caches and windows
    for round in 0..rounds + 5 {
        let at = (planes[0].now.nanos()).unsigned_abs() + 500_000_000;
        let requests: Vec<Bytes> = (0..A_SECOND / shape.spans)
            .filter_map(|_| {
                number += 1;
                let template = templates.get(number as usize % templates.len())?;
                Some(template.fresh(number, at).body())
            })
            .collect();
        for turn in 0..2 {
            let which = (turn + round) % 2;
            let (one, _) = planes[which].second(&requests);
            if round >= 5 {
                took[which].push((each(one.observing), each(one.all())));
            }
        }
    }
    let [few, many] = &took;
    let ratio = |read: fn(&(f64, f64)) -> f64| {
        median(few.iter().zip(many).map(|(few, many)| read(many) / read(few)))
    };
    Ok(Cost {
        few: median(few.iter().map(|it| it.1)),
        many: median(many.iter().map(|it| it.1)),
        ratio: ratio(|it| it.1),
        ratio_observing: ratio(|it| it.0),
    })
}

fn each(all: Duration) -> f64 {
    all.as_secs_f64() * 1e9 / A_SECOND as f64
}

fn catalog() -> Value {
    let services: Vec<String> = (0..Shape::default().services).map(service).collect();
    let mut components = json!({ "shop": { "services": services } });
    for other in 0..OTHERS {
        components[format!("other-{other}")] =
            json!({ "services": [format!("elsewhere-{other}")] });
    }
    json!({ "components": components })
}

/// Ten rules that match the stream.
fn matching() -> Vec<(String, Value)> {
    let threshold = |indicator: &str, above: Value| json!({ "kind": "threshold", "indicator": indicator, "above": above, "window": "1m" });
    let mut rules = vec![
        threshold("error_ratio", "50%".into()),
        threshold("rate", 1e9.into()),
        threshold("p99", "60s".into()),
        threshold("max", "60s".into()),
        threshold("avg", "60s".into()),
        json!({ "kind": "absence", "after": "10m" }),
        json!({ "kind": "burn_rate", "objective": "90%" }),
        threshold("p95", "60s".into()),
        threshold("count", 1e12.into()),
        threshold("error_ratio", "50%".into()),
    ];
    for (number, rule) in rules.iter_mut().enumerate() {
        rule["component"] = "shop".into();
        if number % 2 == 1 {
            rule["match"] = json!({ "span.kind": "server" });
        }
        if number >= 7 {
            rule["group_by"] = json!(["http.route"]);
        }
    }
    named("match", rules)
}

/// Rules about what the stream has nothing of: other services, metrics, logs.
fn others() -> Vec<(String, Value)> {
    let of = |other: usize| {
        let mut rules = vec![
            json!({ "kind": "threshold", "indicator": "error_ratio", "above": "5%", "window": "1m" }),
            json!({ "kind": "threshold", "indicator": "p99", "above": "1s", "window": "5m", "group_by": ["http.route"] }),
            json!({ "kind": "burn_rate", "objective": "99.9%" }),
            json!({ "kind": "threshold", "signal": "metrics", "metric": "queue.depth", "indicator": "last", "above": 1000, "window": "2m" }),
            json!({ "kind": "absence", "signal": "logs", "event": "backup.done", "after": "25h" }),
        ];
        debug_assert_eq!(rules.len(), EACH);
        rules.iter_mut().for_each(|it| it["component"] = format!("other-{other}").into());
        rules
    };
    named("other", (0..OTHERS).flat_map(of).collect())
}

fn named(prefix: &str, rules: Vec<Value>) -> Vec<(String, Value)> {
    let name = |(number, rule)| (format!("{prefix}-{number}"), rule);
    rules.into_iter().enumerate().map(name).collect()
}
