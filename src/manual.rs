//! The manual: how imspec is built and how people work with it. One short page each; no code.

#[doc = include_str!("manual/architecture.md")]
pub mod architecture {}

#[doc = include_str!("manual/add-a-check.md")]
pub mod add_a_check {}

#[doc = include_str!("manual/add-a-procedure.md")]
pub mod add_a_procedure {}

#[doc = include_str!("manual/vocabulary.md")]
pub mod vocabulary {}

#[doc = include_str!("manual/test-your-server.md")]
pub mod test_your_server {}

#[doc = include_str!("manual/read-a-failure.md")]
pub mod read_a_failure {}

#[doc = include_str!("manual/results.md")]
pub mod results {}

#[doc = include_str!("manual/ci.md")]
pub mod ci {}

#[doc = include_str!("manual/stimulus.md")]
pub mod stimulus {}

#[doc = include_str!("manual/serve.md")]
pub mod serve {}
