//! URI lists: `application/resource-lists+xml` (RFC 4826 §3) with copy control (RFC 5364). Must not know who may be on a list.

use std::collections::HashSet;
use std::fmt::Write;

use roxmltree::{Attribute, Node};

use super::{note, xml};
use crate::wire::{Flaw, Span};

/// Entries beyond these are left unread, with a flaw.
const MAX_ENTRIES: usize = 10_000;
const NS: &str = "urn:ietf:params:xml:ns:resource-lists";
const COPY_NS: &str = "urn:ietf:params:xml:ns:copycontrol";

/// A resource-lists document.
#[derive(Clone, Debug, Default)]
pub struct ResourceLists {
    /// Every entry in the order of the document, those of nested lists too.
    pub entries: Vec<Entry>,
    pub flaws: Vec<Flaw>,
}

/// One `<entry>` (RFC 4826 §3.1).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    pub uri: String,
    pub display_name: Option<String>,
    /// None where the attribute is absent; it then counts as `bcc` (RFC 5364 §4).
    pub copy_control: Option<CopyControl>,
    pub anonymize: bool,
    /// How many anonymous recipients the entry stands for, in a recipient history (RFC 5364 §4).
    pub count: Option<u32>,
    /// Where the element lies; empty for an entry that was not parsed.
    pub span: Span,
}

/// In which role a recipient gets the request (RFC 5364 §4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum CopyControl {
    To,
    Cc,
    Bcc,
}

impl ResourceLists {
    /// Reads a document. Wrong namespaces are flaws; elements and attributes are then taken by their local names.
    ///
    /// What RFC 5365 §7 and RFC 5366 §4 ask of a request-contained list (flat, no `<entry-ref>`) is a flaw as well.
    pub fn parse(bytes: &[u8]) -> ResourceLists {
        let mut lists = ResourceLists::default();
        match xml::read(bytes) {
            Ok(document) => lists.read_root(document.root_element()),
            Err(flaw) => lists.flaws.push(flaw),
        }
        lists
    }

    /// Writes a document with one flat list (RFC 5366 §4), entries in order.
    pub fn write(entries: &[Entry]) -> String {
        let mut out = String::with_capacity(200 + entries.len() * 96);
        let copy = entries.iter().any(|e| e.copy_control.is_some() || e.anonymize || e.count.is_some());
        let prefix = if copy { format!(" xmlns:cp=\"{COPY_NS}\"") } else { String::new() };
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n");
        let _ = write!(out, "<resource-lists xmlns=\"{NS}\"{prefix}>\r\n  <list>\r\n");
        for entry in entries {
            entry.write(&mut out);
        }
        out.push_str("  </list>\r\n</resource-lists>\r\n");
        out
    }

