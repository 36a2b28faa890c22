//! What the pipelines of a lane do with a request on its way.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;

use bellwether_core::catalog::{Catalog, Matcher};
use bellwether_core::ids::ComponentId;
use bellwether_core::ingest::Signal;
use bellwether_core::settings::Secret;
use bellwether_core::state::ComponentState;
use bellwether_health::enrich::{Editing, Tags, Unwell};
use bellwether_otlp::rewrite::{Digest, Redaction};
use bytes::Bytes;
use ring::hmac;
use tokio::sync::watch;

use crate::config::{Actions, Processor};

/// Makes the tags of what passes some pipelines, anew whenever a state changes.
#[derive(Debug)]
struct Enricher {
    catalog: Catalog,
    matcher: Arc<Matcher>,
    /// What is taken out after health has had its say, what it says included.
    after: Redaction,
    unwell: watch::Sender<Unwell>,
    tags: watch::Sender<Arc<Tags>>,
}

impl Enricher {
    /// Makes an enricher; `None` when the catalog names nothing that a signal could be of.
    fn new(catalog: &Catalog, after: Redaction) -> Option<Self> {
        if catalog.components().next().is_none() && catalog.customers().next().is_none() {
            return None;
        }
        let matcher = Arc::new(Matcher::new(catalog));
        let tags = tags(catalog, &matcher, &Unwell::new(), &after);
        Some(Self {
            catalog: catalog.clone(),
            matcher,
            after,
            unwell: watch::Sender::new(Unwell::new()),
            tags: watch::Sender::new(Arc::new(tags)),
        })
    }

    /// Takes the states of components in.
    fn update(&self, states: &BTreeMap<ComponentId, ComponentState>) {
        let unwell = states.iter().filter(|(_, state)| state.is_unwell());
        let unwell: Unwell = unwell.map(|(id, state)| (id.clone(), *state)).collect();
        if *self.unwell.borrow() != unwell {
            let tags = tags(&self.catalog, &self.matcher, &unwell, &self.after);
            self.tags.send_replace(Arc::new(tags));
            self.unwell.send_replace(unwell);
        }
    }

    /// Returns the tags as they are now.
    fn tags(&self) -> Arc<Tags> {
        Arc::clone(&self.tags.borrow())
    }
}

fn tags(catalog: &Catalog, matcher: &Arc<Matcher>, unwell: &Unwell, after: &Redaction) -> Tags {
    // as many as the runtime has workers
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    Tags::new(catalog, Arc::clone(matcher), unwell, after, workers)
}

/// What is done with requests.
#[derive(Debug, Default)]
pub(super) struct Treatment {
    enricher: Option<Enricher>,
    /// What is taken out of spans, log records and data points, and of the scopes around them.
    items: Redaction,
    /// What is taken out of resources.
    resources: Redaction,
}

impl Treatment {
    /// Makes what processors ask for; `enrich` says whether health tells whose a signal is.
    pub(super) fn new(processors: &[Processor], catalog: &Catalog, enrich: bool) -> Self {
        let mut treatment = Self::default();
        // what health adds is taken out again by what stands behind it
        let (mut is_enriched, mut after) = (false, Redaction::default());
        for processor in processors {
            match processor {
                Processor::Health => is_enriched = enrich,
                Processor::Attributes(actions) => {
                    add(&mut treatment.items, actions);
                    if is_enriched {
                        add(&mut after, actions);
                    }
                }
                Processor::Resource(actions) => add(&mut treatment.resources, actions),
            }
        }
        if is_enriched {
            treatment.enricher = Enricher::new(catalog, after);
        }
        treatment
    }

    /// Says whether it leaves everything as it is.
    pub(super) fn is_nothing(&self) -> bool {
        self.enricher.is_none() && self.items.is_empty() && self.resources.is_empty()
    }

    /// Takes in how components are.
    pub(super) fn learn(&self, states: &BTreeMap<ComponentId, ComponentState>) {
        self.enricher.iter().for_each(|it| it.update(states));
    }

    /// Does it. What nothing touches is the same memory.
    pub(super) fn treat(&self, signal: Signal, body: &Bytes) -> Bytes {
        // a data point is not told whose it is
        let tags = self.enricher.as_ref().filter(|_| signal != Signal::Metrics);
        let tags = tags.map(|it| it.tags());
        if tags.is_none() && self.items.is_empty() && self.resources.is_empty() {
            return body.clone();
        }
        let editing = Editing::new(tags.as_deref(), &self.items, &self.resources);
        editing.apply(signal, body).unwrap_or_else(|| body.clone())
    }
}

fn add(redaction: &mut Redaction, actions: &Actions) {
    let Actions { delete, hash, hash_key } = actions;
    delete.iter().for_each(|key| redaction.delete(key));
    if let Some(secret) = hash_key {
        let digest = digest(secret);
        hash.iter().for_each(|key| redaction.hash(key, Arc::clone(&digest)));
    }
}

/// Makes the digest of a secret: the first half of HMAC-SHA256.
fn digest(secret: &Secret) -> Digest {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    Arc::new(move |value| {
        let tag = hmac::sign(&key, value);
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests;
