//! Conferences (IM 7.1.1.3 to 7.1.1.10, 7.1.3.2, 7.1.3.3) as one of their participants sees them: which call is one, who
//! began what, and which of its messages are for everybody. It knows calls one by one.

use memchr::memmem;

use super::acts::Trigger;
use super::documents::Step;
use super::facts::{Facts, Kind, Target};
use super::story::Story;
use crate::actors::act::{Act, Recipients, Sending};
use crate::judge::{Cast, Scene};
use crate::net::tamper::{self, Change};
use crate::script::plan::{Arranged, Plan};
use crate::trace::{Trace, Transfer};
use crate::wire::mime::{ConferenceInfo, Cpim, MediaType};
use crate::wire::sdp::accepts;
use crate::wire::sip::{Message, Name};
use crate::wire::uri;

/// The host of addresses that hide a person (RFC 3323 §4.1.1.3).
const ANONYMOUS: &str = "anonymous.invalid";
/// What plans call the conference server.
pub const SERVER: &str = "conference";

/// How a client got into a conference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Entry {
    /// It invited several people to an ad-hoc conference.
    AdHoc,
    /// It joined the conference of a pre-defined group.
    Group,
    /// It joined a public conference.
    Public,
    /// The focus invited it.
    Invited,
}

impl Entry {
    /// How the call of `message` leads into a conference, where that is beyond doubt. By its address alone nobody can tell
    /// a public conference from one that the user was in before.
    pub fn of(message: &Message, answered: Option<&Message>, target: Target, known: &Cast) -> Option<Entry> {
        if message.header(Name::Replaces).is_some() {
            return None;
        }
        let is_focus = |m: &Message| m.contact().is_some_and(|c| c.features().has("isfocus"));
        let invited = is_focus(message);
        let uri = message.request_uri()?;
        match target {
            Target::Several if invited || lists_dialogs(message) => None,
            Target::Several => Some(Entry::AdHoc),
            Target::Group if invited => None,
            Target::Group if known.public_conferences.iter().any(|public| uri::same(public, uri)) => {
                Some(Entry::Public)
            }
            Target::Group => Some(Entry::Group),
            // What an anonymous participant writes is another matter.
            Target::One if invited && !answered.is_some_and(|m| m.has_privacy("id")) => Some(Entry::Invited),
            Target::One => None,
        }
    }

    /// How a call leads into a conference that is known for one by another call.
    pub fn of_any(message: &Message, answered: Option<&Message>, target: Target, known: &Cast) -> Option<Entry> {
        let invited = message.contact().is_some_and(|c| c.features().has("isfocus"));
        let plain = Entry::of(message, answered, target, known);
        plain.or(Some(match target {
            _ if invited => Entry::Invited,
            Target::Several => Entry::AdHoc,
            Target::One | Target::Group => Entry::Group,
        }))
    }

    fn is_of(self, act: &Act, plan: &Plan) -> bool {
        let public = |name: &str| plan.groups.iter().any(|g| g.name == name && g.members.is_empty());
        match (self, act) {
            (Entry::AdHoc | Entry::Invited, Act::Confer { .. }) => true,
            (Entry::Group, Act::Join { conference, .. }) => !public(conference),
            (Entry::Public, Act::Join { conference, .. }) => public(conference),
            _ => false,
        }
    }
}

/// Whether a list of people names sessions that the conference shall take the place of (RFC 3891).
fn lists_dialogs(message: &Message) -> bool {
    let octets = &message.body_span().of(message.bytes());
    memmem::find(octets, b"Replaces=").is_some()
}

/// The call of a plan about a conference that shows all of what its people do.
pub fn trigger(plan: &Plan) -> Option<Trigger<'_>> {
    let mut acts = plan.in_sessions();
    let (who, first) = acts.next()?;
    let tested = plan.under_test.as_str();
    // The others are in calls of their own; of what they do only their messages come here.
    let known = |(who, act): (&str, &Act)| match act {
        Act::Message(_) => true,
        Act::Release | Act::Modify(_) | Act::Cancel => who == tested,
        _ => false,
    };
    let nothing_else = acts.all(known) && plan.sends().is_none() && plan.stores().is_empty();
    let own = who == tested;
    let (entry, to) = match first {
        Act::Confer { to, .. } if own => (Entry::AdHoc, to.iter().map(String::as_str).collect()),
        Act::Confer { to, .. } if to.iter().any(|name| name == tested) => (Entry::Invited, vec![tested]),
        Act::Join { .. } if own => {
            let entry = if Entry::Public.is_of(first, plan) { Entry::Public } else { Entry::Group };
            (entry, Vec::new())
        }
        _ => return None,
    };
    nothing_else.then_some(Trigger { kind: Kind::Conference(entry), cpm: false, who, to })
}

