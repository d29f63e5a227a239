//! The end-line of a chunk, and finding it in a stream without holding back the body.

use bytes::Bytes;
use memchr::{memmem, memrchr};
use smallvec::SmallVec;

const HYPHENS: &[u8] = b"\r\n-------";

/// The continuation flag of an end-line (RFC 4975 §7.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flag {
    /// `$`: the chunk ends the message.
    Last,
    /// `+`: more chunks follow.
    More,
    /// `#`: the message is given up.
    Aborted,
}

impl Flag {
    pub const ALL: [Flag; 3] = [Flag::Last, Flag::More, Flag::Aborted];

    /// The flag's character.
    pub fn as_char(self) -> char {
        match self {
            Flag::Last => '$',
            Flag::More => '+',
            Flag::Aborted => '#',
        }
    }

    /// The flag that an octet stands for.
    pub fn of(octet: u8) -> Option<Flag> {
        match octet {
            b'$' => Some(Flag::Last),
            b'+' => Some(Flag::More),
            b'#' => Some(Flag::Aborted),
            _ => None,
        }
    }
}

/// The flag of `line` (line end included), where the line is the end-line of that transaction.
pub fn end_line(line: &[u8], transaction_id: &[u8]) -> Option<Flag> {
    let rest = line.strip_prefix(&HYPHENS[2..])?.strip_prefix(transaction_id)?;
    match rest {
        [flag, b'\r', b'\n'] | [flag, b'\n'] => Flag::of(*flag),
        _ => None,
    }
}

/// Looks for the CRLF and end-line behind one body. Octets that may belong to it are held back until that is
/// known: at most the end-line's own length, whatever the size of the segments.
#[derive(Clone, Debug)]
pub struct Finder {
    /// CRLF, seven hyphens, transaction identifier; then follow flag and CRLF.
    ///
    /// Its one CR stands at the front, so a match that fails can only begin anew at the octet it failed at.
    line: SmallVec<[u8; 48]>,
    /// How many octets of line, flag and CRLF have been matched.
    matched: usize,
    flag: Flag,
    /// The octets matched in earlier segments.
    held: SmallVec<[Bytes; 2]>,
}

/// What a [`Finder`] did with a segment.
#[derive(Debug)]
pub enum Found {
    /// The body goes on; the segment is used up.
    NotYet,
    /// The body is complete. `tail` is the end-line with the CRLF before it (absent where a body of no octets
    /// went without); `rest` is what follows.
    End { flag: Flag, tail: Bytes, rest: Bytes },
}

impl Finder {
    /// A finder for the body behind a header section, its empty line already taken.
    pub fn new(transaction_id: &[u8]) -> Finder {
        let mut line = SmallVec::with_capacity(HYPHENS.len() + transaction_id.len());
        line.extend_from_slice(HYPHENS);
        line.extend_from_slice(transaction_id);
        // Some senders of an empty body let the empty line's CRLF do for the end-line's.
        Finder { line, matched: 2, flag: Flag::Last, held: SmallVec::new() }
    }

    /// Takes the next segment, and puts the octets that belong to the body into `body`.
    pub fn feed(&mut self, segment: Bytes, body: &mut impl FnMut(Bytes)) -> Found {
        let mut at = 0;
        // Inside the finder's line from an earlier segment on: octet by octet until that is decided.
        while self.matched > 0 && at < segment.len() {
            match self.step(segment[at]) {
                Step::Done => return self.end(segment, 0, at + 1),
                Step::On => at += 1,
                Step::Failed => {
                    self.release(body);
                    if at > 0 {
                        body(segment.slice(..at));
                    }
                    // From the octet that failed on: it may be the CR before the end-line.
                    return self.scan(segment, at, body);
                }
            }
        }
        if self.matched > 0 {
            if !segment.is_empty() {
                self.held.push(segment);
            }
            return Found::NotYet;
        }
        self.scan(segment, 0, body)
    }

    /// The octets held back, when the stream ends here.
    pub fn release(&mut self, body: &mut impl FnMut(Bytes)) {
        for piece in self.held.drain(..) {
            body(piece);
        }
        self.matched = 0;
    }

    /// Goes through `segment` from `from` with nothing held.
    fn scan(&mut self, segment: Bytes, from: usize, body: &mut impl FnMut(Bytes)) -> Found {
        self.matched = 0;
        let line = self.line.clone();
        let finder = memmem::Finder::new(&line);
        let mut search = from;
        let hold = loop {
            let Some(hit) = finder.find(&segment[search..]).map(|i| search + i) else {
                break possible_prefix(&segment[search..], &line).map(|i| search + i);
            };
            let mut at = hit + line.len();
            self.matched = line.len();
            let mut failed = false;
            while at < segment.len() {
                match self.step(segment[at]) {
                    Step::Done => {
                        if hit > from {
                            body(segment.slice(from..hit));
                        }
                        return self.end(segment, hit, at + 1);
                    }
                    Step::On => at += 1,
                    Step::Failed => {
                        failed = true;
                        break;
                    }
                }
            }
            if !failed {
                break Some(hit);
            }
            self.matched = 0;
            search = at;
        };
        let until = hold.unwrap_or(segment.len());
        if until > from {
            body(segment.slice(from..until));
        }
        if until < segment.len() {
            self.matched = segment.len() - until;
            self.held.push(segment.slice(until..));
        }
        Found::NotYet
    }

    fn step(&mut self, octet: u8) -> Step {
        let fits = match self.matched.checked_sub(self.line.len()) {
            None => self.line[self.matched] == octet,
            Some(0) => match Flag::of(octet) {
                Some(flag) => {
                    self.flag = flag;
                    true
                }
                None => false,
            },
            Some(1) => octet == b'\r',
            Some(_) => octet == b'\n',
        };
        if !fits {
            return Step::Failed;
        }
        self.matched += 1;
        if self.matched == self.line.len() + 3 { Step::Done } else { Step::On }
    }

    fn end(&mut self, segment: Bytes, from: usize, to: usize) -> Found {
        let rest = segment.slice(to..);
        let tail = if self.held.is_empty() {
            segment.slice(from..to)
        } else {
            let mut joined = Vec::with_capacity(self.line.len() + 3);
            self.held.drain(..).for_each(|piece| joined.extend_from_slice(&piece));
            joined.extend_from_slice(&segment[from..to]);
            Bytes::from(joined)
        };
        Found::End { flag: self.flag, tail, rest }
    }
}

enum Step {
    On,
    Done,
    Failed,
}

/// Where at the end of `bytes` a beginning of `line` stands.
fn possible_prefix(bytes: &[u8], line: &[u8]) -> Option<usize> {
    let window = bytes.len().saturating_sub(line.len() - 1);
    let cr = window + memrchr(b'\r', &bytes[window..])?;
    line.starts_with(&bytes[cr..]).then_some(cr)
}
