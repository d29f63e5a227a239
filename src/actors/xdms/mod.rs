//! The XDM server: documents of users and of the operator, over XCAP (RFC 4825), and what they say to the servers that go
//! by them. Documents are kept by key; no path of a request ever names a file.
//!
//! It takes requests and gives answers; HTTP itself, and who the requester is, are known by those who call it.

mod address;
mod groups;
mod refusal;
mod selector;
mod settings;
#[cfg(test)]
mod tests;
mod usage;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

pub use address::{Key, ROOT};
pub use groups::write as write_group;
pub use refusal::Refusal;
pub use settings::ServiceSettings;
pub use usage::GROUPS;

use sha2::{Digest as _, Sha256};

use crate::actors::act::Kept;
use crate::actors::controlling::{Group, Member};
use crate::actors::store::{Stored, Unavailable};
use crate::wire::mime::{MediaType, xml};
use selector::Selector;
use usage::{Content, LISTS, Usage};

/// Octets of a document.
pub const LARGEST: usize = 256 << 10;
/// Documents of one user, and of all; and the octets of all.
const MOST_OF_ONE: usize = 100;
const MOST: usize = 10_000;
const MOST_OCTETS: usize = 16 << 20;

/// Who makes a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Requester {
    Operator,
    /// The user part of his address; his own are all that he gets.
    User(String),
    /// Nobody is asked who he is, so that each is who he says.
    Anyone,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub who: Requester,
    pub method: &'a str,
    /// As it was sent, with its escapes.
    pub path: &'a str,
    pub query: &'a str,
    pub content_type: Option<&'a str>,
    pub if_match: Option<&'a str>,
    pub if_none_match: Option<&'a str>,
    pub body: &'a [u8],
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in small letters.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    fn with(mut self, media_type: &str, text: String) -> Answer {
        self.headers.push(("content-type", media_type.to_owned()));
        self.body = text.into_bytes();
        self
    }

    fn tagged(mut self, etag: &str) -> Answer {
        self.headers.push(("etag", etag.to_owned()));
        self
    }
}

/// Where documents are kept beside memory, by the text of their keys.
pub trait Shelf: Send {
    /// All that was kept.
    fn all(&self) -> Result<Vec<(String, String)>, Unavailable>;
    fn put(&mut self, key: &str, text: &str) -> Result<(), Unavailable>;
    fn delete(&mut self, key: &str) -> Result<(), Unavailable>;
}

/// Nowhere: documents last as long as the process.
pub struct NoShelf;

impl Shelf for NoShelf {
    fn all(&self) -> Result<Vec<(String, String)>, Unavailable> {
        Ok(Vec::new())
    }

    fn put(&mut self, _: &str, _: &str) -> Result<(), Unavailable> {
        Ok(())
    }

    fn delete(&mut self, _: &str) -> Result<(), Unavailable> {
        Ok(())
    }
}

/// What a store keeps for a user; nothing where there is no such store here.
pub type Listing<'a> = dyn Fn(Kept, &str) -> Option<Vec<(Stored, usize)>> + 'a;

/// A document.
#[derive(Clone, Debug)]
struct Document {
    text: String,
    etag: String,
    content: Content,
    /// The group that it is, with the entries of the lists that it points to.
    group: Option<Group>,
}

/// The server.
pub struct Xdms {
    domain: String,
    /// Addresses, in small letters, that no group may have.
    reserved: BTreeSet<String>,
    documents: BTreeMap<Key, Document>,
    shelf: Box<dyn Shelf>,
}

impl Xdms {
    /// A server with the groups of the operator, and what was kept, which counts for more.
    ///
    /// Errors: what was kept cannot be had.
    pub fn new(
        domain: &str,
        reserved: BTreeSet<String>,
        groups: &[Group],
        shelf: Box<dyn Shelf>,
    ) -> Result<Xdms, Unavailable> {
        let kept = shelf.all()?;
        let mut xdms = Xdms { domain: domain.to_owned(), reserved, documents: BTreeMap::new(), shelf };
        for (key, text) in kept {
            let Some(key) = Key::of_text(&key) else { continue };
            // What an earlier version took and this one does not is left where it lies.
            if let Some(Ok(content)) = Usage::of(&key.auid).map(|usage| usage.read(&text, domain)) {
                xdms.insert(key, text, content);
            }
        }
        for group in groups {
            let name = group.uri.trim_start_matches("sip:").split('@').next().unwrap_or_default();
            let (key, text) = (Key::global(GROUPS, name), groups::write(group));
            let new = !xdms.documents.contains_key(&key);
            if let Some(Ok(content)) = Usage::of(GROUPS).filter(|_| new).map(|usage| usage.read(&text, domain)) {
                xdms.insert(key, text, content);
            }
        }
        Ok(xdms)
    }

    /// Answers a request. The second says whether what servers go by may be another now.
    pub fn handle(&mut self, request: &Request<'_>, listing: &Listing<'_>) -> (Answer, bool) {
        match self.answer(request, listing) {
            Ok((answer, changed)) => (answer, changed),
            Err(refusal) => (refusal.answer(), false),
        }
    }

