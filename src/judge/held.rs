//! Whether what a store gives out over MSRP is what it held, and what goes as a file that file.

use bytes::Bytes;

use super::compare::resolve;
use super::outcome::Outcome;
use super::reference::{Ordinal, Reference};
use super::scene::Scene;
use super::transfer::{Judged, broken};
use crate::trace::{Transfer, UnitId};
use crate::wire::mime::{Cpim, MediaType};

/// The most octets that are put together for a look.
const MOST: u64 = 64 << 20;

/// The content, taken out of its wrapper.
pub fn content(references: &[Reference], transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let at = first(transfer);
    let wanted = |reference: &Reference| match reference {
        Reference::Message => scene.stimulus.content.clone(),
        Reference::File(nth) => scene.stimulus.file(*nth).cloned(),
        Reference::Stored(nth) => scene.stimulus.stored(*nth).map(|stored| stored.content.clone()),
        other => resolve(other, scene).map(Bytes::from),
    };
    let wanted: Vec<Bytes> = references.iter().filter_map(wanted).collect();
    if wanted.is_empty() {
        return (Outcome::Undecided("nothing in this case tells what the message was".into()), at);
    }
    let Some(octets) = assembled(transfer, scene) else { return unknown(at) };
    let bare = bare(&octets, transfer, scene);
    match wanted.contains(&bare) {
        true => (Outcome::Pass { found: Some("the same octets".into()), span: None }, at),
        false => broken(at, format!("the {} octets of its content are others", bare.len())),
    }
}

/// Whether the messages are those that were held under these numbers, each once, and no others.
pub fn given<'t>(which: &[u32], sent: impl Iterator<Item = &'t Transfer>, scene: &Scene<'_>) -> Judged {
    let mut wanted: Vec<(u32, Bytes)> = Vec::new();
    for nth in which {
        match scene.stimulus.stored(*nth) {
            Some(stored) => wanted.push((*nth, stored.content.clone())),
            None => return (Outcome::Undecided("nothing in this case tells what the store held".into()), None),
        }
    }
    let mut last = None;
    for transfer in sent {
        last = first(transfer);
        let Some(octets) = assembled(transfer, scene) else { return unknown(last) };
        let bare = bare(&octets, transfer, scene);
        match wanted.iter().position(|(_, content)| *content == bare) {
            Some(at) => drop(wanted.swap_remove(at)),
            None => return broken(last, "a message was sent that was not asked for, or a second time".into()),
        }
    }
    match (wanted.iter().map(|(nth, _)| *nth).min(), scene.excuse()) {
        (Some(nth), None) => broken(last, format!("the {} stored message was not sent", Ordinal(nth))),
        (Some(nth), Some(cause)) => {
            let reason = format!("the {} stored message was not sent, but {cause}", Ordinal(nth));
            (Outcome::Undecided(reason), last)
        }
        (None, _) => (Outcome::Pass { found: Some(format!("{} messages", which.len())), span: None }, last),
    }
}

fn first(transfer: &Transfer) -> Option<UnitId> {
    transfer.chunks.first().copied()
}

/// The content without the wrapper, where there is one.
fn bare(octets: &Bytes, transfer: &Transfer, scene: &Scene<'_>) -> Bytes {
    let kind = first(transfer).and_then(|id| scene.msrp(id).head().content_type());
    let wrapped = kind.is_some_and(|kind| MediaType::parse(kind).is("message/cpim"));
    if wrapped { Cpim::parse(octets).content.body } else { octets.clone() }
}

/// The octets of the message in order; nothing where they are not all there, or too many.
fn assembled(transfer: &Transfer, scene: &Scene<'_>) -> Option<Bytes> {
    let total = scene.total(transfer).filter(|total| *total <= MOST)?;
    let mut whole = crate::stack::msrp::Reassembly::default();
    whole.set_total(total);
    for id in &transfer.chunks {
        let chunk = scene.msrp(*id);
        let mut at = chunk.head().byte_range().map_or(1, |range| range.start);
        for piece in chunk.body().into_iter().flatten() {
            whole.put(at, piece.clone());
            at = at.saturating_add(piece.len() as u64);
        }
    }
    whole.is_whole().then(|| whole.into_pieces().concat().into())
}

fn unknown(at: Option<UnitId>) -> Judged {
    broken(at, "the message is not whole".into())
}
