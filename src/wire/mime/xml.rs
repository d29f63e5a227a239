//! Reading XML bodies safely, and the escapes for writing them. Must not know any vocabulary.
//!
//! `roxmltree` builds the tree, checks namespaces and refuses DTDs. It has no bound on depth, attributes of one element
//! or namespace declarations, and takes quadratic time in each; [`read`] bounds them before it parses.

use std::borrow::Cow;

use memchr::{memchr, memmem};
use roxmltree::{Document, Node, ParsingOptions};

use crate::wire::{Flaw, Span};

/// Octets of a document that is read.
const MAX_SIZE: usize = 1 << 20;
/// Elements, attributes and texts of a document that is read.
const MAX_NODES: u32 = 100_000;
const MAX_DEPTH: usize = 32;
/// Attributes of one element.
const MAX_ATTRIBUTES: usize = 128;
/// Namespace declarations of the document.
const MAX_NAMESPACES: usize = 256;

/// The document in `bytes`, or what keeps it from being read.
pub fn read(bytes: &[u8]) -> Result<Document<'_>, Flaw> {
    let whole = Span::new(0..bytes.len());
    let limit = |what: &'static str| Flaw::new(whole, "limit of this reader", what);
    if bytes.len() > MAX_SIZE {
        return Err(limit("document larger than 1 MiB"));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        Flaw::new(Span::new(at..at + 1), "RFC 7303 §3", "document is not UTF-8")
    })?;
    if memmem::find_iter(bytes, "xmlns").nth(MAX_NAMESPACES).is_some() {
        return Err(limit("more namespace declarations than are read"));
    }
    if !is_shallow(bytes) {
        return Err(limit("elements nested deeper, or with more attributes, than are read"));
    }
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|e| {
        let at = offset(text, e.pos());
        Flaw::new(
            Span::new(at..(at + 1).min(bytes.len())),
            "W3C XML 1.0 §2.1",
            format!("document is not well-formed: {e}"),
        )
    })
}

/// The texts directly within an element, joined, without the white space around them.
pub fn text(node: Node<'_, '_>) -> String {
    let joined: String = node.children().filter(|n| n.is_text()).filter_map(|n| n.text()).collect();
    joined.trim().to_owned()
}

/// The first child element of that local name, whatever its namespace.
pub fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|n| n.is_element() && n.tag_name().name() == name)
}

/// The child elements.
pub fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(|n| n.is_element())
}

/// The text of the first child element of that local name.
pub fn child_text(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).map(text)
}

/// Where an element lies.
pub fn span(node: Node<'_, '_>) -> Span {
    Span::new(node.range())
}

/// `text` as it may stand in an element or a quoted attribute; characters that XML cannot carry become U+FFFD.
pub fn escape(text: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'' | '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // As references, because an attribute would turn them into blanks (XML 1.0 §3.3.3).
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c if special(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether nesting and attributes stay within bounds, by a scan that is right for well-formed documents and never slow.
fn is_shallow(bytes: &[u8]) -> bool {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(open) = memchr(b'<', &bytes[at..]) {
        let tag = at + open;
        let rest = &bytes[tag..];
        let end_of = |mark: &str, skip: usize| {
            rest.get(skip..).and_then(|r| memmem::find(r, mark.as_bytes())).map(|i| tag + skip + i + mark.len())
        };
        let next = if rest.starts_with(b"<!--") {
            end_of("-->", 4)
        } else if rest.starts_with(b"<![CDATA[") {
            end_of("]]>", 9)
        } else if rest.starts_with(b"<?") {
            end_of("?>", 2)
        } else if rest.starts_with(b"</") {
            depth = depth.saturating_sub(1);
            end_of(">", 2)
        } else {
            let Some((next, empty, attributes)) = start_tag(bytes, tag + 1) else { return true };
            depth += usize::from(!empty);
            if depth > MAX_DEPTH || attributes > MAX_ATTRIBUTES {
                return false;
            }
            Some(next)
        };
        // An unfinished construct: the parser will stop there too.
        let Some(next) = next else { return true };
        at = next;
    }
    true
}

/// Where the start tag ends, whether it is an empty element, and how many quoted values it holds.
fn start_tag(bytes: &[u8], from: usize) -> Option<(usize, bool, usize)> {
    let mut at = from;
    let mut values = 0;
    loop {
        match bytes.get(at)? {
            quote @ (b'"' | b'\'') => {
                values += 1;
                at += 1 + memchr(*quote, &bytes[at + 1..])?;
            }
            b'>' => return Some((at + 1, bytes[at - 1] == b'/', values)),
            _ => {}
        }
        at += 1;
    }
}

fn offset(text: &str, pos: roxmltree::TextPos) -> usize {
    let mut start = 0;
    for _ in 1..pos.row {
        match memchr(b'\n', &text.as_bytes()[start..]) {
            Some(i) => start += i + 1,
            None => return text.len(),
        }
    }
    let column = usize::try_from(pos.col.saturating_sub(1)).unwrap_or(0);
    text[start..].char_indices().nth(column).map_or(text.len(), |(i, _)| start + i)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let check = |document: &str, words: &str, at: u32| {
            let flaw = read(document.as_bytes()).expect_err(words);
            assert!(flaw.what.contains(words), "{flaw}");
            assert_eq!(flaw.span.start, at, "{flaw}");
        };
        check("<a>\n<é></b></a>", "not well-formed", 8);
        check("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "not well-formed", 0);
        check("<p:a/>", "not well-formed", 1);
        check("<a/>junk", "not well-formed", 4);
        check(&"<a>".repeat(40), "nested deeper", 0);
        check(&format!("<a {}/>", "b='c' ".repeat(200)), "more attributes", 0);
        check(&format!("<a>{}</a>", "<b xmlns='c'/>".repeat(2000)), "more namespace", 0);
        check(&" ".repeat(MAX_SIZE + 1), "larger", 0);
    }

    #[test]
    fn the_bounds_let_ordinary_documents_pass() {
        let check = |document: &str| assert!(read(document.as_bytes()).is_ok(), "{document}");
        check(&format!("<a>{}</a>", "<b c='>'/>".repeat(1000)));
        check(&format!("<a>{}</a>", "<b></b>".repeat(1000)));
        check(&format!("<a><!-- {} --><![CDATA[{}]]></a>", "<b>".repeat(100), "<c>".repeat(100)));
        check("<?xml version=\"1.0\"?><a b=\"x/\">y</a>");
    }

    proptest! {
        #[test]
        fn any_octets_can_be_read(parts in prop::collection::vec(prop_oneof![
            Just("<a b='".to_owned()), Just("<".to_owned()), Just(">".to_owned()), Just("/>".to_owned()), Just("</a>".to_owned()),
            Just("<!--".to_owned()), Just("-->".to_owned()), Just("<![CDATA[".to_owned()), Just("]]>".to_owned()),
            Just("<?x".to_owned()), Just("\"".to_owned()), Just("&#0;".to_owned()), Just("\n".to_owned()), ".{0,4}",
        ], 0..30)) {
            let _ = read(parts.concat().as_bytes());
        }

        #[test]
        fn escaped_text_comes_back(value in ".*") {
            let expected = value.replace(|c: char| c < ' ' && !"\t\r\n".contains(c) || c == '\u{fffe}' || c == '\u{ffff}', "\u{fffd}");
            let document = format!("<a b=\"{}\"/>", escape(&value));
            let document = read(document.as_bytes()).expect("well-formed");
            prop_assert_eq!(document.root_element().attribute("b"), Some(expected.as_str()));
        }
    }
}
