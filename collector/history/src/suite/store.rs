//! Commits, restoring, and history.

use bellwether_core::access::{Audit, AuditEntry, Outcome, Role};
use bellwether_core::incident::IncidentStatus::{Identified, Resolved};
use bellwether_core::period::Period;
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_core::store::{Commit, Outbox, Records, Restored, Snapshot, Store};

use super::Place;
use super::samples::{
    alert, at, component, everything, incident, instance, life, loss, newest, owes, risk, service,
    snapshot, transition,
};

pub(crate) async fn a_new_store_is_empty(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.restore().await.unwrap(), Restored::default());
    assert_eq!(store.incidents(10).await.unwrap(), []);
    assert_eq!(store.transitions(10).await.unwrap(), []);
    assert_eq!(store.due(&"datadog".into(), at(10), 10).await.unwrap(), []);
    assert_eq!(store.next_due(&"datadog".into()).await.unwrap(), None);
    assert!(store.receipts(&"datadog".into()).await.unwrap().is_empty());
}

pub(crate) async fn a_commit_is_read_back_after_reopening(place: &impl Place) {
    let store = place.open().await;
    store.commit(everything()).await.unwrap();
    store.commit(Commit::default()).await.unwrap();
    place.close(store).await;
    for _ in 0..2 {
        let store = place.open().await;
        let Commit {
            instances,
            services,
            alerts,
            lives,
            components,
            transitions,
            incidents,
            losses,
            risks,
            snapshots,
            notices,
            rulings,
            withdrawals: _,
            forgotten: _,
            observations: _,
        } = everything();
        let open_incidents = incidents.clone();
        let restored =
            Restored { instances, services, alerts, components, open_incidents, risks, snapshots };
        assert_eq!(store.restore().await.unwrap(), restored);
        assert_eq!(store.transitions(10).await.unwrap(), transitions);
        assert_eq!(store.alerts(10).await.unwrap(), lives);
        assert_eq!(store.losses(&"inc-1".into()).await.unwrap(), losses);
        assert_eq!(store.incidents(10).await.unwrap(), incidents);
        assert_eq!(store.incident(&"inc-1".into()).await.unwrap().as_ref(), incidents.first());
        assert_eq!(store.incident(&"inc-2".into()).await.unwrap(), None);
        assert_eq!(store.rulings(&"inc-1".into()).await.unwrap(), rulings);
        assert_eq!(store.rulings(&"inc-2".into()).await.unwrap(), []);
        let due = store.due(&"datadog".into(), at(10), 10).await.unwrap();
        assert_eq!(due.into_iter().map(|owed| owed.notice).collect::<Vec<_>>(), notices);
        place.close(store).await;
    }
}

pub(crate) async fn later_records_replace_earlier_ones(place: &impl Place) {
    let store = place.open().await;
    let mut commit = everything();
    // within one commit
    commit.append(Commit {
        instances: vec![instance("i-1", 20, Some(21)), instance("i-2", 20, None)],
        alerts: vec![alert("admin-missing", "marketedge-api", 8)],
        ..Commit::default()
    });
    store.commit(commit).await.unwrap();
    // and by a later one
    store
        .commit(Commit {
            services: vec![service("marketedge-api", "3.0.0")],
            components: vec![component("admin", Operational)],
            incidents: vec![incident("inc-1", 10, Resolved)],
            ..Commit::default()
        })
        .await
        .unwrap();
    let restored = Restored {
        instances: vec![instance("i-1", 20, Some(21)), instance("i-2", 20, None)],
        services: vec![service("marketedge-api", "3.0.0")],
        alerts: vec![alert("admin-missing", "marketedge-api", 8)],
        components: vec![component("admin", Operational)],
        open_incidents: vec![],
        risks: everything().risks,
        snapshots: everything().snapshots,
    };
    assert_eq!(store.restore().await.unwrap(), restored);
    assert_eq!(store.incidents(10).await.unwrap(), [incident("inc-1", 10, Resolved)]);
}

pub(crate) async fn a_failing_commit_leaves_everything_as_it_was(place: &impl Place) {
    let store = place.open().await;
    let waiting = newest("statuspage", "admin", MajorOutage, 10, 0);
    store.commit(owes([waiting.clone()])).await.unwrap();
    place.poison().await;
    let mut bad = everything();
    bad.incidents.push(incident("poison", 12, Identified));
    bad.notices.push(newest("statuspage", "admin", Operational, 12, 0));
    let error = store.commit(bad).await.unwrap_err();
    assert!(error.to_string().contains("poison"), "{error}");

    place.close(store).await;
    for _ in 0..2 {
        let store = place.open().await;
        assert_eq!(store.restore().await.unwrap(), Restored::default());
        assert_eq!(store.transitions(10).await.unwrap(), []);
        assert_eq!(store.next_due(&"datadog".into()).await.unwrap(), None);
        let due = store.due(&"statuspage".into(), at(20), 10).await.unwrap();
        assert_eq!(due.len(), 1, "what waited was not replaced either");
        assert_eq!(due[0].notice, waiting);
        place.close(store).await;
    }
}

