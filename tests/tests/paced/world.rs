//! A collector from signals to vendors under one paused clock: rules, decisions, outboxes and the
//! workers of all destinations, without a socket, a file or a thread.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bellwether_collector::config;
use bellwether_collector::tools::replay::{Eye, Judge, Moment};
use bellwether_core::act::Act;
use bellwether_core::ids::Destination;
use bellwether_core::incident::Incident;
use bellwether_core::links::NoLinks;
use bellwether_core::notice::Notice;
use bellwether_core::state::ComponentState;
use bellwether_core::store::Withdrawal;
use bellwether_core::time::Timestamp;
use bellwether_core::witness::Nobody;
use bellwether_exporters::Runtime;
use bellwether_exporters::timing::Stop;
use bellwether_tests::standins::Vendor;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::metrics::Always;
use crate::network::{Inside, Shared};
use crate::outbox::MemoryOutbox;
use crate::signals::Request;

/// Monday 23 November 2026, 08:00 in UTC: when every story begins.
const START: Timestamp = Timestamp::from_secs(1_795_420_800);

/// A collector in a world of its own.
pub(crate) struct World {
    pub(crate) network: Arc<Inside>,
    judge: Judge,
    eye: Eye,
    newest: Option<Moment>,
    /// When rules are evaluated next.
    next: Timestamp,
    tick: Duration,
    begun: Instant,
    outboxes: BTreeMap<Destination, Arc<MemoryOutbox>>,
    _workers: JoinSet<()>,
}

impl World {
    /// Begins a story with files, the configuration first, which evaluates rules every `tick`, and
    /// vendors by the end of their host.
    pub(crate) fn begin(
        files: &[(&str, String)],
        tick: Duration,
        vendors: Vec<(&'static str, Arc<dyn Vendor>)>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text)?;
        }
        let (name, _) = files.first().context("a configuration")?;
        Self::of(&folder.path().join(name), tick, vendors)
    }

    fn of(
        file: &Path,
        tick: Duration,
        vendors: Vec<(&'static str, Arc<dyn Vendor>)>,
    ) -> anyhow::Result<Self> {
        let config = config::load(Some(file)).map_err(|it| anyhow!("{}", it.render(false)))?;
        let begun = Instant::now();
        let now = move || START.plus(begun.elapsed());
        let wall = move || jiff::Timestamp::UNIX_EPOCH + wall(now());
        let network = Arc::new(Inside::new(vendors, Arc::new(wall)));
        let runtime = Runtime {
            network: Arc::new(Shared(Arc::clone(&network))),
            clock: Arc::new(now),
            stop: Stop::new(),
            witness: Arc::new(Nobody),
            links: Arc::new(NoLinks),
        };
        let (mut outboxes, mut workers) = (BTreeMap::new(), JoinSet::new());
        for exporter in config.exporters() {
            let outbox = Arc::new(MemoryOutbox::new());
            let wake = outbox.wake();
            if let Some(worker) = exporter.run_notices(&runtime, outbox.clone(), wake)? {
                workers.spawn(worker);
                outboxes.insert(exporter.destination().clone(), outbox);
            }
            if let Some(worker) = exporter.run_metrics(&runtime, Arc::new(Always))? {
                workers.spawn(worker);
            }
        }
        let (judge, eye) = Judge::new(config, START);
        Ok(Self {
            network,
            judge,
            eye,
            newest: None,
            next: START,
            tick,
            begun,
            outboxes,
            _workers: workers,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        START.plus(self.begun.elapsed())
    }

    /// Lets requests come in now.
    pub(crate) fn take(&mut self, (signal, body): Request) {
        // evaluations are as old as the clock, so that none is due before this
        self.eye.look(signal, &body, self.now(), &mut |_| {});
    }

    /// Lets time pass, with evaluations as they come due.
    pub(crate) async fn pass(&mut self, time: Duration) {
        let end = self.now().plus(time);
        while self.next <= end {
            sleep_until(self.begun + self.next.since(START)).await;
            self.next = self.next.plus(self.tick);
            if let Some(moment) = self.judge.judge(self.eye.cut()) {
                self.owe(&moment.decision.withdrawals, &moment.decision.notices);
                self.newest = Some(moment);
            }
        }
        sleep_until(self.begun + end.since(START)).await;
    }

    /// Does what a person asks for.
    pub(crate) fn act(&mut self, act: Act) -> anyhow::Result<()> {
        let decision = self.judge.act(act, self.now()).map_err(|it| anyhow!("{it}"))?;
        self.owe(&decision.withdrawals, &decision.notices);
        Ok(())
    }

    fn owe(&self, withdrawals: &[Withdrawal], notices: &[Notice]) {
        for (withdrawal, to) in
            withdrawals.iter().flat_map(|it| it.destinations.iter().map(move |to| (it, to)))
        {
            if let Some(outbox) = self.outboxes.get(to) {
                outbox.withdraw(&withdrawal.subject);
            }
        }
        for notice in notices {
            if let Some(outbox) = self.outboxes.get(&notice.destination) {
                outbox.push(notice.clone());
            }
        }
    }

    /// Returns the only open incident.
    pub(crate) fn incident(&self) -> Incident {
        let open: Vec<&Incident> = self.judge.open().collect();
        assert_eq!(open.len(), 1, "{open:#?}");
        open[0].clone()
    }

    /// Returns how many incidents are open.
    pub(crate) fn open(&self) -> usize {
        self.judge.open().count()
    }

    /// Returns whether an alert gives a component a state of its own.
    pub(crate) fn own(&self, component: &str) -> bool {
        let active = self.newest.iter().flat_map(|it| &it.evaluation.active);
        active.into_iter().any(|it| it.component.as_str() == component)
    }

    /// Returns the effective state of a component.
    pub(crate) fn state(&self, component: &str) -> Option<ComponentState> {
        self.newest.as_ref()?.evaluation.effective.get(component).copied()
    }

    /// Returns how many messages wait.
    pub(crate) fn waiting(&self) -> usize {
        self.outboxes.values().map(|it| it.waiting()).sum()
    }
}

fn wall(now: Timestamp) -> jiff::SignedDuration {
    jiff::SignedDuration::from_nanos(now.nanos())
}
