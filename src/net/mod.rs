//! net

pub mod capture;

pub mod tamper;
