//! Messages kept on disk: the storage of a store that outlives its process (`redb`).
//!
//! `redb`, because a message must be safe when its sender is told so, and gone for good when its recipient has it: each
//! call here is one transaction that is on disk when the call returns, and a process killed in the middle leaves the
//! state before it or behind it, which the next start finds without any repair of ours. It is one file, it is written
//! in Rust, and it needs no server. What the calls mean is said by the trait; this file knows no role.

use std::path::Path;

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};

use crate::actors::store::{Class, Storage, Stored, Unavailable};

/// All of a message but its body, by id.
const HEADS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("heads");
/// Bodies by id.
const BODIES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("bodies");
/// Ids and classes of what is kept for an owner, in the order in which it came.
const ORDER: TableDefinition<'_, (&str, u64), (&str, &str)> = TableDefinition::new("order");

/// Messages kept in a file.
#[derive(Debug)]
pub struct Durable {
    database: Database,
}

/// A message as it is written, without its body.
#[derive(Serialize, Deserialize)]
struct Head {
    /// Its place among those of its owner.
    place: u64,
    message: Stored,
}

impl Durable {
    /// Opens the file, or makes it. Two processes cannot have it open at once.
    pub fn open(path: &Path) -> Result<Durable, Unavailable> {
        let database = Database::create(path).map_err(unavailable)?;
        // So that whoever reads finds the tables.
        let transaction = database.begin_write().map_err(unavailable)?;
        transaction.open_table(HEADS).map_err(unavailable)?;
        transaction.open_table(BODIES).map_err(unavailable)?;
        transaction.open_table(ORDER).map_err(unavailable)?;
        transaction.commit().map_err(unavailable)?;
        Ok(Durable { database })
    }

    fn head(table: &impl ReadableTable<&'static str, &'static [u8]>, id: &str) -> Result<Option<Head>, Unavailable> {
        let Some(octets) = table.get(id).map_err(unavailable)? else { return Ok(None) };
        serde_json::from_slice(octets.value()).map(Some).map_err(unavailable)
    }
}

impl Storage for Durable {
    fn store(&mut self, message: &Stored) -> Result<(), Unavailable> {
        let transaction = self.database.begin_write().map_err(unavailable)?;
        {
            let mut heads = transaction.open_table(HEADS).map_err(unavailable)?;
            let mut bodies = transaction.open_table(BODIES).map_err(unavailable)?;
            let mut order = transaction.open_table(ORDER).map_err(unavailable)?;
            let owner = message.owner.as_str();
            let place = match Durable::head(&heads, &message.id)? {
                Some(known) if known.message.owner == message.owner => known.place,
                Some(_) => return Err(unavailable("the id is another owner's message's")),
                None => {
                    let last = order.range((owner, 0)..=(owner, u64::MAX)).map_err(unavailable)?.next_back();
                    last.transpose().map_err(unavailable)?.map_or(0, |(key, _)| key.value().1 + 1)
                }
            };
            let head = serde_json::to_vec(&Head { place, message: message.clone() }).map_err(unavailable)?;
            heads.insert(message.id.as_str(), &head[..]).map_err(unavailable)?;
            bodies.insert(message.id.as_str(), &message.body[..]).map_err(unavailable)?;
            order.insert((owner, place), (message.id.as_str(), message.class.word())).map_err(unavailable)?;
        }
        transaction.commit().map_err(unavailable)
    }

    fn delete(&mut self, id: &str) -> Result<(), Unavailable> {
        let transaction = self.database.begin_write().map_err(unavailable)?;
        {
            let mut heads = transaction.open_table(HEADS).map_err(unavailable)?;
            let Some(head) = Durable::head(&heads, id)? else { return Ok(()) };
            heads.remove(id).map_err(unavailable)?;
            let mut bodies = transaction.open_table(BODIES).map_err(unavailable)?;
            bodies.remove(id).map_err(unavailable)?;
            let mut order = transaction.open_table(ORDER).map_err(unavailable)?;
            order.remove((head.message.owner.as_str(), head.place)).map_err(unavailable)?;
        }
        transaction.commit().map_err(unavailable)
    }

