//! Putting the chunks of a message together by where their octets belong (RFC 4975 §7.3.1).

use std::collections::BTreeMap;

use bytes::Bytes;

/// Pieces of a message by the number of their first octet, from 1. Of overlapping pieces the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Reassembly {
    pieces: BTreeMap<u64, Bytes>,
    held: u64,
    total: Option<u64>,
}

impl Reassembly {
    /// Puts octets from number `start` on. Octets whose number does not fit 64 bits are left out.
    pub fn put(&mut self, start: u64, piece: Bytes) {
        let Some(end) = start.checked_add(piece.len() as u64) else { return };
        if piece.is_empty() {
            return;
        }
        let first = self.pieces.range(..start).next_back().map_or(start, |(at, _)| *at);
        let touched: Vec<u64> = self.pieces.range(first..end).map(|(at, _)| *at).collect();
        for at in touched {
            let Some(old) = self.pieces.remove(&at) else { continue };
            self.held -= old.len() as u64;
            let over = at + old.len() as u64;
            if at < start {
                self.insert(at, old.slice(..old.len().min((start - at) as usize)));
            }
            if over > end {
                self.insert(end, old.slice((end - at) as usize..));
            }
        }
        self.insert(start, piece);
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
        self.held
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

    /// Takes the octets from number `start` on, as far as none is missing. Those before it are let go.
    pub fn take_from(&mut self, start: u64) -> Vec<Bytes> {
        let mut next = start;
        let mut taken = Vec::new();
        while let Some((at, piece)) = self.pieces.pop_first() {
            if at > next {
                self.pieces.insert(at, piece);
                break;
            }
            self.held -= piece.len() as u64;
            let known = usize::try_from(next - at).unwrap_or(usize::MAX);
            if known < piece.len() {
                next = at + piece.len() as u64;
                taken.push(piece.slice(known..));
            }
        }
        taken
    }

    /// Whether every octet is there.
    pub fn is_whole(&self) -> bool {
        // Pieces do not overlap, so that too few octets cannot be all of them: most calls look no further.
        self.total.is_some_and(|total| self.held >= total && self.contiguous() >= total)
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

    fn insert(&mut self, at: u64, piece: Bytes) {
        if !piece.is_empty() {
            self.held += piece.len() as u64;
            self.pieces.insert(at, piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        check(&[(1, "abcdefgh"), (3, "XY")], 8, Some("abXYefgh"));
        check(&[(u64::MAX, "ab"), (1, "a")], 1, Some("a"));
    }

    proptest! {
        #[test]
        fn it_does_what_a_flat_buffer_does(
            chunks in proptest::collection::vec((1u64..60, proptest::collection::vec(any::<u8>(), 0..20)), 0..20),
            total in 0u64..80,
        ) {
            let mut flat: Vec<Option<u8>> = vec![None; 80];
            let mut whole = Reassembly::default();
            for (start, octets) in chunks {
                for (i, octet) in octets.iter().enumerate() {
                    flat[start as usize - 1 + i] = Some(*octet);
                }
                whole.put(start, octets.into());
            }
            prop_assert_eq!(whole.held(), flat.iter().flatten().count() as u64);
            whole.set_total(total);
            let mut switch = whole.clone();
            let front = flat[2..].iter().map_while(|octet| *octet).collect::<Vec<_>>();
            prop_assert_eq!(switch.take_from(3).concat(), front, "what nothing is missing before");
            prop_assert!(switch.contiguous() == 0 && switch.held() <= whole.held());
            let wanted = &flat[..total as usize];
            prop_assert_eq!(whole.is_whole(), wanted.iter().all(Option::is_some));
            if whole.is_whole() {
                prop_assert_eq!(whole.into_pieces().concat(), wanted.iter().flatten().copied().collect::<Vec<u8>>());
            }
        }
    }
}