pub(crate) async fn one_bad_commit_does_not_fail_its_neighbours(place: &impl Place) {
    let store = place.open().await;
    place.poison().await;
    let ids = ["a", "b", "poison", "c"];
    let commits = ids.map(|id| {
        store.commit(Commit { incidents: vec![incident(id, 10, Identified)], ..Commit::default() })
    });
    let [a, b, bad, c] = commits;
    let (a, b, bad, c) = tokio::join!(a, b, bad, c);
    assert!(a.is_ok() && b.is_ok() && c.is_ok(), "{a:?} {b:?} {c:?}");
    assert!(bad.is_err());
    let open = store.restore().await.unwrap().open_incidents;
    assert_eq!(open.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
}

pub(crate) async fn history_is_newest_first_and_limited(place: &impl Place) {
    let store = place.open().await;
    store
        .commit(Commit {
            incidents: vec![
                incident("old", 10, Identified),
                incident("new", 30, Resolved),
                incident("mid", 20, Identified),
            ],
            transitions: vec![transition("b", 20), transition("a", 10), transition("c", 20)],
            ..Commit::default()
        })
        .await
        .unwrap();
    let ids = |limit| {
        let incidents = store.incidents(limit);
        async { incidents.await.unwrap().iter().map(|it| it.id.to_string()).collect::<Vec<_>>() }
    };
    assert_eq!(ids(10).await, ["new", "mid", "old"]);
    assert_eq!(ids(2).await, ["new", "mid"]);
    assert_eq!(ids(0).await, [""; 0]);
    let transitions = store.transitions(2).await.unwrap();
    assert_eq!(transitions, [transition("c", 20), transition("b", 20)]);
    let open = store.restore().await.unwrap().open_incidents;
    assert_eq!(open, [incident("old", 10, Identified), incident("mid", 20, Identified)]);
}

pub(crate) async fn alerts_that_are_forgotten_are_gone_and_their_lives_stay(place: &impl Place) {
    let store = place.open().await;
    let alerts: Vec<_> = (0..401).map(|n| alert("r", &format!("l-{n:03}"), 1)).collect();
    store
        .commit(Commit {
            alerts: alerts.clone(),
            lives: vec![life("r", 1, 10, None)],
            ..Commit::default()
        })
        .await
        .unwrap();
    let forgotten = alerts.iter().skip(1).map(|it| it.key.clone()).collect();
    let lives = vec![life("r", 1, 10, Some(20)), life("r", 2, 30, None)];
    store.commit(Commit { forgotten, lives: lives.clone(), ..Commit::default() }).await.unwrap();
    assert_eq!(store.restore().await.unwrap().alerts, alerts[..1]);
    let newest_first: Vec<_> = lives.into_iter().rev().collect();
    assert_eq!(store.alerts(10).await.unwrap(), newest_first);
    assert_eq!(store.alerts(1).await.unwrap(), newest_first[..1]);
}

pub(crate) async fn money_is_kept_line_by_line(place: &impl Place) {
    let store = place.open().await;
    let lines = [loss("a", 0, 60), loss("b", 30, 90), loss("a", 60, 120)];
    let risks =
        vec![risk("deal", 10, None), risk("other", 10, Some(50)), risk("late", 10, Some(90))];
    let commit = |losses, risks| Commit { losses, risks, ..Commit::default() };
    store.commit(commit(lines[..2].to_vec(), risks)).await.unwrap();
    store.commit(commit(lines[2..].to_vec(), vec![risk("deal", 10, Some(60))])).await.unwrap();
    let of_a = [lines[0].clone(), lines[2].clone()];
    assert_eq!(store.losses(&"a".into()).await.unwrap(), of_a);
    assert_eq!(store.losses(&"nobody".into()).await.unwrap(), []);
    let lost = async |from, until, limit| {
        let period = Period { from: at(from), until: at(until) };
        store.losses_between(period, limit).await.unwrap()
    };
    assert_eq!(lost(60, 61, 9).await, lines[1..]);
    assert_eq!(lost(60, 61, 1).await, lines[1..2]);
    assert_eq!(lost(120, 999, 9).await, []);
    let ended = store.risks_ended_between(at(50), at(90)).await.unwrap();
    assert_eq!(ended, [risk("other", 10, Some(50)), risk("deal", 10, Some(60))]);
    assert_eq!(store.restore().await.unwrap().risks, [], "none is at risk any more");
}

pub(crate) async fn a_snapshot_stays_until_it_is_taken_away(place: &impl Place) {
    let store = place.open().await;
    let keep = |snapshots| Commit { snapshots, ..Commit::default() };
    let (a, b) = (snapshot("a", 1, b"one"), snapshot("b", 1, &[0; 100_000]));
    store.commit(keep(vec![a, b.clone()])).await.unwrap();
    let newer = snapshot("a", 2, b"");
    store.commit(keep(vec![newer.clone()])).await.unwrap();
    assert_eq!(store.restore().await.unwrap().snapshots, [newer.clone(), b.clone()]);
    let gone = Snapshot { body: None, ..b };
    store.commit(keep(vec![gone.clone()])).await.unwrap();
    store.commit(keep(vec![gone])).await.unwrap();
    assert_eq!(store.restore().await.unwrap().snapshots, std::slice::from_ref(&newer));

    // hundreds at once, and a large one
    let part = |number: usize| snapshot(&format!("part-{number:03}"), 3, &[7; 10]);
    let mut large = snapshot("large", 3, b"");
    large.body = Some((0..4_000_000_u32).map(|it| it.wrapping_mul(2_654_435_761) as u8).collect());
    store.commit(keep((0..500).map(part).chain([large.clone()]).collect())).await.unwrap();
    assert_eq!(store.restore().await.unwrap().snapshots.len(), 502);
    let gone = (0..500).map(|number| Snapshot { body: None, ..part(number) });
    // the later of two in one commit stays
    store.commit(keep(gone.chain([part(3)]).collect())).await.unwrap();
    assert_eq!(store.restore().await.unwrap().snapshots, [newer, large, part(3)]);
}

pub(crate) async fn many_records_fit_in_one_commit(place: &impl Place) {
    let store = place.open().await;
    let instances: Vec<_> = (0..1_001).map(|n| instance(&format!("i-{n:05}"), n, None)).collect();
    let transitions: Vec<_> = (0..1_001).map(|n| transition("admin", n)).collect();
    let commit = Commit {
        instances: instances.clone(),
        transitions: transitions.clone(),
        ..Commit::default()
    };
    store.commit(commit).await.unwrap();
    assert_eq!(store.restore().await.unwrap().instances, instances);
    let newest_first: Vec<_> = transitions.into_iter().rev().collect();
    assert_eq!(store.transitions(2_000).await.unwrap(), newest_first);
}

pub(crate) async fn instances_are_forgotten_when_they_ended_before(place: &impl Place) {
    let store = place.open().await;
    let silent = instance("silent", 10, None);
    let stopped = instance("stopped", 50, Some(10));
    let edge = instance("edge", 20, Some(20));
    let fresh = instance("fresh", 50, None);
    store
        .commit(Commit {
            instances: vec![silent, stopped, edge.clone(), fresh.clone()],
            ..Commit::default()
        })
        .await
        .unwrap();
    assert_eq!(store.forget_instances(at(20)).await.unwrap(), 2);
    assert_eq!(store.forget_instances(at(20)).await.unwrap(), 0);
    assert_eq!(store.restore().await.unwrap().instances, [edge, fresh]);
}

pub(crate) async fn a_proof_is_written_and_changes_nothing(place: &impl Place) {
    let store = place.open().await;
    store.commit(everything()).await.unwrap();
    let before = store.restore().await.unwrap();
    for seconds in [0, 1, i64::from(i32::MAX) + 7] {
        store.prove(at(seconds)).await.unwrap();
    }
    assert_eq!(store.restore().await.unwrap(), before);
}

fn act(id: &str, when: i64, outcome: Outcome) -> AuditEntry {
    AuditEntry {
        id: id.to_owned(),
        at: at(when),
        by: "alice".to_owned(),
        role: Role::Operator,
        from: "192.0.2.7".to_owned(),
        act: "POST /api/v1/silences".to_owned(),
        about: "/api/v1/silences".to_owned(),
        body: "{\"component\":\"auth\"}".to_owned(),
        outcome,
        why: None,
    }
}

pub(crate) async fn what_people_did_is_kept_with_what_became_of_it(place: &impl Place) {
    const DAY: i64 = 86_400;
    let store = place.open().await;
    for (id, when, outcome) in
        [("b", 20, Outcome::Asked), ("a", 10, Outcome::Refused), ("b", 20, Outcome::Done)]
    {
        store.keep(act(id, when, outcome)).await.unwrap();
    }
    place.close(store).await;
    let store = place.open().await;
    let both = [act("b", 20, Outcome::Done), act("a", 10, Outcome::Refused)];
    assert_eq!(store.audit(10).await.unwrap(), both);
    assert_eq!(store.audit(1).await.unwrap(), both[..1]);
    assert_eq!(super::retention::compact(&store, 729 * DAY).await, 0, "kept for two years");
    assert_eq!(super::retention::compact(&store, 731 * DAY).await, 2);
    assert_eq!(store.audit(10).await.unwrap(), []);
}
