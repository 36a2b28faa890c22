//! Requests by chance.

use proptest::prelude::*;

use super::generate::{self, Entropy};
use super::{compare, ours};

/// Chooses what the generator does, and how seldom it does something a sender should not do.
pub(crate) fn entropy() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(any::<u8>(), 200..2_000),
    ]
}

fn same(bytes: &[u8]) -> Result<u32, TestCaseError> {
    compare(bytes).map_err(TestCaseError::fail)
}

#[derive(Clone, Debug)]
enum Mutation {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (index(), 1..=255_u8).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        1 => index().prop_map(Mutation::Cut),
        1 => (index(), 1..8_usize).prop_map(|(at, n)| Mutation::Remove(at, n)),
        1 => (index(), prop::collection::vec(any::<u8>(), 1..8))
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        1 => (index(), 1..64_usize).prop_map(|(at, n)| Mutation::Repeat(at, n)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let end = |at: usize, n: usize| (at + n).min(bytes.len());
    match mutation {
        Mutation::Flip(at, bits) => *at.get_mut(bytes) ^= bits,
        Mutation::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Mutation::Remove(at, n) => {
            let at = at.index(bytes.len());
            let end = end(at, *n);
            drop(bytes.drain(at..end));
        }
        Mutation::Insert(at, new) => {
            let at = at.index(bytes.len());
            drop(bytes.splice(at..at, new.iter().copied()));
        }
        Mutation::Repeat(at, n) => {
            let at = at.index(bytes.len());
            let again = bytes[at..end(at, *n)].to_vec();
            drop(bytes.splice(at..at, again));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn well_formed_requests_read_the_same(entropy in entropy()) {
        for schema in generate::REQUESTS {
            let bytes = Entropy::new(&entropy).well_formed(schema);
            prop_assert!(same(&bytes)? >= 1, "a decoder refuses what we made: {bytes:02x?}");
        }
    }

    #[test]
    fn odd_requests_read_the_same(entropy in entropy()) {
        for schema in generate::REQUESTS {
            same(&Entropy::new(&entropy).odd(schema))?;
        }
    }

    #[test]
    fn mutated_requests_read_the_same(
        entropy in entropy(),
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        for schema in generate::REQUESTS {
            let mut bytes = Entropy::new(&entropy).well_formed(schema);
            mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
            same(&bytes)?;
        }
    }

    #[test]
    fn any_bytes_read_the_same(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        same(&bytes)?;
    }

    #[test]
    fn views_of_unchecked_bytes_end(entropy in entropy(), bytes: Vec<u8>) {
        for schema in generate::REQUESTS {
            ours::walk_unchecked(&Entropy::new(&entropy).odd(schema));
        }
        ours::walk_unchecked(&bytes);
    }
}
