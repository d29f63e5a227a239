//! Who asks for what in an INVITE: identity, anonymity, offer and resource list.

use super::config::Config;
use crate::wire::mime::{CopyControl, Entry, ResourceLists};
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::{Message, Name, NameAddr};
use crate::wire::uri::{self, Scheme, Uri};

/// The sender of a request that asks for a session or for delivery.
pub(super) struct Applicant {
    /// The Authenticated Originator's IM Address; none where nobody vouches for one.
    pub address: Option<String>,
    /// From as written, without tag.
    pub from: String,
    pub display_name: Option<String>,
    /// The URI in From.
    pub alias: String,
    /// Asks for anonymity (RFC 3323, RFC 3325).
    pub anonymous: bool,
    /// The remote target.
    pub contact: String,
    pub is_focus: bool,
    pub offer: Session,
    /// Whether the offer is for one message in one direction (IM 9.1.1.2).
    pub sends_one_message: bool,
    /// Whether private messages may be sent to him.
    pub takes_private: bool,
}

impl Applicant {
    pub fn of(config: &Config, message: &Message) -> Applicant {
        let from = message.from();
        let alias = from.map(|f| f.uri.to_owned()).unwrap_or_default();
        let asserted = asserted(message);
        let vouched = asserted.map(|a| a.uri.to_owned());
        let contact = message.contact();
        // The text speaks of the URI of Contact; RFC 3840 has it as a parameter of the header.
        let is_focus = contact.is_some_and(|c| c.params.has("isfocus") || Uri::parse(c.uri).param("isfocus").is_some());
        let offer = Session::parse(message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default());
        let one_way = offer.msrp_media().is_some_and(|m| m.explicit_direction() == Some(Direction::SendOnly));
        Applicant {
            address: if config.ims { vouched } else { vouched.or_else(|| Some(alias.clone())) },
            display_name: asserted.and_then(|a| display_name(&a)).or_else(|| from.and_then(|f| display_name(&f))),
            from: from.map(|f| name_addr(f.display, f.uri)).unwrap_or_default(),
            anonymous: message.has_privacy("id"),
            contact: contact.map(|c| c.uri.to_owned()).unwrap_or_default(),
            is_focus,
            sends_one_message: one_way,
            takes_private: takes_private(&offer),
            offer,
            alias,
        }
    }
}

/// The identity that the core vouches for: a SIP URI before others (RFC 3325 §9.1).
fn asserted(message: &Message) -> Option<NameAddr<'_>> {
    let all: Vec<NameAddr<'_>> = message.addresses(Name::PAssertedIdentity).collect();
    let sip = all.iter().find(|a| matches!(Uri::parse(a.uri).scheme, Scheme::Sip | Scheme::Sips));
    sip.or(all.first()).copied()
}

/// The display name of an address without its quotes.
pub(super) fn display_name(address: &NameAddr<'_>) -> Option<String> {
    let name = address.display.trim().trim_matches('"');
    (!name.is_empty()).then(|| name.to_owned())
}

/// An address with its display name, quoted.
pub(super) fn named(display_name: Option<&str>, uri: &str) -> String {
    match display_name {
        Some(name) => format!("\"{}\" <{uri}>", name.replace(['"', '\\', '\r', '\n'], "")),
        None => format!("<{uri}>"),
    }
}

fn name_addr(display: &str, uri: &str) -> String {
    if display.is_empty() { format!("<{uri}>") } else { format!("{display} <{uri}>") }
}

/// Whether the chatroom attribute of a description names private messages (RFC 7701 §8).
pub(super) fn takes_private(description: &Session) -> bool {
    let media = description.msrp_media();
    media.and_then(|m| m.chatroom().map(|mut words| words.any(|word| word == "private-messages"))).unwrap_or(false)
}

/// A user on a resource list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Listed {
    /// The URI of the entry without headers and method.
    pub uri: String,
    /// What the entry has for the Replaces of its own request (RFC 3891, RFC 3261 §19.1.5).
    pub replaces: Option<String>,
}

/// The users of a request's resource list, each once, and what others may know of it. `Err` where it has none that
/// can be read.
pub(super) fn list(message: &Message) -> Result<(Vec<Listed>, Vec<Entry>), ()> {
    let part = message.body_of_type("application/resource-lists+xml").ok_or(())?;
    let lists = ResourceLists::parse(&part.body);
    // Parts of a list that may not stand in a request are not followed; what cannot be read at all is no list.
    if lists.flaws.iter().any(|flaw| flaw.what.contains("not well-formed")) || lists.uris().any(str::is_empty) {
        return Err(());
    }
    let mut users: Vec<Listed> = Vec::new();
    for entry in &lists.entries {
        let user = listed(&entry.uri);
        if !users.iter().any(|known| uri::same(&known.uri, &user.uri)) {
            users.push(user);
        }
    }
    if users.is_empty() { Err(()) } else { Ok((users, history(&lists))) }
}

