//! Chunks of MSRP that leave piece by piece: where they end, and whether they wait until they are whole.

use bytes::Bytes;

use super::change::Change;
use super::selector::Kind;
use super::{Tampering, Way};
use crate::stack::Pieces;
use crate::wire::msrp::{EndLine, Flag, Head, Message};

/// A chunk whose end-line has not left yet.
pub struct Bits {
    line: EndLine,
    /// What has been kept back of it, where it is changed as a whole.
    kept: Option<Vec<Bytes>>,
    /// The chunk as its head tells it, without its content.
    pub outline: Message,
}

impl Bits {
    /// The chunk that these pieces begin and do not end, if they do.
    pub fn begun<'t>(pieces: &Pieces, mut tamperings: impl Iterator<Item = &'t Tampering>) -> Option<Bits> {
        let first = pieces.first()?;
        let head = Head::parse(first.clone());
        let line = EndLine::new(head.transaction_id());
        let outline = Message::parse([&first[..], &line.written(Flag::More)].concat()).ok()?;
        let kept = tamperings.any(wants_it_whole).then(Vec::new);
        Some(Bits { line, kept, outline })
    }

    /// The flag of the end-line, where these pieces hold it.
    pub fn end(&self, pieces: &Pieces) -> Option<Flag> {
        let flags = [Flag::Last, Flag::More, Flag::Aborted];
        flags.into_iter().find(|flag| pieces.last().is_some_and(|last| last.ends_with(&self.line.written(*flag))))
    }

    /// Puts another end-line in place of that with `flag`; none, where no other is given.
    pub fn change_end(&self, pieces: &mut Pieces, flag: Flag, other: Option<Flag>) {
        let Some(last) = pieces.pop() else { return };
        let length = last.len() - self.line.written(flag).len();
        pieces.push(last.slice(..length));
        pieces.extend(other.map(|other| self.line.written(other)));
    }

    /// Keeps pieces back; gives them all once they are a whole chunk, or at once where nobody wants it whole.
    pub fn gather(&mut self, pieces: Pieces, ended: bool) -> Option<Pieces> {
        let Some(kept) = &mut self.kept else { return Some(pieces) };
        kept.extend(pieces);
        ended.then(|| kept.drain(..).collect())
    }

    pub fn waits(&self) -> bool {
        self.kept.is_some()
    }
}

/// Whether a tampering needs to see the whole chunk, or must not send something else into the midst of one.
fn wants_it_whole(tampering: &Tampering) -> bool {
    let of_msrp = matches!(tampering.selector.kind, Kind::MsrpRequest(_) | Kind::MsrpResponse(_));
    of_msrp && tampering.way == Way::Leaving && !is_of_the_end(&tampering.change)
}

/// Whether a change is about the end-line alone.
pub fn is_of_the_end(change: &Change) -> bool {
    matches!(change, Change::SetFlag(_) | Change::DropEndLine)
}
