//! Where in a list a thing is, found by what tells it from others. The seed of the hashes is chance, so that nobody can
//! send what makes looking things up slow. Knows nothing of what the things are.

use std::hash::{BuildHasher as _, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Places of things by what tells them apart, which is compared where the thing itself has it and not kept twice.
#[derive(Default)]
pub(super) struct Places {
    table: HashTable<(u64, u32)>,
    hasher: DefaultHashBuilder,
}

impl Places {
    /// The place of the thing with that key; `is_it` tells of a place with an equal hash whether it is.
    pub fn find(&self, key: impl Hash, mut is_it: impl FnMut(usize) -> bool) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        let found = self.table.find(hash, |(other, at)| *other == hash && is_it(*at as usize));
        found.map(|(_, at)| *at as usize)
    }

    /// The place of the thing with that key, which is `new` from now on where there was none.
    pub fn find_or_insert(&mut self, key: impl Hash, new: usize, mut is_it: impl FnMut(usize) -> bool) -> &mut u32 {
        let hash = self.hasher.hash_one(key);
        let same = |(other, at): &(u64, u32)| *other == hash && is_it(*at as usize);
        let entry = self.table.entry(hash, same, |(hash, _)| *hash);
        &mut entry.or_insert((hash, u32::try_from(new).unwrap_or(u32::MAX))).into_mut().1
    }

    /// Forgets the thing with that key at that place.
    pub fn remove(&mut self, key: impl Hash, place: usize) {
        let hash = self.hasher.hash_one(key);
        if let Ok(entry) = self.table.find_entry(hash, |(other, at)| *other == hash && *at as usize == place) {
            entry.remove();
        }
    }
}