    /// The groups of all documents, as a Controlling Function has them.
    pub fn groups(&self) -> Vec<Group> {
        self.documents.values().filter_map(|document| document.group.clone()).collect()
    }

    /// The service settings of all users who have some, by address.
    pub fn settings(&self) -> Vec<(String, ServiceSettings)> {
        let of = |(key, document): (&Key, &Document)| match &document.content {
            Content::Settings(settings) => Some((key.owner.clone()?, *settings)),
            _ => None,
        };
        self.documents.iter().filter_map(of).collect()
    }

    fn answer(&mut self, request: &Request<'_>, listing: &Listing<'_>) -> Result<(Answer, bool), Refusal> {
        let (key, node) = address::read(request.path, &self.domain)?;
        let usage = Usage::of(&key.auid).ok_or(Refusal::NOT_FOUND)?;
        let reads = matches!(request.method, "GET" | "HEAD");
        let writes = matches!(request.method, "PUT" | "DELETE") && !usage.generated;
        if !reads && !writes {
            let allowed = if usage.generated { "GET, HEAD" } else { "GET, HEAD, PUT, DELETE" };
            let mut answer = Answer::new(405);
            answer.headers.push(("allow", allowed.to_owned()));
            return Ok((answer, false));
        }
        if !may(&request.who, &key, reads) {
            return Err(Refusal::FORBIDDEN);
        }
        let node = match node {
            None => None,
            Some(text) => {
                let query = address::decoded(request.query)?;
                Some(Selector::parse(&text, &query, usage.namespace).ok_or(Refusal::NOT_FOUND)?)
            }
        };
        if usage.generated {
            let text = match usage.kept() {
                Some(kept) => {
                    let owner = key.owner.as_deref().filter(|_| key.name == "index").ok_or(Refusal::NOT_FOUND)?;
                    usage::listing(usage, &listing(kept, owner).ok_or(Refusal::NOT_FOUND)?)
                }
                None if usage::is_capabilities(&key) => usage::capabilities(),
                None => return Err(Refusal::NOT_FOUND),
            };
            return get(request, usage, &text, &etag(&text), node.as_ref()).map(|answer| (answer, false));
        }
        let known = self.documents.get(&key).cloned();
        let tag = known.as_ref().map(|document| document.etag.as_str());
        if reads {
            let document = known.as_ref().ok_or(Refusal::NOT_FOUND)?;
            return get(request, usage, &document.text, &document.etag, node.as_ref()).map(|answer| (answer, false));
        }
        if !request.if_match.is_none_or(|tags| names(tags, tag))
            || request.if_none_match.is_some_and(|tags| names(tags, tag))
        {
            return Err(Refusal::FAILED_CONDITION);
        }
        match (request.method, node) {
            ("PUT", None) => {
                let text = body(request, usage.media_type)?;
                self.put(key, usage, text.to_owned(), known.is_none())
            }
            ("PUT", Some(node)) => {
                let document = known.ok_or_else(Refusal::no_parent)?;
                let piece = body(request, node.media_type())?;
                let (text, new) = node.put(&document.text, &read(&document.text)?, piece)?;
                self.put(key, usage, text, new)
            }
            (_, None) => {
                known.ok_or(Refusal::NOT_FOUND)?;
                self.shelf.delete(&key.text()).map_err(|_| Refusal::of(500))?;
                self.documents.remove(&key);
                self.resolve(key.owner.as_ref());
                Ok((Answer::new(200), true))
            }
            (_, Some(node)) => {
                let document = known.ok_or(Refusal::NOT_FOUND)?;
                let text = node.delete(&document.text, &read(&document.text)?)?;
                self.put(key, usage, text, false)
            }
        }
    }

    /// Takes a document, new or changed, where its usage allows it.
    fn put(&mut self, key: Key, usage: &Usage, text: String, new: bool) -> Result<(Answer, bool), Refusal> {
        if text.len() > LARGEST {
            return Err(Refusal::TOO_LARGE);
        }
        let content = usage.read(&text, &self.domain)?;
        if let Content::Group(group) = &content {
            self.check_name(&key, group.uri())?;
        }
        let others = self.documents.iter().filter(|(known, _)| **known != key);
        if others.map(|(_, document)| document.text.len()).sum::<usize>() + text.len() > MOST_OCTETS {
            return Err(Refusal::constraint("there are as many octets as are kept"));
        }
        if !self.documents.contains_key(&key) {
            let own = self.documents.keys().filter(|known| known.owner == key.owner).count();
            if own >= MOST_OF_ONE && key.owner.is_some() || self.documents.len() >= MOST {
                return Err(Refusal::constraint("there are as many documents as are kept"));
            }
        }
        self.shelf.put(&key.text(), &text).map_err(|_| Refusal::of(500))?;
        let etag = self.insert(key, text, content);
        Ok((Answer::new(if new { 201 } else { 200 }).tagged(&etag), true))
    }

