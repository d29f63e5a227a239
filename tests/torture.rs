//! The torture messages of RFC 4475 (from the archive in its appendix A) and RFC 5118 (from its text): which
//! are sound, and which clause each of the others breaks.
//!
//! Where the RFC says that a receiver may be liberal, the flaw is still told: whoever judges decides what it
//! means. The expected clauses are all that a message breaks, no more and no less.

use std::path::Path;

use imspec::wire::sip::{Message, Name};
use imspec::wire::uri::Uri;

/// File, clauses broken, why.
type Row = (&'static str, &'static [&'static str], &'static str);

const SOUND: &[&str] = &[];

/// RFC 4475 §3.1.1
const VALID: &[Row] = &[
    ("wsinv", SOUND, "3.1.1.1: folds, blanks, escapes and unknown headers are all legal"),
    ("intmeth", SOUND, "3.1.1.2: every character that the grammar allows"),
    ("esc01", SOUND, "3.1.1.3: escapes where the grammar has them"),
    ("escnull", SOUND, "3.1.1.4: an escaped zero is a character like others"),
    ("esc02", SOUND, "3.1.1.5: % is no escape in a method, a display name or a header name"),
    ("lwsdisp", SOUND, "3.1.1.6: the blank before < is a bug of the specification"),
    ("longreq", SOUND, "3.1.1.7: long is not wrong"),
    ("dblreq", SOUND, "3.1.1.8: octets behind Content-Length are noise"),
    ("semiuri", SOUND, "3.1.1.9: a semicolon may stand in the user part"),
    ("transports", SOUND, "3.1.1.10: any token is a transport"),
    ("mpart01", SOUND, "3.1.1.11: a body holds any octets"),
    ("unreason", SOUND, "3.1.1.12: any reason phrase"),
    ("noreason", SOUND, "3.1.1.13: the blank is there, the phrase may be empty"),
];

/// RFC 4475 §3.1.2
const INVALID: &[Row] = &[
    ("badinv01", &["RFC 3261 §25.1"], "3.1.2.1: separators with nothing between them in Via and Contact"),
    ("clerr", &["RFC 3261 §18.3"], "3.1.2.2: Content-Length larger than the datagram"),
    ("ncl", &["RFC 3261 §20.14"], "3.1.2.3: negative Content-Length"),
    (
        "scalar02",
        &["RFC 3261 §20.10", "RFC 3261 §20.19", "RFC 3261 §20.22", "RFC 3261 §8.1.1.5"],
        "3.1.2.4: CSeq, Max-Forwards, Expires and the expires of Contact are too great",
    ),
    (
        "scalarlg",
        &["RFC 3261 §20.33", "RFC 3261 §20.43", "RFC 3261 §8.1.1.5", "RFC 3261 §8.2.6.2"],
        "3.1.2.5: CSeq, Retry-After and the warn-code are too great (and To lacks its tag)",
    ),
    ("quotbal", &["RFC 3261 §25.1"], "3.1.2.6: display name without its closing quote"),
    ("ltgtruri", &["RFC 3261 §7.1"], "3.1.2.7: Request-URI in angle brackets"),
    ("lwsruri", &["RFC 3261 §7.1"], "3.1.2.8: blank in the Request-URI"),
    ("lwsstart", &["RFC 3261 §7.1"], "3.1.2.9: several blanks in the Request-Line"),
    ("trws", &["RFC 3261 §7.1"], "3.1.2.10: blanks at the end of the Request-Line"),
    ("escruri", &["RFC 3261 §19.1.1"], "3.1.2.11: headers in the Request-URI"),
    ("baddate", &["RFC 3261 §20.17"], "3.1.2.12: time zone other than GMT"),
    ("regbadct", &["RFC 3261 §20"], "3.1.2.13: URI with headers outside angle brackets"),
    ("badaspec", &["RFC 3261 §25.1"], "3.1.2.14: blanks around the addr-spec in To"),
    (
        "baddn",
        &["RFC 3261 §25.1", "RFC 3261 §7"],
        "3.1.2.15: commas in unquoted display names (and the archive lacks the last line end)",
    ),
    ("badvers", &["RFC 3261 §7.1"], "3.1.2.16: version SIP/7.0"),
    ("mismatch01", &["RFC 3261 §8.1.1.5"], "3.1.2.17: CSeq has another method"),
    ("mismatch02", &["RFC 3261 §8.1.1.5"], "3.1.2.18: CSeq has another method than the unknown one"),
    ("bigcode", &["RFC 3261 §7.2"], "3.1.2.19: status code with ten digits"),
];

/// RFC 4475 §3.2 to §3.4
const APPLICATION: &[Row] = &[
    ("badbranch", &["RFC 3261 §8.1.1.7"], "3.2.1: z9hG4bK alone identifies no transaction"),
    ("insuf", &["RFC 3261 §8.1.1", "RFC 3261 §8.1.1.8"], "3.3.1: no To, From, Call-ID (nor Max-Forwards, Contact)"),
    ("unkscm", SOUND, "3.3.2: any scheme may stand in a Request-URI; the answer is 416"),
    ("novelsc", SOUND, "3.3.3: as 3.3.2"),
    ("unksm2", &["RFC 3261 §10.2"], "3.3.4: well formed, but an address of record is a SIP or SIPS URI"),
    ("bext01", SOUND, "3.3.5: unknown option tags; the answer is 420"),
    ("invut", SOUND, "3.3.6: unknown Content-Type; the answer is 415"),
    ("regaut01", SOUND, "3.3.7: unknown authorization scheme"),
    ("multi01", &["RFC 3261 §7.3.1", "RFC 3261 §8.1.1.8"], "3.3.8: two of what there may be one of"),
    ("mcl01", &["RFC 3261 §7.3.1"], "3.3.9: two Content-Length headers"),
    ("bcast", SOUND, "3.3.10: a broadcast address is well formed"),
    ("zeromf", SOUND, "3.3.11: Max-Forwards 0 is legal"),
    ("cparam01", SOUND, "3.3.12: unknown Contact parameter"),
    ("cparam02", SOUND, "3.3.13: unknown URI parameter"),
    ("regescrt", SOUND, "3.3.14: headers in a Contact URI in angle brackets"),
    ("sdp01", SOUND, "3.3.15: Accept without SDP is well formed"),
    (
        "inv2543",
        &["RFC 3261 §8.1.1", "RFC 3261 §8.1.1.3", "RFC 3261 §8.1.1.8"],
        "3.4.1: legal by RFC 2543, which knows neither Max-Forwards nor From tags",
    ),
];

const IPV6: &[Row] = &[
    ("ipv6-good", SOUND, "4.1"),
    ("ipv6-bad", &["RFC 3261 §25.1"], "4.2: IPv6 address without brackets"),
    ("port-ambiguous", SOUND, "4.3: wrong in meaning only"),
    ("port-unambiguous", SOUND, "4.4"),
    ("via-received-param-with-delim", &["RFC 3261 §25.1"], "4.5: brackets around received"),
    ("via-received-param-no-delim", SOUND, "4.5"),
    ("ipv6-in-sdp", &["RFC 3261 §18.3"], "4.6: the RFC prints a Content-Length greater than its body"),
    ("mult-ip-in-header", SOUND, "4.7"),
    ("mult-ip-in-sdp", SOUND, "4.8"),
    ("ipv4-mapped-ipv6", SOUND, "4.9"),
    ("ipv6-bug-abnf-3-colons", &["RFC 3261 §25.1"], "4.10: no address since RFC 5954 §4.1 mended the grammar"),
    ("ipv6-correct-abnf-2-colons", SOUND, "4.10"),
];

fn read(rfc: &str, name: &str) -> (Vec<u8>, Message) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(rfc).join(format!("{name}.dat"));
    let octets = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let message = Message::parse(octets.clone().into());
    (octets, message)
}

