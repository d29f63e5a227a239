//! The catalogue: every requirement taken from the specifications, as data. It judges nothing and names no code.

mod load;

use std::collections::HashMap;
use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use self::load::{EXCEPTIONS, requirement_file};
use super::suggest;

/// All requirements, in the order of the files (sorted by path) and of the entries in them.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    files: Vec<CatalogueFile>,
    /// Requirement id to (file, entry).
    index: HashMap<String, (usize, usize)>,
}

/// One file of the catalogue: `features/<spec>/requirements/<name>.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// Path in the data tree.
    #[serde(skip)]
    pub path: String,
    /// Name of the file itself.
    pub file: String,
    pub title: String,
    /// Numbers of the source documents.
    pub seeds: Vec<String>,
    pub entry_count: usize,
    pub counts: Counts,
    pub subclauses: Vec<Subclause>,
    pub entries: Vec<Requirement>,
}

/// How many entries of each kind the file holds, as a guard against lost ones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub level: IndexMap<Level, usize>,
    pub actor: IndexMap<Actor, usize>,
    pub observable: IndexMap<Observable, usize>,
    pub direction: IndexMap<Direction, usize>,
}

/// A subclause that requirements were taken from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subclause {
    /// For example `IM-9.1.1.2`.
    pub id: String,
    pub title: String,
    pub seeds: Vec<String>,
    pub actor: Actor,
    pub direction: Direction,
    pub entries: usize,
    #[serde(default)]
    pub note: Option<String>,
}

/// One requirement, in our own words.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// For example `IM-9.1.1.2-5a`; never renumbered.
    pub id: String,
    /// For example `9.1.1.2`.
    pub subclause: String,
    /// Place in the source documents, in words.
    pub source: Vec<String>,
    /// Place in the source documents, by document and line.
    pub lines: Vec<String>,
    pub level: Level,
    /// Whom it binds.
    pub actor: Actor,
    pub direction: Direction,
    /// What has to happen before it applies.
    pub trigger: String,
    /// The paraphrase.
    pub requirement: String,
    /// Where a breach can be seen.
    pub observable: Observable,
    /// How to check it: a sketch for people.
    pub check: String,
    /// A bug that breaks it: an idea for a defect.
    pub violation: String,
    /// Other clauses and documents it rests on.
    pub refs: Vec<String>,
    #[serde(default)]
    pub status: Option<Status>,
    /// Condition on the configuration or the case.
    #[serde(default)]
    pub applies_when: Option<String>,
    /// What a tester must do or send for it to show.
    #[serde(default)]
    pub probe: Option<String>,
    /// Contradictions in the texts, and the reading that was chosen.
    #[serde(default)]
    pub conflicts: Option<String>,
    #[serde(default)]
    pub conflict_ids: Vec<String>,
    /// Places that say the same.
    #[serde(default)]
    pub also: Vec<String>,
    /// Where the bug of `violation` has to sit, if not in the actor.
    #[serde(default)]
    pub defect_in: Option<DefectIn>,
}

/// Gives an enum its word in files and reports, and the list of all its words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize, Serialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word for it in the catalogue and in reports.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// How binding the text is.
    Level {
        Shall = "SHALL",
        /// RFC 2119 gives it the meaning of SHALL; kept apart because the text uses both words.
        Must = "MUST",
        Should = "SHOULD",
        May = "MAY",
        /// Informative.
        Note = "NOTE",
    }
}

words! {
    /// The role that a requirement binds.
    Actor {
        ImClient = "im-client",
        CpmClient = "cpm-client",
        ParticipatingFunction = "participating-function",
        ControllingFunction = "controlling-function",
        DeferredMessagingFunction = "deferred-messaging-function",
        HistoryFunction = "history-function",
        MsrpSwitch = "msrp-switch",
        SipCore = "sip-core",
    }
}

words! {
    Direction {
        Originating = "originating",
        Terminating = "terminating",
        MidSession = "mid-session",
        NotApplicable = "n/a",
    }
}

words! {
    /// Where a breach can be seen.
    Observable {
        WireSip = "wire-sip",
        WireSdp = "wire-sdp",
        WireMsrp = "wire-msrp",
        WireBody = "wire-body",
        /// Inside the system only.
        LocalState = "local-state",
        /// By its user only.
        UserInterface = "user-interface",
    }
}

words! {
    Status {
        Informative = "informative",
    }
}

words! {
    /// The side that carries a defect, where it is not the actor that the requirement binds.
    DefectIn {
        Peer = "peer",
        Harness = "harness",
    }
}

impl Level {
    /// True for SHALL and MUST: breaking it is a failure, not a warning.
    pub fn is_binding(self) -> bool {
        matches!(self, Level::Shall | Level::Must)
    }
}

impl Observable {
    /// True if a breach shows in the messages.
    pub fn is_on_the_wire(self) -> bool {
        !matches!(self, Observable::LocalState | Observable::UserInterface)
    }
}

impl Requirement {
    /// The prefix of the id: `IM`, `IMCR`, `CPM`.
    pub fn specification(&self) -> &str {
        specification(&self.id)
    }

    /// The clause as people cite it: `IM 9.1.1.2`.
    pub fn clause(&self) -> String {
        format!("{} {}", self.specification(), self.subclause)
    }
}

impl Catalogue {
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.index.get(id).map(|&(file, entry)| &self.files[file].entries[entry])
    }

    /// Every requirement, in the order of the files.
    pub fn entries(&self) -> impl Iterator<Item = &Requirement> {
        self.files.iter().flat_map(|file| &file.entries)
    }

    pub fn files(&self) -> &[CatalogueFile] {
        &self.files
    }

    /// The requirements of one subclause: `spec` as the folder is named (`im`), `subclause` as in `9.1.1.2`.
    pub fn of_subclause<'a>(&'a self, spec: &'a str, subclause: &'a str) -> impl Iterator<Item = &'a Requirement> {
        self.entries().filter(move |r| r.specification().eq_ignore_ascii_case(spec) && r.subclause == subclause)
    }

    /// The title of a subclause.
    pub fn subclause(&self, spec: &str, subclause: &str) -> Option<&Subclause> {
        let is_it = |id: &str| {
            specification(id).eq_ignore_ascii_case(spec)
                && id.split_once('-').is_some_and(|(_, number)| number == subclause)
        };
        self.files.iter().flat_map(|file| &file.subclauses).find(|s| is_it(&s.id))
    }

    /// A hint for an id that is not in the catalogue.
    pub fn hint(&self, id: &str) -> Option<String> {
        suggest::hint(id, self.entries().map(|r| r.id.as_str()))
    }
}

/// The part of an id before the first `-`.
fn specification(id: &str) -> &str {
    id.split_once('-').map_or(id, |(prefix, _)| prefix)
}