    /// A group has an address that nobody else has.
    fn check_name(&self, key: &Key, uri: &str) -> Result<(), Refusal> {
        let others = self.documents.iter().filter(|(known, _)| *known != key);
        let mut others = others.filter_map(|(_, document)| match &document.content {
            Content::Group(group) => Some(group.uri()),
            _ => None,
        });
        if self.reserved.contains(&uri.to_ascii_lowercase()) || others.any(|other| other.eq_ignore_ascii_case(uri)) {
            return Err(Refusal::taken(format!("{uri} is another's address")));
        }
        Ok(())
    }

    fn insert(&mut self, key: Key, text: String, content: Content) -> String {
        let (etag, owner) = (etag(&text), key.owner.clone());
        self.documents.insert(key, Document { text, etag: etag.clone(), content, group: None });
        self.resolve(owner.as_ref());
        etag
    }

    /// Makes the groups of an owner, and those of the operator, anew: what they point to may be another. Each list is read
    /// once.
    fn resolve(&mut self, owner: Option<&String>) {
        let lists: RefCell<BTreeMap<Key, Option<roxmltree::Document<'_>>>> = RefCell::default();
        let mut groups = Vec::new();
        for (key, document) in &self.documents {
            if let Content::Group(group) = &document.content
                && (key.owner.is_none() || key.owner.as_ref() == owner)
            {
                let on_list = |anchor: &str| self.on_list(key, anchor, &lists);
                groups.push((key.clone(), group.group(&on_list)));
            }
        }
        drop(lists);
        for (key, group) in groups {
            if let Some(document) = self.documents.get_mut(&key) {
                document.group = Some(group);
            }
        }
    }

    /// The entries of the URI list that a group document points to. It must be its owner's own: membership shows who is
    /// on a list.
    fn on_list<'a>(
        &'a self,
        group: &Key,
        anchor: &str,
        lists: &RefCell<BTreeMap<Key, Option<roxmltree::Document<'a>>>>,
    ) -> Vec<Member> {
        let path = anchor.find(ROOT).map_or(anchor, |at| &anchor[at..]);
        let Ok((key, node)) = address::read(path, &self.domain) else { return Vec::new() };
        let own = key.auid == LISTS && (key.owner == group.owner || group.owner.is_none());
        let Some((key, document)) = self.documents.get_key_value(&key).filter(|_| own) else { return Vec::new() };
        let mut lists = lists.borrow_mut();
        let list = lists.entry(key.clone()).or_insert_with(|| xml::read(document.text.as_bytes()).ok());
        list.as_ref().map(|list| settings::members(list, node.as_deref())).unwrap_or_default()
    }
}

/// Whether somebody may read a document, or write it.
fn may(who: &Requester, key: &Key, reads: bool) -> bool {
    match (who, &key.owner) {
        (Requester::Operator, _) | (Requester::Anyone, Some(_)) => true,
        (Requester::User(user), Some(owner)) => {
            let own = owner.strip_prefix("sip:").and_then(|owner| owner.split('@').next());
            own.is_some_and(|own| own.eq_ignore_ascii_case(user))
        }
        (_, None) => reads,
    }
}

/// The answer to a GET or HEAD.
fn get(
    request: &Request<'_>,
    usage: &Usage,
    text: &str,
    etag: &str,
    node: Option<&Selector>,
) -> Result<Answer, Refusal> {
    if !request.if_match.is_none_or(|tags| names(tags, Some(etag))) {
        return Err(Refusal::FAILED_CONDITION);
    }
    let found = match node {
        Some(node) => (node.media_type(), node.get(text, &read(text)?).ok_or(Refusal::NOT_FOUND)?),
        None => (usage.media_type, text.to_owned()),
    };
    if request.if_none_match.is_some_and(|tags| names(tags, Some(etag))) {
        return Ok(Answer::new(304).tagged(etag));
    }
    Ok(Answer::new(200).with(found.0, found.1).tagged(etag))
}

/// The text of a request that has to be of that type.
fn body<'a>(request: &Request<'a>, media_type: &str) -> Result<&'a str, Refusal> {
    if !request.content_type.is_some_and(|kind| MediaType::parse(kind).is(media_type)) {
        return Err(Refusal::WRONG_TYPE);
    }
    if request.body.len() > LARGEST {
        return Err(Refusal::TOO_LARGE);
    }
    std::str::from_utf8(request.body).map_err(|_| Refusal::not_utf8())
}

fn read(text: &str) -> Result<roxmltree::Document<'_>, Refusal> {
    xml::read(text.as_bytes()).map_err(|flaw| Refusal::not_well_formed(flaw.what))
}

/// Whether a list of entity tags names that one; `*` is any that is there (RFC 9110 §13.1).
fn names(tags: &str, etag: Option<&str>) -> bool {
    let Some(etag) = etag else { return false };
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag == etag)
}

/// The entity tag of a text, which is another where the text is another.
fn etag(text: &str) -> String {
    let digest = Sha256::digest(text);
    let hex: String = digest.iter().take(12).map(|octet| format!("{octet:02x}")).collect();
    format!("\"{hex}\"")
}
