//! The transactions that live, found by number, by key, and by the time they want to be woken.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use super::TxId;
use super::next_hop::Protocol;
use crate::stack::Conn;
use crate::stack::transaction::Transaction;
use crate::time::Time;
use crate::wire::sip::Message;

/// Where a transaction's messages go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Path {
    pub remote: SocketAddr,
    pub protocol: Protocol,
}

#[derive(Debug)]
pub(super) struct Record {
    pub machine: Transaction,
    pub request: Arc<Message>,
    pub path: Path,
    /// Server: the connection the request came on.
    pub conn: Option<Conn>,
    /// Server: another transaction has the same request.
    pub merged: bool,
    /// INVITE client: the CANCEL that was sent, or waits for a provisional response.
    pub cancel: Option<TxId>,
    key: String,
    merge: Option<String>,
    deadline: Option<Time>,
}

impl Record {
    pub fn client(machine: Transaction, request: Arc<Message>, key: String, path: Path) -> Record {
        Record { machine, request, path, conn: None, merged: false, cancel: None, key, merge: None, deadline: None }
    }

    pub fn server(
        machine: Transaction,
        request: Arc<Message>,
        key: String,
        merge: Option<String>,
        path: Path,
        conn: Option<Conn>,
    ) -> Record {
        Record { conn, merge, ..Record::client(machine, request, key, path) }
    }

    pub fn is_client(&self) -> bool {
        matches!(self.machine, Transaction::InviteClient(_) | Transaction::Client(_))
    }
}

#[derive(Debug, Default)]
pub(super) struct Records {
    next: u64,
    records: HashMap<TxId, Record>,
    clients: HashMap<String, TxId>,
    servers: HashMap<String, TxId>,
    merges: HashMap<String, TxId>,
    deadlines: BTreeSet<(Time, TxId)>,
}

impl Records {
    /// A number for a transaction to come.
    pub fn reserve(&mut self) -> TxId {
        self.next += 1;
        TxId(self.next)
    }

    pub fn insert(&mut self, tx: TxId, mut record: Record) {
        let index = if record.is_client() { &mut self.clients } else { &mut self.servers };
        index.insert(record.key.clone(), tx);
        if let Some(merge) = &record.merge {
            record.merged = self.merges.contains_key(merge);
            self.merges.entry(merge.clone()).or_insert(tx);
        }
        self.records.insert(tx, record);
        self.reschedule(tx);
    }

    pub fn remove(&mut self, tx: TxId) -> Option<Record> {
        let record = self.records.remove(&tx)?;
        let index = if record.is_client() { &mut self.clients } else { &mut self.servers };
        if index.get(&record.key) == Some(&tx) {
            index.remove(&record.key);
        }
        if let Some(merge) = record.merge.as_ref().filter(|merge| self.merges.get(*merge) == Some(&tx)) {
            self.merges.remove(merge);
        }
        if let Some(at) = record.deadline {
            self.deadlines.remove(&(at, tx));
        }
        Some(record)
    }

    pub fn get(&self, tx: TxId) -> Option<&Record> {
        self.records.get(&tx)
    }

    pub fn get_mut(&mut self, tx: TxId) -> Option<&mut Record> {
        self.records.get_mut(&tx)
    }

    pub fn client(&self, key: &str) -> Option<TxId> {
        self.clients.get(key).copied()
    }

    pub fn server(&self, key: &str) -> Option<TxId> {
        self.servers.get(key).copied()
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// A transaction whose time has come.
    pub fn due(&self, now: Time) -> Option<TxId> {
        self.deadlines.first().filter(|(at, _)| *at <= now).map(|(_, tx)| *tx)
    }

    pub fn next_timeout(&self) -> Option<Time> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Takes over when the machine of `tx` wants to be woken.
    pub fn reschedule(&mut self, tx: TxId) {
        let Some(record) = self.records.get_mut(&tx) else { return };
        let wanted = record.machine.next_timeout();
        if wanted == record.deadline {
            return;
        }
        if let Some(at) = record.deadline.take() {
            self.deadlines.remove(&(at, tx));
        }
        if let Some(at) = wanted {
            self.deadlines.insert((at, tx));
        }
        record.deadline = wanted;
    }
}
