//! `application/conference-info+xml` (RFC 4575): the parts of it that IM services use. Must not know subscriptions.

use std::borrow::Cow;
use std::collections::HashSet;

use roxmltree::Node;

use super::{note, xml};
use crate::wire::{Flaw, Span};

/// Users, and endpoints of one user, that are read and kept; a document with more has a flaw.
pub(super) const MAX_ROWS: usize = 4096;
pub(super) const NS: &str = "urn:ietf:params:xml:ns:conference-info";

/// A conference document (RFC 4575 §5.2), full or partial.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConferenceInfo {
    /// The conference URI; empty where the attribute is missing.
    pub entity: String,
    pub state: State,
    pub version: Option<u32>,
    pub description: Option<Description>,
    pub conference_state: Option<ConferenceState>,
    /// None where the document has no `<users>`.
    pub users: Option<Users>,
    pub flaws: Vec<Flaw>,
}

/// Whether an element is all there is, a change, or gone (RFC 4575 §4.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum State {
    #[default]
    Full,
    Partial,
    Deleted,
}

/// `<conference-description>` (RFC 4575 §5.3), without its URIs and media.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Description {
    pub display_text: Option<String>,
    pub subject: Option<String>,
    pub maximum_user_count: Option<u32>,
}

/// `<conference-state>` (RFC 4575 §5.5).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConferenceState {
    pub user_count: Option<u32>,
    pub active: Option<bool>,
    pub locked: Option<bool>,
}

/// `<users>` (RFC 4575 §5.6).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Users {
    pub state: State,
    pub list: Vec<User>,
}

/// One participant (RFC 4575 §5.6).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct User {
    /// The key among the users; empty where the attribute is missing.
    pub entity: String,
    pub state: State,
    pub display_text: Option<String>,
    pub roles: Vec<String>,
    pub endpoints: Vec<Endpoint>,
}

/// One device or session of a participant (RFC 4575 §5.7).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Endpoint {
    /// The key among the endpoints of the user; empty where the attribute is missing.
    pub entity: String,
    pub state: State,
    pub display_text: Option<String>,
    /// As written: `connected`, `disconnected`, … (RFC 4575 §5.7.3).
    pub status: Option<String>,
    /// As written: `dialed-in`, `dialed-out`, `focus-owner` (RFC 4575 §5.7.4).
    pub joining_method: Option<String>,
    /// As written: `departed`, `booted`, `failed`, `busy` (RFC 4575 §5.7.6).
    pub disconnection_method: Option<String>,
}

const STATUS: &[&str] = &[
    "pending",
    "dialing-out",
    "dialing-in",
    "alerting",
    "on-hold",
    "connected",
    "muted-via-focus",
    "disconnecting",
    "disconnected",
];
const JOINING: &[&str] = &["dialed-in", "dialed-out", "focus-owner"];
const DISCONNECTION: &[&str] = &["departed", "booted", "failed", "busy"];

impl ConferenceInfo {
    /// Reads a document. Elements of a wrong namespace are taken by their local names; only the root's is a flaw.
    pub fn parse(bytes: &[u8]) -> ConferenceInfo {
        let mut reader = Reader::default();
        match xml::read(bytes) {
            Ok(document) => {
                let info = reader.info(document.root_element());
                ConferenceInfo { flaws: reader.flaws, ..info }
            }
            Err(flaw) => ConferenceInfo { flaws: vec![flaw], ..ConferenceInfo::default() },
        }
    }

    /// The user of that entity. Keys compare octet by octet (RFC 4575 §4.5).
    pub fn user(&self, entity: &str) -> Option<&User> {
        self.users().find(|u| u.entity == entity)
    }

    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.iter().flat_map(|u| &u.list)
    }
}

impl State {
    /// The attribute's value.
    pub fn text(self) -> &'static str {
        match self {
            State::Full => "full",
            State::Partial => "partial",
            State::Deleted => "deleted",
        }
    }

    fn of(value: &str) -> Option<State> {
        [State::Full, State::Partial, State::Deleted].into_iter().find(|s| s.text() == value)
    }
}

impl User {
    /// Whether some endpoint of the user has that status, for example `connected`.
    pub fn has_status(&self, status: &str) -> bool {
        self.endpoints.iter().any(|e| e.status.as_deref() == Some(status))
    }
}

#[derive(Default)]
struct Reader {
    flaws: Vec<Flaw>,
}

impl Reader {
    fn info(&mut self, root: Node<'_, '_>) -> ConferenceInfo {
        if !root.has_tag_name((NS, "conference-info")) {
            let what = format!("root is not the element conference-info of namespace {NS}");
            self.flaw(root, "RFC 4575 §5.1", what);
        }
        let state = self.state(root, State::Partial);
        let version = root.attribute("version").map(|v| self.number(root, v, "RFC 4575 §5.2"));
        if version.is_none() {
            self.flaw(root, "RFC 4575 §4.3", "no version");
        }
        let info = ConferenceInfo {
            entity: self.entity(root, "RFC 4575 §5.2"),
            state,
            version: version.flatten(),
            description: xml::child(root, "conference-description").map(|n| self.description(n)),
            conference_state: xml::child(root, "conference-state").map(|n| self.conference_state(n)),
            users: xml::child(root, "users").map(|n| self.users(n, state)),
            flaws: Vec::new(),
        };
        if state == State::Full && (info.description.is_none() || info.users.is_none()) {
            self.flaw(root, "RFC 4575 §5.2", "full document without conference-description or users");
        }
        info
    }

