//! Writing a chunk: exactly what was asked for, in that order, with the end-line that fits.

use std::fmt::{Display, Write};
use std::sync::OnceLock;

use bytes::Bytes;
use memchr::memmem::Finder;
use smallvec::SmallVec;

use super::head::Head;
use super::message::{Body, Message};
use super::tail::Flag;

/// A chunk being written.
#[derive(Clone, Debug)]
pub struct Builder {
    start: String,
    transaction_id: String,
    headers: Vec<(String, String)>,
    body: Option<Body>,
    octets: u64,
    flag: Flag,
    tail: Option<Bytes>,
}

/// Looks for the end-line of a transaction in a body that goes by in pieces: it must not stand there, in one of them or
/// across several (RFC 4975 §7.1).
#[derive(Debug)]
pub struct EndLine {
    finder: Finder<'static>,
    /// The last octets that went by: all but one of an end-line may be among them.
    seam: Vec<u8>,
}

impl EndLine {
    pub fn new(transaction_id: &str) -> EndLine {
        let line = format!("-------{transaction_id}");
        EndLine { finder: Finder::new(line.as_bytes()).into_owned(), seam: Vec::new() }
    }

    /// Whether the end-line stands in the next piece, or begins before it and ends in it.
    pub fn stands_in(&mut self, piece: &[u8]) -> bool {
        let reach = self.finder.needle().len() - 1;
        let before = self.seam.len();
        self.seam.extend_from_slice(&piece[..piece.len().min(reach)]);
        let found = before > 0 && self.finder.find(&self.seam).is_some() || self.finder.find(piece).is_some();
        if piece.len() > reach {
            self.seam.clear();
            self.seam.extend_from_slice(&piece[piece.len() - reach..]);
        } else {
            self.seam.drain(..self.seam.len().saturating_sub(reach));
        }
        found
    }

    /// The end-line itself, behind a body.
    pub fn written(&self, flag: Flag) -> Bytes {
        [b"\r\n", self.finder.needle(), &[flag.as_char() as u8], b"\r\n"].concat().into()
    }
}

/// What looks for the end-line of a transaction in what follows these pieces of a body, where it does not stand in them.
pub fn safe_end_line<'b>(transaction_id: &str, body: impl IntoIterator<Item = &'b Bytes>) -> Option<EndLine> {
    let mut line = EndLine::new(transaction_id);
    body.into_iter().all(|piece| !line.stands_in(piece)).then_some(line)
}

impl Builder {
    pub fn request(transaction_id: &str, method: &str) -> Builder {
        Builder::start(transaction_id, method)
    }

    /// A response with that status code, and a comment unless it is empty.
    pub fn response(transaction_id: &str, code: u16, comment: &str) -> Builder {
        let blank = if comment.is_empty() { "" } else { " " };
        Builder::start(transaction_id, &format!("{code:03}{blank}{comment}"))
    }

    /// A builder that holds what `message` holds, to be changed.
    pub fn from_message(message: &Message) -> Builder {
        let head = message.head();
        let text = String::from_utf8_lossy(head.bytes());
        Builder {
            start: text.lines().next().unwrap_or_default().to_owned(),
            transaction_id: head.transaction_id().to_owned(),
            headers: head.headers().map(|h| (h.name().to_owned(), h.value().to_owned())).collect(),
            body: message.body().cloned(),
            octets: message.octets(),
            flag: message.flag(),
            tail: None,
        }
    }

    /// Replaces the start line; the end-line keeps its transaction identifier.
    pub fn start_line(mut self, line: impl Into<String>) -> Builder {
        self.start = line.into();
        self
    }

