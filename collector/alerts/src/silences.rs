//! Silences: those of the configuration, and those that people gave while the collector runs.

use std::sync::Arc;

use bellwether_core::catalog::Catalog;
use bellwether_core::incident::Incident;
use bellwether_core::silence::Silence;
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use bellwether_expr::{Condition, compile};

use crate::when::{Seen, vocabulary};

/// What the names of their records begin with.
const RECORD: &str = "silence:";

/// More that people gave are refused.
const MOST: usize = 1_000;

/// The silences that hold, will hold, or held a moment ago.
#[derive(Default)]
pub(crate) struct Silences {
    written: Vec<Compiled>,
    given: Vec<Compiled>,
}

struct Compiled {
    silence: Silence,
    condition: Option<Arc<dyn Condition>>,
}

impl Compiled {
    fn new(silence: Silence) -> Result<Self, String> {
        let compiled = silence.when.as_ref().map(|it| compile(it, &vocabulary())).transpose();
        let condition = compiled.map_err(|it| match it.help {
            Some(help) => format!("{}; {help}", it.message),
            None => it.message,
        })?;
        Ok(Self { silence, condition })
    }

    fn fits(&self, incident: &Incident, catalog: &Catalog) -> bool {
        let it = &self.silence;
        it.incident.as_ref().is_none_or(|id| *id == incident.id)
            && it.component.as_ref().is_none_or(|id| *id == incident.component)
            // what cannot be told is not silenced: rather one message too many
            && self.condition.as_ref().is_none_or(|it| {
                it.holds(&Seen::new(incident, catalog)).unwrap_or(false)
            })
    }
}

impl Silences {
    /// Goes on with those that were stored.
    pub(crate) fn restore(snapshots: &[Snapshot]) -> Self {
        let stored = snapshots.iter().filter(|it| it.name.starts_with(RECORD));
        let read = |it: &Snapshot| {
            let silence = serde_json::from_slice(it.body.as_deref()?).ok()?;
            Compiled::new(silence).ok()
        };
        Self { written: Vec::new(), given: stored.filter_map(read).collect() }
    }

    /// Takes those of the configuration.
    pub(crate) fn write(&mut self, silences: &[Silence]) {
        // they were checked when the configuration was
        let compiled = silences.iter().filter_map(|it| Compiled::new(it.clone()).ok());
        self.written = compiled.collect();
    }

    /// Takes another one.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(crate) fn give(&mut self, silence: Silence) -> Result<Snapshot, String> {
        if self.given.len() >= MOST {
            return Err(format!("there are {MOST} silences already; end some"));
        }
        let record = record(&silence);
        self.given.push(Compiled::new(silence)?);
        Ok(record)
    }

    /// Ends one that a person gave; absent when there is none of this id.
    pub(crate) fn end(&mut self, id: &str, now: Timestamp) -> Option<(Silence, Snapshot)> {
        let at = self.given.iter().position(|it| it.silence.id == id)?;
        let ended = self.given.remove(at).silence;
        let gone = gone(&ended, now);
        Some((ended, gone))
    }

    /// Returns the first that silences an incident now.
    pub(crate) fn of(
        &self,
        incident: &Incident,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Option<&Silence> {
        let fits = |it: &&Compiled| it.silence.is_in_force(now) && it.fits(incident, catalog);
        self.all().find(fits).map(|it| &it.silence)
    }

    /// Returns those that hold or will hold.
    pub(crate) fn list(&self, now: Timestamp) -> impl Iterator<Item = &Silence> {
        let over = move |it: &&Silence| it.until.is_some_and(|until| until <= now);
        self.all().map(|it| &it.silence).filter(move |it| !over(it))
    }

    /// Forgets those that are over: by time, or because what they silence until it is resolved is.
    pub(crate) fn forget<'i>(
        &mut self,
        open: impl Iterator<Item = &'i Incident> + Clone,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Vec<Snapshot> {
        let over = |it: &Compiled| match it.silence.until {
            Some(until) => until <= now,
            None => !open.clone().any(|incident| it.fits(incident, catalog)),
        };
        let (over, kept): (Vec<_>, Vec<_>) = self.given.drain(..).partition(over);
        self.given = kept;
        over.iter().map(|it| gone(&it.silence, now)).collect()
    }

    /// Says whether people gave any, which end by themselves.
    pub(crate) fn any_given(&self) -> bool {
        !self.given.is_empty()
    }

    fn all(&self) -> impl Iterator<Item = &Compiled> {
        self.written.iter().chain(&self.given)
    }
}

fn record(silence: &Silence) -> Snapshot {
    let name = format!("{RECORD}{}", silence.id);
    // of what this is made of, nothing can fail to be written
    Snapshot { name, at: silence.from, body: serde_json::to_vec(silence).ok().map(Into::into) }
}

fn gone(silence: &Silence, now: Timestamp) -> Snapshot {
    Snapshot { name: format!("{RECORD}{}", silence.id), at: now, body: None }
}
