//! A glance at an episode, before anything of it is taken apart: most hold nothing that a scenario is about.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::facts::begins;
use crate::trace::{Episode, What};
use crate::wire::sip::Message;

/// Whether an episode may hold something to judge; `stores` tells that addresses of stores are known.
pub fn likely(episode: &Episode, stores: bool) -> bool {
    let units = episode.units();
    if units.iter().any(|unit| matches!(unit.what, What::Msrp(_) | What::Connection(_))) {
        return true;
    }
    let messages = || units.iter().filter_map(|unit| unit.sip());
    messages().any(|message| match message.is_request() {
        true => begins(message, "MESSAGE") || (begins(message, "INVITE") && offers(message, stores)),
        false => false,
    }) || (messages().any(|m| m.is_response() && leads_nowhere(m))
        && messages().any(|m| MEDIUM.find(m.bytes()).is_some()))
}

/// Whether an offer tells by itself what it is for: one large message, or the messages of a store.
fn offers(message: &Message, stores: bool) -> bool {
    let octets = &message.bytes()[..];
    MEDIUM.find(octets).is_some()
        && (MARKS.iter().any(|mark| mark.find(octets).is_some())
            || says(SENDONLY, octets)
            || (stores && says(RECVONLY, octets)))
}

/// Whether a response tells that an invitation was refused, given up, or accepted in a way that leads to no MSRP session.
fn leads_nowhere(message: &Message) -> bool {
    let octets = &message.bytes()[..];
    match message.status() {
        Some(200..300) => match message.method() {
            "INVITE" => {
                PATH.find(octets).is_none() || REFUSED.find(octets).is_some() || PROTOCOL.find(octets).is_none()
            }
            method => method == "CANCEL",
        },
        Some(status) => status >= 300 && message.method() == "INVITE",
        None => false,
    }
}

static MEDIUM: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("m=message"));
static PATH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("a=path:"));
static REFUSED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("m=message 0 "));
static PROTOCOL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("/MSRP"));
/// What marks an offer of one large message, or of a file.
static MARKS: LazyLock<[Finder<'static>; 4]> =
    LazyLock::new(|| ["filesize", "filelength", "large-message", "file-selector"].map(memmem::Finder::new));

const SENDONLY: &[u8] = b"sendonly";
const RECVONLY: &[u8] = b"recvonly";

/// Looks for the word in any case, by the letter in it that is rarest in descriptions: its last, a y.
fn says(word: &[u8], octets: &[u8]) -> bool {
    memchr::memchr2_iter(b'y', b'Y', octets).any(|last| {
        let found = (last + 1).checked_sub(word.len()).map(|first| &octets[first..=last]);
        found.is_some_and(|found| found.eq_ignore_ascii_case(word))
    })
}