    fn list(&self, owner: &str) -> Result<Vec<(String, Class)>, Unavailable> {
        let transaction = self.database.begin_read().map_err(unavailable)?;
        let order = transaction.open_table(ORDER).map_err(unavailable)?;
        let mut list = Vec::new();
        for entry in order.range((owner, 0)..=(owner, u64::MAX)).map_err(unavailable)? {
            let (_, value) = entry.map_err(unavailable)?;
            let (id, word) = value.value();
            let class = Class::ALL.iter().copied().find(|class| class.word() == word).unwrap_or(Class::Text);
            list.push((id.to_owned(), class));
        }
        Ok(list)
    }

    fn get(&self, id: &str) -> Result<Option<Stored>, Unavailable> {
        let transaction = self.database.begin_read().map_err(unavailable)?;
        let heads = transaction.open_table(HEADS).map_err(unavailable)?;
        let Some(Head { message, .. }) = Durable::head(&heads, id)? else { return Ok(None) };
        let bodies = transaction.open_table(BODIES).map_err(unavailable)?;
        let body = bodies.get(id).map_err(unavailable)?.map(|octets| Bytes::copy_from_slice(octets.value()));
        Ok(Some(Stored { body: body.unwrap_or_default(), ..message }))
    }
}

pub(super) fn unavailable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::store::Memory;

    fn message(id: &str, owner: &str, class: Class) -> Stored {
        Stored {
            id: format!("mid:{id}@example.org"),
            message_id: id.to_owned(),
            owner: owner.to_owned(),
            from: "sip:bob@example.org".to_owned(),
            date_time: "2026-01-01T00:00:00Z".to_owned(),
            subject: Some("Minutes".to_owned()),
            class,
            headers: vec![("Content-Disposition".to_owned(), "render".to_owned())],
            content_type: "text/plain".to_owned(),
            body: Bytes::from(vec![0, 159, 146, 150]),
        }
    }

    /// What must hold of any storage.
    fn check(storage: &mut dyn Storage) {
        let (alice, bob) = ("sip:alice@example.org", "sip:bob@example.org");
        let first = message("1", alice, Class::Text);
        let second = message("2", alice, Class::Pager);
        let other = message("3", bob, Class::Multimedia);
        for message in [&first, &other, &second] {
            storage.store(message).unwrap();
        }
        let listed = |message: &Stored| (message.id.clone(), message.class);
        assert_eq!(storage.list(alice).unwrap(), [listed(&first), listed(&second)]);
        assert_eq!(storage.list(bob).unwrap(), [listed(&other)]);
        assert_eq!(storage.list("sip:carol@example.org").unwrap(), []);
        assert_eq!(storage.get(&second.id).unwrap().as_ref(), Some(&second));
        // The same again is not another one.
        let changed = Stored { body: Bytes::from_static(b"changed"), ..first.clone() };
        storage.store(&changed).unwrap();
        assert_eq!(storage.list(alice).unwrap(), [listed(&first), listed(&second)]);
        assert_eq!(storage.get(&first.id).unwrap(), Some(changed));
        storage.delete(&first.id).unwrap();
        storage.delete(&first.id).unwrap();
        assert_eq!(storage.get(&first.id).unwrap(), None);
        assert_eq!(storage.list(alice).unwrap(), [listed(&second)]);
        // What comes later is behind what is there, whatever was deleted.
        storage.store(&first).unwrap();
        assert_eq!(storage.list(alice).unwrap(), [listed(&second), listed(&first)]);
    }

    #[test]
    fn memory_and_file_keep_the_same() {
        check(&mut Memory::default());
        let folder = tempfile::tempdir().unwrap();
        check(&mut Durable::open(&folder.path().join("messages")).unwrap());
    }

    #[test]
    fn what_is_kept_is_there_after_a_new_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages");
        let kept = message("1", "sip:alice@example.org", Class::Text);
        let mut storage = Durable::open(&path).unwrap();
        storage.store(&kept).unwrap();
        assert!(Durable::open(&path).is_err(), "two have it open at once");
        drop(storage);
        let storage = Durable::open(&path).unwrap();
        assert_eq!(storage.get(&kept.id).unwrap(), Some(kept));
    }

    #[test]
    fn what_is_no_store_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages");
        std::fs::write(&path, vec![b'x'; 10_000]).unwrap();
        assert!(Durable::open(&path).is_err());
        assert!(Durable::open(&folder.path().join("missing/messages")).is_err());
    }
}
