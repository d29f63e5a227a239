//! Nodes of a document by their selector, and the document with one of them put in, changed or taken out (RFC 4825 §6.3,
//! §8.2). The text around it stays as it was.

use std::ops::Range;

use roxmltree::{Document, Node};

use super::refusal::Refusal;
use crate::wire::mime::xml;

/// Steps of a selector.
const MOST_STEPS: usize = 32;

/// A node selector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Selector {
    steps: Vec<Step>,
    /// The attribute that is meant, and not the element.
    attribute: Option<String>,
}

/// One step from an element to one of its children.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Step {
    /// Namespace and name; any element where there is none.
    name: Option<(String, String)>,
    position: Option<usize>,
    /// An attribute with its value.
    having: Option<(String, String)>,
}

impl Selector {
    /// Reads a selector whose escapes are resolved. `default` is the namespace of names without a prefix; the query binds
    /// prefixes as `xmlns(p=urn:x)` (RFC 4825 §6.4).
    pub fn parse(text: &str, query: &str, default: &str) -> Option<Selector> {
        let mut steps = Vec::new();
        let parts = outside_of_quotes(text, '/');
        let (last, before) = parts.split_last()?;
        let attribute = last.strip_prefix('@').filter(|name| is_name(name)).map(str::to_owned);
        let parts = if attribute.is_some() { before } else { &parts[..] };
        if parts.is_empty() || parts.len() > MOST_STEPS {
            return None;
        }
        for part in parts {
            steps.push(Step::parse(part, query, default)?);
        }
        Some(Selector { steps, attribute })
    }

    /// The media type of what is selected.
    pub fn media_type(&self) -> &'static str {
        if self.attribute.is_some() { "application/xcap-att+xml" } else { "application/xcap-el+xml" }
    }

    /// The text of what is selected.
    pub fn get(&self, text: &str, document: &Document<'_>) -> Option<String> {
        let element = element(document, &self.steps)?;
        match &self.attribute {
            Some(name) => element.attribute(name.as_str()).map(str::to_owned),
            None => Some(text[element.range()].to_owned()),
        }
    }

    /// The elements that are selected, whether one or none.
    pub fn element<'a, 'i>(&self, document: &'a Document<'i>) -> Option<Node<'a, 'i>> {
        element(document, &self.steps).filter(|_| self.attribute.is_none())
    }

    /// The document with what is selected put in or changed, and whether it is new.
    pub fn put(&self, text: &str, document: &Document<'_>, piece: &str) -> Result<(String, bool), Refusal> {
        let piece = if self.attribute.is_some() { piece } else { piece.trim() };
        let (changed, new) = match &self.attribute {
            Some(name) => {
                let element = element(document, &self.steps).ok_or_else(Refusal::no_parent)?;
                if piece.contains(['"', '<']) {
                    return Err(Refusal::no_attribute_value());
                }
                match element.attributes().find(|known| known.name() == name && known.namespace().is_none()) {
                    Some(known) => (spliced(text, known.range(), &format!("{name}=\"{piece}\"")), false),
                    None => {
                        let at = end_of_name(text, element);
                        (spliced(text, at..at, &format!(" {name}=\"{piece}\"")), true)
                    }
                }
            }
            None => match element(document, &self.steps) {
                Some(known) => (spliced(text, known.range(), piece), false),
                None => (self.inserted(text, document, piece)?, true),
            },
        };
        // What was put must be what a GET gives from now on, and nothing else may come in with it.
        let read = xml::read(changed.as_bytes()).map_err(|_| match self.attribute {
            Some(_) => Refusal::no_attribute_value(),
            None => Refusal::no_fragment(),
        })?;
        let found = element(&read, &self.steps);
        let same = match (&self.attribute, found) {
            (Some(name), Some(found)) => found.attribute(name.as_str()).is_some(),
            (None, Some(found)) => &changed[found.range()] == piece,
            (_, None) => false,
        };
        if same { Ok((changed, new)) } else { Err(Refusal::cannot_insert("it would not be found where it was put")) }
    }

    /// The document without what is selected.
    pub fn delete(&self, text: &str, document: &Document<'_>) -> Result<String, Refusal> {
        let element = element(document, &self.steps).ok_or(Refusal::NOT_FOUND)?;
        let changed = match &self.attribute {
            Some(name) => {
                let known = element.attributes().find(|known| known.name() == name && known.namespace().is_none());
                let range = known.ok_or(Refusal::NOT_FOUND)?.range();
                let start = text[..range.start].trim_end().len();
                spliced(text, start..range.end, "")
            }
            None if element.parent_element().is_none() => {
                return Err(Refusal::cannot_delete("the root is deleted with its document"));
            }
            None => spliced(text, element.range(), ""),
        };
        let read = xml::read(changed.as_bytes()).map_err(|_| Refusal::cannot_delete("nothing would be left"))?;
        if self.get(&changed, &read).is_some() {
            return Err(Refusal::cannot_delete("another one would take its place"));
        }
        Ok(changed)
    }

    /// The document with a new element behind the last of its name, or at the end of its parent.
    fn inserted(&self, text: &str, document: &Document<'_>, piece: &str) -> Result<String, Refusal> {
        let (last, before) = self.steps.split_last().ok_or_else(Refusal::no_parent)?;
        if before.is_empty() {
            return Err(Refusal::cannot_insert("a document has one root"));
        }
        let parent = element(document, before).ok_or_else(Refusal::no_parent)?;
        let alike = xml::elements(parent).filter(|child| last.is_named(*child)).last();
        if let Some(alike) = alike {
            let at = alike.range().end;
            return Ok(spliced(text, at..at, piece));
        }
        let range = parent.range();
        let whole = &text[range.clone()];
        if let Some(open) = whole.strip_suffix("/>") {
            let name = &text[range.start + 1..end_of_name(text, parent)];
            return Ok(spliced(text, range.clone(), &format!("{}>{piece}</{name}>", open.trim_end())));
        }
        let at = range.start + whole.rfind("</").ok_or_else(Refusal::no_parent)?;
        Ok(spliced(text, at..at, piece))
    }
}

