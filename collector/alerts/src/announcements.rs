//! What customers are told of work on components before it begins.

use std::collections::BTreeMap;

use bellwether_core::catalog::Catalog;
use bellwether_core::notice::{Body, Change, Maintenance, Notice};
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;

use crate::notices::Follower;
use crate::policy::{Policy, Window};

/// The name of their record.
const RECORD: &str = "announced";

/// The maintenances that were announced and are not over, by their ids.
#[derive(Default)]
pub(crate) struct Announcements(BTreeMap<String, Maintenance>);

impl Announcements {
    /// Goes on from what was stored.
    pub(crate) fn restore(snapshots: &[Snapshot]) -> Self {
        let stored = snapshots.iter().find(|it| it.name == RECORD);
        let read = |it: &Snapshot| serde_json::from_slice(it.body.as_deref()?).ok();
        Self(stored.and_then(read).unwrap_or_default())
    }

    /// Returns what is announced now, moved or called off, and what has to be stored with it.
    pub(crate) fn look(
        &mut self,
        policy: &Policy,
        catalog: &Catalog,
        followers: &[Follower],
        now: Timestamp,
    ) -> (Vec<Notice>, Option<Snapshot>) {
        let is_there = |it: &Follower| it.maintenance;
        if self.0.is_empty() && policy.windows.iter().all(|it| it.announce.is_none())
            || !followers.iter().any(is_there)
        {
            return (Vec::new(), None);
        }
        let known = |id: &String| self.0.contains_key(id);
        let due = policy.windows.iter().filter_map(|it| due(it, catalog, known, now));
        let due: BTreeMap<String, Maintenance> = due.map(|it| (it.id.clone(), it)).collect();
        let mut changes: Vec<(Change, Maintenance)> = Vec::new();
        for it in due.values() {
            match self.0.get(&it.id) {
                None => changes.push((Change::Opened, it.clone())),
                Some(known) if known != it => changes.push((Change::Updated, it.clone())),
                Some(_) => {}
            }
        }
        let gone = self.0.values().filter(|it| !due.contains_key(&it.id));
        // what is over the page has ended by itself
        let called_off = gone.filter(|it| now < it.until);
        changes.extend(called_off.map(|it| (Change::Resolved, it.clone())));
        if self.0 == due {
            return (Vec::new(), None);
        }
        self.0 = due;
        let to = |it: &(Change, Maintenance)| {
            let told = followers.iter().filter(|it| it.maintenance);
            told.map(|to| notice(to, it, now)).collect::<Vec<_>>()
        };
        (changes.iter().flat_map(to).collect(), Some(self.record(now)))
    }

    fn record(&self, now: Timestamp) -> Snapshot {
        let body = if self.0.is_empty() { None } else { serde_json::to_vec(&self.0).ok() };
        Snapshot { name: RECORD.to_owned(), at: now, body: body.map(Into::into) }
    }
}

/// Returns what of a window customers have to know by now; once they do, until it is over.
fn due(
    window: &Window,
    catalog: &Catalog,
    known: impl Fn(&String) -> bool,
    now: Timestamp,
) -> Option<Maintenance> {
    let announce = window.announce?;
    let (id, from, until) = window.next(now)?;
    if now < from.minus(announce) && !known(&id) {
        return None;
    }
    let name = |id| Some((catalog.component(id)?.id.clone(), catalog.component(id)?.name.clone()));
    let components = window.components.iter().filter_map(name).collect();
    Some(Maintenance { id, components, from, until })
}

fn notice(to: &Follower, (change, maintenance): &(Change, Maintenance), now: Timestamp) -> Notice {
    Notice {
        destination: to.destination.clone(),
        subject: Notice::maintenance_subject(&maintenance.id),
        newest_only: to.newest_only,
        at: now,
        not_before: now,
        body: Body::Maintenance { change: *change, maintenance: maintenance.clone() },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::policy::tests::{catalog, checked};

    fn policy(windows: Value) -> Policy {
        checked(json!({ "routes": [{ "to": ["pagerduty"] }], "maintenance": windows })).unwrap().0
    }

    fn page() -> Follower {
        Follower {
            destination: "statuspage".into(),
            components: true,
            incidents: true,
            maintenance: true,
            deployments: false,
            newest_only: true,
            hold_open: Duration::ZERO,
            hold_resolve: Duration::ZERO,
        }
    }

    /// Looks at a time of the day, and returns what is said.
    fn look(of: &mut Announcements, policy: &Policy, at: &str) -> Vec<(Change, String)> {
        let at: jiff::Timestamp = format!("2026-12-05T{at}:00Z").parse().unwrap();
        let now = Timestamp::from_nanos(i64::try_from(at.as_nanosecond()).unwrap());
        let (notices, snapshot) = of.look(policy, &catalog(), &[page()], now);
        if let Some(snapshot) = snapshot {
            *of = Announcements::restore(&[snapshot]);
        }
        let said = |it: Notice| match it.body {
            Body::Maintenance { change, .. } => (change, it.subject),
            _ => unreachable!("nothing else is announced"),
        };
        notices.into_iter().map(said).collect()
    }

    #[test]
    fn work_is_announced_once_moved_and_called_off() {
        let window = |from: &str, to: &str| {
            let times =
                json!({ "from": from, "to": to, "components": ["database"], "announce": "2h" });
            policy(json!({ "upgrade": times }))
        };
        let (first, moved) = (
            window("2026-12-05T12:00", "2026-12-05T13:00"),
            window("2026-12-05T18:00", "2026-12-05T19:00"),
        );
        let mut all = Announcements::default();
        assert_eq!(look(&mut all, &first, "09:59"), []);
        let said = |change| vec![(change, "maintenance:upgrade".to_owned())];
        assert_eq!(look(&mut all, &first, "10:00"), said(Change::Opened));
        assert_eq!(look(&mut all, &first, "10:01"), [], "once, and a restart does not repeat it");
        assert_eq!(look(&mut all, &moved, "10:02"), said(Change::Updated), "who knows is told");
        assert_eq!(look(&mut all, &policy(json!({})), "10:03"), said(Change::Resolved));
        assert_eq!(
            look(&mut all, &first, "12:30"),
            said(Change::Opened),
            "late is better than never"
        );
        assert_eq!(look(&mut all, &first, "13:00"), [], "the page ends it by itself");
        assert!(all.0.is_empty());
    }

    #[test]
    fn what_comes_again_is_another_one_each_time_and_some_is_told_nobody() {
        let nightly = json!({ "at": "12:00", "lasts": "1h", "components": ["database"] });
        let quiet = policy(json!({ "backup": nightly }));
        let mut all = Announcements::default();
        assert_eq!(look(&mut all, &quiet, "12:30"), []);
        let mut loud = nightly;
        loud["announce"] = json!("23h");
        let loud = policy(json!({ "backup": loud }));
        let first = look(&mut all, &loud, "12:30");
        let second = look(&mut all, &loud, "13:00");
        assert_eq!((first.len(), second.len()), (1, 1));
        assert_ne!(first, second);
    }
}
