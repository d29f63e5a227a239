//! net

pub mod capture;
