//! Session descriptions: kept bytes with an index of lines, typed views, a builder, edits, and the rules of MSRP
//! offers and answers.
//!
//! [`Session::parse`] never fails, and its lines joined are its bytes. It must not know dialogs, who offered
//! what before, or what OMA takes an offer for.

mod build;
mod edit;
mod file;
mod flaws;
mod media;
mod rules;
mod session;

pub use build::Builder;
pub use edit::Edit;
pub use file::{FileSelector, Hash, escape_name, sha1_of};
pub use media::{Attribute, Direction, Media, Setup, accepts};
pub use rules::{answer_flaws, offer_flaws};
pub use session::{Connection, Line, Origin, Session};