    fn description(&mut self, node: Node<'_, '_>) -> Description {
        let count = xml::child_text(node, "maximum-user-count");
        Description {
            display_text: xml::child_text(node, "display-text"),
            subject: xml::child_text(node, "subject"),
            maximum_user_count: count.and_then(|c| self.number(node, &c, "RFC 4575 §5.3.3")),
        }
    }

    fn conference_state(&mut self, node: Node<'_, '_>) -> ConferenceState {
        let count = xml::child_text(node, "user-count");
        ConferenceState {
            user_count: count.and_then(|c| self.number(node, &c, "RFC 4575 §5.5.1")),
            active: self.boolean(node, "active", "RFC 4575 §5.5.2"),
            locked: self.boolean(node, "locked", "RFC 4575 §5.5.3"),
        }
    }

    fn users(&mut self, node: Node<'_, '_>, parent: State) -> Users {
        let state = self.state(node, parent);
        let mut list = Vec::new();
        let mut seen = HashSet::new();
        for node in xml::elements(node).filter(|n| n.tag_name().name() == "user") {
            if self.is_full(node, list.len()) {
                break;
            }
            let user = self.user(node, state);
            if !user.entity.is_empty() && !seen.insert(user.entity.clone()) {
                self.flaw(node, "RFC 4575 §4.5", format!("{} twice among the users", user.entity));
            }
            list.push(user);
        }
        Users { state, list }
    }

    fn user(&mut self, node: Node<'_, '_>, parent: State) -> User {
        let state = self.state(node, parent);
        let mut user = User {
            entity: self.entity(node, "RFC 4575 §5.6"),
            state,
            display_text: xml::child_text(node, "display-text"),
            ..User::default()
        };
        let mut seen = HashSet::new();
        for child in xml::elements(node) {
            match child.tag_name().name() {
                "roles" => user.roles.extend(xml::elements(child).map(xml::text)),
                "endpoint" => {
                    if self.is_full(child, user.endpoints.len()) {
                        break;
                    }
                    let endpoint = self.endpoint(child, state);
                    if !endpoint.entity.is_empty() && !seen.insert(endpoint.entity.clone()) {
                        self.flaw(child, "RFC 4575 §4.5", format!("{} twice among the endpoints", endpoint.entity));
                    }
                    user.endpoints.push(endpoint);
                }
                _ => {}
            }
        }
        user
    }

    fn endpoint(&mut self, node: Node<'_, '_>, parent: State) -> Endpoint {
        Endpoint {
            entity: self.entity(node, "RFC 4575 §5.7"),
            state: self.state(node, parent),
            display_text: xml::child_text(node, "display-text"),
            status: self.one_of(node, "status", STATUS, "RFC 4575 §5.7.3"),
            joining_method: self.one_of(node, "joining-method", JOINING, "RFC 4575 §5.7.4"),
            disconnection_method: self.one_of(node, "disconnection-method", DISCONNECTION, "RFC 4575 §5.7.6"),
        }
    }

    fn is_full(&mut self, node: Node<'_, '_>, rows: usize) -> bool {
        let full = rows >= MAX_ROWS;
        if full {
            self.flaw(node, "limit of this reader", format!("more elements {} than are read", node.tag_name().name()));
        }
        full
    }

    fn state(&mut self, node: Node<'_, '_>, parent: State) -> State {
        let value = node.attribute("state").unwrap_or("full");
        let Some(state) = State::of(value) else {
            self.flaw(node, "RFC 4575 §4.4", format!("state is {value}"));
            return State::Full;
        };
        if parent == State::Full && state != State::Full {
            self.flaw(node, "RFC 4575 §4.4", format!("state {value} within an element of state full"));
        }
        state
    }

    fn entity(&mut self, node: Node<'_, '_>, clause: &'static str) -> String {
        let entity = node.attribute("entity").unwrap_or_default();
        if entity.is_empty() {
            self.flaw(node, clause, format!("{} without entity", node.tag_name().name()));
        }
        entity.to_owned()
    }

    fn number(&mut self, node: Node<'_, '_>, value: &str, clause: &'static str) -> Option<u32> {
        let number = value.parse().ok();
        if number.is_none() {
            self.flaw(node, clause, format!("{value} is not a 32-bit number"));
        }
        number
    }

    fn boolean(&mut self, node: Node<'_, '_>, name: &str, clause: &'static str) -> Option<bool> {
        let value = xml::child_text(node, name)?;
        let boolean = match value.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        };
        if boolean.is_none() {
            self.flaw(node, clause, format!("{name} is {value}"));
        }
        boolean
    }

    fn one_of(&mut self, node: Node<'_, '_>, name: &str, values: &[&str], clause: &'static str) -> Option<String> {
        let value = xml::child_text(node, name)?;
        if !values.contains(&value.as_str()) {
            self.flaw(node, clause, format!("{name} is {value}"));
        }
        Some(value)
    }

    fn flaw(&mut self, node: Node<'_, '_>, clause: &'static str, what: impl Into<Cow<'static, str>>) {
        let start = node.range().start;
        note(&mut self.flaws, Flaw::new(Span::new(start..start + 1), clause, what));
    }
}

#[cfg(test)]
#[path = "conference_info_tests.rs"]
mod tests;
