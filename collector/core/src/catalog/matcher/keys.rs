//! Which attributes are looked at, and where the value of each is kept.

use bellwether_proto::semconv;

use crate::attribute::Value;

/// How many attributes can be looked at, those of [`BUILT_IN`] among them.
const SLOTS: usize = 32;

/// Attributes that are always looked at; the second name of each pair is that of the
/// conventions before 1.23, which many SDKs still use.
const BUILT_IN: [&str; 8] = [
    semconv::HTTP_REQUEST_METHOD,
    "http.method",
    semconv::HTTP_ROUTE,
    semconv::URL_PATH,
    "http.target",
    semconv::BUSINESS_COMPONENT,
    semconv::BUSINESS_CUSTOMER_ID,
    semconv::BUSINESS_CUSTOMER,
];

/// How many attributes a catalog can name beside those that are always looked at.
pub(in crate::catalog) const MOST_KEYS: usize = SLOTS - BUILT_IN.len();

pub(super) const METHOD: Slot = Slot(0);
pub(super) const OLD_METHOD: Slot = Slot(1);
pub(super) const ROUTE: Slot = Slot(2);
pub(super) const PATH: Slot = Slot(3);
pub(super) const OLD_TARGET: Slot = Slot(4);
pub(super) const COMPONENT: Slot = Slot(5);
pub(super) const CUSTOMER_ID: Slot = Slot(6);
pub(super) const CUSTOMER: Slot = Slot(7);

/// Where the value of an attribute is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot(u8);

/// The attributes that are looked at, by the length of their names: of ten attributes of a span
/// most have a length that none of these has.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    by_length: Vec<Vec<(Box<str>, Slot)>>,
    used: u8,
}

impl Keys {
    pub(super) fn new() -> Self {
        let mut keys = Self { by_length: Vec::new(), used: 0 };
        for key in BUILT_IN {
            keys.slot(key);
        }
        keys
    }

    /// Returns the slot of an attribute, a new one when it has none; nothing when there is no
    /// more room, which the check of a catalog rules out.
    pub(super) fn slot(&mut self, key: &str) -> Option<Slot> {
        if let Some(slot) = self.find(key.as_bytes()) {
            return Some(slot);
        }
        if usize::from(self.used) == SLOTS {
            return None;
        }
        let slot = Slot(self.used);
        self.used += 1;
        if self.by_length.len() <= key.len() {
            self.by_length.resize(key.len() + 1, Vec::new());
        }
        self.by_length.get_mut(key.len())?.push((key.into(), slot));
        Some(slot)
    }

    fn find(&self, key: &[u8]) -> Option<Slot> {
        let same_length = self.by_length.get(key.len())?;
        same_length.iter().find(|(known, _)| known.as_bytes() == key).map(|(_, slot)| *slot)
    }
}

/// The values of the attributes that are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a>([Option<Value<'a>>; SLOTS]);

impl<'a> Values<'a> {
    pub(super) const NONE: Self = Self([None; SLOTS]);

    /// Takes what is looked at out of attributes; the first of several with one key counts. What
    /// is there already gives way.
    pub(super) fn take<F: FnOnce() -> Value<'a>>(
        &mut self,
        keys: &Keys,
        attributes: impl IntoIterator<Item = (&'a [u8], F)>,
    ) {
        let mut seen = 0_u64;
        for (key, value) in attributes {
            let Some(slot) = keys.find(key) else { continue };
            let bit = 1 << slot.0;
            if seen & bit == 0
                && let Some(place) = self.0.get_mut(usize::from(slot.0))
            {
                seen |= bit;
                *place = Some(value());
            }
        }
    }

    pub(super) fn get(&self, slot: Slot) -> Option<Value<'a>> {
        self.0.get(usize::from(slot.0)).copied().flatten()
    }

    pub(super) fn text(&self, slot: Slot) -> Option<&'a str> {
        self.get(slot).and_then(Value::as_str)
    }
}
