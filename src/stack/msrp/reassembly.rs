//! Putting the chunks of a message together by where their octets belong (RFC 4975 §7.3.1).

use std::collections::BTreeMap;

use bytes::Bytes;

/// Pieces of a message by the number of their first octet, from 1. Of overlapping pieces the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Reassembly {
    pieces: BTreeMap<u64, Bytes>,
    total: Option<u64>,
}

impl Reassembly {
    /// Puts octets from number `start` on.
    pub fn put(&mut self, start: u64, piece: Bytes) {
        if piece.is_empty() {
            return;
        }
        let end = start + piece.len() as u64;
        let before = self.pieces.range(..start).next_back().map(|(s, p)| (*s, p.clone()));
        if let Some((s, old)) = before
            && s + old.len() as u64 > start
        {
            let keep = (start - s) as usize;
            self.pieces.insert(s, old.slice(..keep));
            if s + old.len() as u64 > end {
                self.pieces.insert(end, old.slice((end - s) as usize..));
            }
        }
        let covered: Vec<u64> = self.pieces.range(start..end).map(|(s, _)| *s).collect();
        for s in covered {
            if let Some(old) = self.pieces.remove(&s)
                && s + old.len() as u64 > end
            {
                self.pieces.insert(end, old.slice((end - s) as usize..));
            }
        }
        self.pieces.insert(start, piece);
    }

    /// Says how many octets the message has.
    pub fn set_total(&mut self, total: u64) {
        self.total = Some(total);
    }

    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// How many octets are there.
    pub fn held(&self) -> u64 {
        self.pieces.values().map(|p| p.len() as u64).sum()
    }

    /// The last octet from which on none is missing, counted from 1; 0 where the first one is missing.
    pub fn contiguous(&self) -> u64 {
        let mut next = 1;
        for (start, piece) in &self.pieces {
            if *start > next {
                break;
            }
            next = next.max(start + piece.len() as u64);
        }
        next - 1
    }

    /// Whether every octet is there.
    pub fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| self.contiguous() >= total)
    }

    /// The octets in order, as far as the total goes.
    pub fn into_pieces(self) -> Vec<Bytes> {
        let mut left = self.total.unwrap_or(u64::MAX);
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for (_, mut piece) in self.pieces {
            piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= piece.len() as u64;
            if !piece.is_empty() {
                pieces.push(piece);
            }
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[(u64, &'static str)], total: u64, expected: Option<&str>) {
        let mut whole = Reassembly::default();
        whole.set_total(total);
        for (start, text) in pieces {
            whole.put(*start, Bytes::from_static(text.as_bytes()));
        }
        assert_eq!(whole.is_whole(), expected.is_some(), "{pieces:?}");
        if let Some(expected) = expected {
            assert_eq!(whole.into_pieces().concat(), expected.as_bytes(), "{pieces:?}");
        }
    }

    #[test]
    fn octets_land_where_they_belong() {
        check(&[(1, "abc"), (4, "def")], 6, Some("abcdef"));
        check(&[(4, "def"), (1, "abc")], 6, Some("abcdef"));
        check(&[(1, "abc")], 6, None);
        check(&[(2, "bc")], 3, None);
        check(&[(1, "abcdef"), (3, "XY")], 6, Some("abXYef"));
        check(&[(3, "XY"), (1, "abcdef")], 6, Some("abcdef"));
        check(&[(1, "abcd"), (3, "CDef")], 6, Some("abCDef"));
        check(&[(3, "cdef"), (1, "abCD")], 6, Some("abCDef"));
        check(&[(1, "abc"), (1, "xyz"), (4, "def")], 6, Some("xyzdef"));
        check(&[(1, "abcdefgh")], 6, Some("abcdef"));
        check(&[], 0, Some(""));
    }
}
