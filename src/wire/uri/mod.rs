//! URIs: their parts, what is wrong with them, and whether two of them are the same.
//!
//! [`Uri::parse`] never fails; [`Uri::flaws`] says what breaks the syntax. [`same`] compares by the rules of
//! the scheme. It must not know headers, sessions or who an address belongs to.

mod compare;
mod escape;
mod flaws;
mod parse;

pub use compare::{same, same_ignoring_params};
pub use escape::{escape_header, unescape};
pub use parse::{Host, Param, Scheme, Uri};
