//! A map with a limited number of entries.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A map that evicts its oldest entry when a new one exceeds its capacity.
///
/// The age of an entry counts from its last [`insert`](Self::insert). If entries expire, store the
/// time in the value. Call [`evict_while`](Self::evict_while) if they expire in the order of
/// insertion, and [`retain`](Self::retain) otherwise. The map clones each key once, so wrap long
/// keys in an [`Arc`](std::sync::Arc).
///
/// ```
/// use eventkit::transport::BoundedMap;
///
/// let mut recent = BoundedMap::new(2);
/// for (id, attempts) in [("a", 1), ("b", 1), ("a", 2), ("c", 1)] {
///     recent.insert(id, attempts);
/// }
/// assert_eq!((recent.get("a"), recent.get("b")), (Some(&2), None));
/// ```
#[derive(Debug, Clone)]
pub struct BoundedMap<K, V> {
    capacity: usize,
    /// The values, each with the serial number of its insertion.
    entries: HashMap<K, (u64, V)>,
    /// The keys, by serial number.
    order: BTreeMap<u64, K>,
    next_serial: u64,
}

impl<K: Eq + Hash + Clone, V> BoundedMap<K, V> {
    /// Creates an empty map for up to `capacity` entries; with a capacity of 0, the map stays empty.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: HashMap::new(),
            order: BTreeMap::new(),
            next_serial: 0,
        }
    }

    /// Inserts an entry as the newest one, and returns the previous value of the key.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let previous = self.remove(&key);
        let serial = self.next_serial;
        self.next_serial += 1;
        self.order.insert(serial, key.clone());
        self.entries.insert(key, (serial, value));
        if self.len() > self.capacity {
            self.pop_oldest();
        }
        previous
    }

    /// Returns the value of a key.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// Returns a mutable reference to the value of a key; changing the value does not change its age.
    pub fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    /// Returns whether the map contains a key.
    pub fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.entries.contains_key(key)
    }

    /// Removes an entry, and returns its value.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (serial, value) = self.entries.remove(key)?;
        self.order.remove(&serial);
        Some(value)
    }

    /// Removes the oldest entries, up to the first one that does not satisfy the predicate.
    pub fn evict_while(&mut self, mut predicate: impl FnMut(&V) -> bool) {
        while let Some((_, key)) = self.order.first_key_value()
            && self.get(key).is_none_or(&mut predicate)
        {
            self.pop_oldest();
        }
    }

    /// Removes all entries that do not satisfy the predicate, regardless of their age.
    pub fn retain(&mut self, mut predicate: impl FnMut(&V) -> bool) {
        let order = &mut self.order;
        self.entries.retain(|_, (serial, value)| {
            let keeps = predicate(value);
            if !keeps {
                order.remove(serial);
            }
            keeps
        });
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether the map is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn pop_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_first() {
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(map: &BoundedMap<u32, u32>) -> Vec<u32> {
        assert_eq!(map.entries.len(), map.order.len());
        map.order.values().copied().collect()
    }

    #[test]
    fn the_oldest_entry_is_evicted() {
        let mut map = BoundedMap::new(3);
        for key in 0..5 {
            assert_eq!(map.insert(key, key), None);
        }
        assert_eq!(keys(&map), [2, 3, 4]);
        assert_eq!((map.get(&1), map.get(&2)), (None, Some(&2)));
    }

    #[test]
    fn an_insertion_renews_an_entry_and_a_change_does_not() {
        let mut map = BoundedMap::new(2);
        map.insert(1, 10);
        map.insert(2, 20);
        assert_eq!(map.insert(1, 11), Some(10));
        assert_eq!(keys(&map), [2, 1]);
        *map.get_mut(&2).unwrap() = 21;
        map.insert(3, 30);
        assert_eq!(keys(&map), [1, 3]);
    }

    #[test]
    fn entries_are_evicted_by_value_from_the_oldest_on() {
        let mut map = BoundedMap::new(10);
        for (key, value) in [(1, 1), (2, 2), (3, 9), (4, 1)] {
            map.insert(key, value);
        }
        map.evict_while(|value| *value < 5);
        assert_eq!(keys(&map), [3, 4]);
    }

    #[test]
    fn entries_are_retained_by_value_regardless_of_earlier_entries() {
        let mut map = BoundedMap::new(10);
        for (key, value) in [(1, 1), (2, 9), (3, 2), (4, 8)] {
            map.insert(key, value);
        }
        map.retain(|value| *value >= 5);
        assert_eq!(keys(&map), [2, 4]);
    }

    #[test]
    fn entries_that_come_and_go_leave_nothing_behind() {
        let mut map = BoundedMap::new(2);
        for key in 0..1_000 {
            map.insert(key, 0);
            map.insert(key, 1);
            assert_eq!(map.remove(&key), Some(1));
        }
        assert!(map.is_empty() && map.order.is_empty());
        let mut none = BoundedMap::new(0);
        none.insert(1, 1);
        assert!(none.is_empty());
    }
}
