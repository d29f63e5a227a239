//! Whether two URIs are the same, by the rules of their scheme.

use super::escape::normal;
use super::parse::{Host, Param, Scheme, Uri};

/// Whether two URIs are the same: SIP by RFC 3261 §19.1.4, tel by RFC 3966 §4, MSRP by RFC 4975 §6.1, all others
/// octet by octet. SIP URIs that are the same as a third need not be the same as each other.
pub fn same(a: &str, b: &str) -> bool {
    same_ignoring_params(a, b, &[])
}

/// [`same`], as if neither URI had the parameters of these names.
pub fn same_ignoring_params(a: &str, b: &str, names: &[&str]) -> bool {
    if a == b {
        return true;
    }
    let (a, b) = (Uri::parse(a), Uri::parse(b));
    if a.scheme != b.scheme {
        return false;
    }
    match a.scheme {
        Scheme::Sip | Scheme::Sips => same_sip(&a, &b, names),
        Scheme::Tel => same_tel(&a, &b, names),
        Scheme::Msrp | Scheme::Msrps => same_msrp(&a, &b),
        // The very same text was answered for above, and only the scheme's case may differ (RFC 3986 §6.2.2.1).
        Scheme::Cid | Scheme::Mid => a.path == b.path,
        Scheme::Other => false,
    }
}

fn same_sip(a: &Uri<'_>, b: &Uri<'_>, ignored: &[&str]) -> bool {
    same_text(a.user, b.user, false)
        && same_text(a.password, b.password, false)
        && same_host(a.host, b.host)
        && same_port(a, b)
        && same_sip_params(keyed(a.params(), ignored), keyed(b.params(), ignored))
        && keyed(a.headers(), &[]) == keyed(b.headers(), &[])
}

/// `transport` is significant as the examples of RFC 3261 §19.1.4 and the rule on defaults have it, though the
/// list of parameters that never match one-sided does not name it.
fn same_sip_params(mut a: Vec<Keyed>, mut b: Vec<Keyed>) -> bool {
    let significant = |name: &[u8]| matches!(name, b"user" | b"ttl" | b"method" | b"maddr" | b"transport");
    let names = |list: &[Keyed]| list.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let (names_a, names_b) = (names(&a), names(&b));
    a.retain(|(name, _)| significant(name) || names_b.binary_search(name).is_ok());
    b.retain(|(name, _)| significant(name) || names_a.binary_search(name).is_ok());
    a == b
}

fn same_tel(a: &Uri<'_>, b: &Uri<'_>, ignored: &[&str]) -> bool {
    let params = |uri: &Uri<'_>| {
        let mut params = keyed(uri.params(), ignored);
        for (name, value) in &mut params {
            if let (b"phone-context" | b"ext", Some(value)) = (&name[..], value)
                && value.iter().all(|c| !c.is_ascii_alphabetic())
            {
                value.retain(|c| !is_visual_separator(*c));
            }
        }
        params
    };
    let number = |uri: &Uri<'_>| {
        let mut number = normal(uri.user.unwrap_or_default(), true);
        number.retain(|c| !is_visual_separator(*c));
        number
    };
    number(a) == number(b) && params(a) == params(b)
}

fn same_msrp(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    let transport = |uri: &Uri<'_>| uri.transport().map(str::to_ascii_lowercase);
    let host = match (a.host, b.host) {
        // RFC 4975 §6.1 rule 2, unlike SIP, decodes escapes in the authority.
        (Some(Host::Name(a)), Some(Host::Name(b))) => normal(a, true) == normal(b, true),
        (a, b) => same_host(a, b),
    };
    host && same_port(a, b) && a.path == b.path && transport(a) == transport(b)
}

/// RFC 3966 §3
pub(super) fn is_visual_separator(c: u8) -> bool {
    matches!(c, b'-' | b'.' | b'(' | b')')
}

