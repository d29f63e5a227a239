//! msrp
