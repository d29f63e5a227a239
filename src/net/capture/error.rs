//! What can be wrong with a capture file, said to the person who gave it to us. Knows no format.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a capture file could not be read or written (any further).
#[derive(Debug)]
pub struct CaptureError {
    /// The file, where it has a name.
    pub path: Option<PathBuf>,
    /// How many octets of the file (unpacked, if it was compressed) lie before the trouble.
    pub offset: u64,
    pub problem: Problem,
}

/// What the trouble is.
#[derive(Debug)]
pub enum Problem {
    /// The operating system would not open, read or write the file.
    Io(io::Error),
    /// Neither pcap nor pcapng; the text says what it looks like or what to do.
    NotACapture(&'static str),
    /// The file ends inside a record. Everything before was handed out.
    Cut,
    /// A record contradicts the file format; nothing behind it can be found.
    Damaged(String),
    /// Frames of this link-layer type (a LINKTYPE_ value) cannot be decoded.
    UnsupportedLink(u32),
    /// An observation that no packet can carry.
    Unwritable(&'static str),
}

impl CaptureError {
    pub(super) fn new(offset: u64, problem: Problem) -> CaptureError {
        CaptureError { path: None, offset, problem }
    }

    pub(super) fn in_file(mut self, path: &Path) -> CaptureError {
        self.path = Some(path.to_owned());
        self
    }

    /// The file ends inside a record: what was read so far is good, but there was more.
    pub fn is_cut(&self) -> bool {
        matches!(self.problem, Problem::Cut)
    }

    /// What the user can do about it; empty when there is no advice.
    pub fn hint(&self) -> &'static str {
        match &self.problem {
            Problem::NotACapture(hint) => hint,
            Problem::Cut => "everything before was read; was the file copied while the capture still ran?",
            Problem::Damaged(_) => "everything before was read; `editcap` or `pcapfix` may save more",
            Problem::UnsupportedLink(_) => {
                "supported are Ethernet, Linux cooked v1 and v2, Null/Loopback and raw IP; \
                 capture on a network interface, or convert the file with `editcap -T`"
            }
            Problem::Io(_) | Problem::Unwritable(_) => "",
        }
    }
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        match &self.problem {
            Problem::Io(error) => write!(f, "{error}")?,
            Problem::NotACapture(_) => write!(f, "not a pcap or pcapng file")?,
            Problem::Cut => write!(f, "cut in the middle of a record at octet {}", self.offset)?,
            Problem::Damaged(what) => write!(f, "damaged at octet {}: {what}", self.offset)?,
            Problem::UnsupportedLink(link) => write!(f, "link-layer type {link} is not supported")?,
            Problem::Unwritable(what) => write!(f, "cannot be written as packets: {what}")?,
        }
        match self.hint() {
            "" => Ok(()),
            hint => write!(f, " ({hint})"),
        }
    }
}

impl std::error::Error for CaptureError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Io(error) => Some(error),
            _ => None,
        }
    }
}