    /// The URIs of the entries.
    pub fn uris(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|e| e.uri.as_str())
    }

    fn read_root(&mut self, root: Node<'_, '_>) {
        self.expect_namespace(root, root.tag_name().name() == "resource-lists");
        let mut open: Vec<(Node<'_, '_>, usize)> = xml::elements(root).map(|n| (n, 0)).collect();
        open.reverse();
        let mut seen: HashSet<(roxmltree::NodeId, String)> = HashSet::new();
        // A stack instead of recursion; the reader has bounded the depth already.
        while let Some((node, depth)) = open.pop() {
            let known = match node.tag_name().name() {
                "list" => {
                    if depth > 0 {
                        self.flaw(xml::span(node), "RFC 5366 §4", "list within a list");
                    }
                    let at = open.len();
                    open.extend(xml::elements(node).map(|n| (n, depth + 1)));
                    open[at..].reverse();
                    true
                }
                "entry" if depth > 0 => {
                    if self.entries.len() >= MAX_ENTRIES {
                        self.flaw(xml::span(node), "limit of this reader", "more entries than are read");
                        return;
                    }
                    let entry = self.entry(node);
                    let parent = node.parent().map_or(node.id(), |p| p.id());
                    if !entry.uri.is_empty() && !seen.insert((parent, entry.uri.clone())) {
                        self.flaw(entry.span, "RFC 4826 §3.1", format!("{} twice in one list", entry.uri));
                    }
                    self.entries.push(entry);
                    true
                }
                "entry-ref" if depth > 0 => {
                    self.flaw(xml::span(node), "RFC 5366 §4", "entry-ref in a request-contained list");
                    true
                }
                "external" if depth > 0 => {
                    self.flaw(xml::span(node), "RFC 5366 §4", "external list in a request-contained list");
                    true
                }
                "display-name" if depth > 0 => true,
                // Extensions from other namespaces are welcome (RFC 4826 §3.1), but only within a list.
                _ => depth > 0 && node.tag_name().namespace() != Some(NS) && node.tag_name().namespace().is_some(),
            };
            if !known {
                self.flaw(xml::span(node), "RFC 4826 §3.2", format!("element {} out of place", node.tag_name().name()));
            }
        }
    }

    fn entry(&mut self, node: Node<'_, '_>) -> Entry {
        self.expect_namespace(node, true);
        let mut entry = Entry { span: xml::span(node), ..Entry::default() };
        entry.display_name = xml::child_text(node, "display-name");
        match node.attribute("uri") {
            Some(uri) => entry.uri = uri.trim().to_owned(),
            None => self.flaw(entry.span, "RFC 4826 §3.1", "entry without the attribute uri"),
        }
        for attribute in node.attributes() {
            self.copy_attribute(&mut entry, attribute);
        }
        entry
    }

    fn copy_attribute(&mut self, entry: &mut Entry, attribute: Attribute<'_, '_>) {
        let span = Span::new(attribute.range());
        let value = attribute.value().trim();
        let understood = match attribute.name() {
            "copyControl" => {
                entry.copy_control = CopyControl::of(value);
                entry.copy_control.is_some()
            }
            "anonymize" => {
                entry.anonymize = matches!(value, "true" | "1");
                matches!(value, "true" | "false" | "1" | "0")
            }
            "count" => {
                entry.count = value.parse().ok();
                entry.count.is_some()
            }
            _ => return,
        };
        if !understood {
            self.flaw(span, "RFC 5364 §5", format!("attribute {} has the value {value}", attribute.name()));
        }
        if attribute.namespace() != Some(COPY_NS) {
            self.flaw(span, "RFC 5364 §5", format!("attribute {} is not in namespace {COPY_NS}", attribute.name()));
        }
    }

    fn expect_namespace(&mut self, node: Node<'_, '_>, right_name: bool) {
        if !right_name || node.tag_name().namespace() != Some(NS) {
            let what = format!("element {} is not the one of namespace {NS}", node.tag_name().name());
            self.flaw(Span::new(node.range().start..node.range().start + 1), "RFC 4826 §3.1", what);
        }
    }

    fn flaw(&mut self, span: Span, clause: &'static str, what: impl Into<std::borrow::Cow<'static, str>>) {
        note(&mut self.flaws, Flaw::new(span, clause, what));
    }
}

impl Entry {
    /// An entry with nothing but its URI.
    pub fn new(uri: impl Into<String>) -> Entry {
        Entry { uri: uri.into(), ..Entry::default() }
    }

    /// The same entry in that role.
    pub fn copy(mut self, copy_control: CopyControl) -> Entry {
        self.copy_control = Some(copy_control);
        self
    }

    fn write(&self, out: &mut String) {
        let _ = write!(out, "    <entry uri=\"{}\"", xml::escape(&self.uri));
        if let Some(copy) = self.copy_control {
            let _ = write!(out, " cp:copyControl=\"{}\"", copy.text());
        }
        if self.anonymize {
            out.push_str(" cp:anonymize=\"true\"");
        }
        if let Some(count) = self.count {
            let _ = write!(out, " cp:count=\"{count}\"");
        }
        match &self.display_name {
            Some(name) => {
                let _ =
                    write!(out, ">\r\n      <display-name>{}</display-name>\r\n    </entry>\r\n", xml::escape(name));
            }
            None => out.push_str("/>\r\n"),
        }
    }
}

impl CopyControl {
    /// The attribute's value; letters as in RFC 5364 §5.
    pub fn of(value: &str) -> Option<CopyControl> {
        [CopyControl::To, CopyControl::Cc, CopyControl::Bcc].into_iter().find(|c| c.text() == value)
    }

