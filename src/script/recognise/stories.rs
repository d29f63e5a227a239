//! Calls that belong together: who is told of a conference, who comes back into it, and sessions that conferences take the
//! place of. It goes by what requests name, on the thread that cuts episodes: what is in no story must cost next to nothing.

use std::collections::VecDeque;

use memchr::memmem;

use super::facts::begins;
use crate::time::Time;
use crate::trace::Episode;
use crate::wire::mime::ResourceLists;
use crate::wire::sip::Message;
use crate::wire::uri::{self, Uri};

/// Episodes that are remembered, for those to come that go on with them.
const HELD: usize = 64;
/// The status of what has a kind of body that is not known.
const UNSUPPORTED: u16 = 415;
/// Units of an episode that is remembered, at most.
const LARGEST: usize = 512;

/// How an episode goes on with another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sequel {
    /// The conference of the first is asked who takes part.
    Subscription,
    /// The same user gets back into the conference of the first.
    Return,
    /// A conference is asked for that takes the place of the first.
    Extension,
    /// An invitation takes the place of the first.
    Replacement,
    /// What was refused for its kind of body is asked for again.
    Retry,
}

/// The finished episodes that others may go on with.
#[derive(Default)]
pub struct Stories {
    held: VecDeque<Held>,
}

struct Held {
    marks: Marks,
    episode: Episode,
}

/// What an episode calls itself, and what it names.
#[derive(Default, Debug)]
struct Marks {
    call_id: String,
    /// The user whose part in the conference it is.
    person: String,
    /// The address of the conference, where the episode tells it.
    conference: Option<String>,
    target: String,
    subscribes: bool,
    /// Calls that shall be replaced by one that is asked for, and by this one.
    extends: Vec<String>,
    replaces: Option<String>,
    /// Its kind of body was not known (RFC 3261 §21.4.13).
    is_unsupported: bool,
}

impl Stories {
    /// Notes an episode, and hands every story to `give` that it completes. `calls` tells that it may be a call to judge.
    pub fn note(&mut self, episode: &Episode, calls: bool, mut give: impl FnMut(Episode)) {
        let Some(marks) = Marks::of(episode, calls).filter(|_| episode.units().len() <= LARGEST) else { return };
        let new = Held { marks, episode: episode.clone() };
        for other in &self.held {
            // What was open until the end of the capture comes in the order in which it began; all else as it ends.
            let late = other.begun() > new.begun();
            let (first, second) = if late { (&new, other) } else { (other, &new) };
            let Some(sequel) = sequel(&first.marks, &second.marks) else { continue };
            give(second.after(first));
            match sequel {
                Sequel::Return => {
                    if let Some(asked) = self.subscription_in(second) {
                        give(asked.episode.clone().after(second.after(first)));
                    }
                }
                Sequel::Subscription if !late => {
                    if let Some(before) = self.left_for(first) {
                        give(second.episode.clone().after(first.after(before)));
                    }
                }
                _ => {}
            }
        }
        if self.held.len() >= HELD {
            self.held.pop_front();
        }
        self.held.push_back(new);
    }

    /// The first subscription to the conference of a call.
    fn subscription_in(&self, call: &Held) -> Option<&Held> {
        let asks = |other: &&Held| {
            other.begun() >= call.begun() && sequel(&call.marks, &other.marks) == Some(Sequel::Subscription)
        };
        self.held.iter().filter(asks).min_by_key(|other| other.begun())
    }

    /// The latest call before that one in the same conference.
    fn left_for(&self, call: &Held) -> Option<&Held> {
        let came_back =
            |other: &&Held| other.begun() < call.begun() && sequel(&other.marks, &call.marks) == Some(Sequel::Return);
        self.held.iter().filter(came_back).max_by_key(|other| other.begun())
    }
}

impl Held {
    fn begun(&self) -> Option<Time> {
        self.episode.units().first().map(|unit| unit.begun)
    }

    /// This episode as one that goes on with another.
    fn after(&self, earlier: &Held) -> Episode {
        self.episode.clone().after(earlier.episode.clone())
    }
}

/// How the second of two episodes goes on with the first.
pub fn relation(first: &Episode, second: &Episode) -> Option<Sequel> {
    sequel(&Marks::of(first, true)?, &Marks::of(second, true)?)
}

fn sequel(first: &Marks, second: &Marks) -> Option<Sequel> {
    let names = |call_id: &String| *call_id == first.call_id;
    if second.replaces.as_ref().is_some_and(names) {
        return Some(Sequel::Replacement);
    }
    if second.extends.iter().any(names) {
        return Some(Sequel::Extension);
    }
    if first.is_unsupported && !second.subscribes {
        let same = uri::same(&first.target, &second.target) && uri::same(&first.person, &second.person);
        return same.then_some(Sequel::Retry);
    }
    let conference = first.conference.as_deref()?;
    if first.subscribes || !uri::same(conference, &second.target) || !uri::same(&first.person, &second.person) {
        return None;
    }
    Some(if second.subscribes { Sequel::Subscription } else { Sequel::Return })
}

impl Marks {
    /// Nothing for what can be no part of a story.
    fn of(episode: &Episode, calls: bool) -> Option<Marks> {
        let mut messages = episode.units().iter().filter_map(|unit| unit.sip());
        let first = messages.next()?;
        let address = |address: Option<crate::wire::sip::NameAddr<'_>>| {
            let uri = address.map(|a| a.uri.to_owned())?;
            // Nobody can tell one who hides from another.
            (!uri.contains("anonymous.invalid")).then_some(uri)
        };
        let person = address(first.from())?;
        let target = first.request_uri()?.to_owned();
        let call_id = first.call_id().to_owned();
        if begins(first, "SUBSCRIBE") {
            let event = first.header_named("Event")?;
            let conference =
                event.text().split(';').next().is_some_and(|e| e.trim().eq_ignore_ascii_case("conference"));
            return conference.then(|| Marks { call_id, person, target, subscribes: true, ..Marks::default() });
        }
        if !calls || !begins(first, "INVITE") {
            return None;
        }
        let mut marks = Marks { call_id, person, target, ..Marks::default() };
        if says(first, b"Replaces") {
            marks.replaces = first.replaces().map(|dialog| dialog.call_id.to_owned());
            if let Some(part) = first.body_of_type("application/resource-lists+xml") {
                let lists = ResourceLists::parse(&part.body);
                let replaced = |entry: &str| Some(uri::unescape(Uri::parse(entry).header("Replaces")?).into_owned());
                let ids = lists.uris().filter_map(replaced);
                marks.extends = ids.filter_map(|r| r.split(';').next().map(|id| id.trim().to_owned())).collect();
            }
        }
        let focus = |message: &Message| {
            let contact = message.contact().filter(|_| says(message, b"isfocus"))?;
            contact.features().has("isfocus").then(|| contact.uri.to_owned())
        };
        if let Some(conference) = focus(first) {
            marks.person = address(first.to())?;
            marks.conference = Some(conference);
        } else {
            let decides = |m: &&Message| {
                m.method() == "INVITE" && m.status().is_some_and(|s| (200..300).contains(&s) || s == UNSUPPORTED)
            };
            let decision = messages.find(decides);
            marks.is_unsupported = decision.is_some_and(|m| m.status() == Some(UNSUPPORTED));
            marks.conference = decision.filter(|_| !marks.is_unsupported).and_then(focus);
        }
        Some(marks)
    }
}

fn says(message: &Message, word: &[u8]) -> bool {
    memmem::find(message.bytes(), word).is_some()
}
