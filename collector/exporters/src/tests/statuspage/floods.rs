//! Many changes at once.

use std::time::Duration;

use bellwether_core::incident::Incident;
use bellwether_core::state::ComponentState;
use serde_json::{Map, Value, json};

use crate::tests::bench::Bench;
use crate::tests::board::Page;
use crate::tests::samples::{START, about, incident, resolved, settings, state};

/// Scenario: a component fails and recovers 25 times in ten minutes, each time with an incident and
/// with the page's default holds.
/// Guarantee: at most four calls, looks at the page included; one change to bad and one to good.
#[tokio::test(start_paused = true)]
async fn a_flapping_component_makes_four_calls() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    let (open_after, resolve_after) = (Duration::from_secs(60), Duration::from_secs(120));
    for n in 0..25_u64 {
        let began = 24 * n;
        let mut open = incident();
        open.id = format!("inc-{n}").as_str().into();
        open.opened_at = START.plus(Duration::from_secs(began));
        open.updated_at = open.opened_at;
        for (unwell, at, told) in
            [(true, began, open.clone()), (false, began + 12, resolved(&open, began + 12))]
        {
            let hold = if unwell { open_after } else { resolve_after };
            let shown =
                if unwell { ComponentState::MajorOutage } else { ComponentState::Operational };
            let mut notices = [about("statuspage", &told), state("statuspage", "admin", shown, at)];
            for notice in &mut notices {
                notice.not_before = notice.at.plus(hold);
            }
            notices.into_iter().for_each(|it| bench.outbox.push(it));
            tokio::time::sleep(Duration::from_secs(12)).await;
        }
    }
    bench.until("all is told", |it| it.outbox.waiting() == 0).await;
    let whats = page.script.whats();
    assert!(whats.len() <= 4, "{whats:?}");
    assert_eq!(whats.iter().filter(|it| **it == "set component").count(), 2, "{whats:?}");
    assert_eq!(page.component("c2"), "operational");
    assert!(page.statuses().iter().all(|it| it == "resolved"));
}

/// Scenario: 200 components fail at once, each with an incident, and recover half an hour later.
/// Guarantee: never more than 60 calls in a minute; the page has each incident once, in the right
/// state, and each component as it is.
#[tokio::test(start_paused = true)]
async fn two_hundred_components_stay_within_the_rate_and_end_right() {
    let page = Page::with((0..200).map(|n| format!("c{n}")));
    let mut many = settings("statuspage");
    let ids: Map<String, Value> =
        (0..200).map(|n| (format!("part-{n}"), json!(format!("c{n}")))).collect();
    many["components"] = Value::Object(ids);
    let mut bench = Bench::with("statuspage", many, &page.script);
    bench.run_notices();
    let open: Vec<Incident> = (0..200)
        .map(|n| {
            let mut open = incident();
            open.id = format!("inc-{n}").as_str().into();
            open.component = format!("part-{n}").as_str().into();
            open.affected = [(open.component.clone(), ComponentState::MajorOutage)].into();
            open
        })
        .collect();
    let all_show = |state: &str| {
        let board = page.board();
        (0..200).all(|n| board.components[&format!("c{n}")] == state)
    };
    for it in &open {
        bench.outbox.push(about("statuspage", it));
        bench.outbox.push(state(
            "statuspage",
            it.component.as_str(),
            ComponentState::MajorOutage,
            1,
        ));
    }
    bench.until("all is told", |it| it.outbox.waiting() == 0).await;
    assert!(all_show("major_outage"));
    assert_eq!(page.statuses(), vec!["investigating"; 200]);
    let half_an_hour = START.plus(Duration::from_secs(1_800));
    tokio::time::sleep(Duration::from_secs(1_800)).await;
    for it in &open {
        let mut over = resolved(it, 1_800);
        over.updated_at = half_an_hour;
        bench.outbox.push(about("statuspage", &over));
        bench.outbox.push(state(
            "statuspage",
            it.component.as_str(),
            ComponentState::Operational,
            1_800,
        ));
    }
    bench.until("all is over", |it| it.outbox.waiting() == 0).await;
    assert!(all_show("operational"));
    assert_eq!(page.statuses(), vec!["resolved"; 200]);
    let seconds: Vec<u64> = page.script.calls().iter().map(|(at, _)| *at).collect();
    for start in &seconds {
        let window = seconds.iter().filter(|at| (*start..start + 60).contains(*at)).count();
        assert!(window <= 60, "{window} calls within a minute of {start}");
    }
    // each incident twice, and the looks at the page in between
    assert!(seconds.len() <= 400 + 3 * 10, "{} calls", seconds.len());
}
