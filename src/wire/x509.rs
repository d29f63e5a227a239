//! What a certificate says of itself: how long it is good, and whom it is for (RFC 5280 §4.1, §4.2.1.6; RFC 5922 §7). Who
//! signed it is not looked at.

use std::net::IpAddr;

use super::mime::date;
use super::uri::{Scheme, Uri};

/// A certificate, as far as it is of use here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// When it begins to be good, and when it is good for the last time, in seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    /// The common names of its subject.
    pub common_names: Vec<String>,
    /// The names of its subjectAltName; `None` where it has no such extension.
    pub names: Option<Vec<Name>>,
}

/// A name in a subjectAltName.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Name {
    Dns(String),
    Uri(String),
    Ip(IpAddr),
}

/// Names that are looked at in one certificate.
const MOST: usize = 256;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

impl Certificate {
    /// Reads one in DER; `None` where it is no certificate, or has no dates.
    pub fn parse(der: &[u8]) -> Option<Certificate> {
        let mut outer = Der(Der(der).expect(SEQUENCE)?);
        let mut fields = Der(outer.expect(SEQUENCE)?);
        fields.skip_if(0xa0);
        // Serial number, algorithm, issuer.
        for _ in 0..3 {
            fields.next()?;
        }
        let mut validity = Der(fields.expect(SEQUENCE)?);
        let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
        let common_names = common_names(Der(fields.expect(SEQUENCE)?));
        fields.next()?;
        let extensions = fields.find(0xa3).and_then(|all| Der(all).expect(SEQUENCE));
        let names = extensions.and_then(|all| subject_alt_name(Der(all))).map(names);
        Some(Certificate { not_before, not_after, common_names, names })
    }

    /// The SIP domains that it is for (RFC 5922 §7.1): those of its SIP URIs without a user; where it has none, its names of
    /// DNS; and where it has no subjectAltName at all, its common names.
    pub fn sip_domains(&self) -> Vec<&str> {
        let Some(names) = &self.names else { return self.common_names.iter().map(String::as_str).collect() };
        let by_uri: Vec<&str> =
            names.iter().filter_map(|name| if let Name::Uri(uri) = name { domain_of(uri) } else { None }).collect();
        if !by_uri.is_empty() {
            return by_uri;
        }
        let dns = names.iter().filter_map(|name| if let Name::Dns(name) = name { Some(name.as_str()) } else { None });
        dns.collect()
    }

    /// Whether it is for that SIP domain, without regard to case; a name with `*` is for none (RFC 5922 §7.2).
    pub fn is_for_domain(&self, domain: &str) -> bool {
        self.sip_domains().iter().any(|one| one.eq_ignore_ascii_case(domain))
    }

    /// Whether it is for that address.
    pub fn is_for_address(&self, address: IpAddr) -> bool {
        self.names.iter().flatten().any(|name| *name == Name::Ip(address))
    }
}

/// The host of a SIP URI without a user: what has one names a person, and `sips` is no scheme of certificates.
fn domain_of(text: &str) -> Option<&str> {
    let uri = Uri::parse(text);
    let rest = text.get(4..)?;
    (uri.scheme == Scheme::Sip && !text.contains('@'))
        .then(|| &rest[..rest.find([':', ';', '?']).unwrap_or(rest.len())])
}

fn common_names(mut subject: Der<'_>) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((SET, set)) = subject.next() {
        let mut set = Der(set);
        while let Some((SEQUENCE, attribute)) = set.next() {
            let mut attribute = Der(attribute);
            if attribute.next() == Some((OID, COMMON_NAME))
                && let Some((_, value)) = attribute.next()
                && names.len() < MOST
            {
                names.push(String::from_utf8_lossy(value).into_owned());
            }
        }
    }
    names
}

/// The value of the extension, if it is among these.
fn subject_alt_name(mut extensions: Der<'_>) -> Option<&[u8]> {
    while let Some((SEQUENCE, extension)) = extensions.next() {
        let mut extension = Der(extension);
        if extension.next() == Some((OID, SUBJECT_ALT_NAME)) {
            return Der(extension.find(0x04)?).expect(SEQUENCE);
        }
    }
    None
}