/// Whether nothing of the facts is against the plan, which is about the same kind of call.
pub fn fits(plan: &Plan, entry: Entry, facts: &Facts) -> bool {
    let Some((_, first)) = plan.in_sessions().next() else { return false };
    let hidden = match first {
        Act::Confer { anonymous, .. } | Act::Join { anonymous, .. } => *anonymous,
        _ => false,
    };
    let accepted = facts.status.is_some_and(|status| status < 300);
    let enough = match first {
        Act::Confer { to, .. } if entry == Entry::AdHoc => facts.recipients.len() >= to.len(),
        _ => true,
    };
    let no_focus = plan.arrangements.iter().any(|a| match &a.what {
        Arranged::Tampers(t) => matches!(&t.change, Change::DropParameter { parameter, .. } if parameter == "isfocus"),
        _ => false,
    });
    enough
        && (entry == Entry::Invited || hidden == facts.anonymous)
        && (entry == Entry::Invited || !accepted || facts.focus != no_focus)
}

/// Completes the facts of a conference. Where nothing tells who is anonymous, nobody is named; and those come first whom
/// the sender writes to in private, so that it is they whom plans name.
pub fn settle(facts: &mut Facts, entry: Entry, trace: &Trace) {
    if facts.anonymous && facts.sender.contains(ANONYMOUS) {
        facts.sender.clear();
    }
    if entry != Entry::AdHoc {
        return;
    }
    let Some(own) = facts.own_paths.first().cloned() else { return };
    let sent = |t: &&Transfer| {
        let first = t.chunks.first().and_then(|id| trace.unit(*id).msrp());
        first.and_then(|m| m.head().from_path().next_back()).is_some_and(|from| uri::same(from, &own))
    };
    let addressed: Vec<String> = trace.transfers().iter().filter(sent).filter_map(|t| addressee(t, trace)).collect();
    let place = |address: &String| addressed.iter().position(|to| uri::same(to, address)).unwrap_or(addressed.len());
    facts.recipients.sort_by_key(place);
}

/// The one To of a message's wrapper.
fn addressee(transfer: &Transfer, trace: &Trace) -> Option<String> {
    let chunk = transfer.chunks.first().and_then(|id| trace.unit(*id).msrp())?;
    chunk.head().content_type().is_some_and(|t| MediaType::parse(t).is("message/cpim")).then_some(())?;
    let cpim = Cpim::parse(&chunk.body_bytes());
    let to = cpim.to().next()?;
    Some(to.uri.to_owned())
}

/// Whether a message is a text of the user's, and no notice of his client's.
fn is_text(transfer: &Transfer, trace: &Trace) -> bool {
    let Some(chunk) = transfer.chunks.first().and_then(|id| trace.unit(*id).msrp()) else { return false };
    let body = chunk.body_bytes();
    let notice = |kind: &str| memmem::find(&body, kind.as_bytes()).is_some();
    !notice("message/imdn+xml") && !notice("application/im-iscomposing+xml")
}

/// The message in the conference that the act of `who` is about, where it is for whom the act has it for.
pub fn said<'t>(plan: &Plan, who: &str, sending: &Sending, scene: &Scene<'t>) -> Option<&'t Transfer> {
    let tested = plan.under_test.as_str();
    let own = who == tested;
    let (from, to) = if own { (Some(tested), None) } else { (Some(SERVER), Some(tested)) };
    let all: Vec<&Transfer> = scene.transfers_between(from, to).collect();
    let first = *all.first()?;
    // In the session that a conference has taken the place of, messages went to the other one alone.
    let in_conference =
        |t: &&Transfer| t.chunks.first().is_some_and(|id| scene.cast.is_at(SERVER, scene.unit(*id).dst));
    if own && scene.session_identity().is_some() && !all.first().is_some_and(in_conference) {
        return None;
    }
    let address = |name: &str| scene.cast.party(name).map_or("", |p| p.address.as_str());
    let is_for = |t: &Transfer, names: &[String]| {
        addressee(t, scene.trace).is_some_and(|to| names.iter().any(|name| uri::same(&to, address(name))))
    };
    let good = match &sending.to {
        Recipients::Several(names) if names.is_empty() => is_for_all(first, plan, scene),
        Recipients::Several(names) => {
            let last = *all.last()?;
            all.len() >= names.len() && is_for(first, names) && is_for(last, names)
        }
        Recipients::One(name) => is_for(first, std::slice::from_ref(name)),
        Recipients::Group(_) | Recipients::Session(_) => false,
    };
    (good && is_text(first, scene.trace)).then_some(first)
}

/// Whether a message is beyond doubt for everybody: a person may have joined whom nobody of this call named.
fn is_for_all(transfer: &Transfer, plan: &Plan, scene: &Scene<'_>) -> bool {
    let Some(to) = addressee(transfer, scene.trace) else { return true };
    let is = |conference: &str| uri::same_ignoring_params(&to, conference, &["sessiontype", "session"]);
    scene.session_identity().is_some_and(|identity| is(&identity))
        || scene.cast.conference_factory.as_deref().is_some_and(is)
        || plan.groups.iter().filter_map(|g| scene.cast.group(&g.name)).any(is)
}

