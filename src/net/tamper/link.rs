//! The cable that makes the changes: counts messages, picks those that are meant, changes what leaves.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::bits::{Bits, is_of_the_end};
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
    /// Chunks that leave piece by piece.
    open: HashMap<Conn, Bits>,
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
            open: HashMap::new(),
            unique: 0,
        }
    }

    /// The chunk that these pieces begin and do not end, where they do.
    fn begun(&self, pieces: &Pieces) -> Option<Bits> {
        let first = pieces.first().filter(|first| msrp::looks_like_msrp(first) == Some(true))?;
        // A whole chunk ends with a line; what is written piece by piece has a head that is a piece of its own.
        let bits =
            first.ends_with(b"\r\n\r\n").then(|| Bits::begun(pieces, self.tamperings.iter().map(|c| &c.tampering)));
        bits.flatten().filter(|bits| bits.end(pieces).is_none())
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
            if counted.picks_sip(&message, &format!("{branch} {status} {}", message.method()))
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
            if counted.picks(&key(&original), original.flag() != msrp::Flag::More)
                && !fate.takes(&counted.tampering.change)
            {
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

impl TamperedLink {
    /// Takes pieces of a chunk that does not leave at once; what may leave now: some of it, or, kept back until then,
    /// the whole.
    fn bits(&mut self, conn: Conn, mut bits: Bits, mut pieces: Pieces) -> Option<Pieces> {
        let ended = bits.end(&pieces);
        if let Some(flag) = ended.filter(|_| !bits.waits()) {
            for counted in &mut self.tamperings {
                let Tampering { way, selector, change } = &counted.tampering;
                let meant = *way == Way::Leaving && is_of_the_end(change) && selector.kind.is_msrp(&bits.outline);
                let other = if let Change::SetFlag(flag) = change { msrp::Flag::of(*flag as u8) } else { None };
                if meant && counted.picks(&key(&bits.outline), flag != msrp::Flag::More) {
                    bits.change_end(&mut pieces, flag, other);
                }
            }
        }
        let given = bits.gather(pieces, ended.is_some());
        if ended.is_none() {
            self.open.insert(conn, bits);
        }
        given
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
                let begun = match self.open.remove(&conn) {
                    Some(bits) => Some(bits),
                    None => self.begun(&pieces),
                };
                let waits = begun.as_ref().is_some_and(Bits::waits);
                let pieces = match begun {
                    None => pieces,
                    Some(bits) => match self.bits(conn, bits, pieces) {
                        Some(pieces) if waits => pieces,
                        Some(pieces) => return out.push((Duration::ZERO, Output::Send { conn, pieces })),
                        None => return,
                    },
                };
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
                    Output::Close { conn } | Output::Reset { conn } | Output::Distrust { conn, .. } => {
                        self.from.remove(conn);
                        self.open.remove(conn);
                    }
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

/// What a message is counted by.
fn key(message: &msrp::Message) -> String {
    format!("{} {}", message.head().transaction_id(), message.head().is_request())
}

impl Counted {
    /// The same for a SIP message. A request that comes again with credentials, after a challenge (RFC 3261 §22), counts
    /// with the one that was challenged.
    fn picks_sip(&mut self, message: &sip::Message, key: &str) -> bool {
        let credentials = [sip::Name::Authorization, sip::Name::ProxyAuthorization];
        let bare = !credentials.into_iter().any(|name| message.header(name).is_some());
        let number = message.cseq().map_or(0, |(number, _)| number);
        let of = |number: u32| format!("{} {number} {}", message.call_id(), message.method());
        let challenged = self.seen.get(of(number.saturating_sub(1)).as_str()).filter(|_| !bare).copied();
        if let Some(count) = challenged {
            self.seen.insert(key.into(), count);
        }
        let picks = self.picks(key, false);
        if message.is_request()
            && bare
            && let Some(count) = self.seen.get(key).copied()
        {
            self.seen.insert(of(number).into(), count);
        }
        picks
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of these MESSAGEs, written as Call-ID, number and whether with credentials, the change is made to.
    #[track_caller]
    fn check(which: &str, messages: &[(&str, u32, bool)], expected: &[u32]) {
        let tampering = Tampering::parse(which, "drop header Subject").unwrap();
        let mut link = TamperedLink::new([tampering]);
        let mut changed = Vec::new();
        for (call, number, credentials) in messages {
            let credentials = if *credentials { "Authorization: Digest username=\"a\"\r\n" } else { "" };
            let text = format!(
                "MESSAGE sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{call}{number}\r\n\
                 Call-ID: {call}\r\nCSeq: {number} MESSAGE\r\nSubject: x\r\n{credentials}\r\n"
            );
            let (bytes, _) = link.sip(Way::Leaving, Bytes::from(text));
            if sip::Message::parse(bytes).header(sip::Name::Subject).is_none() {
                changed.push(*number);
            }
        }
        assert_eq!(changed, expected, "{which}");
    }

    #[test]
    fn a_request_that_was_challenged_counts_with_the_one_that_answers() {
        let messages = [("a", 1, false), ("a", 2, true), ("b", 11, false), ("b", 12, true)];
        check("1st MESSAGE", &messages, &[1, 2]);
        check("2nd MESSAGE", &messages, &[11, 12]);
        check("MESSAGE", &messages, &[1, 2, 11, 12]);
        // Two that have nothing to do with each other.
        check("1st MESSAGE", &[("a", 1, false), ("b", 2, true)], &[1]);
        check("2nd MESSAGE", &[("a", 1, true), ("a", 2, true)], &[2]);
    }
}
