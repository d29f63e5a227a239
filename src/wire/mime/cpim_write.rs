//! Writing `message/cpim` (RFC 3862): exactly the headers asked for, in that order. Must not know who sends it how.

use bytes::Bytes;

use super::cpim_text::escape;
use super::{CPIM_IMDN_NS, Part};

/// A `message/cpim` body being written.
#[derive(Clone, Debug)]
pub struct CpimBuilder {
    lines: Vec<String>,
    content: Part,
}

impl CpimBuilder {
    /// A message around `content` without any message header yet.
    pub fn new(content: Part) -> CpimBuilder {
        CpimBuilder { lines: Vec::new(), content }
    }

    /// Adds a header. The value is written as it is, so its escapes are the caller's.
    pub fn header(mut self, name: &str, value: impl std::fmt::Display) -> CpimBuilder {
        self.lines.push(format!("{name}: {value}\r\n"));
        self
    }

    /// Adds From with that URI.
    pub fn from(self, uri: &str) -> CpimBuilder {
        self.header("From", format!("<{uri}>"))
    }

    /// Adds To with that URI.
    pub fn to(self, uri: &str) -> CpimBuilder {
        self.header("To", format!("<{uri}>"))
    }

    /// Adds cc with that URI.
    pub fn cc(self, uri: &str) -> CpimBuilder {
        self.header("cc", format!("<{uri}>"))
    }

    /// Adds DateTime; the value is an RFC 3339 date-time.
    pub fn date_time(self, date_time: &str) -> CpimBuilder {
        self.header("DateTime", date_time)
    }

    /// Adds Subject with that text, escaped.
    pub fn subject(self, text: &str) -> CpimBuilder {
        self.header("Subject", escape(text))
    }

    /// Adds Subject with that text, escaped, and its language tag (RFC 3862 §3.3).
    pub fn subject_in(mut self, language: &str, text: &str) -> CpimBuilder {
        self.lines.push(format!("Subject:;lang={language} {}\r\n", escape(text)));
        self
    }

    /// Declares a prefix (RFC 3862 §4.6) for the headers that follow.
    pub fn namespace(self, prefix: &str, uri: &str) -> CpimBuilder {
        self.header("NS", format!("{prefix} <{uri}>"))
    }

    /// Declares the prefix `imdn`, adds Message-ID and asks for those notifications, if any (RFC 5438 §7.1.1).
    pub fn imdn(self, message_id: &str, requests: &[&str]) -> CpimBuilder {
        let builder = self.namespace("imdn", CPIM_IMDN_NS).header("imdn.Message-ID", message_id);
        match requests {
            [] => builder,
            requests => builder.header("imdn.Disposition-Notification", requests.join(", ")),
        }
    }

    pub fn build(&self) -> Bytes {
        let size: usize = self.lines.iter().map(String::len).sum();
        let mut out = Vec::with_capacity(size + 256 + self.content.body.len());
        for line in &self.lines {
            out.extend_from_slice(line.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        self.content.headers.write(&mut out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.content.body);
        out.into()
    }
}