impl Step {
    fn parse(part: &str, query: &str, default: &str) -> Option<Step> {
        let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        let name = match name.split_once(':') {
            None if name == "*" => None,
            None => Some((default.to_owned(), name.to_owned())),
            Some((prefix, local)) => Some((bound(query, prefix)?, local.to_owned())),
        };
        if name.as_ref().is_some_and(|(_, local)| !is_name(local)) {
            return None;
        }
        let mut step = Step { name, position: None, having: None };
        while !rest.is_empty() {
            let inner = rest.strip_prefix('[')?;
            match inner.strip_prefix('@') {
                Some(attribute) if step.having.is_none() => {
                    let (attribute, value) = attribute.split_once('=')?;
                    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
                    let (value, behind) = value[1..].split_once(quote)?;
                    rest = behind.strip_prefix(']')?;
                    step.having = Some((attribute.to_owned(), value.to_owned()));
                }
                None if step.position.is_none() && step.having.is_none() => {
                    let (number, behind) = inner.split_once(']')?;
                    rest = behind;
                    step.position = Some(number.parse().ok().filter(|number| *number > 0)?);
                }
                _ => return None,
            }
        }
        Some(step)
    }

    fn is_named(&self, node: Node<'_, '_>) -> bool {
        let own = (node.tag_name().namespace().unwrap_or_default(), node.tag_name().name());
        self.name.as_ref().is_none_or(|(namespace, name)| own == (namespace.as_str(), name.as_str()))
    }