fn same_host(a: Option<Host<'_>>, b: Option<Host<'_>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.same(b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Ports by number; what is no number, as written.
fn same_port(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    match (a.port, b.port) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a.port_text == b.port_text,
        _ => false,
    }
}

fn same_text(a: Option<&str>, b: Option<&str>, fold: bool) -> bool {
    a == b || a.zip(b).is_some_and(|(a, b)| normal(a, fold) == normal(b, fold))
}

/// Name and value of a parameter in comparable form.
type Keyed = (Vec<u8>, Option<Vec<u8>>);

/// The pairs in comparable form, sorted, so that comparing long lists stays cheap.
fn keyed<'a>(pairs: impl Iterator<Item = Param<'a>>, ignored: &[&str]) -> Vec<Keyed> {
    let mut list: Vec<Keyed> = pairs
        .filter(|p| !ignored.iter().any(|name| name.eq_ignore_ascii_case(p.name)))
        .map(|p| (normal(p.name, true), p.value.map(|v| normal(v, true))))
        .collect();
    list.sort();
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, b: &str, want: bool) {
        assert_eq!(same(a, b), want, "{a} and {b}");
        assert_eq!(same(b, a), want, "{b} and {a}");
        assert!(same(a, a) && same(b, b), "{a} or {b} differs from itself");
    }

    #[test]
    fn equivalent_uris_of_rfc_3261() {
        check("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true);
        check("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true);
        check("sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true);
        check("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true);
        check(
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            true,
        );
        check(
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            true,
        );
    }

    #[test]
    fn different_uris_of_rfc_3261() {
        check("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false);
        check("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false);
        check("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false);
        check("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false);
        check("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false);
        check("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false);
        check("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false);
    }

    #[test]
    fn sip_uris_by_the_rules_one_by_one() {
        check("sip:bob@biloxi.com", "sips:bob@biloxi.com", false);
        check("SIP:bob@biloxi.com", "sip:bob@biloxi.com", true);
        check("sip:bob@biloxi.com", "sip:biloxi.com", false);
        check("sip:bob:secret@biloxi.com", "sip:bob@biloxi.com", false);
        check("sip:bob:secret@biloxi.com", "sip:bob:Secret@biloxi.com", false);
        check("sip:bob@biloxi.com:5060", "sip:bob@biloxi.com:05060", true);
        check("sip:bob@biloxi.com:", "sip:bob@biloxi.com", false);
        check("sip:bob@[2001:db8::1]", "sip:bob@[2001:DB8:0::1]", true);
        check("sip:b%40b@h", "sip:b@b@h", false);
        check("sip:b%3bb@h", "sip:b%3Bb@h", true);
        check("sip:b%3bb@h", "sip:b;b@h", false);
        check("sip:%2541@h", "sip:A@h", false);
        check("sip:bob@h;user=phone", "sip:bob@h", false);
        check("sip:bob@h;ttl=1", "sip:bob@h", false);
        check("sip:bob@h;method=INVITE", "sip:bob@h", false);
        check("sip:bob@h;maddr=192.0.2.1", "sip:bob@h", false);
        check("sip:bob@h;maddr=192.0.2.1", "sip:bob@h;maddr=192.0.2.2", false);
        check("sip:bob@h;lr", "sip:bob@h", true);
        check("sip:bob@h;lr", "sip:bob@h;lr=on", false);
        check("sip:bob@h;a=%41;lr", "sip:bob@h;b;A=a", true);
        check("sip:bob@h?a=1&a=2", "sip:bob@h?a=1", false);
    }

    #[test]
    fn tel_uris() {
        check("tel:+1-201-555-0123", "TEL:+1(201)555.0123", true);
        check("tel:+12015550123", "tel:12015550123", false);
        check("tel:7042;phone-context=example.com", "tel:70-42;phone-context=Example.COM", true);
        check("tel:863;phone-context=+1-914-555", "tel:863;phone-context=+1914555", true);
        check("tel:863;phone-context=a-b.com", "tel:863;phone-context=ab.com", false);
        check("tel:+1;ext=12-3;isub=a", "tel:+1;ISUB=A;ext=123", true);
        check("tel:+12015550123", "tel:+12015550123;ext=5", false);
        check("tel:+12015550123", "sip:+12015550123@h;user=phone", false);
    }

    #[test]
    fn msrp_uris() {
        let base = "msrp://host.example.com:8493/asfd34;tcp";
        check(base, "MSRP://HOST.example.com:8493/asfd34;TCP", true);
        check(base, "msrp://user@host.example.com:8493/asfd34;tcp", true);
        check(base, "msrp://%68ost.example.com:8493/asfd34;tcp", true);
        check(base, "msrp://host.example.com:8493/asfd34;tcp;x=y", true);
        check(base, "msrps://host.example.com:8493/asfd34;tcp", false);
        check(base, "msrp://host.example.com:8494/asfd34;tcp", false);
        check(base, "msrp://host.example.com/asfd34;tcp", false);
        check(base, "msrp://host.example.com:8493/ASFD34;tcp", false);
        check(base, "msrp://host.example.com:8493;tcp", false);
        check(base, "msrp://host.example.com:8493/asfd34;sctp", false);
        check(base, "msrp://host.example.com:8493/asfd34", false);
        check("msrp://[2001:db8::1]:1/a;tcp", "msrp://[2001:0db8::1]:1/a;tcp", true);
    }

    #[test]
    fn other_uris_are_compared_octet_by_octet() {
        check("cid:a@b", "CID:a@b", true);
        check("cid:a@b", "cid:A@b", false);
        check("http://h/a", "http://H/a", false);
    }

    #[test]
    fn parameters_can_be_ignored() {
        let (a, b) = ("sip:factory@h;user=phone", "sip:factory@h;SessionType=adhoc");
        assert!(!same(a, b));
        assert!(same_ignoring_params(a, b, &["user", "sessiontype"]));
        assert!(!same_ignoring_params("sip:h;a=1;b=1", "sip:h;a=2;b=2", &["a"]));
        assert!(same_ignoring_params("sip:h;a=1;b=2", "sip:h;a=2;b=2", &["A"]));
    }
}
