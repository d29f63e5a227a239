//! The calls of one story as one case: what happened in them, and who is who.

use super::bind::Sockets;
use super::conference::Entry;
use super::documents::departures;
use super::facts::{Facts, Kind, Target};
use super::files;
use super::stories::{Sequel, relation};
use crate::judge::Cast;
use crate::trace::{Episode, Trace, UnitId};
use crate::wire::sip::Message;
use crate::wire::uri;

/// What a user did in two or three calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Story {
    /// He got into a conference, and asked who takes part.
    Subscribed(Entry),
    /// He left a conference and came back.
    Rejoined,
    /// He came back, and asked who takes part.
    RejoinedAndSubscribed,
    /// He made a conference of his session with somebody.
    Extended,
    /// The other one of his session made a conference of it. It tells whether he was the one who had invited.
    Replaced { inviter: bool },
    /// He offered files again, when the offer was refused for its kind of body.
    OfferedAgain,
}

/// Several calls made one.
pub struct Told {
    pub facts: Facts,
    pub sockets: Sockets,
    pub trace: Trace,
}

impl Told {
    /// What an episode tells together with the one before it, and with that before the other where there is one; nothing
    /// where it is no story that a scenario is about.
    pub fn of(mut first: Episode, second: Episode, known: &Cast) -> Option<Told> {
        match first.earlier.take() {
            Some(before) => Told::of_three(*before, first, second, known),
            None => Told::of_two(first, second, known),
        }
    }

    /// The way back into a conference, and the subscription there.
    fn of_three(before: Episode, first: Episode, second: Episode, known: &Cast) -> Option<Told> {
        let subscribed = relation(&first, &second) == Some(Sequel::Subscription);
        let Told { facts, sockets, trace } = Told::of_two(before, first, known).filter(|_| subscribed)?;
        let later = second.into_trace();
        if facts.kind != Kind::Story(Story::Rejoined) || challenged(&later) {
            return None;
        }
        let facts = Facts { kind: Kind::Story(Story::RejoinedAndSubscribed), ..facts };
        let sockets = sockets.with_subscription(&later);
        let (trace, [map, _]) = merged([&trace, &later]);
        Some(Told { facts: facts.moved(&map), sockets, trace })
    }

