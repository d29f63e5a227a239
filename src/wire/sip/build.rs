//! Writing a message: exactly what was asked for, in that order; only Content-Length is added.

use std::fmt::Display;

use bytes::Bytes;

use super::message::{Message, Start};
use super::name::Name;

/// A message being written.
#[derive(Clone, Debug)]
pub struct Builder {
    start: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

/// A header value: anything that can be displayed.
pub trait IntoValue: Display {}
impl<T: Display + ?Sized> IntoValue for T {}

impl Builder {
    pub fn request(method: &str, uri: &str) -> Builder {
        Builder { start: format!("{method} {uri} SIP/2.0"), headers: Vec::new(), body: Bytes::new() }
    }

    /// A status line with nothing below it.
    pub fn status(code: u16, reason: &str) -> Builder {
        Builder { start: format!("SIP/2.0 {code} {reason}"), headers: Vec::new(), body: Bytes::new() }
    }

    /// A response with what RFC 3261 §8.2.6.2 copies from the request: Via, From, To, Call-ID, CSeq.
    pub fn response(request: &Message, code: u16, reason: &str) -> Builder {
        let mut builder = Builder::status(code, reason);
        for name in [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq] {
            for header in request.all(name) {
                builder.headers.push((name.text().to_owned(), header.text().into_owned()));
            }
        }
        builder
    }

    /// A builder that holds what `message` holds, to be changed. Folds are joined, names kept as written.
    pub fn from_message(message: &Message) -> Builder {
        let start = match message.start() {
            Start::Request { method, uri, version } => {
                format!("{} {} {}", message.str(method), message.str(uri), message.str(version))
            }
            Start::Response { version, code, reason, .. } => {
                format!("{} {} {}", message.str(version), message.str(code), message.str(reason))
            }
            Start::Broken(line) => message.str(line).to_owned(),
        };
        let headers = message
            .headers()
            .filter(|h| h.name() != Name::ContentLength)
            .map(|h| (h.spelling().to_owned(), h.text().into_owned()))
            .collect();
        Builder { start, headers, body: message.body() }
    }

    /// Replaces the start line.
    pub fn start_line(mut self, line: impl Into<String>) -> Builder {
        self.start = line.into();
        self
    }

    /// Adds a header at the end.
    pub fn header(mut self, name: &str, value: impl IntoValue) -> Builder {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a header at the end where there is a value.
    pub fn maybe(self, name: &str, value: Option<impl IntoValue>) -> Builder {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// Adds a header before all others.
    pub fn header_first(mut self, name: &str, value: impl IntoValue) -> Builder {
        self.headers.insert(0, (name.to_owned(), value.to_string()));
        self
    }

    /// Replaces the first header of that name (compact spelling too) and drops the others; adds it where there is none.
    pub fn set(mut self, name: &str, value: impl IntoValue) -> Builder {
        let value = value.to_string();
        let Some(at) = self.headers.iter().position(|(n, _)| same(n, name)) else {
            self.headers.push((name.to_owned(), value));
            return self;
        };
        self.headers[at].1 = value;
        let mut index = 0;
        self.headers.retain(|(n, _)| {
            index += 1;
            index - 1 <= at || !same(n, name)
        });
        self
    }

    /// Drops every header of that name, compact spelling too.
    pub fn remove(mut self, name: &str) -> Builder {
        self.headers.retain(|(n, _)| !same(n, name));
        self
    }

    /// The value of the first header of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| same(n, name)).map(|(_, v)| v.as_str())
    }

    /// Sets the body with its Content-Type.
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Builder {
        let mut builder = self.set("Content-Type", content_type);
        builder.body = body.into();
        builder
    }

    /// Sets the body's octets and leaves Content-Type as it is.
    pub fn octets(mut self, body: impl Into<Bytes>) -> Builder {
        self.body = body.into();
        self
    }

    /// Writes the message. Content-Length is added last unless it was set.
    pub fn build(self) -> Message {
        let octets = self.headers.iter().map(|(name, value)| name.len() + value.len() + 4);
        // Room for Content-Length as well, so that writing allocates once.
        let mut text = String::with_capacity(self.start.len() + octets.sum::<usize>() + self.body.len() + 48);
        let mut line = |parts: &[&str]| parts.iter().for_each(|part| text.push_str(part));
        line(&[&self.start, "\r\n"]);
        for (name, value) in &self.headers {
            line(&[name, ": ", value, "\r\n"]);
        }
        if !self.headers.iter().any(|(n, _)| same(n, "Content-Length")) {
            line(&["Content-Length: ", &self.body.len().to_string(), "\r\n"]);
        }
        line(&["\r\n"]);
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        Message::parse(bytes.into())
    }
}

fn same(a: &str, b: &str) -> bool {
    match Name::of(a.as_bytes()) {
        Name::Other => a.eq_ignore_ascii_case(b),
        name => name == Name::of(b.as_bytes()),
    }
}
