//! Many conditions on attributes at once, of which a signal meets only those that can hold.

use std::collections::HashMap;

use super::keys::{Keys, Slot, Values};
use crate::attribute::{Predicate, Value, Wanted};

/// Conditions with what each stands for. One that asks for an exact text is filed under that
/// text, so that ten thousand customers cost as much as one.
#[derive(Clone, Debug)]
pub(super) struct Predicates<T> {
    filed: Vec<(Slot, File)>,
    others: Vec<usize>,
    all: Vec<Entry<T>>,
}

/// The numbers of conditions, by the text that each asks for.
type File = HashMap<Box<str>, Vec<usize>>;

#[derive(Clone, Debug)]
struct Entry<T> {
    atoms: Vec<(Slot, Wanted)>,
    meaning: T,
}

impl<T> Default for Predicates<T> {
    fn default() -> Self {
        Self { filed: Vec::new(), others: Vec::new(), all: Vec::new() }
    }
}

impl<T> Predicates<T> {
    pub(super) fn add(&mut self, keys: &mut Keys, predicate: &Predicate, meaning: T) {
        let atoms: Option<Vec<(Slot, Wanted)>> = predicate
            .0
            .iter()
            .map(|(key, wanted)| Some((keys.slot(key)?, wanted.clone())))
            .collect();
        let Some(atoms) = atoms.filter(|it| !it.is_empty()) else { return };
        let number = self.all.len();
        match atoms.iter().find_map(|(slot, wanted)| Some((*slot, exact_texts(wanted)?))) {
            Some((slot, texts)) => {
                for text in texts {
                    let numbers = self.file(slot).entry(text.into()).or_default();
                    // a value that is listed twice is meant once
                    if numbers.last() != Some(&number) {
                        numbers.push(number);
                    }
                }
            }
            None => self.others.push(number),
        }
        self.all.push(Entry { atoms, meaning });
    }

    fn file(&mut self, slot: Slot) -> &mut File {
        let at = match self.filed.iter().position(|(known, _)| *known == slot) {
            Some(at) => at,
            None => {
                self.filed.push((slot, HashMap::new()));
                self.filed.len() - 1
            }
        };
        &mut self.filed[at].1
    }

    /// Calls `found` with what each condition that holds stands for, and how many attributes it
    /// names.
    pub(super) fn find<'s>(&'s self, values: &Values<'_>, found: &mut impl FnMut(&'s T, usize)) {
        for (slot, texts) in &self.filed {
            let numbers = values.text(*slot).and_then(|text| texts.get(text));
            self.hold(numbers.into_iter().flatten(), values, found);
        }
        self.hold(self.others.iter(), values, found);
    }

    fn hold<'s, 'n>(
        &'s self,
        numbers: impl Iterator<Item = &'n usize>,
        values: &Values<'_>,
        found: &mut impl FnMut(&'s T, usize),
    ) {
        for entry in numbers.filter_map(|number| self.all.get(*number)) {
            let takes = |(slot, wanted): &(Slot, Wanted)| {
                values.get(*slot).is_some_and(|value: Value<'_>| wanted.takes(value))
            };
            if entry.atoms.iter().all(takes) {
                found(&entry.meaning, entry.atoms.len());
            }
        }
    }
}

/// Returns the texts that are meant when nothing but texts written out is meant.
fn exact_texts(wanted: &Wanted) -> Option<Vec<&str>> {
    wanted.values().iter().map(|value| value.exact_text()).collect()
}
