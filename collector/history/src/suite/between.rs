//! What was kept of a period.

use bellwether_core::incident::IncidentStatus::{Identified, Resolved};
use bellwether_core::period::Period;
use bellwether_core::store::{Commit, Records, Store};

use super::Place;
use super::samples::{alert, at, incident, risk, transition};

fn period(from: i64, until: i64) -> Period {
    Period { from: at(from), until: at(until) }
}

pub(crate) async fn incidents_of_a_period_are_those_that_were_open_in_it(place: &impl Place) {
    let store = place.open().await;
    // over one second after it was opened
    let over = |id, opened| incident(id, opened, Resolved);
    let incidents = vec![
        over("before", 9),
        over("into", 10),
        over("within", 15),
        incident("open", 5, Identified),
        over("after", 20),
    ];
    store.commit(Commit { incidents, ..Commit::default() }).await.unwrap();
    let ids = async |limit| -> Vec<String> {
        let found = store.incidents_between(period(10, 20), limit).await.unwrap();
        found.iter().map(|it| it.id.to_string()).collect()
    };
    assert_eq!(ids(10).await, ["within", "into", "open"]);
    assert_eq!(ids(2).await, ["within", "into"]);
}

pub(crate) async fn changes_of_a_period_come_after_how_it_began(place: &impl Place) {
    let store = place.open().await;
    let changes = [("a", 1), ("b", 2), ("a", 9), ("a", 10), ("c", 19), ("a", 20), ("d", 30)];
    let changes = changes.map(|(id, when)| transition(id, when));
    let (first, second) = changes.split_at(3);
    for some in [first, second] {
        store.commit(Commit { transitions: some.to_vec(), ..Commit::default() }).await.unwrap();
    }
    let found = async |period, limit| store.transitions_between(period, limit).await.unwrap();
    assert_eq!(found(period(10, 20), 9).await, changes[1..5]);
    assert_eq!(found(period(10, 20), 3).await, changes[1..4], "the first of them");
    assert_eq!(found(period(0, 1), 9).await, []);
    assert_eq!(found(period(40, 50), 9).await, [1, 4, 5, 6].map(|it| changes[it].clone()));
}

pub(crate) async fn risks_of_a_period_are_those_that_have_time_in_common_with_it(
    place: &impl Place,
) {
    let store = place.open().await;
    let risks = vec![
        risk("before", 1, Some(9)),
        risk("into", 2, Some(10)),
        risk("open", 3, None),
        risk("after", 20, None),
    ];
    store.commit(Commit { risks: risks.clone(), ..Commit::default() }).await.unwrap();
    assert_eq!(store.risks_between(period(10, 20), 9).await.unwrap(), risks[1..3]);
    assert_eq!(store.risks_between(period(10, 20), 1).await.unwrap(), risks[1..2]);
}

pub(crate) async fn standing_alerts_are_those_of_a_rule(place: &impl Place) {
    let store = place.open().await;
    let alerts = [alert("a", "x", 1), alert("a", "y", 1), alert("b", "x", 1)];
    store.commit(Commit { alerts: alerts.to_vec(), ..Commit::default() }).await.unwrap();
    assert_eq!(store.standing_alerts(None, 9).await.unwrap(), alerts);
    assert_eq!(store.standing_alerts(None, 2).await.unwrap(), alerts[..2]);
    assert_eq!(store.standing_alerts(Some(&"b".into()), 9).await.unwrap(), alerts[2..]);
    assert_eq!(store.standing_alerts(Some(&"c".into()), 9).await.unwrap(), []);
}
