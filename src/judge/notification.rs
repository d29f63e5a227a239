//! What notifications hold: conference-info documents (RFC 4575) and message summaries (RFC 3842).

use super::read::{Value, part};
use super::scene::Scene;
use crate::wire::mime::ConferenceInfo;
use crate::wire::sip::Message;

/// The count of all classes of a summary together.
const NEW_MESSAGES: &str = "new messages";

/// What the document says of the conference as a whole, by the name of the attribute or element.
pub fn conference(message: &Message, name: &str) -> Option<Value> {
    let part = part(message, "application/conference-info+xml")?;
    let info = ConferenceInfo::parse(&part.body);
    let number = |n: Option<u32>| n.map(|n| n.to_string());
    let text = match name {
        "entity" => Some(info.entity),
        "state" => Some(info.state.text().to_owned()),
        "version" => number(info.version),
        "user-count" => number(info.conference_state.and_then(|state| state.user_count)),
        _ => number(info.description.and_then(|description| description.maximum_user_count)),
    }?;
    (!text.is_empty()).then(|| Value::new(text, Some(part.body_span)))
}

/// The status of each endpoint of that person. Who is anonymous is not found by name.
pub fn user_status(message: &Message, person: &str, scene: &Scene<'_>) -> Vec<Value> {
    let (Some(part), Some(party)) = (part(message, "application/conference-info+xml"), scene.cast.party(person)) else {
        return Vec::new();
    };
    let info = ConferenceInfo::parse(&part.body);
    let endpoints = info.user(&party.address).into_iter().flat_map(|user| &user.endpoints);
    endpoints.filter_map(|e| e.status.clone()).map(|status| Value::new(status, Some(part.body_span))).collect()
}

/// A line `name: value` of a message summary, names without regard to case. `new messages` are those of all classes.
pub fn summary(message: &Message, name: &str) -> Option<Value> {
    let part = part(message, "application/simple-message-summary")?;
    let text = String::from_utf8_lossy(&part.body);
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    if name == NEW_MESSAGES {
        // Only the lines of message classes are of the form `new/old` (RFC 3842 §5.2).
        let new = lines.filter_map(|(_, value)| value.split_once('/')?.0.trim().parse::<u64>().ok());
        return Some(Value::new(new.sum::<u64>().to_string(), Some(part.body_span)));
    }
    let (_, value) = lines.into_iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(name))?;
    Some(Value::new(value.trim(), Some(part.body_span)))
}