#[track_caller]
fn check(rfc: &str, rows: &[Row]) {
    for (name, expected, why) in rows {
        let (octets, message) = read(rfc, name);
        let mut clauses: Vec<&str> = message.flaws().iter().map(|flaw| flaw.clause).collect();
        clauses.sort_unstable();
        clauses.dedup();
        assert_eq!(&clauses, expected, "{name} ({why}): {:#?}", message.flaws());
        assert_eq!(message.bytes(), &octets, "{name} prints other octets");
        headers_tile_the_section(name, &message);
    }
}

/// The kept spans lose nothing: they follow each other without a gap from the start line to the empty line.
fn headers_tile_the_section(name: &str, message: &Message) {
    let section: Vec<u8> = message.headers().flat_map(|h| h.whole().of(message.bytes()).to_vec()).collect();
    let start = message.bytes().iter().position(|b| *b == b'\n').map_or(0, |at| at + 1);
    assert!(message.bytes()[start..].starts_with(&section), "{name}: the headers have gaps");
    let rest = &message.bytes()[start + section.len()..];
    let gap = message.body_span().start as usize - start - section.len();
    assert!(gap == 0 || &rest[..gap] == b"\r\n", "{name}: something stands between headers and body");
}

#[test]
fn valid_messages_have_no_flaw() {
    assert_eq!(VALID.len(), 13);
    check("rfc4475", VALID);
}

