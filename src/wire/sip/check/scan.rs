//! A cursor over the octets of one value, and the character classes of RFC 3261 §25.1.

/// Whether `token` may hold the octet.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}