    fn of_two(first: Episode, second: Episode, known: &Cast) -> Option<Told> {
        let sequel = relation(&first, &second)?;
        let (earlier, later) = (first.into_trace(), second.into_trace());
        let one = Facts::of_any(&earlier, known)?;
        let counted = sequel != Sequel::Subscription;
        if challenged(&earlier) || challenged(&later) || (counted && modified(&earlier)) {
            // Then what is counted in plans is counted otherwise.
            return None;
        }
        let sockets = Sockets::of(&one, &earlier);
        let (trace, maps) = merged([&earlier, &later]);
        let (facts, sockets, of) = match (sequel, one.kind) {
            (Sequel::Subscription, Kind::Conference(entry)) if entry != Entry::Invited => {
                if is_over_before(&earlier, &later) {
                    return None;
                }
                let sockets = sockets.with_subscription(&later);
                let mut recipients = one.recipients;
                // Who leaves is whom plans name, in that order.
                let gone = departures(&later, |at| sockets.sender.contains(&at));
                let place = |who: &String| gone.iter().position(|(entity, _)| uri::same(entity, who));
                recipients.sort_by_key(|who| place(who).unwrap_or(gone.len()));
                (Facts { kind: Kind::Story(Story::Subscribed(entry)), recipients, ..one }, sockets, 0)
            }
            (Sequel::Return, Kind::Conference(_)) => {
                let two = Facts::of_any(&later, known)?;
                let sockets = sockets.and(&Sockets::of(&two, &later));
                // The group is that of the first call.
                let (recipients, target) = (one.recipients, one.target);
                (Facts { kind: Kind::Story(Story::Rejoined), recipients, target, ..two }, sockets, 1)
            }
            (Sequel::Extension, Kind::Session) => {
                let two = Facts::of_any(&later, known).filter(|two| uri::same(&two.sender, &one.sender))?;
                let other = Sockets::of(&two, &later);
                let sockets = Sockets { focus: Some(other.recipient.clone()), ..sockets };
                let sockets = sockets.owned_by_sender(&other.sender);
                let peer = one.recipients.first()?.clone();
                let plain = |entry: &String| entry.split('?').next().unwrap_or_default().to_owned();
                let others = two.recipients.iter().map(plain).filter(|entry| !uri::same(entry, &peer));
                let recipients = std::iter::once(peer.clone()).chain(others).collect();
                (Facts { kind: Kind::Story(Story::Extended), recipients, ..two }, sockets, 1)
            }
            (Sequel::Retry, Kind::Files(Target::One)) => {
                let two = Facts::of_any(&later, known).filter(|two| files::are_same(&one.files, &two.files))?;
                let sockets = sockets.and(&Sockets::of(&two, &later));
                (Facts { kind: Kind::Story(Story::OfferedAgain), ..one }, sockets, 0)
            }
            (Sequel::Replacement, Kind::Session) => {
                let two = Facts::of_any(&later, known)?;
                let invited = two.recipients.first()?.clone();
                let inviter = uri::same(&invited, &one.sender);
                let peer = if inviter { one.recipients.first()?.clone() } else { one.sender.clone() };
                if !inviter && !one.recipients.first().is_some_and(|to| uri::same(to, &invited)) {
                    return None;
                }
                let other = Sockets::of(&two, &later);
                let sockets = if inviter { sockets.turned() } else { sockets };
                let sockets = Sockets { focus: Some(other.sender.clone()), ..sockets };
                let sockets = sockets.owned_by_recipient(&other.recipient);
                let kind = Kind::Story(Story::Replaced { inviter });
                // Who was there first is the other one's client in both calls.
                let sender_seen = true;
                (Facts { kind, sender: peer, recipients: vec![invited], sender_seen, ..two }, sockets, 1)
            }
            _ => return None,
        };
        Some(Told { facts: facts.moved(&maps[of]), sockets, trace })
    }
}

impl Facts {
    /// The same facts of a trace whose units have other numbers.
    fn moved(self, map: &[UnitId]) -> Facts {
        let at = |id: UnitId| map.get(id.0 as usize).copied().unwrap_or(id);
        Facts { request: at(self.request), delivered: at(self.delivered), answer: self.answer.map(at), ..self }
    }
}

/// Whether somebody released the call before the other one began.
fn is_over_before(earlier: &Trace, later: &Trace) -> bool {
    let released = earlier.units().find(|(_, unit)| unit.sip().is_some_and(|m| m.is_request() && m.method() == "BYE"));
    released.zip(later.units().next()).is_some_and(|((_, bye), (_, first))| bye.at <= first.begun)
}

/// Whether somebody had to say who he is, so that a request was sent again.
fn challenged(trace: &Trace) -> bool {
    trace.units().filter_map(|(_, unit)| unit.sip()).filter_map(Message::status).any(|s| matches!(s, 401 | 407))
}

/// Whether somebody invited again within the call.
fn modified(trace: &Trace) -> bool {
    let again = |m: &Message| m.is_request() && m.method() == "INVITE" && m.to().is_some_and(|to| to.tag().is_some());
    trace.units().filter_map(|(_, unit)| unit.sip()).any(again)
}

/// Both traces in order of time, and what became of the numbers of their units.
fn merged(traces: [&Trace; 2]) -> (Trace, [Vec<UnitId>; 2]) {
    let mut all: Vec<_> = (0..2).flat_map(|of| traces[of].units().map(move |(_, unit)| (of, unit))).collect();
    all.sort_by_key(|(_, unit)| unit.at);
    let (mut trace, mut maps) = (Trace::new(), [Vec::new(), Vec::new()]);
    for (of, unit) in all {
        maps[of].push(trace.push(unit.clone()));
    }
    (trace, maps)
}
