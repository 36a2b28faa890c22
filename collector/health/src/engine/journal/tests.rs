use bellwether_core::catalog::Catalog;
use bellwether_core::facts::{Hit, Source};
use serde_json::json;

use super::*;
use crate::evidence::RouteTraffic;
use crate::indicators::Count;
use crate::observe::{Cell, Crop, Growth, PointValue, Series};
use crate::plan::{Plan, QueryId};
use crate::shapes::Usual;
use crate::testing::play::{build, catalog};

fn at(second: i64) -> Timestamp {
    Timestamp::from_secs(second)
}

/// Indicators with one query, which counts by group.
fn indicators() -> Indicators {
    let catalog: Catalog = catalog(&json!({ "components": { "a": { "services": ["api"] } } }));
    let says = json!({ "kind": "threshold", "indicator": "error_ratio", "above": "5%", "window": "1m", "group_by": ["store.id"] });
    let rule = build("errors", &says, &catalog).unwrap();
    let (plan, _) = Plan::new(&catalog, rule.queries());
    Indicators::new(plan.into(), at(0))
}

fn harvest(groups: &[&str], second: u32) -> Harvest {
    let cell = |group: &&str| Cell {
        query: QueryId(0),
        group: group.as_bytes().into(),
        newest: at(second.into()),
        slots: [(second, Count { total: 2, bad: 1 })].into_iter().collect(),
        example: None,
    };
    let crop = Crop { counts: groups.iter().map(cell).collect(), ..Crop::default() };
    Harvest { crops: vec![crop], ..Harvest::default() }
}

/// A journal, and what is written down.
struct Written {
    journal: Journal,
    snapshots: Vec<Snapshot>,
}

impl Written {
    /// Writes down all that is known.
    fn all(&mut self, indicators: &Indicators, now: Timestamp) {
        let mut packer = Packer::new().unwrap();
        let mut all = indicators.remember(&mut packer, now);
        self.journal.begin(&mut all, at(0), &mut packer, now);
        self.store(all);
    }

    /// Takes in what was counted, and writes a page about it.
    fn page(&mut self, indicators: &mut Indicators, harvest: &Harvest, now: Timestamp) {
        self.journal.note(indicators, harvest);
        indicators.absorb(harvest);
        let page = self.journal.page(now);
        self.store(page.into_iter().collect());
    }

    fn store(&mut self, all: Vec<Snapshot>) {
        self.snapshots.retain(|old| !all.iter().any(|it| it.name == old.name));
        self.snapshots.extend(all.into_iter().filter(|it| it.body.is_some()));
    }

    /// Returns how many groups are known after a restart.
    fn recalled(&self, now: Timestamp) -> usize {
        let mut indicators = indicators();
        Journal::default().recall(&mut indicators, &self.snapshots, now);
        indicators.groups()
    }
}

#[test]
fn a_page_that_is_left_from_another_time_is_not_counted() {
    let mut known = indicators();
    let mut written = Written { journal: Journal::default(), snapshots: Vec::new() };
    written.all(&known, at(60));
    for (second, group) in [(61, "a"), (62, "b"), (63, "c")] {
        written.page(&mut known, &harvest(&[group], second), at(second.into()));
    }
    assert_eq!(written.recalled(at(64)), 3);
    let pages = written.snapshots.clone();
    // the clock was put back by a minute: pages still belong to what they were written after
    let mut known = indicators();
    written.all(&known, at(1));
    assert_eq!(written.snapshots.len(), 1, "{:?}", written.snapshots);
    written.page(&mut known, &harvest(&["d"], 2), at(2));
    assert_eq!(written.recalled(at(3)), 1);
    written.snapshots.extend(pages.into_iter().filter(|it| it.name == "journal:1"));
    assert_eq!(written.recalled(at(3)), 1, "somebody brought back an old page");
}

