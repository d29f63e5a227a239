//! Fingerprints of certificates in session descriptions (RFC 8122 §5; RFC 4975 §14.4). It must not know where certificates
//! come from.

use std::fmt;

use sha2::Digest;

/// The hash of a certificate in DER.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    /// Name of the hash function, in lower case.
    function: String,
    digest: Vec<u8>,
}

/// The functions that may be verified, from the weakest to the best.
const TRUSTED: [&str; 5] = ["sha-1", "sha-224", "sha-256", "sha-384", "sha-512"];

/// The attribute that has it.
pub const ATTRIBUTE: &str = "fingerprint";

impl Fingerprint {
    /// That of a certificate, by SHA-256, as every implementation knows it (RFC 8122 §5.1).
    pub fn of(certificate: &[u8]) -> Fingerprint {
        Fingerprint { function: "sha-256".to_owned(), digest: sha2::Sha256::digest(certificate).to_vec() }
    }

    /// The value of the attribute: a hash function, and octets in hexadecimal with colons between.
    pub fn parse(value: &str) -> Option<Fingerprint> {
        let (function, digits) = value.trim().split_once(' ')?;
        let hex = |pair: &str| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        let octet = |pair: &str| u8::from_str_radix(pair, 16).ok().filter(|_| hex(pair));
        let digest = digits.trim().split(':').map(octet).collect::<Option<Vec<u8>>>()?;
        Some(Fingerprint { function: function.to_ascii_lowercase(), digest })
    }

    /// Whether a certificate is the one of these fingerprints, which may be of several certificates: those count that are made
    /// with the best of the functions that are known here (RFC 8122 §5.1).
    pub fn any_matches(all: &[Fingerprint], certificate: &[u8]) -> bool {
        let strength = |one: &Fingerprint| TRUSTED.iter().position(|function| *function == one.function);
        let best = all.iter().filter_map(strength).max();
        best.is_some() && all.iter().any(|one| strength(one) == best && one.matches(certificate))
    }

    /// How many octets a hash function gives that is known here, by its name in lower case.
    pub fn length(function: &str) -> Option<usize> {
        match function {
            "md5" | "md2" => Some(16),
            "sha-1" => Some(20),
            "sha-224" => Some(28),
            "sha-256" => Some(32),
            "sha-384" => Some(48),
            "sha-512" => Some(64),
            _ => None,
        }
    }

    /// Whether it is that of the certificate. What was hashed with a function that nobody may trust, or that is not known
    /// here, is no certificate's (RFC 8122 §5: MD2 and MD5 must not be used).
    pub fn matches(&self, certificate: &[u8]) -> bool {
        match self.function.as_str() {
            "sha-1" => sha1::Sha1::digest(certificate)[..] == self.digest[..],
            "sha-224" => sha2::Sha224::digest(certificate)[..] == self.digest[..],
            "sha-256" => sha2::Sha256::digest(certificate)[..] == self.digest[..],
            "sha-384" => sha2::Sha384::digest(certificate)[..] == self.digest[..],
            "sha-512" => sha2::Sha512::digest(certificate)[..] == self.digest[..],
            _ => false,
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.function)?;
        for (nth, octet) in self.digest.iter().enumerate() {
            let colon = if nth > 0 { ":" } else { "" };
            write!(f, "{colon}{octet:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_known_by_its_fingerprint() {
        let own = Fingerprint::of(b"abc");
        let text =
            "sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
        assert_eq!(own.to_string(), text);
        assert_eq!(Fingerprint::parse(&text.to_ascii_lowercase()), Some(own));
        for (value, matches) in [
            (text, true),
            ("SHA-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D", true),
            ("sha-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9E", false),
            ("md5 90:01:50:98:3C:D2:4F:B0:D6:96:3F:7D:28:E1:7F:72", false),
            ("sha-256 BA:78", false),
        ] {
            assert_eq!(Fingerprint::parse(value).map(|one| one.matches(b"abc")), Some(matches), "{value}");
        }
        let of = |values: &[&str]| values.iter().filter_map(|value| Fingerprint::parse(value)).collect::<Vec<_>>();
        let (weak, md5) = ("SHA-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D", "md5 00");
        for (values, matches) in [
            (&[weak, text][..], true),
            (&[weak, "sha-256 BA:78"], false),
            (&["sha-256 BA:78", text], true),
            (&[weak, md5, "sha-999 00"], true),
            (&[md5], false),
            (&[], false),
        ] {
            assert_eq!(Fingerprint::any_matches(&of(values), b"abc"), matches, "{values:?}");
        }
        for value in ["", "sha-256", "sha-256 ", "sha-256 0", "sha-256 00:0", "sha-256 00:+1", "sha-256 gg"] {
            assert_eq!(Fingerprint::parse(value), None, "{value}");
        }
    }
}
