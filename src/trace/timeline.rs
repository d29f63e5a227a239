//! The timeline with its joins: calls, transactions, offers and answers, MSRP messages with chunks and reports.
//!
//! Each query is linear in what it returns. A trace belongs to one case (or one episode of a capture).

use std::net::SocketAddr;

use hashbrown::HashMap;

use super::places::Places;
use super::unit::{Change, Unit, UnitId, What};
use crate::wire::{msrp, sip};

/// Units in order of time, and how they hang together.
#[derive(Default)]
pub struct Trace {
    units: Vec<Unit>,
    calls: Vec<Call>,
    call_of: Places,
    transactions: Vec<Transaction>,
    transaction_of: Places,
    transfers: Vec<Transfer>,
    transfer_of: Places,
    /// The latest request of a transaction identifier in one direction of a connection.
    request_of: Places,
    answered: HashMap<UnitId, UnitId>,
    /// MSRP responses whose request was not known when they came: it is still under way, or was not seen.
    early: HashMap<(SocketAddr, SocketAddr, Box<str>), UnitId>,
    connections: Vec<UnitId>,
    certificates: Vec<UnitId>,
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

impl Trace {
    pub fn new() -> Trace {
        Trace::default()
    }

    /// Takes units in order of time.
    pub fn of(units: Vec<Unit>) -> Trace {
        let mut trace = Trace::new();
        trace.units.reserve_exact(units.len());
        for unit in units {
            trace.push(unit);
        }
        trace
    }

    /// Adds the next unit. Units come in order of time.
    pub fn push(&mut self, unit: Unit) -> UnitId {
        let id = UnitId(u32::try_from(self.units.len()).unwrap_or(u32::MAX));
        match &unit.what {
            What::Sip { message, .. } => self.join_sip(id, message),
            What::Msrp(message) => self.join_msrp(id, &unit, message),
            What::Connection(_) => self.connections.push(id),
            What::Certificate(_) => self.certificates.push(id),
            What::Event(_) => self.events.push(id),
            What::Other(_) => {}
        }
        self.units.push(unit);
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
        let at = self.call_of.find(call_id, |at| &*self.calls[at].id == call_id)?;
        self.calls.get(at)
    }

    /// SIP transactions in the order of their requests.
    pub fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// The transaction that a SIP unit belongs to.
    pub fn transaction(&self, id: UnitId) -> Option<&Transaction> {
        let key = Key::of(self.sip(id)?)?;
        let at =
            self.transaction_of.find(&key, |at| key_of(&self.units, &self.transactions[at]).as_ref() == Some(&key))?;
        self.transactions.get(at)
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
        self.request(unit.dst, unit.src, unit.msrp()?.head().transaction_id())
    }

    /// What happened to connections, in order.
    pub fn connections(&self) -> impl DoubleEndedIterator<Item = (UnitId, &Unit, Change)> {
        self.connections.iter().filter_map(|id| match self.unit(*id).what {
            What::Connection(change) => Some((*id, self.unit(*id), change)),
            _ => None,
        })
    }

    /// What was shown in handshakes of TLS, in order.
    pub fn certificates(&self) -> impl DoubleEndedIterator<Item = (UnitId, &Unit)> {
        self.certificates.iter().map(|id| (*id, self.unit(*id)))
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
        let new = self.calls.len();
        let at = *self.call_of.find_or_insert(call_id, new, |at| &*self.calls[at].id == call_id) as usize;
        if at == new {
            self.calls.push(Call { id: call_id.into(), units: Vec::new() });
        }
        self.calls[at].units.push(id);
        let Some(key) = Key::of(message) else { return };
        let same = |at: usize| key_of(&self.units, &self.transactions[at]).as_ref() == Some(&key);
        if message.is_request() {
            let new = self.transactions.len();
            let at = *self.transaction_of.find_or_insert(&key, new, same) as usize;
            match self.transactions.get_mut(at) {
                Some(known) => known.repeats.push(id),
                None => {
                    self.transactions.push(Transaction { request: id, repeats: Vec::new(), responses: Vec::new() });
                }
            }
        } else if let Some(at) = self.transaction_of.find(&key, same) {
            // Without its request the observer came late.
            self.transactions[at].responses.push(id);
        }
    }

    fn join_msrp(&mut self, id: UnitId, unit: &Unit, message: &msrp::Message) {
        let head = message.head();
        let tid = head.transaction_id();
        if head.is_response() {
            match self.request(unit.dst, unit.src, tid) {
                Some(request) => {
                    self.answered.entry(request).or_insert(id);
                }
                None => {
                    self.early.insert((unit.dst, unit.src, tid.into()), id);
                }
            }
            return;
        }
        // A chunk may be refused before its end.
        if !self.early.is_empty()
            && let Some(response) = self.early.remove(&(unit.src, unit.dst, tid.into()))
            && self.units[response.0 as usize].at >= unit.begun
        {
            self.answered.insert(id, response);
        }
        let same = |at: usize| is_request(&self.units[at], unit.src, unit.dst, tid);
        *self.request_of.find_or_insert((unit.src, unit.dst, tid), self.units.len(), same) = id.0;
        let report = head.method() == "REPORT";
        if !report && message.body().is_none() {
            return;
        }
        let key = message_of(message);
        let first = |transfer: &Transfer| transfer.chunks.first().or(transfer.reports.first()).copied();
        let same = |at: usize| {
            let known = first(&self.transfers[at]).and_then(|id| self.units[id.0 as usize].msrp());
            known.is_some_and(|known| message_of(known) == key)
        };
        let new = self.transfers.len();
        let at = *self.transfer_of.find_or_insert(key, new, same) as usize;
        if at == new {
            self.transfers.push(Transfer { message_id: key.2.into(), chunks: Vec::new(), reports: Vec::new() });
        }
        let transfer = &mut self.transfers[at];
        if report { transfer.reports.push(id) } else { transfer.chunks.push(id) }
    }

    /// The latest MSRP request with that transaction identifier from `src` to `dst`.
    fn request(&self, src: SocketAddr, dst: SocketAddr, tid: &str) -> Option<UnitId> {
        let at = self.request_of.find((src, dst, tid), |at| is_request(&self.units[at], src, dst, tid));
        at.map(|at| UnitId(at as u32))
    }
}

/// What tells an MSRP message on one hop: where it comes from, by how many hops, and its Message-ID. A chunk that lacks one
/// is still a chunk of something.
fn message_of(message: &msrp::Message) -> (&str, usize, &str) {
    let head = message.head();
    let last = |path: &mut dyn Iterator<Item = &'_ str>| path.fold(0, |hops, _| hops + 1);
    // A REPORT travels back: its To-Path is what the message's From-Path was there.
    let (sender, hops) = match head.method() {
        "REPORT" => (head.to_path().next_back(), last(&mut head.to_path())),
        _ => (head.from_path().next_back(), last(&mut head.from_path())),
    };
    (sender.unwrap_or_default(), hops, head.message_id().unwrap_or_default())
}

fn is_request(unit: &Unit, src: SocketAddr, dst: SocketAddr, tid: &str) -> bool {
    (unit.src, unit.dst) == (src, dst) && unit.msrp().is_some_and(|message| message.head().transaction_id() == tid)
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

fn key_of<'u>(units: &'u [Unit], transaction: &Transaction) -> Option<Key<'u>> {
    units.get(transaction.request.0 as usize).and_then(Unit::sip).and_then(Key::of)
}
