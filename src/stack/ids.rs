//! Identifiers and small random choices, from a seed: the same seed and label give the same ones in every run.
//!
//! This is no cryptography: a simulator's tags must be distinct and repeatable, not secret.

/// A deterministic source of tags, branches, Call-IDs and back-off times.
#[derive(Clone, Debug)]
pub struct IdSource {
    state: u64,
}

const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

impl IdSource {
    /// The source of the party `label` in the run of `seed`.
    pub fn new(seed: u64, label: &str) -> IdSource {
        let mut source = IdSource { state: seed };
        for octet in label.bytes() {
            source.state = source.next_u64() ^ u64::from(octet);
        }
        source.next_u64();
        source
    }

    /// A source of its own, so that what one part draws does not shift what another gets.
    pub fn fork(&mut self, label: &str) -> IdSource {
        IdSource::new(self.next_u64(), label)
    }

    /// 64 random bits (splitmix64).
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }

    /// `length` letters and digits that are a token in SIP, SDP and MSRP alike (5 bits each).
    pub fn token(&mut self, length: usize) -> String {
        let mut token = String::with_capacity(length);
        let mut bits = 0;
        for i in 0..length {
            if i % 12 == 0 {
                bits = self.next_u64();
            }
            token.push(char::from(ALPHABET[(bits & 31) as usize]));
            bits >>= 5;
        }
        token
    }

    /// A From or To tag (RFC 3261 §19.3 asks for at least 32 random bits).
    pub fn tag(&mut self) -> String {
        self.token(10)
    }

    /// A Via branch with the magic cookie of RFC 3261 §8.1.1.7.
    pub fn branch(&mut self) -> String {
        let mut branch = String::from("z9hG4bK");
        branch.push_str(&self.token(12));
        branch
    }

    /// A Call-ID (RFC 3261 §8.1.1.4) at `host`.
    pub fn call_id(&mut self, host: &str) -> String {
        let mut id = self.token(16);
        id.push('@');
        id.push_str(host);
        id
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_and_label_give_the_same_identifiers() {
        let draw = |seed, label| IdSource::new(seed, label).branch();
        assert_eq!(draw(7, "alice"), draw(7, "alice"));
        assert_ne!(draw(7, "alice"), draw(8, "alice"));
        assert_ne!(draw(7, "alice"), draw(7, "bob"));
    }

    #[test]
    fn identifiers_do_not_repeat_and_are_tokens() {
        let mut ids = IdSource::new(1, "x");
        let drawn: HashSet<String> = (0..10_000).map(|_| ids.tag()).collect();
        assert_eq!(drawn.len(), 10_000);
        assert!(drawn.iter().all(|t| t.len() == 10 && t.bytes().all(|b| b.is_ascii_alphanumeric())));
        assert!(ids.branch().starts_with("z9hG4bK"));
        assert!((0..1000).all(|_| ids.below(3) < 3));
        assert_eq!(ids.below(0), 0);
    }
}
