//! The application usages that this server has (RFC 4825 §5): for each its documents' media type and namespace, and what
//! its documents say of themselves.

use std::fmt::Write as _;

use super::address::Key;
use super::groups::{self, GroupDocument};
use super::refusal::Refusal;
use super::settings::{self, ServiceSettings};
use crate::actors::act::Kept;
use crate::actors::store::Stored;
use crate::wire::mime::xml;

pub const GROUPS: &str = "org.openmobilealliance.groups";
pub const LISTS: &str = "resource-lists";
/// No source names this usage: the name and its media type are of the same make as the others.
pub const SETTINGS: &str = "org.openmobilealliance.im-service-settings";
const HISTORY: &str = "org.openmobilealliance.conv-history";
const DEFERRED: &str = "org.openmobilealliance.deferred-list";
const CAPABILITIES: &str = "xcap-caps";

/// An application usage.
#[derive(Debug)]
pub(super) struct Usage {
    pub auid: &'static str,
    pub media_type: &'static str,
    pub namespace: &'static str,
    /// Its documents are the server's to write.
    pub generated: bool,
}

const ALL: &[Usage] = &[
    Usage { auid: GROUPS, media_type: "application/vnd.oma.poc.groups+xml", namespace: groups::NS, generated: false },
    Usage {
        auid: LISTS,
        media_type: "application/resource-lists+xml",
        namespace: settings::LISTS_NS,
        generated: false,
    },
    Usage {
        auid: SETTINGS,
        media_type: "application/vnd.oma.im.service-settings+xml",
        namespace: settings::NS,
        generated: false,
    },
    Usage {
        auid: HISTORY,
        media_type: "application/vnd.oma.im.history-list+xml",
        namespace: "urn:oma:xml:im:history-list",
        generated: true,
    },
    Usage {
        auid: DEFERRED,
        media_type: "application/vnd.oma.im.deferred-list+xml",
        namespace: "urn:oma:xml:im:deferred-list",
        generated: true,
    },
    Usage {
        auid: CAPABILITIES,
        media_type: "application/xcap-caps+xml",
        namespace: "urn:ietf:params:xml:ns:xcap-caps",
        generated: true,
    },
];

/// What a document says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Content {
    Group(Box<GroupDocument>),
    Lists,
    Settings(ServiceSettings),
}

impl Usage {
    pub fn of(auid: &str) -> Option<&'static Usage> {
        ALL.iter().find(|usage| usage.auid == auid)
    }

    /// What a document of this usage says; where it says what it must not, it is refused.
    pub fn read(&self, text: &str, domain: &str) -> Result<Content, Refusal> {
        let document = xml::read(text.as_bytes()).map_err(|flaw| Refusal::not_well_formed(flaw.what))?;
        match self.auid {
            GROUPS => groups::read(&document, domain).map(|group| Content::Group(Box::new(group))),
            LISTS => settings::check_lists(&document).map(|()| Content::Lists),
            SETTINGS => settings::read(&document).map(Content::Settings),
            _ => Err(Refusal::of(405)),
        }
    }

    /// Which store a document of this usage tells of.
    pub fn kept(&self) -> Option<Kept> {
        match self.auid {
            HISTORY => Some(Kept::History),
            DEFERRED => Some(Kept::Deferred),
            _ => None,
        }
    }
}

/// Whether a document is that of the server's capabilities (RFC 4825 §12).
pub(super) fn is_capabilities(key: &Key) -> bool {
    key.auid == CAPABILITIES && key.owner.is_none() && key.name == "index"
}

/// The capabilities of this server.
pub(super) fn capabilities() -> String {
    let mut out =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xcap-caps xmlns=\"{}\">\n  <auids>\n", ALL[5].namespace);
    for usage in ALL {
        let _ = writeln!(out, "    <auid>{}</auid>", usage.auid);
    }
    out.push_str("  </auids>\n  <namespaces>\n");
    for usage in ALL {
        let _ = writeln!(out, "    <namespace>{}</namespace>", usage.namespace);
    }
    out.push_str("  </namespaces>\n</xcap-caps>\n");
    out
}

/// The list of what a store keeps for a user: the reference of each message is what he retrieves it by (IM 13.1.3).
pub(super) fn listing(usage: &Usage, kept: &[(Stored, usize)]) -> String {
    let (root, entry) = match usage.kept() {
        Some(Kept::History) => ("history-list", "history"),
        _ => ("deferred-list", "deferred"),
    };
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{}\">\n", usage.namespace);
    for (message, octets) in kept {
        let _ = writeln!(out, "  <{entry} {entry}-reference=\"{}\" size=\"{octets}\">", xml::escape(&message.id));
        let mut field = |name: &str, value: &str| {
            let _ = writeln!(out, "    <{name}>{}</{name}>", xml::escape(value));
        };
        field("from", &message.from);
        field("to", &message.owner);
        field("date", &message.date_time);
        message.subject.iter().for_each(|subject| field("subject", subject));
        let _ = writeln!(out, "  </{entry}>");
    }
    let _ = writeln!(out, "</{root}>");
    out
}
