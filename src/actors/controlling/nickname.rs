//! Nicknames of participants (RFC 7701 §7).

use super::ControllingFunction;
use super::conference::{ConferenceId, ParticipantId};
use crate::wire::msrp::Head;

/// Octets that a nickname may have.
const LONGEST: usize = 1023;

/// A participant asks for a nickname, or for none; the status of the response.
pub(super) fn nickname(server: &mut ControllingFunction, id: ConferenceId, who: ParticipantId, head: &Head) -> u16 {
    if !server.config.nicknames {
        return 403;
    }
    let Some(name) = head.header("Use-Nickname").and_then(unquoted) else { return 424 };
    let Some(conference) = server.conferences.get_mut(&id) else { return 481 };
    let Some(address) = conference.participants.get(&who).map(|p| p.address.clone()) else { return 481 };
    let wanted = prepared(&name);
    // Another user's, be he asked for it by another session or not, is nobody else's (RFC 7701 §7.1).
    let taken = conference.participants.values().filter(|p| p.address != address);
    let mut taken = taken.filter_map(|p| p.nickname.as_deref());
    let reserved = server.config.reserved_nicknames.iter().any(|name| prepared(name) == wanted);
    if !name.is_empty() && (reserved || taken.any(|name| prepared(name) == wanted)) {
        return 425;
    }
    if let Some(participant) = conference.participants.get_mut(&who) {
        participant.nickname = (!name.is_empty()).then_some(name);
    }
    server.changed(id, who);
    200
}

/// The text of a quoted string; none where it is none, or is too long. Nothing between the quotes removes a nickname.
fn unquoted(value: &str) -> Option<String> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.push(characters.next()?),
            '"' => return None,
            character if character.is_control() => return None,
            character => text.push(character),
        }
    }
    let blank = !text.is_empty() && text.trim().is_empty();
    (text.len() <= LONGEST && !blank).then_some(text)
}

/// Nicknames that differ only in case and blanks are the same (RFC 7700 §2).
fn prepared(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<&str>) {
        assert_eq!(unquoted(value).as_deref(), expected, "{value}");
    }

    #[test]
    fn a_nickname_is_a_quoted_string() {
        check("\"Alice the great\"", Some("Alice the great"));
        check("\"A \\\"B\\\" C\"", Some("A \"B\" C"));
        check("\"\"", Some(""));
        check("Alice", None);
        check("\"Alice", None);
        check("\"", None);
        check("\"a\"b\"", None);
        check("\"a\\\"", None);
        check("\"  \"", None);
        check(&format!("\"{}\"", "a".repeat(1023)), Some(&"a".repeat(1023)));
        check(&format!("\"{}\"", "a".repeat(1024)), None);
        assert_eq!(prepared(" The  GREAT "), prepared("the great"));
    }
}
