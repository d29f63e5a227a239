//! The timeline with its joins: calls, transactions, offers and answers, MSRP messages with chunks and reports.
//!
//! Each query is linear in what it returns. A trace belongs to one case (or one episode of a capture).

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash};
use std::net::SocketAddr;

use super::unit::{Change, Unit, UnitId, What};
use crate::wire::sip;

/// Units in order of time, and how they hang together.
#[derive(Default)]
pub struct Trace {
    units: Vec<Unit>,
    calls: Vec<Call>,
    call_of: Slots,
    transactions: Vec<Transaction>,
    transaction_of: Slots,
    transfers: Vec<Transfer>,
    transfer_of: HashMap<(Box<str>, Box<str>), usize>,
    chunk_of: HashMap<(SocketAddr, SocketAddr, Box<str>), UnitId>,
    answered: HashMap<UnitId, UnitId>,
    /// MSRP responses whose request was not known when they came: it is still under way, or was not seen.
    early: HashMap<(SocketAddr, SocketAddr, Box<str>), UnitId>,
    connections: Vec<UnitId>,
    events: Vec<UnitId>,
}

/// All SIP messages of one Call-ID, on every hop where they were seen.
#[derive(Debug, Default)]
pub struct Call {
    pub id: Box<str>,
    pub units: Vec<UnitId>,
}

/// One SIP transaction on one hop: matched by the topmost Via's branch and the method (RFC 3261 §17).
#[derive(Debug)]
pub struct Transaction {
    pub request: UnitId,
    /// The same request again.
    pub repeats: Vec<UnitId>,
    pub responses: Vec<UnitId>,
}

/// One MSRP message on its way: all SENDs of one Message-ID from one sender.
#[derive(Debug)]
pub struct Transfer {
    pub message_id: Box<str>,
    /// SENDs that carry content, in order of time.
    pub chunks: Vec<UnitId>,
    /// REPORTs about the message, in order of time.
    pub reports: Vec<UnitId>,
}

/// Places of things by the hash of what tells them apart, which is compared where the thing itself has it. Equal hashes
/// of different things go to the next free number.
type Slots = HashMap<u64, u32>;

impl Trace {
    pub fn new() -> Trace {
        Trace::default()
    }

    /// Adds the next unit. Units come in order of time.
    pub fn push(&mut self, unit: Unit) -> UnitId {
        let id = UnitId(u32::try_from(self.units.len()).unwrap_or(u32::MAX));
        match &unit.what {
            What::Sip { message, .. } => self.join_sip(id, message),
            What::Msrp(_) => {}
            What::Connection(_) => self.connections.push(id),
            What::Event(_) => self.events.push(id),
            What::Other(_) => {}
        }
        let msrp = matches!(unit.what, What::Msrp(_));
        self.units.push(unit);
        if msrp {
            self.join_msrp(id);
        }
        id
    }

    pub fn units(&self) -> impl DoubleEndedIterator<Item = (UnitId, &Unit)> {
        self.units.iter().enumerate().map(|(i, unit)| (UnitId(i as u32), unit))
    }

    pub fn unit(&self, id: UnitId) -> &Unit {
        &self.units[id.0 as usize]
    }

    pub fn len(&self) -> usize {
        self.units.len()
    }

    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The SIP message of a unit that is one.
    pub fn sip(&self, id: UnitId) -> Option<&sip::Message> {
        self.unit(id).sip()
    }

