//! The resource list of a request: whom it names, each once, and what they may know of each other (RFC 5363 §4.1, RFC 5364,
//! RFC 5365 §7, RFC 5366 §5).

use std::collections::HashMap;

use crate::wire::mime::{CopyControl, Entry, ResourceLists};
use crate::wire::sip::Message;
use crate::wire::uri::{self, Uri};

/// URIs of one user at one host that are told apart by their parameters; a list with more is nobody's list of people.
const MOST_ALIKE: usize = 32;

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
    let (mut users, mut known): (Vec<Listed>, Known) = (Vec::new(), Known::default());
    for entry in &lists.entries {
        let user = listed(&entry.uri);
        if known.find(&user.uri, |at| users.get(at).map(|user| user.uri.as_str()))?.is_none() {
            known.add(&user.uri, users.len());
            users.push(user);
        }
    }
    if users.is_empty() { Err(()) } else { Ok((users, history(&lists)?)) }
}

/// Where URIs stand in a list, by what those that are the same have in common: most need no closer look.
#[derive(Default)]
struct Known(HashMap<(String, String), Vec<usize>>);

impl Known {
    /// Where a URI stands that is the same as this one; `Err` where too many are nearly the same.
    fn find<'l>(&self, uri: &str, at: impl Fn(usize) -> Option<&'l str>) -> Result<Option<usize>, ()> {
        let Some(alike) = self.0.get(&key(uri)) else { return Ok(None) };
        let found = alike.iter().copied().find(|place| at(*place).is_some_and(|known| uri::same(known, uri)));
        if found.is_none() && alike.len() >= MOST_ALIKE { Err(()) } else { Ok(found) }
    }

    fn add(&mut self, uri: &str, place: usize) {
        self.0.entry(key(uri)).or_default().push(place);
    }
}

/// User and host, for URIs whose scheme has them.
fn key(uri: &str) -> (String, String) {
    let parsed = Uri::parse(uri);
    match parsed.host {
        Some(host) => {
            let user = uri::unescape(parsed.user.unwrap_or_default()).into_owned();
            (user, host.to_string().to_ascii_lowercase())
        }
        // Numbers may be written in many ways: they are told apart by their digits.
        None => (uri.chars().filter(char::is_ascii_digit).collect(), String::new()),
    }
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
fn history(lists: &ResourceLists) -> Result<Vec<Entry>, ()> {
    let (mut history, mut known): (Vec<Entry>, Known) = (Vec::new(), Known::default());
    let mut anonymous = [(CopyControl::To, 0), (CopyControl::Cc, 0)];
    for entry in &lists.entries {
        let Some(copy) = entry.copy_control.filter(|copy| *copy != CopyControl::Bcc) else { continue };
        if entry.anonymize {
            anonymous.iter_mut().filter(|(role, _)| *role == copy).for_each(|(_, count)| *count += 1);
            continue;
        }
        let uri = listed(&entry.uri).uri;
        if known.find(&uri, |at| history.get(at).map(|entry| entry.uri.as_str()))?.is_none() {
            known.add(&uri, history.len());
            history.push(Entry::new(uri).copy(copy));
        }
    }
    let hidden = anonymous.into_iter().filter(|(_, count)| *count > 0);
    history.extend(hidden.map(|(copy, count)| Entry { count: Some(count), ..Entry::new(ANONYMOUS).copy(copy) }));
    Ok(history)
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

    fn check_list(entries: &[&str], expected: Option<usize>) {
        let entries: Vec<Entry> = entries.iter().map(|uri| Entry::new(*uri)).collect();
        let message = Builder::request("INVITE", "sip:f@h")
            .body("application/resource-lists+xml", ResourceLists::write(&entries))
            .build();
        assert_eq!(list(&message).ok().map(|(users, _)| users.len()), expected, "{entries:?}");
    }

    #[test]
    fn everybody_is_on_the_list_once() {
        check_list(&["sip:a@h", "sip:b@h", "sip:%61@H", "sip:a@h?Subject=x"], Some(2));
        check_list(&["tel:+1-555-01", "tel:+155501", "tel:+155502"], Some(2));
        check_list(&["sip:a@h", ""], None);
        check_list(&[], None);
        let alike: Vec<String> = (0..5000).map(|i| format!("sip:a@h;x={i}")).collect();
        check_list(&alike.iter().map(String::as_str).collect::<Vec<_>>(), None);
        let many: Vec<String> = (0..5000).map(|i| format!("sip:a{}@h", i % 4000)).collect();
        check_list(&many.iter().map(String::as_str).collect::<Vec<_>>(), Some(4000));
    }
}
