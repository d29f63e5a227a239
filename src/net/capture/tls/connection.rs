//! One secured connection: its handshake is followed as far as it says which keys open what.

use std::net::SocketAddr;

use super::keys::{Keys, Suite};
use super::records::{
    APPLICATION, CHANGE_CIPHER_SPEC, HANDSHAKE, Messages, Record, Records, ServerHello, certificates,
};
use super::secrets::{Label, Random, Secrets};
use crate::trace::Seen;

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const FINISHED: u8 = 20;
const KEY_UPDATE: u8 = 24;

/// One connection.
pub(super) struct Connection {
    client: SocketAddr,
    random: Option<Random>,
    hello: Option<ServerHello>,
    /// The client's direction, and the server's.
    directions: [Direction; 2],
}

/// What goes one way.
#[derive(Default)]
struct Direction {
    records: Records,
    messages: Messages,
    keys: Option<Keys>,
    /// Of TLS 1.2: keys for what comes behind the next ChangeCipherSpec.
    prepared: Option<Keys>,
    /// The observer has lost it, or cannot read it.
    lost: bool,
    /// Something was in it that could not be read.
    unread: bool,
    finished: bool,
}

impl Connection {
    /// One that this address opened.
    pub fn new(client: SocketAddr) -> Connection {
        Connection { client, random: None, hello: None, directions: Default::default() }
    }

    /// Takes octets from one end, and gives what was in them: octets of the node, and certificates.
    pub fn take(&mut self, src: SocketAddr, octets: &[u8], secrets: &Secrets, mut give: impl FnMut(Seen)) {
        let side = self.side(src);
        if self.directions[side].lost {
            self.directions[side].unread = true;
            return;
        }
        self.directions[side].records.push(octets);
        loop {
            let next = self.directions[side].records.next();
            let Ok(Some(record)) = next else {
                if next.is_ok() {
                    return;
                }
                break;
            };
            if self.record(side, record, secrets, &mut give).is_none() {
                break;
            }
        }
        self.directions[side].lost = true;
        self.directions[side].unread = true;
    }

    /// Octets from that end are missing: what comes behind cannot be told apart.
    pub fn lose(&mut self, src: SocketAddr) {
        let direction = &mut self.directions[usize::from(src != self.client)];
        direction.lost = true;
        direction.unread = true;
    }

    /// One end sends nothing more; whether neither does.
    pub fn finish(&mut self, src: SocketAddr) -> bool {
        let side = self.side(src);
        self.directions[side].finished = true;
        self.directions.iter().all(|direction| direction.finished)
    }

    /// Whether something was in it that could not be read.
    pub fn is_unread(&self) -> bool {
        self.directions.iter().any(|direction| direction.unread)
    }

    fn side(&self, src: SocketAddr) -> usize {
        usize::from(src != self.client)
    }

    /// Takes a record; nothing where the direction cannot be read any further.
    fn record(&mut self, side: usize, record: Record, secrets: &Secrets, give: &mut impl FnMut(Seen)) -> Option<()> {
        let is_13 = self.hello.as_ref().is_some_and(|hello| hello.is_13);
        if record.kind() == CHANGE_CIPHER_SPEC {
            // In TLS 1.3 it means nothing (RFC 8446 §5).
            if !is_13 {
                let direction = &mut self.directions[side];
                direction.keys = direction.prepared.take();
                // Without keys nothing behind it can be read.
                return direction.keys.is_some().then_some(());
            }
            return Some(());
        }
        let sealed = if is_13 { record.kind() == APPLICATION } else { self.directions[side].keys.is_some() };
        let (kind, octets) = if sealed {
            self.directions[side].keys.as_mut()?.open(record)?
        } else {
            (record.kind(), record.body.to_vec())
        };
        match kind {
            HANDSHAKE => self.handshake(side, &octets, secrets, give),
            APPLICATION => {
                if !octets.is_empty() {
                    give(Seen::Inner(octets.into()));
                }
                Some(())
            }
            _ => Some(()),
        }
    }

    fn handshake(&mut self, side: usize, octets: &[u8], secrets: &Secrets, give: &mut impl FnMut(Seen)) -> Option<()> {
        self.directions[side].messages.push(octets);
        while let Some((kind, body)) = self.directions[side].messages.next() {
            match kind {
                CLIENT_HELLO => self.random = body.get(2..)?.first_chunk().copied(),
                SERVER_HELLO => {
                    let hello = ServerHello::parse(&body)?;
                    if !hello.is_retry() {
                        self.agreed(hello, secrets);
                    }
                }
                CERTIFICATE => {
                    let chain = certificates(&body, self.hello.as_ref().is_some_and(|hello| hello.is_13));
                    let chain = chain.unwrap_or_default();
                    // Who has none shows an empty list.
                    if !chain.is_empty() {
                        give(Seen::Certificates(chain));
                    }
                }
                FINISHED if self.hello.as_ref()?.is_13 => {
                    let label = Label::Application { client: side == 0 };
                    self.directions[side].keys = self.traffic_keys(label, secrets);
                }
                KEY_UPDATE => {
                    let keys = self.directions[side].keys.as_ref().and_then(Keys::next);
                    self.directions[side].keys = keys;
                }
                _ => {}
            }
        }
        Some(())
    }

    /// What is agreed on is known: so are the keys, where there are secrets.
    fn agreed(&mut self, hello: ServerHello, secrets: &Secrets) {
        let (is_13, suite, server) = (hello.is_13, Suite::of(hello.suite), hello.random);
        self.hello = Some(hello);
        if is_13 {
            for side in [0, 1] {
                self.directions[side].keys = self.traffic_keys(Label::Handshake { client: side == 0 }, secrets);
            }
            return;
        }
        let Some((suite, client)) = suite.zip(self.random) else { return };
        let Some(master) = secrets.get(&client, Label::Master) else { return };
        if let Some([of_client, of_server]) = Keys::of_12(suite, master, &client, &server) {
            self.directions[0].prepared = Some(of_client);
            self.directions[1].prepared = Some(of_server);
        }
    }

    fn traffic_keys(&self, label: Label, secrets: &Secrets) -> Option<Keys> {
        let suite = Suite::of(self.hello.as_ref()?.suite)?;
        Keys::of_13(suite, secrets.get(self.random.as_ref()?, label)?)
    }
}
