//! The message ladder of a case: parties and arrows, taken from the trace.

use super::cast::Cast;
use super::finding::{Arrow, Ladder};
use crate::trace::{Change, Trace, Unit, What};

/// Arrows beyond these are left out; a ladder is for people.
const MOST_ARROWS: usize = 2_000;

/// The ladder of a trace. Lanes stand in the order in which the parties first appear.
pub fn ladder(trace: &Trace, cast: &Cast) -> Ladder {
    let mut ladder = Ladder::default();
    for (_, unit) in trace.units() {
        if ladder.arrows.len() >= MOST_ARROWS || matches!(unit.what, What::Event(_)) {
            continue;
        }
        let from = lane(&mut ladder.lanes, cast.role_at(unit.src));
        let to = lane(&mut ladder.lanes, cast.role_at(unit.dst));
        ladder.arrows.push(Arrow { packet: unit.packet, at: unit.begun, from, to, label: label(unit) });
    }
    ladder
}

/// A message in a few words, for example `INVITE sip:bob@home1.example` or `MSRP SEND 1-2048/20000 +`.
pub fn label(unit: &Unit) -> String {
    match &unit.what {
        What::Sip { message, .. } => match message.status() {
            Some(status) => format!("{status} to {}", message.method()),
            None => match message.request_uri() {
                Some(uri) => format!("{} {uri}", message.method()),
                None => "broken SIP message".to_owned(),
            },
        },
        What::Msrp(message) => {
            let head = message.head();
            match head.status() {
                Some(status) => format!("MSRP {status}"),
                None => {
                    let range = head.header("Byte-Range").map_or_else(String::new, |r| format!(" {r}"));
                    let status = head.status_header().map_or_else(String::new, |s| format!(" {:03}", s.code));
                    let flag = message.flag().as_char();
                    format!("MSRP {}{range}{status} {flag}", head.method())
                }
            }
        }
        What::Connection(change) => match change {
            Change::Connecting => "TCP connects",
            Change::Opened => "TCP open",
            Change::Secured => "TLS begins",
            Change::Refused => "TCP refused",
            Change::Finished => "TCP closes",
            Change::Reset => "TCP reset",
            Change::Gap => "octets not captured",
        }
        .to_owned(),
        What::Certificate(_) => "certificate".to_owned(),
        What::Event(event) => format!("\u{201c}{}\u{201d}", event.name),
        What::Other(bytes) => format!("{} octets of another protocol", bytes.len()),
    }
}

fn lane(lanes: &mut Vec<String>, name: String) -> usize {
    match lanes.iter().position(|l| *l == name) {
        Some(at) => at,
        None => {
            lanes.push(name);
            lanes.len() - 1
        }
    }
}
