//! What many groups cost: CPU for an evaluation, and memory.

use std::time::Duration;

use bellwether_core::store::{Commit, Restored};
use bellwether_load::wire::Writer;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::alloc;
use crate::disk::Disk;
use crate::plane::{Plane, Took, Written, bytes, cpu};

/// Spans of a request.
const SPANS: usize = 500;

/// Three days of signals, as many as there are slots in the four rings of a `burn_rate`: the older
/// the fewer.
const DAYS: &[(u32, u64)] = &[(66, 3_600), (61, 300), (56, 60), (31, 10)];

/// A rule by whose groups the cost is told.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Whether the bars are for it.
    pub(crate) has_bars: bool,
    rule: Value,
    /// What fills its windows, one signal of each group to a slot: how many, and how many seconds
    /// apart.
    fill: &'static [(u32, u64)],
    /// Whether every signal failed.
    fails: bool,
    /// How long a span lasts, in milliseconds.
    lasts: u64,
}

/// What the groups of a case cost.
pub(crate) struct Cost {
    /// CPU of an evaluation after a second in which a signal of every group came.
    pub(crate) busy: Duration,
    /// CPU of an evaluation after a second in which nothing came.
    pub(crate) quiet: Duration,
    /// CPU of adding up a signal of every group.
    pub(crate) absorbing: Duration,
    /// How often a busy evaluation asks for memory.
    pub(crate) allocations: usize,
    /// How many bytes it has to write down for a restart.
    pub(crate) page: usize,
    /// What it takes to write down all that is known.
    pub(crate) all: Written,
}

/// What is kept for the groups of a case.
pub(crate) struct State {
    /// Bytes of memory.
    pub(crate) kept: usize,
    /// What it takes to write them down,
    pub(crate) all: Written,
    /// to commit that to a disk,
    pub(crate) commit: Duration,
    /// and to go on from it after a restart, in CPU time.
    pub(crate) restart: Duration,
}

impl Case {
    /// Returns all of them.
    pub(crate) fn all() -> Vec<Self> {
        let case = |name, has_bars, mut rule: Value, fill, lasts| {
            rule["component"] = "shop".into();
            rule["group_by"] = json!(["store.id"]);
            rule["max_groups"] = 1_000_000.into();
            Self { name, has_bars, rule, fill, fails: false, lasts }
        };
        let burn_rate = || json!({ "kind": "burn_rate", "objective": "99.9%" });
        let error_ratio = || json!({ "kind": "threshold", "indicator": "error_ratio", "above": "5%", "window": "1m" });
        let threshold = |indicator: &str, above: Value, window: &str| json!({ "kind": "threshold", "indicator": indicator, "above": above, "window": window });
        vec![
            case("`error_ratio` of 1m, all well", true, error_ratio(), &[(31, 2)], 20),
            case(
                "`rate` of 1m, all well",
                true,
                threshold("rate", 1e6.into(), "1m"),
                &[(31, 2)],
                20,
            ),
            case(
                "`p99` of 5m, all well",
                true,
                threshold("p99", "2s".into(), "5m"),
                &[(31, 10)],
                20,
            ),
            case(
                "`max` of 1m, all well",
                true,
                threshold("max", "2s".into(), "1m"),
                &[(31, 2)],
                20,
            ),
            case(
                "`absence` after 10m, all well",
                true,
                json!({ "kind": "absence", "after": "10m" }),
                &[(5, 1)],
                20,
            ),
            case("`burn_rate` of 30d, all well", true, burn_rate(), &[(60, 60)], 20),
            case("`burn_rate` of 30d, all well, after three days", true, burn_rate(), DAYS, 20),
            case(
                "`p99` of 5m, every group in breach",
                false,
                threshold("p99", "10ms".into(), "5m"),
                &[(31, 10)],
                20,
            ),
            Self {
                fails: true,
                ..case(
                    "`error_ratio` of 1m, every group in breach",
                    false,
                    error_ratio(),
                    &[(31, 2)],
                    20,
                )
            },
            Self {
                fails: true,
                ..case(
                    "`burn_rate` of 30d, every group in breach",
                    false,
                    burn_rate(),
                    &[(60, 60)],
                    20,
                )
            },
        ]
    }

    pub(crate) fn plane(&self) -> anyhow::Result<Plane> {
        let (catalog, rules) = self.rules();
        Plane::new(catalog, &rules)
    }

    fn rules(&self) -> (Value, [(String, Value); 1]) {
        let catalog = json!({ "components": { "shop": { "services": ["shop"] } } });
        (catalog, [("rule".to_owned(), self.rule.clone())])
    }

