//! The cable that makes the changes: counts messages, picks those that are meant, changes what leaves.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::change::Change;
use super::selector::Which;
use super::{Tampering, Way, in_msrp, in_sip};
use crate::net::link::Link;
use crate::stack::{Conn, Input, Output, Pieces};
use crate::time::Time;
use crate::wire::{msrp, sip};

/// A link that tampers with what its node sends. Bodies are copied only where a change looks into them.
pub struct TamperedLink {
    tamperings: Vec<Counted>,
    /// The chunk that left last, by Message-ID, where an overlap asks for it.
    before: HashMap<Box<str>, msrp::Message>,
    /// Where the node connects from, for what is sent elsewhere than over its connection.
    from: HashMap<Conn, SocketAddr>,
    unique: u64,
}

/// A tampering with its count. A request that is sent again counts once, with all its copies.
struct Counted {
    tampering: Tampering,
    count: u32,
    seen: HashMap<Box<str>, u32>,
}

/// What becomes of one message.
struct Fate {
    swallowed: bool,
    copies: usize,
    /// The chunk of MSRP that goes in place of a copy.
    again: Option<Pieces>,
    delay: Duration,
    destination: Option<SocketAddr>,
}

impl TamperedLink {
    pub fn new(tamperings: impl IntoIterator<Item = Tampering>) -> TamperedLink {
        let counted = |tampering| Counted { tampering, count: 0, seen: HashMap::new() };
        TamperedLink {
            tamperings: tamperings.into_iter().map(counted).collect(),
            before: HashMap::new(),
            from: HashMap::new(),
            unique: 0,
        }
    }

    fn sip(&mut self, way: Way, bytes: Bytes) -> (Bytes, Fate) {
        let mut message = sip::Message::parse(bytes);
        let mut fate = Fate::clean();
        self.unique += 1;
        for counted in &mut self.tamperings {
            if counted.tampering.way != way || !counted.tampering.selector.kind.is_sip(&message) {
                continue;
            }
            let branch = message.via().and_then(|v| v.branch().map(str::to_owned)).unwrap_or_default();
            let status = message.status().map_or_else(String::new, |s| s.to_string());
            if counted.picks(&format!("{branch} {status} {}", message.method()), false)
                && !fate.takes(&counted.tampering.change)
            {
                message = in_sip::change(&message, &counted.tampering.change, self.unique);
            }
        }
        (message.bytes().clone(), fate)
    }

    fn msrp(&mut self, way: Way, message: msrp::Message) -> (Pieces, Fate) {
        let mut fate = Fate::clean();
        self.unique += 1;
        let original = message.clone();
        let mut message = message;
        let id: Box<str> = original.head().message_id().unwrap_or_default().into();
        for counted in &mut self.tamperings {
            if counted.tampering.way != way || !counted.tampering.selector.kind.is_msrp(&original) {
                continue;
            }
            let tid = format!("{} {}", original.head().transaction_id(), original.head().is_request());
            if counted.picks(&tid, original.flag() != msrp::Flag::More) && !fate.takes(&counted.tampering.change) {
                message = in_msrp::change(&message, &counted.tampering.change, self.before.get(&id), self.unique);
            }
        }
        let overlaps = self.tamperings.iter().any(|c| matches!(c.tampering.change, Change::Overlap(_)));
        if overlaps && original.head().is_request() {
            self.before.insert(id, original);
        }
        if fate.copies > 1 && message.head().is_request() {
            let tid = message.head().transaction_id();
            let other = format!("{:.24}{:08x}", tid, self.unique);
            fate.again = Some(in_msrp::change(&message, &Change::SetTransactionId(other), None, 0).pieces());
        }
        (message.pieces(), fate)
    }
}