#[test]
fn a_journal_begins_anew_after_a_minute_or_when_it_is_long() {
    let mut known = indicators();
    let mut written = Written { journal: Journal::default(), snapshots: Vec::new() };
    assert!(written.journal.is_full(at(1)));
    written.all(&known, at(1));
    assert!(!written.journal.is_full(at(60)));
    assert!(written.journal.is_full(at(61)));
    written.page(&mut known, &harvest(&["a"], 2), at(2));
    assert!(written.journal.bytes > 0 && !written.journal.is_full(at(3)));
    written.journal.bytes = MOST;
    assert!(written.journal.is_full(at(3)));
    written.all(&known, at(3));
    assert!(!written.journal.is_full(at(4)));
}

#[test]
fn what_there_is_no_room_for_is_told_and_the_rest_is_kept() {
    let mut known = indicators();
    let mut written = Written { journal: Journal::default(), snapshots: Vec::new() };
    written.all(&known, at(60));
    let names: Vec<String> = (0..20).map(|it| format!("{it}{}", "x".repeat(1 << 20))).collect();
    let groups: Vec<&str> = names.iter().map(String::as_str).collect();
    written.page(&mut known, &harvest(&groups, 61), at(61));
    assert_eq!(written.journal.left_out(), 4);
    written.page(&mut known, &harvest(&["y"], 62), at(62));
    assert_eq!(written.recalled(at(63)), 16 + 1);
    for (second, left_out) in [(120, 4), (180, 0)] {
        written.all(&known, at(second));
        assert_eq!(written.journal.left_out(), left_out, "after {second} s");
    }
}

fn hex(records: &[u8]) -> String {
    records.iter().map(|it| format!("{it:02x}")).collect()
}

fn laid_out(record: &impl Serialize) -> String {
    let mut records = Vec::new();
    archive::write(record, &mut records);
    hex(&records)
}

/// When one of these fails, `VERSION` in `archive.rs` has to rise.
#[test]
fn a_page_is_laid_out_as_this_version_lays_it_out() {
    let mut known = indicators();
    let mut harvest = harvest(&["g"], 300);
    let series = Series { key: 300, start: at(0) };
    let value = PointValue::Number { value: 1.0, adds: true };
    let (query, group) = (QueryId(7), b"g".as_slice().into());
    harvest.crops[0].growths =
        vec![Growth { query, group, slot: 1, at: at(0), bad: false, series, value }];
    let source = Source { service: "s".into(), version: "v".into(), instance: "i".into() };
    let of = |hit| Traffic { source: source.clone(), hit, count: 2, at: at(0) };
    harvest.traffic = vec![
        of(Hit::Answered { method: "GET".to_owned(), route: "/".to_owned() }),
        of(Hit::NotFound { method: "GET".to_owned(), path: "/".to_owned() }),
    ];
    let mut journal = Journal::default();
    journal.turn(at(0));
    journal.note(&known, &harvest);
    journal.forgot(at(0));
    known.absorb(&harvest);
    // what the query asks is named by a hash
    let name = known.remember(&mut Packer::new().unwrap(), at(0)).remove(0).name;
    let asks = u64::from_str_radix(&name["indicator:".len()..name.len() - 2], 16).unwrap();
    let records = hex(journal.noted.records()).replace(&laid_out(&asks), "..");
    assert_eq!(
        records,
        "00000000..0100016780e0a596bb1101ac0202010507016701000001ac020000000000000000f03f01\
         06010173017601690003474554012f0200010173017601690103474554012f02000200"
    );
}

#[test]
fn what_requests_met_and_what_operations_do_is_laid_out_as_this_version_lays_it_out() {
    let source = Source { service: "s".into(), version: "v".into(), instance: "i".into() };
    let route = "GET /".parse().ok();
    let met = RouteTraffic { route, source, not_found: 1, since: at(0), last: at(0) };
    let met: traffic::Written = ("s".into(), "v".into(), "GET /".to_owned(), met);
    assert_eq!(laid_out(&met), "0173017605474554202f0105474554202f017301760169010000");
    let mut usual = Usual::default();
    usual.saw(&["db"].into(), at(0));
    let does: shapes::Written = ("s".into(), "GET /".into(), vec!["a".into()], usual);
    assert_eq!(laid_out(&does), "017305474554202f010161000101026462000100");
}
