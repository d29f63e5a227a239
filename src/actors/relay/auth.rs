//! AUTH: who asks for a path has to know a password (RFC 4976 §6.3, §9.1).

use std::collections::HashMap;
use std::time::Duration;

use super::Relay;
use super::route::Ticket;
use crate::stack::Conn;
use crate::stack::digest::{Asked, Judgement};
use crate::stack::msrp::response_to;
use crate::time::Time;
use crate::wire::msrp::{Builder, Head};
use crate::wire::sip::Credentials;

/// Wrong passwords after which a connection is closed.
const MOST_REFUSALS: u8 = 5;
/// Paths that one connection may have. A client has a session for each (RFC 4976 §5.1).
const MOST_PATHS: usize = 1000;
/// Octets of chance in the URI of a path; 64 bits are the least (RFC 4976 §6.3).
const UNGUESSABLE: usize = 20;

impl Relay {
    pub(super) fn authorise(&mut self, now: Time, conn: Conn, head: &Head) {
        let own = head.to_path().next().unwrap_or_default().to_owned();
        let asked = Asked { method: "AUTH", uri: &own, body: b"" };
        // The URI is not among the parameters that RFC 4976 §7 names, and §9.1 says which one is meant.
        let written = head.header("Authorization").map(|value| match Credentials::parse(value).get("uri") {
            Some(_) => value.to_owned(),
            None => format!("{value}, uri=\"{own}\""),
        });
        let credentials = written.as_deref().map(Credentials::parse);
        let judgement = self.guard.weigh(now, credentials.iter().cloned(), &asked);
        let answer = |status| response_to(head, &own, status);
        let message = match judgement {
            Judgement::Challenge { stale } => {
                let failed = credentials.is_some() && !stale;
                let challenges = self.guard.challenges(now, stale);
                let message = challenges
                    .iter()
                    .fold(answer(401), |builder, challenge| builder.header("WWW-Authenticate", challenge));
                self.respond(conn, message);
                return self.count_refusal(conn, failed);
            }
            Judgement::Known(_) if self.paths_of(conn) >= MOST_PATHS => answer(403),
            Judgement::Known(_) => match self.lifetime(head) {
                Err(bound) => answer(423).header(bound.0, bound.1),
                Ok(seconds) => {
                    let path = self.give(now, conn, head, seconds);
                    let proof = credentials.and_then(|credentials| self.guard.proof(&credentials, &asked));
                    let next = self.guard.next(now);
                    let info = proof.into_iter().chain([next]).collect::<Vec<_>>().join(", ");
                    self.approve(conn);
                    answer(200).header("Use-Path", path).header("Expires", seconds).header("Authentication-Info", info)
                }
            },
        };
        self.respond(conn, message);
    }

    fn respond(&mut self, conn: Conn, message: Builder) {
        self.put(conn, message.pieces());
    }

    /// For how long a path is given; else the bound that what was asked for goes beyond.
    fn lifetime(&self, head: &Head) -> Result<u32, (&'static str, u32)> {
        let (least, most) = self.config.bounds;
        let Some(asked) = head.header("Expires") else { return Ok(self.config.expires) };
        match asked.trim().parse::<u32>() {
            Ok(seconds) if seconds > most => Err(("Max-Expires", most)),
            Ok(seconds) if seconds >= least => Ok(seconds),
            _ => Err(("Min-Expires", least)),
        }
    }

    fn paths_of(&self, conn: Conn) -> usize {
        self.tickets.values().filter(|ticket| ticket.conn == conn).count()
    }

    /// Gives a path to the previous hop: the relays between it and the client, and a URI of this relay.
    fn give(&mut self, now: Time, conn: Conn, head: &Head, seconds: u32) -> String {
        self.tickets.retain(|_, ticket| ticket.until > now);
        let name = self.config.ids.token(UNGUESSABLE);
        let mut before: Vec<&str> = head.from_path().collect();
        let back = before.first().copied().unwrap_or_default().to_owned();
        before.pop();
        let own = self.config.uri().replace(";tcp", &format!("/{name};tcp"));
        let path = before.into_iter().chain([own.as_str()]).collect::<Vec<_>>().join(" ");
        self.tickets.insert(
            name,
            Ticket { conn, back, until: now + Duration::from_secs(seconds.into()), peers: HashMap::new() },
        );
        path
    }

    /// Who guesses passwords is not listened to for long (RFC 4976 §6.3).
    fn count_refusal(&mut self, conn: Conn, failed: bool) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.refusals = if failed { connection.refusals.saturating_add(1) } else { connection.refusals };
        if connection.refusals >= MOST_REFUSALS {
            self.close(conn);
        }
    }
}
