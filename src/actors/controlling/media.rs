//! What is offered and answered: media types of a conference, and the attributes that go from one side to the others
//! (IM 7.2.1.1 on 200, 7.2.2.2 step 4, 9.3.1.1, 9.3.2.1; RFC 7701 §5.2, §8).

use bytes::Bytes;

use super::conference::{CPIM, Conference, Media, Purpose};
use super::config::Config;
use crate::stack::offer_answer::{Local, Negotiation};
use crate::wire::sdp::{Direction, Session, accepts};

/// Attributes that speak of one side alone, or that are written anew.
const OWN: &[&str] = &[
    "path",
    "setup",
    "fingerprint",
    "connection",
    "accept-types",
    "accept-wrapped-types",
    "sendonly",
    "recvonly",
    "sendrecv",
    "inactive",
    "fingerprint",
    "crypto",
    "msrp-cema",
    "chatroom",
    "max-size",
];

/// Whether an offer can be taken; else the status that says why not.
pub(super) fn acceptable(config: &Config, offer: &Session, conference: Option<&Conference>) -> Result<(), u16> {
    let types = match conference {
        Some(conference) => conference.media.types.clone(),
        None => common(offered(offer).0, &config.accepts),
    };
    let local = Local { accept_types: types, ..local(config, String::new()) };
    match Negotiation::new("-", 0).answer(offer, &local) {
        Ok(_) if !local.accept_types.is_empty() => Ok(()),
        Ok(_) => Err(488),
        Err(refusal) => Err(refusal.status()),
    }
}

/// What there is to be said about the media of a conference before anybody has accepted.
pub(super) fn of_offer(config: &Config, offer: &Session) -> Media {
    let (types, wrapped) = offered(offer);
    let media = offer.msrp_media();
    let attribute = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
    let carried = media.iter().flat_map(|m| m.attributes().collect::<Vec<_>>());
    let carried = carried.filter(|a| !OWN.contains(&a.name)).map(|a| attribute(a.name, a.value)).collect();
    Media { offer: offer.clone(), types: common(types, &config.accepts), wrapped, carried }
}

/// The media of a conference that nobody has offered anything for.
pub(super) fn of_config(config: &Config) -> Media {
    let offer = Session::parse(Bytes::new());
    let mut media = Media { offer, types: config.accepts.clone(), wrapped: Vec::new(), carried: Vec::new() };
    wrap(&mut media, Purpose::Chat);
    media
}

/// What of it stands when the first user has accepted: what both sides know.
pub(super) fn agree(media: &mut Media, config: &Config, answer: &Session, purpose: Purpose) {
    let (types, wrapped) = offered(answer);
    let all = common(offered(&media.offer).0, &config.accepts);
    let known = |kind: &String| types.iter().chain(&wrapped).any(|theirs| accepts(theirs, kind));
    let top: Vec<String> = all.iter().filter(|kind| types.iter().any(|t| accepts(t, kind))).cloned().collect();
    // Where the answer shares nothing, what was offered stands, and the switch gives nobody what he does not take.
    if !top.is_empty() {
        media.types = top;
    }
    if !wrapped.is_empty() {
        media.wrapped.retain(known);
    }
    let answered = answer.msrp_media();
    media.carried.retain(|(name, value)| {
        purpose == Purpose::LargeMessage
            || answered.as_ref().is_some_and(|m| m.attributes().any(|a| a.name == name && a.value == value.as_deref()))
    });
    wrap(media, purpose);
}

/// What this side writes towards one participant.
pub(super) fn towards(config: &Config, conference: &Conference, session_id: String, direction: Direction) -> Local {
    let media = &conference.media;
    let mut local = Local {
        accept_types: media.types.clone(),
        wrapped_types: media.wrapped.clone(),
        direction,
        ..local(config, session_id)
    };
    local.extra.clone_from(&media.carried);
    if conference.is_wrapped() {
        let words = [(config.nicknames, "nickname"), (config.private_messages, "private-messages")];
        let words: Vec<&str> = words.iter().filter(|(may, _)| *may).map(|(_, word)| *word).collect();
        local.extra.push(("chatroom".to_owned(), (!words.is_empty()).then(|| words.join(" "))));
    }
    local
}

/// In a chat that knows CPIM everything is wrapped in it, and all other types stand within (RFC 7701 §5.2). Users are
/// invited before that is known, with all types that the inviter has.
pub(super) fn wrap(media: &mut Media, purpose: Purpose) {
    if purpose == Purpose::LargeMessage || !media.types.iter().any(|kind| kind == CPIM) {
        return;
    }
    let inner = std::mem::replace(&mut media.types, vec![CPIM.to_owned()]);
    for kind in inner.into_iter().filter(|kind| kind != CPIM) {
        if !media.wrapped.iter().any(|known| accepts(known, &kind)) {
            media.wrapped.push(kind);
        }
    }
}

/// The own types that the other side knows.
pub(super) fn common(theirs: Vec<String>, own: &[String]) -> Vec<String> {
    own.iter().filter(|own| theirs.iter().any(|theirs| accepts(theirs, own))).cloned().collect()
}

/// The media types of a description, at top level and within wrappers.
fn offered(description: &Session) -> (Vec<String>, Vec<String>) {
    let Some(media) = description.msrp_media() else { return (Vec::new(), Vec::new()) };
    let owned = |types: &mut dyn Iterator<Item = &str>| types.map(str::to_owned).collect();
    (owned(&mut media.accept_types()), owned(&mut media.accept_wrapped_types()))
}

fn local(config: &Config, session_id: String) -> Local {
    Local::new(config.msrp, session_id, &[]).secured(&config.security)
}
