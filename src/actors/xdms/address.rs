//! What the path of a request names: a document by its application usage, owner and name, and what is wanted of it
//! (RFC 4825 §6). It names a key of a table and never a file.

use super::refusal::Refusal;
use crate::wire::uri::Uri;

/// The root of all documents. Behind it stand the names of application usages.
pub const ROOT: &str = "/services/";
/// The longest path, and the longest name of a document, in octets.
const LONGEST: usize = 4096;
const LONGEST_NAME: usize = 128;

/// A document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The application usage.
    pub auid: String,
    /// The address of the user whose document it is; none where it is everybody's.
    pub owner: Option<String>,
    pub name: String,
}

impl Key {
    pub fn global(auid: &str, name: &str) -> Key {
        Key { auid: auid.to_owned(), owner: None, name: name.to_owned() }
    }

    /// In one text, as it is written down.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}", self.auid, self.owner.as_deref().unwrap_or_default(), self.name)
    }

    /// What was written down.
    pub fn of_text(text: &str) -> Option<Key> {
        let mut lines = text.split('\n');
        let mut line = || lines.next().map(str::to_owned);
        let (auid, owner, name) = (line()?, line()?, line()?);
        Some(Key { auid, owner: Some(owner).filter(|owner| !owner.is_empty()), name })
    }
}

/// Reads a path: the document, and the node selector behind `~~` where there is one. Owners are users of `domain`.
pub fn read(path: &str, domain: &str) -> Result<(Key, Option<String>), Refusal> {
    if path.len() > LONGEST {
        return Err(Refusal::of(414));
    }
    let below = path.strip_prefix(ROOT).ok_or(Refusal::NOT_FOUND)?;
    let (document, node) = match below.split_once("/~~/") {
        Some((document, node)) => (document, Some(decoded(node)?)),
        None => (below, None),
    };
    let segments = document.split('/').map(decoded).collect::<Result<Vec<String>, Refusal>>()?;
    let odd = |segment: &String| segment.is_empty() || segment == "." || segment == ".." || segment.contains('/');
    if segments.iter().any(odd) {
        return Err(Refusal::NOT_FOUND);
    }
    let (auid, owner, name) = match &segments[..] {
        [auid, tree, name @ ..] if tree == "global" => (auid, None, name),
        [auid, tree, user, name @ ..] if tree == "users" => (auid, Some(owner(user, domain)?), name),
        _ => return Err(Refusal::NOT_FOUND),
    };
    let name = name.join("/");
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err(Refusal::NOT_FOUND);
    }
    Ok((Key { auid: auid.clone(), owner, name }, node))
}

/// The address of the user that an XCAP User Identifier stands for.
fn owner(xui: &str, domain: &str) -> Result<String, Refusal> {
    let parsed = Uri::parse(xui);
    let host = parsed.host.map(|host| host.to_string()).unwrap_or_default();
    let user = parsed.user.filter(|user| !user.is_empty() && host.eq_ignore_ascii_case(domain));
    let address = user.map(|user| format!("sip:{user}@{domain}").to_ascii_lowercase());
    // Nothing but the address itself stands for him: no port, no parameters, no escapes.
    address.filter(|address| xui.eq_ignore_ascii_case(address)).ok_or(Refusal::NOT_FOUND)
}

/// A part of a path without percent escapes; control characters are nobody's name.
pub(super) fn decoded(text: &str) -> Result<String, Refusal> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        let octet = match octet {
            b'%' => {
                let digit = |c: Option<u8>| c.and_then(|c| char::from(c).to_digit(16));
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let value = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                value.ok_or(Refusal::of(400))?
            }
            octet => octet,
        };
        octets.push(octet);
    }
    let text = String::from_utf8(octets).map_err(|_| Refusal::of(400))?;
    if text.contains(char::is_control) { Err(Refusal::of(400)) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Result<(Option<&str>, &str, Option<&str>), u16>) {
        let read = read(path, "a.example").map(|(key, node)| {
            assert_eq!(Key::of_text(&key.text()).as_ref(), Some(&key));
            (key.owner, key.name, node)
        });
        let expected = expected.map(|(o, n, s)| (o.map(str::to_owned), n.to_owned(), s.map(str::to_owned)));
        assert_eq!(read.map_err(|refusal| refusal.status), expected, "{path}");
    }

    #[test]
    fn a_path_names_a_document_and_nothing_else() {
        let alice = Some("sip:alice@a.example");
        check("/services/x/users/sip:alice@a.example/index", Ok((alice, "index", None)));
        check("/services/x/users/sip%3aAlice%40A.example/index", Ok((alice, "index", None)));
        check("/services/x/global/a/b", Ok((None, "a/b", None)));
        check("/services/x/global/a/~~/l/e%5b1%5D", Ok((None, "a", Some("l/e[1]"))));
        for path in [
            "/",
            "/services/x",
            "/services/x/users/sip:alice@a.example",
            "/services/x/users/sip:alice@b.example/index",
            "/services/x/users/sip:alice@a.example:5060/index",
            "/services/x/users/sip:alice@a.example;x/index",
            "/services/x/users/alice/index",
            "/services/x/global/../y",
            "/services/x/global/%2e%2e/y",
            "/services/x/global/a%2fb",
            "/services/x/global//a",
            "/etc/passwd",
            "/services/../etc/passwd",
        ] {
            check(path, Err(404));
        }
        check("/services/x/global/%zz", Err(400));
        check("/services/x/global/%ff", Err(400));
        check("/services/x/global/a%00", Err(400));
        check("/services/x/global/a%0ab", Err(400));
        check(&format!("/services/x/global/{}", "a".repeat(200)), Err(404));
        check(&format!("/services/x/global/{}", "a".repeat(5000)), Err(414));
    }
}