    /// Measures how long it takes to go on from what was written down of so many groups.
    fn restart(&self, plane: &Plane, commit: &Commit, groups: usize) -> anyhow::Result<Duration> {
        let (catalog, rules) = self.rules();
        let stored = Restored { snapshots: commit.snapshots.clone(), ..Restored::default() };
        let began = cpu();
        let other = Plane::restored(catalog, &rules, &stored, plane.now)?;
        let took = cpu() - began;
        let found = other.groups();
        anyhow::ensure!(found == groups, "{found} groups of {groups} survive a restart");
        Ok(took)
    }

    /// Measures what evaluations cost with so many groups: the medians of `rounds`.
    pub(crate) fn evaluations(&self, groups: usize, rounds: usize) -> anyhow::Result<Cost> {
        let mut plane = self.plane()?;
        self.fill(&mut plane, groups);
        let (mut busy, mut quiet, mut pages) = (Vec::new(), Vec::new(), Vec::new());
        let mut allocations = 0;
        for _ in 0..rounds {
            let requests = self.requests(&plane, groups);
            let before = alloc::calls();
            let (took, evaluation) = plane.second(&requests);
            allocations = alloc::calls() - before;
            busy.push(took);
            pages.push(bytes(&evaluation));
            quiet.push(plane.second(&[]).0);
        }
        let of = |took: &[Took], read: fn(&Took) -> Duration| median(took.iter().map(read));
        Ok(Cost {
            busy: of(&busy, |it| it.evaluating),
            quiet: of(&quiet, |it| it.evaluating),
            absorbing: of(&busy, |it| it.absorbing),
            allocations,
            page: median(pages.into_iter()),
            all: plane.write_all().0,
        })
    }

    /// Measures what is kept for so many groups whose windows are full.
    pub(crate) fn state(&self, groups: usize, disk: &Disk) -> anyhow::Result<State> {
        let mut plane = self.plane()?;
        let before = alloc::live();
        self.fill(&mut plane, groups);
        plane.forget_decisions();
        let kept = alloc::live().saturating_sub(before);
        anyhow::ensure!(plane.groups() == groups, "{} groups instead of {groups}", plane.groups());
        let (all, commit) = plane.write_all();
        let restart = self.restart(&plane, &commit, groups)?;
        Ok(State { kept, all, restart, commit: disk.commit(commit)? })
    }

    /// Fills the windows; then all is evaluated once, so that what breaches has an alert.
    pub(crate) fn fill(&self, plane: &mut Plane, groups: usize) {
        for (count, apart) in self.fill {
            for _ in 0..*count {
                let requests = self.requests(plane, groups);
                plane.take(&requests);
                plane.wait(*apart);
            }
        }
        plane.evaluate();
    }

    /// Makes a second's requests, with a span of each group.
    pub(crate) fn requests(&self, plane: &Plane, groups: usize) -> Vec<Bytes> {
        let until = (plane.now.nanos().unsigned_abs()) + 900_000_000;
        let all: Vec<usize> = (0..groups).collect();
        let request = |groups: &[usize]| {
            let mut writer = Writer::default();
            writer.message(1, |resource| {
                resource.message(1, |it| text(it, 1, "service.name", "shop"));
                resource.message(2, |scope| {
                    for group in groups {
                        scope.message(2, |it| self.span(it, *group, until));
                    }
                });
            });
            Bytes::from(writer.finish())
        };
        all.chunks(SPANS).map(request).collect()
    }

    fn span(&self, span: &mut Writer, group: usize, until: u64) {
        let id = (group as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        span.bytes(1, [id.to_be_bytes(), id.to_le_bytes()].concat()).bytes(2, id.to_be_bytes());
        // times and durations differ a little, as they do
        let chance = (id ^ until).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32;
        let until = until - chance % 900_000_000;
        let lasted = self.lasts * 1_000_000 + chance % 7_000_000;
        span.bytes(5, "GET /").number(6, 2).fixed64(7, until - lasted).fixed64(8, until);
        text(span, 9, "store.id", &format!("store-{:07}", group * 7_654_321 % 10_000_000));
        if self.fails {
            span.message(15, |status| {
                status.number(3, 2);
            });
        }
    }
}

fn text(writer: &mut Writer, field: u32, key: &str, value: &str) {
    writer.message(field, |it| {
        it.bytes(1, key).message(2, |any| {
            any.bytes(1, value);
        });
    });
}

/// Returns the middle one.
pub(crate) fn median<T: PartialOrd + Copy + Default>(all: impl Iterator<Item = T>) -> T {
    let mut all: Vec<T> = all.collect();
    all.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    all.get(all.len() / 2).copied().unwrap_or_default()
}
