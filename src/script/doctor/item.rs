//! One thing that was looked at.

use serde::Serialize;

/// What was looked at, how it stands, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Item {
    /// A word for it, the same in every version.
    pub what: &'static str,
    pub standing: Standing,
    pub said: String,
    pub hint: Option<String>,
    /// Whose it is to mend, where it is wrong.
    pub cause: Option<Cause>,
}

/// How something stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Ok,
    CannotTell,
    /// Runs are possible, and something in them will not be as it should.
    Warning,
    Wrong,
}

/// Where the cause is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    System,
    /// This machine, or who runs imspec on it.
    Ours,
    File,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Standing::Ok => "ok",
            Standing::CannotTell => "cannot tell",
            Standing::Warning => "warning",
            Standing::Wrong => "wrong",
        }
    }
}

impl Item {
    fn new(what: &'static str, standing: Standing, said: impl Into<String>) -> Item {
        Item { what, standing, said: said.into(), hint: None, cause: None }
    }

    pub(super) fn well(what: &'static str, said: impl Into<String>) -> Item {
        Item::new(what, Standing::Ok, said)
    }

    pub(super) fn unknown(what: &'static str, said: impl Into<String>) -> Item {
        Item::new(what, Standing::CannotTell, said)
    }

    pub(super) fn warning(what: &'static str, said: impl Into<String>) -> Item {
        Item::new(what, Standing::Warning, said)
    }

    pub(super) fn wrong(what: &'static str, cause: Cause, said: impl Into<String>) -> Item {
        Item { cause: Some(cause), ..Item::new(what, Standing::Wrong, said) }
    }

    /// What to do about it; a second one follows the first.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Item {
        let hint = hint.into();
        self.hint = Some(self.hint.map_or(hint.clone(), |before| format!("{before}; {hint}")));
        self
    }
}
