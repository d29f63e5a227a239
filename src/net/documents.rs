//! Documents kept on disk: the shelf of an XDM server that outlives its process (`redb`; why, is said in `store`).

use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::store::unavailable;
use crate::actors::store::Unavailable;
use crate::actors::xdms::Shelf;

/// The texts of documents by their keys.
const DOCUMENTS: TableDefinition<'_, &str, &str> = TableDefinition::new("documents");

/// Documents kept in a file.
#[derive(Debug)]
pub struct Shelved {
    database: Database,
}

impl Shelved {
    /// Opens the file, or makes it. Two processes cannot have it open at once.
    pub fn open(path: &Path) -> Result<Shelved, Unavailable> {
        let database = Database::create(path).map_err(unavailable)?;
        let transaction = database.begin_write().map_err(unavailable)?;
        transaction.open_table(DOCUMENTS).map_err(unavailable)?;
        transaction.commit().map_err(unavailable)?;
        Ok(Shelved { database })
    }
}

impl Shelf for Shelved {
    fn all(&self) -> Result<Vec<(String, String)>, Unavailable> {
        let transaction = self.database.begin_read().map_err(unavailable)?;
        let documents = transaction.open_table(DOCUMENTS).map_err(unavailable)?;
        let mut all = Vec::new();
        for entry in documents.iter().map_err(unavailable)? {
            let (key, text) = entry.map_err(unavailable)?;
            all.push((key.value().to_owned(), text.value().to_owned()));
        }
        Ok(all)
    }

    fn put(&mut self, key: &str, text: &str) -> Result<(), Unavailable> {
        let transaction = self.database.begin_write().map_err(unavailable)?;
        transaction.open_table(DOCUMENTS).map_err(unavailable)?.insert(key, text).map_err(unavailable)?;
        transaction.commit().map_err(unavailable)
    }

    fn delete(&mut self, key: &str) -> Result<(), Unavailable> {
        let transaction = self.database.begin_write().map_err(unavailable)?;
        transaction.open_table(DOCUMENTS).map_err(unavailable)?.remove(key).map_err(unavailable)?;
        transaction.commit().map_err(unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_there_after_a_new_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("documents");
        let mut shelf = Shelved::open(&path).unwrap();
        shelf.put("a", "<a/>").unwrap();
        shelf.put("b", "<b/>").unwrap();
        shelf.put("a", "<c/>").unwrap();
        shelf.delete("b").unwrap();
        shelf.delete("b").unwrap();
        drop(shelf);
        let kept = Shelved::open(&path).unwrap().all().unwrap();
        assert_eq!(kept, [("a".to_owned(), "<c/>".to_owned())]);
    }
}
