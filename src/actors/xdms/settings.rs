//! What a user sets for himself, and the lists of URIs that he keeps (IM Appendix E, RFC 4826).

use std::collections::HashSet;

use roxmltree::Document;

use super::groups::{self, truth};
use super::refusal::Refusal;
use super::selector::Selector;
use crate::actors::controlling::Member;

pub(super) const NS: &str = "urn:oma:xml:im:service-settings";
pub(super) const LISTS_NS: &str = "urn:ietf:params:xml:ns:resource-lists";
/// Entries of a list that count.
const MOST_ENTRIES: usize = 1_000;

/// The IM service settings of a user; what he does not say is as the operator has it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ServiceSettings {
    /// `<deferred-settings>`, `<offline-delivery active>`.
    pub offline_delivery: Option<bool>,
    /// `<hist-settings>`, `<hist-activation active>`: `history=yes`.
    pub history: Option<bool>,
}

/// Reads service settings.
pub(super) fn read(document: &Document<'_>) -> Result<ServiceSettings, Refusal> {
    let root = document.root_element();
    if root.tag_name().namespace() != Some(NS) {
        return Err(Refusal::schema(format!("the root is not of {NS}")));
    }
    let active = |group: &str, name: &str| {
        let node = root.descendants().find(|n| n.has_tag_name((NS, name)));
        let node = node.filter(|n| n.parent_element().is_some_and(|parent| parent.tag_name().name() == group));
        let Some(node) = node else { return Ok(None) };
        let value = node.attribute("active").and_then(truth);
        value.map(Some).ok_or_else(|| Refusal::schema(format!("{name} has the attribute active, true or false")))
    };
    Ok(ServiceSettings {
        offline_delivery: active("deferred-settings", "offline-delivery")?,
        history: active("hist-settings", "hist-activation")?,
    })
}

/// Whether a document holds URI lists, each with a name of its own.
pub(super) fn check_lists(document: &Document<'_>) -> Result<(), Refusal> {
    let root = document.root_element();
    if !root.has_tag_name((LISTS_NS, "resource-lists")) {
        return Err(Refusal::schema(format!("the root is not resource-lists of {LISTS_NS}")));
    }
    let mut seen = HashSet::new();
    for node in root.descendants().filter(|n| n.is_element() && n.tag_name().namespace() == Some(LISTS_NS)) {
        // RFC 4826 §3.4.5: lists of one parent have different names, and entries of one list different URIs.
        let own = match node.tag_name().name() {
            "list" => node.attribute("name"),
            "entry" => Some(node.attribute("uri").ok_or_else(|| Refusal::schema("an entry without uri"))?),
            _ => None,
        };
        let key = own.map(|own| (node.parent().map(|parent| parent.id()), node.tag_name().name(), own));
        if key.is_some_and(|key| !seen.insert(key)) {
            return Err(Refusal::taken(format!("{} comes twice", own.unwrap_or_default())));
        }
    }
    Ok(())
}

/// The entries of the lists of a document, or of those below the element that a selector names.
pub(super) fn members(document: &Document<'_>, node: Option<&str>) -> Vec<Member> {
    let top = match node {
        Some(node) => Selector::parse(node, "", LISTS_NS).and_then(|selector| selector.element(document)),
        None => Some(document.root_element()),
    };
    let entries = top.into_iter().flat_map(|top| top.descendants());
    let entries = entries.filter(|n| n.has_tag_name((LISTS_NS, "entry")));
    entries.filter_map(|entry| groups::member(entry).ok()).take(MOST_ENTRIES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::mime::xml;

    #[track_caller]
    fn check(content: &str, expected: Result<(Option<bool>, Option<bool>), u16>) {
        let text = format!("<im-settings xmlns='{NS}'><entity>{content}</entity></im-settings>");
        let document = xml::read(text.as_bytes()).expect("a document");
        let read = read(&document).map(|read| (read.offline_delivery, read.history));
        assert_eq!(read.map_err(|refusal| refusal.status), expected, "{content}");
    }

    #[test]
    fn settings_are_what_is_said_and_no_more() {
        check("", Ok((None, None)));
        check("<deferred-settings><offline-delivery active='false'/></deferred-settings>", Ok((Some(false), None)));
        check("<hist-settings><hist-activation active='1'/></hist-settings>", Ok((None, Some(true))));
        check("<offline-delivery active='true'/>", Ok((None, None)));
        // The text of the specification spells it so, which is no boolean of a schema.
        check("<deferred-settings><offline-delivery active='False'/></deferred-settings>", Err(409));
        check("<deferred-settings><offline-delivery/></deferred-settings>", Err(409));
    }

    #[test]
    fn lists_have_names_of_their_own() {
        #[track_caller]
        fn check(content: &str, node: Option<&str>, expected: Result<&[&str], u16>) {
            let text = format!("<resource-lists xmlns='{LISTS_NS}'>{content}</resource-lists>");
            let document = xml::read(text.as_bytes()).expect("a document");
            let found = members(&document, node);
            let found: Vec<&str> = found.iter().map(|member| member.uri.as_str()).collect();
            let read = check_lists(&document).map(|()| &found[..]);
            assert_eq!(read.map_err(|refusal| refusal.status), expected, "{content}");
        }
        let two = "<list name='a'><entry uri='sip:a@h'/><list><entry uri='sip:b@h'/></list></list><list name='b'/>";
        check(two, None, Ok(&["sip:a@h", "sip:b@h"]));
        check(two, Some("resource-lists/list[@name=\"b\"]"), Ok(&[]));
        check(two, Some("resource-lists/list[@name=\"a\"]/list"), Ok(&["sip:b@h"]));
        check("<list name='a'/><list name='a'/>", None, Err(409));
        check("<list><entry uri='sip:a@h'/><entry uri='sip:a@h'/></list>", None, Err(409));
        check("<list><entry/></list>", None, Err(409));
    }
}