impl Link for TamperedLink {
    fn leave(&mut self, _now: Time, output: Output, out: &mut Vec<(Duration, Output)>) {
        match output {
            Output::Datagram { local, remote, bytes } if bytes.len() > 4 => {
                let (bytes, fate) = self.sip(Way::Leaving, bytes);
                let remote = fate.destination.unwrap_or(remote);
                fate.pass(Output::Datagram { local, remote, bytes }, out);
            }
            Output::Send { conn, pieces } => {
                let first = pieces.first().map_or(&[][..], |p| &p[..]);
                let (pieces, fate) = if msrp::looks_like_msrp(first) == Some(true) {
                    match msrp::Message::parse(joined(&pieces)) {
                        Ok(message) => self.msrp(Way::Leaving, message),
                        Err(_) => (pieces, Fate::clean()),
                    }
                } else {
                    let (bytes, fate) = self.sip(Way::Leaving, joined(&pieces));
                    (Pieces::from_iter([bytes]), fate)
                };
                // Another address is not at the other end of this connection: the message goes there by datagram.
                let output = match fate.destination.zip(self.from.get(&conn).copied()) {
                    Some((remote, local)) => Output::Datagram { local, remote, bytes: joined(&pieces) },
                    None => Output::Send { conn, pieces },
                };
                fate.pass(output, out);
            }
            other => {
                match &other {
                    Output::Connect { conn, local, .. } => drop(self.from.insert(*conn, *local)),
                    Output::Close { conn } | Output::Reset { conn } => drop(self.from.remove(conn)),
                    _ => {}
                }
                out.push((Duration::ZERO, other));
            }
        }
    }

    /// A segment that holds one whole message is one that can be tampered with; others pass.
    fn arrive(&mut self, _now: Time, input: Input) -> Option<Input> {
        if !self.tamperings.iter().any(|c| c.tampering.way == Way::Arriving) {
            return Some(input);
        }
        match input {
            Input::Datagram { local, remote, bytes } => {
                let (bytes, fate) = self.sip(Way::Arriving, bytes);
                (!fate.swallowed).then_some(Input::Datagram { local, remote, bytes })
            }
            Input::Received { conn, bytes } => {
                let (bytes, fate) = match msrp::looks_like_msrp(&bytes) {
                    Some(true) => match msrp::Message::parse(bytes.clone()) {
                        Ok(message) => {
                            let (pieces, fate) = self.msrp(Way::Arriving, message);
                            (joined(&pieces), fate)
                        }
                        Err(_) => (bytes, Fate::clean()),
                    },
                    _ => self.sip(Way::Arriving, bytes),
                };
                (!fate.swallowed).then_some(Input::Received { conn, bytes })
            }
            other => Some(other),
        }
    }
}

impl Counted {
    /// Counts the message with this key and says whether it is one of those that are meant.
    fn picks(&mut self, key: &str, last: bool) -> bool {
        let which = self.tampering.selector.which;
        if matches!(which, Which::Every) {
            return true;
        }
        let count = match self.seen.get(key) {
            Some(count) => *count,
            None => {
                self.count += 1;
                self.seen.insert(key.into(), self.count);
                self.count
            }
        };
        which.picks(count, last)
    }
}

impl Fate {
    fn clean() -> Fate {
        Fate { swallowed: false, copies: 1, again: None, delay: Duration::ZERO, destination: None }
    }

    /// Takes a change that is about leaving; false where the change is about the message itself.
    fn takes(&mut self, change: &Change) -> bool {
        match change {
            Change::Swallow => self.swallowed = true,
            Change::SendTwice => self.copies = 2,
            Change::Delay(time) => self.delay = *time,
            Change::SendTo(address) => self.destination = in_sip::destination(address),
            _ => return false,
        }
        true
    }

    fn pass(self, output: Output, out: &mut Vec<(Duration, Output)>) {
        if self.swallowed {
            return;
        }
        for _ in 1..self.copies {
            out.push((self.delay, output.clone()));
        }
        match (self.again, output) {
            (Some(pieces), Output::Send { conn, .. }) => out.push((self.delay, Output::Send { conn, pieces })),
            (_, output) => out.push((self.delay, output)),
        }
    }
}

fn joined(pieces: &Pieces) -> Bytes {
    match &pieces[..] {
        [one] => one.clone(),
        many => {
            let mut all = BytesMut::with_capacity(many.iter().map(Bytes::len).sum());
            for piece in many {
                all.extend_from_slice(piece);
            }
            all.freeze()
        }
    }
}