    /// Adds a header at the end.
    pub fn header(mut self, name: &str, value: impl Display) -> Builder {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a header at the end where there is a value.
    pub fn maybe(self, name: &str, value: Option<impl Display>) -> Builder {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// Adds a header before all others.
    pub fn header_first(mut self, name: &str, value: impl Display) -> Builder {
        self.headers.insert(0, (name.to_owned(), value.to_string()));
        self
    }

    /// Replaces the first header of that name and drops the others; adds it, before Content-Type, where there is none.
    pub fn set(mut self, name: &str, value: impl Display) -> Builder {
        let value = value.to_string();
        let same = |header: &(String, String)| header.0.eq_ignore_ascii_case(name);
        if let Some(at) = self.headers.iter().position(same) {
            self.headers[at].1 = value;
            let mut index = 0;
            self.headers.retain(|header| {
                index += 1;
                index - 1 <= at || !same(header)
            });
            return self;
        }
        let last = self.headers.iter().position(|(n, _)| n.eq_ignore_ascii_case("Content-Type"));
        self.headers.insert(last.unwrap_or(self.headers.len()), (name.to_owned(), value));
        self
    }

    /// Drops every header of that name.
    pub fn remove(mut self, name: &str) -> Builder {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    /// The value of the first header of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Sets the body, and Content-Type as the last header.
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Builder {
        self.remove("Content-Type").header("Content-Type", content_type).octets(body)
    }

    /// Sets the body's octets and leaves the headers as they are.
    pub fn octets(self, body: impl Into<Bytes>) -> Builder {
        self.segments([body.into()])
    }

    /// Sets the body's octets, piece by piece, and leaves the headers as they are.
    pub fn segments(mut self, body: impl IntoIterator<Item = Bytes>) -> Builder {
        let body: Body = body.into_iter().filter(|piece| !piece.is_empty()).collect();
        self.octets = body.iter().map(|piece| piece.len() as u64).sum();
        self.body = Some(body);
        self
    }

    /// Drops the body and leaves the headers as they are.
    pub fn no_body(mut self) -> Builder {
        self.body = None;
        self.octets = 0;
        self
    }

    /// The continuation flag; `$` unless set.
    pub fn flag(mut self, flag: Flag) -> Builder {
        self.flag = flag;
        self
    }

    /// Replaces the end-line, and the CRLF before it where there is a body, by these octets.
    pub fn tail(mut self, octets: impl Into<Bytes>) -> Builder {
        self.tail = Some(octets.into());
        self
    }

    /// Writes the chunk.
    pub fn build(self) -> Message {
        let head = Head::parse(self.head());
        let tail = self.end();
        Message { head, body: self.body, octets: self.octets, flag: self.flag, tail, flaws: OnceLock::new() }
    }

    /// Writes the chunk for sending: head, body, end-line; the body is not copied.
    pub fn pieces(self) -> SmallVec<[Bytes; 3]> {
        let mut pieces = SmallVec::new();
        pieces.push(self.head());
        let tail = self.end();
        pieces.extend(self.body.into_iter().flatten());
        pieces.push(tail);
        pieces
    }

    /// Writes the head of a chunk whose body follows bit by bit; [`EndLine::written`] ends it.
    pub fn open(mut self) -> Bytes {
        self.body.get_or_insert_default();
        self.head()
    }

    fn start(transaction_id: &str, rest: &str) -> Builder {
        Builder {
            start: format!("MSRP {transaction_id} {rest}"),
            transaction_id: transaction_id.to_owned(),
            headers: Vec::with_capacity(8),
            body: None,
            octets: 0,
            flag: Flag::Last,
            tail: None,
        }
    }

    fn head(&self) -> Bytes {
        let mut text = String::with_capacity(512);
        let _ = write!(text, "{}\r\n", self.start);
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        if self.body.is_some() {
            text.push_str("\r\n");
        }
        text.into()
    }

    fn end(&self) -> Bytes {
        if let Some(tail) = &self.tail {
            return tail.clone();
        }
        let before = if self.body.is_some() { "\r\n" } else { "" };
        format!("{before}-------{}{}\r\n", self.transaction_id, self.flag.as_char()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_line_is_found_in_a_piece_and_across_pieces() {
        for (pieces, safe) in [
            (&["nothing", "of", "the kind"][..], true),
            (&["before -------a786hjs2$ after"], false),
            (&["before -------a786", "hjs2$ after"], false),
            (&["-", "-", "-", "-", "-", "-", "-", "a", "7", "8", "6", "h", "j", "s", "2"], false),
            (&["-------a786hjs", "", "2"], false),
            (&["a long piece without it, then ---", "----a786hjs2"], false),
            (&["-------a786hjs", "3"], true),
            (&["-------a786", "x", "hjs2"], true),
            (&["------", "a786hjs2"], true),
            (&["-------A786HJS2"], true),
            (&[], true),
        ] {
            let body: Vec<Bytes> = pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
            assert_eq!(safe_end_line("a786hjs2", &body).is_some(), safe, "{pieces:?}");
        }
    }

    #[test]
    fn a_chunk_written_bit_by_bit_is_the_chunk_written_at_once() {
        for flag in [Flag::Last, Flag::More, Flag::Aborted] {
            let builder =
                || Builder::request("a786hjs2", "SEND").header("Message-ID", "1").header("Content-Type", "a/b");
            let bits = [builder().open(), Bytes::from_static(b"content"), EndLine::new("a786hjs2").written(flag)];
            let at_once = builder().octets("content").flag(flag).pieces().concat();
            assert_eq!(bits.concat(), at_once);
        }
    }
}