    pub fn text(self) -> &'static str {
        match self {
            CopyControl::To => "to",
            CopyControl::Cc => "cc",
            CopyControl::Bcc => "bcc",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::mime::lie_within;

    fn check(document: &str, uris: &[&str], flaws: &[&str]) -> ResourceLists {
        let lists = ResourceLists::parse(document.as_bytes());
        assert_eq!(lists.uris().collect::<Vec<_>>(), uris, "{document}");
        assert_eq!(lists.flaws.len(), flaws.len(), "{document}: {:?}", lists.flaws);
        for (flaw, words) in lists.flaws.iter().zip(flaws) {
            assert!(flaw.what.contains(words), "{flaw} should say {words}");
        }
        lists
    }

    fn list(content: &str) -> String {
        format!("<r:resource-lists xmlns:r='{NS}' xmlns:c='{COPY_NS}'><r:list>{content}</r:list></r:resource-lists>")
    }

    /// RFC 5364 §6, figure 3, shortened.
    #[test]
    fn the_example_of_rfc_5364_is_read() {
        let lists = check(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
                      xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
              <list>
                <entry uri="sip:bill@example.com" cp:copyControl="to" />
                <entry uri="sip:randy@example.net" cp:copyControl="to"
                                                   cp:anonymize="true"/>
                <entry uri="sip:joe@example.org" cp:copyControl="cc" />
                <entry uri="sip:ted@example.net" cp:copyControl="bcc" />
              </list>
            </resource-lists>"#,
            &["sip:bill@example.com", "sip:randy@example.net", "sip:joe@example.org", "sip:ted@example.net"],
            &[],
        );
        let roles: Vec<_> = lists.entries.iter().map(|e| (e.copy_control, e.anonymize)).collect();
        let (to, cc, bcc) = (Some(CopyControl::To), Some(CopyControl::Cc), Some(CopyControl::Bcc));
        assert_eq!(roles, [(to, false), (to, true), (cc, false), (bcc, false)]);
    }

    #[test]
    fn what_is_wrong_becomes_a_flaw() {
        check(&list("<r:entry uri='sip:a'/><r:entry uri='sip:a'/>"), &["sip:a", "sip:a"], &["twice"]);
        check(&list("<r:entry/>"), &[""], &["without the attribute uri"]);
        check(&list("<r:list><r:entry uri='sip:a'/></r:list><r:entry uri='sip:b'/>"), &["sip:a", "sip:b"], &["within"]);
        check(&list("<r:entry-ref ref='x'/><r:external anchor='y'/>"), &[], &["entry-ref", "external"]);
        check(&list("<r:entry uri='sip:a' c:copyControl='TO'/>"), &["sip:a"], &["value TO"]);
        check(&list("<r:entry uri='sip:a' copyControl='to'/>"), &["sip:a"], &["not in namespace"]);
        check(&list("<entry uri='sip:a'/>"), &["sip:a"], &["not the one of namespace"]);
        check(&list("<r:nonsense/><c:extension/>"), &[], &["out of place"]);
        check(&format!("<resource-lists xmlns='{NS}'><entry uri='sip:a'/></resource-lists>"), &[], &["out of place"]);
        check("<resource-lists><list/></resource-lists>", &[], &["not the one of namespace"]);
        check("<resource-lists", &[], &["not well-formed"]);
        check("", &[], &["not well-formed"]);
    }

    /// RFC 5366 figure 3 spells the namespace with a capital C.
    #[test]
    fn the_misspelt_namespace_of_rfc_5366_is_read_with_a_flaw() {
        let document = list("<r:entry uri='sip:a' c:copyControl='cc'/>").replace("copycontrol", "copyControl");
        let lists = check(&document, &["sip:a"], &["not in namespace"]);
        assert_eq!(lists.entries[0].copy_control, Some(CopyControl::Cc));
    }

    proptest! {
        #[test]
        fn any_octets_can_be_parsed(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(lie_within(&ResourceLists::parse(&octets).flaws, octets.len()));
        }

        #[test]
        fn what_is_written_comes_back(
            entries in prop::collection::vec(("[!-~]{1,12}", prop::option::of("[!-~]( ?[!-~é<&]){0,8}"), 0..4u8, any::<bool>()), 0..6)
        ) {
            let copies = [None, Some(CopyControl::To), Some(CopyControl::Cc), Some(CopyControl::Bcc)];
            let entries: Vec<_> = entries.into_iter().enumerate().map(|(i, (uri, display_name, copy, anonymize))| Entry {
                uri: format!("sip:{i}{uri}"),
                display_name,
                copy_control: copies[usize::from(copy)],
                anonymize,
                ..Entry::default()
            }).collect();
            let mut lists = ResourceLists::parse(ResourceLists::write(&entries).as_bytes());
            prop_assert_eq!(&lists.flaws, &[]);
            lists.entries.iter_mut().for_each(|e| e.span = Span::default());
            prop_assert_eq!(lists.entries, entries);
        }
    }
}
