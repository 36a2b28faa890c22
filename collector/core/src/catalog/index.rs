/// How many components a catalog may have: what a customer would name is never as many.
pub(super) const MOST_COMPONENTS: usize = 512;

/// The number of a component in its catalog, by which tables find it faster than by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentIndex(u16);

impl ComponentIndex {
    pub(super) fn new(at: usize) -> Option<Self> {
        u16::try_from(at).ok().filter(|_| at < MOST_COMPONENTS).map(Self)
    }

    /// Returns the number, from 0 to the number of components.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// Some components of a catalog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComponentSet([u64; MOST_COMPONENTS / 64]);

impl ComponentSet {
    /// Adds a component.
    pub fn insert(&mut self, index: ComponentIndex) {
        if let Some(word) = self.0.get_mut(index.get() / 64) {
            *word |= 1 << (index.get() % 64);
        }
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, more)| *word |= more);
    }

    /// Says whether a component is in it.
    pub fn contains(&self, index: ComponentIndex) -> bool {
        self.0.get(index.get() / 64).is_some_and(|word| word >> (index.get() % 64) & 1 == 1)
    }

    /// Says whether none is in it.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; MOST_COMPONENTS / 64]
    }

    /// Returns the components in it, in order.
    pub fn iter(&self) -> impl Iterator<Item = ComponentIndex> + use<> {
        (0_u16..).step_by(64).zip(self.0).flat_map(|(base, mut word)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                word &= word.checked_sub(1)?;
                Some(ComponentIndex(base + bit as u16))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_comes_out_in_order() {
        let numbers = [0, 63, 64, 200, 511];
        let mut set = ComponentSet::default();
        assert!(set.is_empty() && set.iter().next().is_none());
        numbers.into_iter().rev().for_each(|at| set.insert(ComponentIndex::new(at).unwrap()));
        assert_eq!(set.iter().map(ComponentIndex::get).collect::<Vec<_>>(), numbers);
        for at in 0..MOST_COMPONENTS {
            assert_eq!(set.contains(ComponentIndex::new(at).unwrap()), numbers.contains(&at));
        }
        assert_eq!(ComponentIndex::new(512), None);
    }
}