/// Whether the client under test has said that it does not take what the plan has the others send: only then it need refuse.
pub fn is_unwelcome(tampering: &tamper::Tampering, scene: &Scene<'_>) -> bool {
    let (tamper::Kind::MsrpRequest(_), Change::SetHeader(name, kind)) = (&tampering.selector.kind, &tampering.change)
    else {
        return true;
    };
    let tested = &scene.cast.under_test;
    let mut described = scene.trace.units().filter(|(id, _)| scene.by(tested, *id)).filter_map(|(_, u)| u.sip());
    let refuses = |m: &Message| {
        let session = m.description()?.0;
        let media = session.msrp_media()?;
        Some(!media.accept_types().any(|entry| accepts(entry, kind)))
    };
    !name.eq_ignore_ascii_case("Content-Type") || described.find_map(refuses).unwrap_or(false)
}

/// The calls of a plan that together show what its people do.
pub fn story(plan: &Plan) -> Option<Trigger<'_>> {
    let tested = plan.under_test.as_str();
    let acts: Vec<(&str, &Act)> = plan.in_sessions().collect();
    let (&(who, first), rest) = acts.split_first()?;
    let own = |wanted: fn(&Act) -> bool| rest.iter().filter(|(by, act)| *by == tested && wanted(act)).count();
    let subscribes = own(|act| matches!(act, Act::Subscribe));
    let returns = own(|act| matches!(act, Act::Rejoin));
    // The others are in calls of their own. Who is subscribed hears when they leave.
    let known = |(by, act): &(&str, &Act)| match act {
        Act::Release => *by == tested || (subscribes, returns) == (1, 0),
        Act::Message(_) | Act::Subscribe | Act::Rejoin => *by == tested,
        Act::Extend { .. } => matches!(first, Act::Invite { .. }),
        _ => false,
    };
    if !rest.iter().all(known) || plan.sends().is_some() || !plan.stores().is_empty() {
        return None;
    }
    let extends: Vec<(&str, &[String])> = rest
        .iter()
        .filter_map(|(by, act)| match act {
            Act::Extend { to } => Some((*by, to.as_slice())),
            _ => None,
        })
        .collect();
    let (story, who, to) = match (first, &extends[..]) {
        (Act::Confer { to, .. }, []) if who == tested && (subscribes, returns) == (1, 0) => {
            (Story::Subscribed(Entry::AdHoc), who, to.iter().map(String::as_str).collect())
        }
        (Act::Join { .. }, []) if who == tested && (subscribes, returns) == (1, 0) => {
            let entry = if Entry::Public.is_of(first, plan) { Entry::Public } else { Entry::Group };
            (Story::Subscribed(entry), who, Vec::new())
        }
        (Act::Join { .. }, []) if who == tested && (subscribes, returns) == (0, 1) => {
            (Story::Rejoined, who, Vec::new())
        }
        (Act::Join { .. }, []) if who == tested && (subscribes, returns) == (1, 1) => {
            // Of the first conference he asks nothing.
            let asks = rest.iter().position(|(_, act)| matches!(act, Act::Subscribe));
            let comes = rest.iter().position(|(_, act)| matches!(act, Act::Rejoin));
            ((comes < asks).then_some(Story::RejoinedAndSubscribed)?, who, Vec::new())
        }
        (Act::Invite { to }, [(by, others)]) if who == tested && *by == tested => {
            let others = others.iter().map(String::as_str);
            (Story::Extended, who, std::iter::once(to.as_str()).chain(others).collect())
        }
        (Act::Invite { to }, [(by, _)]) if *by != tested => {
            let inviter = who == tested;
            let peer = if inviter { to.as_str() } else { who };
            ((*by == peer).then_some(Story::Replaced { inviter })?, peer, vec![tested])
        }
        _ => return None,
    };
    Some(Trigger { kind: Kind::Story(story), cpm: false, who, to })
}

/// Whether as many people are asked into the conference as the plan names.
pub fn names_enough(plan: &Plan, facts: &Facts) -> bool {
    let named = plan.in_sessions().find_map(|(_, act)| match act {
        Act::Extend { to } => Some(to.len() + 1),
        _ => None,
    });
    named.is_none_or(|named| facts.recipients.len() >= named)
}

/// Whether the first notification is what the plan has it be: sound, unless the plan has it changed.
pub fn is_notified(plan: &Plan, scene: &Scene<'_>) -> bool {
    let changed = plan.arrangements.iter().any(|a| match &a.what {
        Arranged::Tampers(t) => t.selector.kind == tamper::Kind::Request("NOTIFY".to_owned()) && Step::of(t).is_none(),
        _ => false,
    });
    let mut notifications =
        scene.trace.transactions().iter().map(|t| scene.sip(t.request)).filter(|m| m.method() == "NOTIFY");
    let sound = |message: &Message| {
        // Before the subscription is authorised there may be nothing to tell (RFC 6665 §4.2.1.2).
        message.body_span().is_empty()
            || message
                .body_of_type("application/conference-info+xml")
                .is_some_and(|part| ConferenceInfo::parse(&part.body).flaws.is_empty())
    };
    changed || notifications.next().is_some_and(sound)
}