fn listed(entry: &str) -> Listed {
    let (bare, _) = entry.split_once('?').unwrap_or((entry, ""));
    let replaces = Uri::parse(entry).header("Replaces").map(|value| uri::unescape(value).into_owned());
    let (address, params) = bare.split_once(';').unwrap_or((bare, ""));
    let kept = params.split(';').filter(|p| {
        let name = p.split('=').next().unwrap_or_default();
        !name.is_empty() && !name.eq_ignore_ascii_case("method")
    });
    let uri = kept.fold(address.to_owned(), |uri, param| uri + ";" + param);
    Listed { uri, replaces }
}

/// What recipients may know of the list: nobody of `bcc`, which is the default, and those who are to be anonymous by
/// their number (RFC 5364 §4, RFC 5365 §7.3, RFC 5366 §5).
fn history(lists: &ResourceLists) -> Vec<Entry> {
    let visible = |e: &&Entry| matches!(e.copy_control, Some(CopyControl::To | CopyControl::Cc));
    let mut history: Vec<Entry> = Vec::new();
    for entry in lists.entries.iter().filter(visible) {
        let uri = if entry.anonymize { ANONYMOUS.to_owned() } else { listed(&entry.uri).uri };
        let same = |known: &&mut Entry| uri::same(&known.uri, &uri) && known.copy_control == entry.copy_control;
        match history.iter_mut().find(same) {
            Some(known) if entry.anonymize => known.count = known.count.map(|count| count + 1),
            Some(_) => {}
            None => history.push(Entry {
                uri,
                copy_control: entry.copy_control,
                count: entry.anonymize.then_some(1),
                ..Entry::default()
            }),
        }
    }
    history
}

const ANONYMOUS: &str = "sip:anonymous@anonymous.invalid";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sip::Builder;

    fn check_listed(entry: &str, uri: &str, replaces: Option<&str>) {
        assert_eq!(listed(entry), Listed { uri: uri.to_owned(), replaces: replaces.map(str::to_owned) }, "{entry}");
    }

    #[test]
    fn what_an_entry_has_for_its_own_request_does_not_stay_in_the_uri() {
        check_listed("sip:bob@h", "sip:bob@h", None);
        check_listed("sip:bob@h;user=phone;method=INVITE", "sip:bob@h;user=phone", None);
        check_listed(
            "sip:bob@h?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2",
            "sip:bob@h",
            Some("a@b;to-tag=1;from-tag=2"),
        );
        check_listed("sip:bob@h;method=INVITE?Subject=x&replaces=c", "sip:bob@h", Some("c"));
    }

    fn check_history(entries: &[(&str, Option<CopyControl>, bool)], expected: &[(&str, Option<u32>)]) {
        let entries: Vec<Entry> = entries
            .iter()
            .map(|(uri, copy, anonymize)| Entry { copy_control: *copy, anonymize: *anonymize, ..Entry::new(*uri) })
            .collect();
        let message = Builder::request("INVITE", "sip:f@h")
            .body("application/resource-lists+xml", ResourceLists::write(&entries))
            .build();
        let (_, history) = list(&message).expect("a list");
        assert_eq!(history.iter().map(|e| (e.uri.as_str(), e.count)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn recipients_learn_of_nobody_who_is_to_stay_unknown() {
        let (to, cc, bcc) = (Some(CopyControl::To), Some(CopyControl::Cc), Some(CopyControl::Bcc));
        check_history(&[("sip:a@h", None, false), ("sip:b@h", bcc, false)], &[]);
        check_history(
            &[
                ("sip:a@h?Replaces=x", to, false),
                ("sip:a@h", to, false),
                ("sip:c@h", cc, false),
                ("sip:d@h", None, false),
            ],
            &[("sip:a@h", None), ("sip:c@h", None)],
        );
        check_history(
            &[("sip:a@h", to, true), ("sip:b@h", to, true), ("sip:c@h", cc, true)],
            &[(ANONYMOUS, Some(2)), (ANONYMOUS, Some(1))],
        );
    }

    fn check_identity(ims: bool, headers: &[(&str, &str)], expected: Option<&str>) {
        let at = "192.0.2.9:1".parse().expect("an address");
        let ids = crate::stack::IdSource::new(1, "x");
        let config = Config { ims, ..Config::new(at, at, at, "sip:f@h", ids) };
        let builder = Builder::request("INVITE", "sip:f@h").header("From", "\"Al\" <sip:alice@h>;tag=1");
        let message = headers.iter().fold(builder, |b, (name, value)| b.header(name, *value)).build();
        assert_eq!(Applicant::of(&config, &message).address.as_deref(), expected, "{headers:?}");
    }

    #[test]
    fn on_an_ims_only_an_asserted_identity_counts() {
        check_identity(false, &[], Some("sip:alice@h"));
        check_identity(true, &[], None);
        let pai = ("P-Asserted-Identity", "<tel:+1>, \"Bob\" <sip:bob@h>");
        check_identity(true, &[pai], Some("sip:bob@h"));
        check_identity(false, &[pai], Some("sip:bob@h"));
        check_identity(true, &[("P-Asserted-Identity", "<tel:+1>")], Some("tel:+1"));
    }
}
