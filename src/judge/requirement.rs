//! What a check must know of the requirement that it checks. The catalogue itself is the script's.

/// How strong a requirement is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Level {
    /// SHALL and MUST: broken is a failure.
    Shall,
    /// SHOULD, MAY and notes: broken is a warning.
    Should,
}

/// A requirement as findings cite it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    pub id: String,
    pub level: Level,
    /// For example `IM 9.1.1.2`.
    pub clause: String,
    /// The catalogue's paraphrase.
    pub text: String,
}