fn names(all: &[u8]) -> Vec<Name> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let mut all = Der(all);
    std::iter::from_fn(|| all.next())
        .take(MOST)
        .filter_map(|(tag, value)| match tag {
            0x82 => Some(Name::Dns(text(value))),
            0x86 => Some(Name::Uri(text(value))),
            0x87 => match value.len() {
                4 => Some(Name::Ip(IpAddr::from(<[u8; 4]>::try_from(value).ok()?))),
                16 => Some(Name::Ip(IpAddr::from(<[u8; 16]>::try_from(value).ok()?))),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5).
fn time((tag, value): (u8, &[u8])) -> Option<i64> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii())?;
    let full = match tag {
        0x17 => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        0x18 => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| full.get(from..to);
    let (day, clock) = (
        format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?),
        format!("{}:{}:{}Z", part(8, 10)?, part(10, 12)?, part(12, 14)?),
    );
    (full.len() == 15 && full.ends_with('Z')).then(|| date::rfc3339_seconds(&format!("{day}T{clock}")))?
}

/// Elements of DER, one after the other.
struct Der<'d>(&'d [u8]);

impl<'d> Der<'d> {
    /// The next one: its tag and what is in it.
    fn next(&mut self) -> Option<(u8, &'d [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x83 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    /// What is in the next one, which must have that tag.
    fn expect(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    /// What is in the next one of that tag, whatever stands before it.
    fn find(&mut self, tag: u8) -> Option<&'d [u8]> {
        std::iter::from_fn(|| self.next()).find(|(found, _)| *found == tag).map(|(_, value)| value)
    }

    fn skip_if(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            self.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    fn certificate(common_name: &str, names: &[&str]) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_before = rcgen::date_time_ymd(2020, 2, 29);
        params.not_after = rcgen::date_time_ymd(2050, 1, 1);
        for name in names {
            params.subject_alt_names.push(match name.parse() {
                Ok(ip) => SanType::IpAddress(ip),
                Err(_) if name.contains(':') => SanType::URI((*name).try_into().unwrap()),
                Err(_) => SanType::DnsName((*name).try_into().unwrap()),
            });
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn dates_are_read() {
        let read = Certificate::parse(&certificate("a", &["127.0.0.2", "::1"])).unwrap();
        assert_eq!((read.not_before, read.not_after), (1_582_934_400, 2_524_608_000));
        assert!(read.is_for_address("127.0.0.2".parse().unwrap()) && read.is_for_address("::1".parse().unwrap()));
        assert!(!read.is_for_address("127.0.0.3".parse().unwrap()));
    }

    #[test]
    fn a_sip_domain_is_found_where_rfc_5922_looks_for_it() {
        for (common_name, names, expected) in [
            ("home1.example", &[][..], &["home1.example"][..]),
            ("home1.example", &["other.example"], &["other.example"]),
            ("home1.example", &["127.0.0.2"], &[]),
            ("x", &["dns.example", "sip:uri.example"], &["uri.example"]),
            ("x", &["sip:uri.example:5061;transport=tls", "SIP:b.example"], &["uri.example", "b.example"]),
            ("x", &["dns.example", "sip:alice@uri.example"], &["dns.example"]),
            ("x", &["sips:uri.example", "https://uri.example"], &[]),
        ] {
            let read = Certificate::parse(&certificate(common_name, names)).unwrap();
            assert_eq!(read.sip_domains(), expected, "{names:?}");
        }
        let wild = Certificate::parse(&certificate("x", &["*.home1.example"])).unwrap();
        assert!(!wild.is_for_domain("a.home1.example"));
        let own = Certificate::parse(&certificate("x", &["sip:Home1.Example"])).unwrap();
        assert!(own.is_for_domain("home1.example") && !own.is_for_domain("a.home1.example"));
    }

    #[test]
    fn what_breaks_off_is_none() {
        let whole = certificate("a", &["sip:home1.example", "127.0.0.1"]);
        for length in 0..whole.len() {
            assert_eq!(Certificate::parse(&whole[..length]), None, "{length}");
            // Whatever an octet is, nothing panics.
            let mut other = whole.clone();
            other[length] = !other[length];
            let _ = Certificate::parse(&other);
        }
    }
}
