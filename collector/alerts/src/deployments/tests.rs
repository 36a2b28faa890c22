//! What is a deployment, and what is none.

use bellwether_core::catalog::Catalog;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_secs(second)
}

fn followers() -> Vec<Follower> {
    vec![Follower {
        destination: "pagerduty".into(),
        components: false,
        incidents: false,
        maintenance: false,
        deployments: true,
        newest_only: false,
        hold_open: Duration::ZERO,
        hold_resolve: Duration::ZERO,
    }]
}

/// A collector that looks again and again, with what it stored.
#[derive(Default)]
struct Looks {
    deployments: Deployments,
    stored: BTreeMap<String, Snapshot>,
}

impl Looks {
    /// Looks at what runs, as `version@second`, and returns what is told.
    fn look(&mut self, second: i64, running: &[(&str, i64)]) -> Vec<String> {
        let versions = running.iter().map(|(it, began)| (Version::new(it), at(*began))).collect();
        let running = Running::from([("api".into(), versions)]);
        let catalog = Catalog::default();
        let (notices, snapshots) =
            self.deployments.look(&running, &catalog, &followers(), at(second));
        self.stored.extend(snapshots.into_iter().map(|it| (it.name.clone(), it)));
        let said = |it: Notice| match it.body {
            Body::Deployment { deployment } => deployment.to_string(),
            _ => unreachable!("nothing else is told"),
        };
        notices.into_iter().map(said).collect()
    }

    fn restart(&mut self) {
        let stored: Vec<Snapshot> = self.stored.values().cloned().collect();
        self.deployments = Deployments::restore(&stored);
    }
}

const NONE: [&str; 0] = [];

#[test]
fn another_version_is_told_once_whatever_starts_again() {
    let mut looks = Looks::default();
    assert_eq!(looks.look(10, &[("1", 9)]), NONE, "the first is no change");
    assert_eq!(looks.look(20, &[("1", 19)]), NONE, "another instance of it");
    assert_eq!(looks.look(25, &[]), NONE);
    assert_eq!(looks.look(30, &[("1", 29)]), NONE, "it was restarted");
    let told = ["api runs version 2, after 1"];
    assert_eq!(looks.look(40, &[("1", 29), ("2", 39)]), told);
    assert_eq!(looks.look(41, &[("1", 29), ("2", 40)]), NONE, "its second instance");
    looks.restart();
    assert_eq!(looks.look(50, &[("1", 29), ("2", 40)]), NONE, "the collector was restarted");
    assert_eq!(looks.look(60, &[("2", 40)]), NONE, "the old one is gone");
    assert_eq!(looks.look(70, &[("2", 69)]), NONE);
}

#[test]
fn what_was_deployed_while_the_collector_did_not_run_is_told_when_it_does() {
    let mut looks = Looks::default();
    looks.look(10, &[("1", 9)]);
    looks.restart();
    assert_eq!(looks.look(500, &[("3", 400)]), ["api runs version 3, after 1"]);
}

#[test]
fn a_rollback_is_a_deployment_and_an_old_process_that_is_heard_of_late_is_none() {
    let mut looks = Looks::default();
    looks.look(10, &[("1", 9)]);
    looks.look(20, &[("2", 19)]);
    assert_eq!(looks.look(21, &[("1", 9), ("2", 19)]), NONE, "its last words came late");
    assert_eq!(looks.look(30, &[("2", 19)]), NONE);
    let told = ["api runs version 1 again, after 2"];
    assert_eq!(looks.look(40, &[("1", 39), ("2", 19)]), told);
    assert_eq!(looks.look(50, &[("1", 39)]), NONE);
    assert_eq!(looks.look(60, &[("2", 59), ("1", 39)]), ["api runs version 2 again, after 1"]);
}

#[test]
fn a_version_that_does_not_stay_up_is_told_once_and_one_that_was_given_up_too() {
    let mut looks = Looks::default();
    looks.look(0, &[("1", 0)]);
    assert_eq!(looks.look(100, &[("1", 0), ("2", 99)]).len(), 1);
    for second in (110..1_000).step_by(60) {
        assert_eq!(looks.look(second, &[("1", 0)]), NONE, "it crashed");
        assert_eq!(looks.look(second + 30, &[("1", 0), ("2", second + 29)]), NONE);
    }
    let last = 1_040;
    for second in (last..last + 540).step_by(60) {
        assert_eq!(looks.look(second, &[("1", 0)]), NONE, "it may come again");
    }
    let told = ["api runs version 1 again, after 2"];
    assert_eq!(looks.look(last + 600, &[("1", 0)]), told, "nobody waits for it any more");
    assert_eq!(looks.look(last + 1_300, &[("1", 0)]), NONE);
}

#[test]
fn two_that_begin_at_once_are_told_in_their_order() {
    let mut looks = Looks::default();
    looks.look(0, &[("1", 0)]);
    let told = looks.look(60, &[("3", 50), ("2", 40)]);
    assert_eq!(told, ["api runs version 2, after 1", "api runs version 3, after 2"]);
}

#[test]
fn services_of_which_nothing_runs_make_room_for_others() {
    let mut deployments = Deployments::default();
    let mut look = |names: std::ops::Range<usize>| {
        let versions = |it: usize| BTreeMap::from([("1".into(), at(it as i64))]);
        let running = names.map(|it| (Service::new(&format!("s{it:05}")), versions(it))).collect();
        let (_, stored) = deployments.look(&running, &Catalog::default(), &[], at(100_000));
        let gone = stored.iter().filter(|it| it.body.is_none()).map(|it| it.name.clone());
        (gone.collect::<Vec<_>>(), deployments.0.len())
    };
    assert_eq!(look(0..MOST), (vec![], MOST));
    let gone = vec!["version:s00000".to_owned(), "version:s00001".to_owned()];
    assert_eq!(look(MOST..MOST + 2), (gone, MOST), "those that were deployed longest ago");
    assert_eq!(look(2..100), (vec![], MOST));
}