    /// Calls in the order of their first message.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    pub fn call(&self, call_id: &str) -> Option<&Call> {
        self.find_call(call_id).ok().map(|at| &self.calls[at])
    }

    /// SIP transactions in the order of their requests.
    pub fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// The transaction that a SIP unit belongs to.
    pub fn transaction(&self, id: UnitId) -> Option<&Transaction> {
        let message = self.sip(id)?;
        self.find_transaction(&Key::of(message)?).ok().map(|at| &self.transactions[at])
    }

    /// The request that a SIP response answers.
    pub fn request_of(&self, response: UnitId) -> Option<UnitId> {
        self.transaction(response).map(|t| t.request)
    }

    /// MSRP messages in the order of their first chunk.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    /// The MSRP response to a request.
    pub fn msrp_response(&self, request: UnitId) -> Option<UnitId> {
        self.answered.get(&request).copied()
    }

    /// The MSRP request that a response answers.
    pub fn msrp_request(&self, response: UnitId) -> Option<UnitId> {
        let unit = self.unit(response);
        let tid: Box<str> = unit.msrp()?.head().transaction_id().into();
        self.chunk_of.get(&(unit.dst, unit.src, tid)).copied()
    }

    /// What happened to connections, in order.
    pub fn connections(&self) -> impl DoubleEndedIterator<Item = (UnitId, &Unit, Change)> {
        self.connections.iter().filter_map(|id| match self.unit(*id).what {
            What::Connection(change) => Some((*id, self.unit(*id), change)),
            _ => None,
        })
    }

    /// What users were told, in order.
    pub fn events(&self) -> impl Iterator<Item = (UnitId, &super::unit::UserEvent)> {
        self.events.iter().filter_map(|id| match &self.unit(*id).what {
            What::Event(event) => Some((*id, event)),
            _ => None,
        })
    }

    fn join_sip(&mut self, id: UnitId, message: &sip::Message) {
        let call_id = message.call_id();
        let at = self.find_call(call_id).unwrap_or_else(|free| {
            self.call_of.insert(free, self.calls.len() as u32);
            self.calls.push(Call { id: call_id.into(), units: Vec::new() });
            self.calls.len() - 1
        });
        self.calls[at].units.push(id);
        let Some(key) = Key::of(message) else { return };
        match self.find_transaction(&key) {
            Ok(at) if message.is_request() => self.transactions[at].repeats.push(id),
            Ok(at) => self.transactions[at].responses.push(id),
            Err(free) if message.is_request() => {
                self.transaction_of.insert(free, self.transactions.len() as u32);
                self.transactions.push(Transaction { request: id, repeats: Vec::new(), responses: Vec::new() });
            }
            // A response without its request: the observer came late.
            Err(_) => {}
        }
    }

    fn find_call(&self, call_id: &str) -> Result<usize, u64> {
        find(&self.call_of, call_id, |at| &*self.calls[at].id == call_id)
    }

    fn find_transaction(&self, key: &Key<'_>) -> Result<usize, u64> {
        let same = |at: usize| self.sip(self.transactions[at].request).and_then(Key::of).as_ref() == Some(key);
        find(&self.transaction_of, key, same)
    }

    fn join_msrp(&mut self, id: UnitId) {
        let unit = &self.units[id.0 as usize];
        let Some(message) = unit.msrp() else { return };
        let head = message.head();
        let tid: Box<str> = head.transaction_id().into();
        if head.is_response() {
            let key = (unit.dst, unit.src, tid);
            match self.chunk_of.get(&key) {
                Some(request) => {
                    self.answered.entry(*request).or_insert(id);
                }
                None => {
                    self.early.insert(key, id);
                }
            }
            return;
        }
        let key = (unit.src, unit.dst, tid);
        // A chunk may be refused before its end.
        if let Some(response) = self.early.remove(&key)
            && self.units[response.0 as usize].at >= unit.begun
        {
            self.answered.insert(id, response);
        }
        self.chunk_of.insert(key, id);
        // A chunk that lacks its Message-ID is still a chunk of something.
        let message_id = head.message_id().unwrap_or_default();
        let report = head.method() == "REPORT";
        if !report && message.body().is_none() {
            return;
        }
        // A REPORT travels back: its To-Path ends where the message's From-Path ended.
        let sender = if report { head.to_path().next_back() } else { head.from_path().next_back() };
        let key = (Box::from(sender.unwrap_or_default()), Box::from(message_id));
        let at = match self.transfer_of.get(&key) {
            Some(at) => *at,
            None => {
                let message_id = message_id.into();
                self.transfers.push(Transfer { message_id, chunks: Vec::new(), reports: Vec::new() });
                self.transfer_of.insert(key, self.transfers.len() - 1);
                self.transfers.len() - 1
            }
        };
        let transfer = &mut self.transfers[at];
        if report { transfer.reports.push(id) } else { transfer.chunks.push(id) }
    }
}

/// What tells a transaction: branch, sent-by and method; an ACK has its own transaction here, a CANCEL too.
#[derive(PartialEq, Eq, Hash)]
struct Key<'m> {
    branch: &'m str,
    host: &'m str,
    method: &'m str,
}

impl<'m> Key<'m> {
    fn of(message: &'m sip::Message) -> Option<Key<'m>> {
        let via = message.via()?;
        Some(Key {
            branch: via.branch().unwrap_or_else(|| message.call_id()),
            host: via.host,
            method: message.method(),
        })
    }
}

/// The place of the thing that has that key, or the number under which it would be found.
fn find(slots: &Slots, key: impl Hash, is_it: impl Fn(usize) -> bool) -> Result<usize, u64> {
    let mut number = slots.hasher().hash_one(key);
    while let Some(at) = slots.get(&number) {
        if is_it(*at as usize) {
            return Ok(*at as usize);
        }
        number = number.wrapping_add(1);
    }
    Err(number)
}