#[test]
fn invalid_messages_break_the_clause_that_the_rfc_says() {
    assert_eq!(INVALID.len(), 19);
    check("rfc4475", INVALID);
}

#[test]
fn application_layer_messages_parse() {
    assert_eq!(APPLICATION.len(), 17);
    check("rfc4475", APPLICATION);
}

#[test]
fn ipv6_messages_are_judged() {
    check("rfc5118", IPV6);
}

#[test]
fn values_are_read_through_folds_blanks_and_escapes() {
    let (_, message) = read("rfc4475", "wsinv");
    assert_eq!(message.cseq(), Some((9, "INVITE")));
    assert_eq!(message.to().and_then(|to| to.tag()), Some("1918181833n"));
    assert_eq!(message.from().map(|from| from.display), Some(r#""J Rosenberg \\\"""#));
    assert_eq!(message.max_forwards(), Some(68));
    assert_eq!(message.header(Name::Subject).map(|h| h.text().into_owned()), Some(String::new()));
    let vias: Vec<_> = message.vias().map(|via| (via.transport, via.host, via.branch())).collect();
    let expected = [
        ("UDP", "192.0.2.2", Some("390skdjuw")),
        ("TCP", "spindle.example.com", Some("z9hG4bK9ikj8")),
        ("UDP", "192.168.255.111", Some("z9hG4bK30239")),
    ];
    assert_eq!(vias, expected);
    let contact = message.contact().map(|c| (c.uri, c.params.get("newparam"), c.params.has("secondparam")));
    assert_eq!(contact, Some(("sip:jdrosen@example.com", Some("newvalue"), true)));
    let folded = message.header_named("newfangledheader").map(|h| h.text().into_owned());
    assert_eq!(folded.as_deref(), Some("newfangled value continued newfangled value"));

    let (_, message) = read("rfc4475", "esc02");
    assert_eq!(message.method(), "RE%47IST%45R");
    assert_eq!(message.addresses(Name::Contact).count(), 2);

    let (_, message) = read("rfc4475", "longreq");
    assert_eq!(message.vias().count(), 34);

    let (_, message) = read("rfc4475", "semiuri");
    assert_eq!(message.request_uri().and_then(|uri| Uri::parse(uri).user), Some("user;par=u%40example.net"));
    assert_eq!(message.accepts().count(), 6);
}

#[test]
fn bodies_end_where_content_length_says() {
    for (name, octets) in [("dblreq", 0), ("mpart01", 553), ("wsinv", 150), ("mcl01", 13), ("inv2543", 105)] {
        let (_, message) = read("rfc4475", name);
        assert_eq!(message.body().len(), octets, "{name}");
    }
    let (_, message) = read("rfc4475", "mpart01");
    assert!(message.body().contains(&0) && message.body().starts_with(b"--7a9cbec02ceef655"));
}

#[test]
fn an_application_can_tell_what_to_answer() {
    let (_, message) = read("rfc4475", "unkscm");
    assert_eq!(message.request_uri(), Some("nobodyKnowsThisScheme:totallyopaquecontent"));
    let (_, message) = read("rfc4475", "bext01");
    assert!(message.has_token(Name::Require, "nothingSupportsThisEither"));
    let (_, message) = read("rfc4475", "invut");
    assert_eq!(message.content_type(), Some("application/unknownformat"));
    let (_, message) = read("rfc4475", "regaut01");
    let schemes: Vec<_> = message.credentials(Name::Authorization).map(|c| c.scheme).collect();
    assert_eq!(schemes, ["NoOneKnowsThisScheme"]);
    let (_, message) = read("rfc4475", "zeromf");
    assert_eq!(message.max_forwards(), Some(0));
    let (_, message) = read("rfc4475", "cparam01");
    assert!(message.contact().is_some_and(|contact| contact.params.has("unknownparam")));
    let (_, message) = read("rfc4475", "cparam02");
    assert!(message.contact().is_some_and(|contact| contact.params.iter().next().is_none()));
    let (_, message) = read("rfc5118", "via-received-param-with-delim");
    assert_eq!(message.via().and_then(|via| via.received()), Some("2001:db8::9:255"));
    let (_, message) = read("rfc5118", "mult-ip-in-header");
    let sent_by: Vec<_> = message.vias().map(|via| (via.host, via.port)).collect();
    assert_eq!(sent_by, [("2001:db8::9:1", Some(6050)), ("192.0.2.1", None), ("2001:db8::9:255", None)]);
}
