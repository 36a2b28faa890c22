//! An append-only list that is read without a lock.

use std::sync::OnceLock;

/// Keeps one value for each key that ever came up; for few keys, read often.
///
/// The series of a route are such: a handful of status codes, asked for with every request. A lock around a map would
/// cost more than the look-up.
#[derive(Debug)]
pub(super) struct Series<K, V> {
    head: OnceLock<Box<Node<K, V>>>,
}

#[derive(Debug)]
struct Node<K, V> {
    key: K,
    value: V,
    next: OnceLock<Box<Node<K, V>>>,
}

impl<K, V> Default for Series<K, V> {
    fn default() -> Self {
        Self { head: OnceLock::new() }
    }
}

impl<K: Copy + PartialEq, V> Series<K, V> {
    /// Returns the value of a key, made when the key comes up for the first time.
    pub(super) fn get(&self, key: K, make: impl Fn() -> V) -> &V {
        let mut place = &self.head;
        loop {
            // Whoever loses the race for a place finds the winner's node there and goes on.
            let node =
                place.get_or_init(|| Box::new(Node { key, value: make(), next: OnceLock::new() }));
            if node.key == key {
                return &node.value;
            }
            place = &node.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_for_each_key_however_many_ask() {
        let series = Series::<u16, String>::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for key in 0..100 {
                        assert_eq!(*series.get(key, || key.to_string()), key.to_string());
                    }
                });
            }
        });
        let first: *const String = series.get(7, || unreachable!());
        assert!(std::ptr::eq(first, series.get(7, || unreachable!())));
    }
}