    /// The one child that is meant; none where several are.
    fn of<'a, 'i>(&self, children: impl Iterator<Item = Node<'a, 'i>>) -> Option<Node<'a, 'i>> {
        let named = children.filter(|child| self.is_named(*child)).enumerate();
        let placed = named.filter(|(nth, _)| self.position.is_none_or(|position| position == nth + 1));
        let mut found = placed.map(|(_, child)| child).filter(|child| {
            let having = self.having.as_ref();
            having.is_none_or(|(name, value)| child.attribute(name.as_str()) == Some(value))
        });
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

fn element<'a, 'i>(document: &'a Document<'i>, steps: &[Step]) -> Option<Node<'a, 'i>> {
    steps.iter().try_fold(document.root(), |node, step| step.of(xml::elements(node)))
}

/// Where the name in the start tag of an element ends.
fn end_of_name(text: &str, element: Node<'_, '_>) -> usize {
    let start = element.range().start + 1;
    let end = |c: char| c.is_whitespace() || c == '>' || c == '/';
    start + text[start..].find(end).unwrap_or(0)
}

fn spliced(text: &str, range: Range<usize>, piece: &str) -> String {
    [&text[..range.start], piece, &text[range.end..]].concat()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// The namespace that a query binds a prefix to.
fn bound(query: &str, prefix: &str) -> Option<String> {
    let bindings = query.split("xmlns(").skip(1).filter_map(|binding| binding.split(')').next());
    let mut bindings = bindings.filter_map(|binding| binding.split_once('='));
    bindings.find(|(name, _)| *name == prefix).map(|(_, namespace)| namespace.to_owned())
}

/// The parts of a text between separators that stand in no quotes.
fn outside_of_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quote = None;
    text.split(|c: char| {
        match quote {
            Some(open) if open == c => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c == separator
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "<r xmlns='urn:r' xmlns:o='urn:o'><l name='a'><e u='sip:x/1'/><e u='2'/><o:e/></l><l name='b'/></r>";

    fn selector(text: &str) -> Option<Selector> {
        Selector::parse(text, "xmlns(q=urn:o)", "urn:r")
    }

    #[track_caller]
    fn check_get(text: &str, expected: Option<&str>) {
        let document = xml::read(TEXT.as_bytes()).expect("a document");
        let found = selector(text).and_then(|selector| selector.get(TEXT, &document));
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn a_selector_names_one_node_or_none() {
        check_get("r/l[1]/e[2]", Some("<e u='2'/>"));
        check_get("r/l[@name=\"a\"]/e[@u='sip:x/1']", Some("<e u='sip:x/1'/>"));
        check_get("r/*[2]", Some("<l name='b'/>"));
        check_get("r/l[1][@name=\"a\"]/q:e", Some("<o:e/>"));
        check_get("r/l[2]/@name", Some("b"));
        for nothing in ["r/l", "r/l[3]", "r/l[1][@name=\"b\"]", "q:r", "r/l[1]/@u", "l", "r/l[1]/p:e"] {
            check_get(nothing, None);
        }
        for wrong in ["", "/", "r//l", "r/l[0]", "r/l[", "r/l[@name]", "r/l[@name=b]", "@u", "r/namespace::*"] {
            assert_eq!(selector(wrong), None, "{wrong}");
        }
    }

    #[track_caller]
    fn check_put(at: &str, piece: &str, expected: Result<&str, &str>) {
        let document = xml::read(TEXT.as_bytes()).expect("a document");
        let put = selector(at).expect("a selector").put(TEXT, &document, piece);
        match (put, expected) {
            (Ok((text, _)), Ok(expected)) => assert!(text.contains(expected), "{at}: {text}"),
            (Err(refusal), Err(expected)) => {
                let answer = refusal.answer();
                assert!(String::from_utf8_lossy(&answer.body).contains(expected), "{at}: {refusal:?}");
            }
            (got, _) => panic!("{at} {piece}: {got:?}"),
        }
    }

    #[test]
    fn what_is_put_is_what_is_found_and_nothing_comes_in_with_it() {
        check_put("r/l[1]/e[2]", "<e u='3'/>", Ok("<e u='sip:x/1'/><e u='3'/><o:e/>"));
        check_put("r/l[1]/e[@u=\"4\"]", " <e u=\"4\"/> ", Ok("<e u='2'/><e u=\"4\"/><o:e/>"));
        check_put("r/l[2]/e", "<e/>", Ok("<l name='b'><e/></l>"));
        check_put("r/m", "<m/>", Ok("<l name='b'/><m/></r>"));
        check_put("r/l[2]/@name", "c", Ok("<l name=\"c\"/>"));
        check_put("r/l[2]/@x", "c", Ok("<l x=\"c\" name='b'/>"));
        check_put("r/l[7]/e", "<e/>", Err("no-parent"));
        check_put("r/l[2]/e", "<f/>", Err("cannot-insert"));
        check_put("r/l[1]/e[9]", "<e/>", Err("cannot-insert"));
        check_put("r/l[2]/e", "<e/><e/>", Err("cannot-insert"));
        check_put("r/l[2]/e", "<e/></l><l>", Err("cannot-insert"));
        check_put("r/l[2]/e", "<e>", Err("not-xml-frag"));
        check_put("r/l[2]/e", "text", Err("cannot-insert"));
        check_put("r/l[2]/@x", "a\" b=\"c", Err("not-xml-att-value"));
        check_put("r/l[2]/@x", "&no;", Err("not-xml-att-value"));
        check_put("s", "<s/>", Err("cannot-insert"));
    }

    #[track_caller]
    fn check_delete(at: &str, expected: Result<&str, u16>) {
        let document = xml::read(TEXT.as_bytes()).expect("a document");
        let deleted = selector(at).expect("a selector").delete(TEXT, &document);
        match (deleted, expected) {
            (Ok(text), Ok(expected)) => assert!(text.contains(expected), "{at}: {text}"),
            (Err(refusal), Err(status)) => assert_eq!(refusal.status, status, "{at}"),
            (got, _) => panic!("{at}: {got:?}"),
        }
    }

    #[test]
    fn what_is_deleted_is_gone() {
        check_delete("r/l[1]/e[2]", Ok("<e u='sip:x/1'/><o:e/>"));
        check_delete("r/l[2]/@name", Ok("<l/></r>"));
        check_delete("r/l[1]/e[1]", Err(409));
        check_delete("r", Err(409));
        check_delete("r/m", Err(404));
    }
}
