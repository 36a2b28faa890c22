//! What incidents cost. Must be seen: 925,000 GBP once while both auth and admin are out, and also
//! while only the database is out and there is no traffic; zero after.

use bellwether_core::distinct::hash;
use bellwether_core::impact::{Loss, Protected, RiskSpan, Traffic};

use super::*;

/// A story whose decisions are kept as a store would keep them.
struct Books {
    story: Story,
    stored: Restored,
    losses: Vec<Loss>,
    risks: Vec<RiskSpan>,
}

impl Books {
    fn open() -> Self {
        let (losses, risks) = (Vec::new(), Vec::new());
        Self { story: Story::begin(), stored: Restored::default(), losses, risks }
    }

    fn decide(&mut self, active: &[Alert]) -> Decision {
        let decision = self.story.decide(active);
        for it in decision.incidents.iter().cloned() {
            self.stored.open_incidents.retain(|old| old.id != it.id);
            self.stored.open_incidents.extend(Some(it).filter(Incident::is_open));
        }
        for it in decision.snapshots.iter().cloned() {
            self.stored.snapshots.retain(|old| old.name != it.name);
            self.stored.snapshots.extend(Some(it).filter(|it| it.body.is_some()));
        }
        for it in decision.risks.iter().cloned() {
            self.risks.retain(|old| (&old.opportunity, old.from) != (&it.opportunity, it.from));
            self.risks.push(it);
        }
        self.stored.risks = self.risks.iter().filter(|it| it.until.is_none()).cloned().collect();
        self.losses.extend(decision.losses.iter().cloned());
        decision
    }

    /// Goes on from what was stored.
    fn restart(&mut self) {
        self.story.desk = Desk::new(&self.stored, vec![], super::nobody());
    }

    fn at_risk(&self) -> String {
        let story = &self.story;
        Impact::of(&story.catalog, &story.effective, &story.measured).revenue_at_risk.to_string()
    }

    fn incident(&self, component: &str) -> &Incident {
        self.story.desk.open().find(|it| it.component.as_str() == component).unwrap()
    }

    /// Requests that components served lately, and how many of them failed.
    fn measure(&mut self, component: &str, failed: u64, total: u64) {
        self.story.measured.insert(component.into(), Traffic { total, failed });
    }

    fn fail(&mut self, component: &str, customers: impl Iterator<Item = String>) {
        let hashes = customers.map(|it| hash(&it));
        self.story.failing.entry(component.into()).or_default().extend(hashes);
    }
}

fn out(component: &str) -> Alert {
    alert(component, component, Phase::Firing, ComponentState::MajorOutage)
}

#[test]
fn money_must_be_seen() {
    let mut books = Books::open();
    books.decide(&[]);
    assert_eq!(books.at_risk(), "nothing");

    // both are out for reasons of their own; auth's revenue is lost as well, by the hour
    books.decide(&[out("auth"), out("admin")]);
    assert_eq!(books.at_risk(), "926,200 GBP", "the deal once, and an hour of auth");
    for component in ["auth", "admin"] {
        let deals = &books.incident(component).impact.opportunities;
        assert_eq!(
            deals.iter().map(|it| it.amount.to_string()).collect::<Vec<_>>(),
            ["925,000 GBP"]
        );
    }
    books.decide(&[]);
    assert_eq!(books.at_risk(), "nothing");

    // only the database is out, and nobody asks anything
    books.decide(&[out("database")]);
    assert_eq!(books.at_risk(), "926,200 GBP");
    assert_eq!(books.story.desk.open().count(), 1, "one incident, the database's");
    assert!(books.incident("database").impact.everything);
    let over = books.decide(&[]);
    assert_eq!(books.at_risk(), "nothing");
    assert_eq!(over.incidents[0].impact.opportunities.len(), 1, "it still tells what it was about");

    let protected = Protected::of(books.risks.clone());
    assert_eq!(protected.total.to_string(), "925,000 GBP", "once, though it was at risk twice");
    assert_eq!(protected.by_incident.len(), 3);
}

#[test]
fn an_incident_loses_by_the_hour_while_it_lasts_and_amounts_are_no_news() {
    let mut books = Books::open();
    books.decide(&[out("auth")]);
    let mut lost = Vec::new();
    for second in 1..=120 {
        if second == 60 {
            books.measure("auth", 1, 4);
        }
        assert!(books.decide(&[out("auth")]).incidents.is_empty(), "no news, no message");
        lost.push(books.incident("auth").impact.revenue_lost.to_string());
        books.restart();
    }
    // 1,200 an hour is a third of a pound a second, and a quarter of that later
    assert_eq!((lost[0].as_str(), lost[59].as_str()), ("0.33 GBP", "20 GBP"));
    assert_eq!(lost[119], "25 GBP");
    let over = books.decide(&[]);
    assert_eq!(over.incidents[0].impact.revenue_lost.to_string(), "25.08 GBP");
    assert_eq!(Loss::once(&books.losses).to_string(), "25.08 GBP", "the ledger has it all");
    assert!(books.stored.snapshots.is_empty(), "the account is closed");
    assert_eq!(books.incident_rates(&over), "1", "the highest share is what was at risk");
}

impl Books {
    fn incident_rates(&self, decision: &Decision) -> String {
        decision.incidents[0].impact.rates[0].share.ratio().to_string()
    }
}

#[test]
fn customers_are_those_who_met_failures_and_those_whose_deals_are_at_risk() {
    let mut books = Books::open();
    books.fail("auth", (0..50).map(|it| format!("early-{it}")));
    books.decide(&[]);
    let ids = |from: u32, to: u32| (from..to).map(|it| format!("c-{it}"));
    books.fail("auth", ids(0, 100).chain(["zebra".to_owned()]));
    books.fail("sessions", ids(1_000, 2_000));
    books.decide(&[out("auth")]);
    let count = |books: &Books| books.incident("auth").impact.customers_affected;
    assert_eq!(count(&books).count, 101, "zebra failed and has a deal at risk: once");
    books.fail("admin", ids(50, 150));
    books.decide(&[out("auth")]);
    assert_eq!(count(&books).count, 151, "what stands on it is affected too");
    books.restart();
    books.fail("auth", ids(0, 10));
    books.decide(&[out("auth")]);
    assert!(count(&books).count >= 101, "a restart forgets what came since the account was kept");

    books.fail("auth", ids(0, 200_000));
    books.decide(&[out("auth")]);
    let told = count(&books);
    assert!(told.estimated && told.count.abs_diff(200_001) < 6_000, "{told:?}");
}

#[test]
fn an_account_survives_restarts_once_a_line_was_written() {
    let mut books = Books::open();
    books.decide(&[out("auth")]);
    books.fail("auth", (0..500).map(|it| format!("c-{it}")));
    for _ in 0..61 {
        books.decide(&[out("auth")]);
    }
    let before = books.incident("auth").impact.clone();
    books.restart();
    books.decide(&[out("auth")]);
    let after = books.incident("auth").impact.clone();
    assert_eq!(after.customers_affected, before.customers_affected);
    assert_eq!(after.customers_affected.count, 501);
    assert!(after.revenue_lost.to_string() > before.revenue_lost.to_string());
}
