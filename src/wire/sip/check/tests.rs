//! One row for each way to break a rule: what is told, and where.

use crate::wire::sip::message::Message;

const HEADERS: [(&str, &str); 7] = [
    ("Via", "SIP/2.0/UDP host.example.org;branch=z9hG4bKx"),
    ("Max-Forwards", "70"),
    ("From", "<sip:alice@example.org>;tag=a"),
    ("To", "<sip:bob@example.org>;tag=b"),
    ("Call-ID", "x@y"),
    ("CSeq", "1 OPTIONS"),
    ("Content-Length", "0"),
];

/// What is told of a request with a body of no octets, each flaw with the octets it lies in.
fn told(message: &str) -> Vec<String> {
    let message = Message::parse(message.to_owned().into());
    let said = |flaw: &crate::wire::Flaw| {
        format!("{}: {} ({})", String::from_utf8_lossy(flaw.span.of(message.bytes())), flaw.what, flaw.clause)
    };
    message.flaws().iter().map(said).collect()
}

/// A sound OPTIONS in which `header` stands for the one of its name, or behind the others.
fn with(header: &str) -> String {
    let name = header.split(':').next().unwrap_or_default();
    let mut text = "OPTIONS sip:bob@example.org SIP/2.0\r\n".to_owned();
    for (other, value) in HEADERS.iter().filter(|(other, _)| *other != name) {
        text.push_str(&format!("{other}: {value}\r\n"));
    }
    format!("{text}{header}\r\n\r\n")
}

/// The header breaks nothing.
#[track_caller]
fn sound(headers: &[&str]) {
    for header in headers {
        assert_eq!(told(&with(header)), [""; 0], "{header}");
    }
}

/// The header breaks one rule.
#[track_caller]
fn broken(rows: &[(&str, &str)]) {
    for (header, expected) in rows {
        assert_eq!(told(&with(header)), [*expected], "{header}");
    }
}

#[test]
fn lines() {
    let good = with("Subject: x");
    assert_eq!(told(&good), [""; 0]);
    for (message, expected) in [
        (format!("\r\n{good}"), "\r\n: empty line before the start line (RFC 3261 §7)"),
        (good.replacen("70\r\n", "70\n", 1), "\n: line ends with LF alone (RFC 3261 §7)"),
        (good.replacen("Subject: x", "Subject: a\rb", 1), "\r: CR without LF (RFC 3261 §25.1)"),
        (good.replacen("Subject: x", "Subject: a\u{1}", 1), "\u{1}: control character (RFC 3261 §25.1)"),
        (good.replacen("Subject: x", "Subject", 1), "Subject: header line without a colon (RFC 3261 §7.3.1)"),
        (good.replacen("Subject: x", "Sub ject: x", 1), "Sub ject: header name is not a token (RFC 3261 §25.1)"),
        (good.replacen("Subject: x", ": x", 1), ": header name is not a token (RFC 3261 §25.1)"),
        (good.trim_end().to_owned() + "\r\n", ": no empty line behind the header section (RFC 3261 §7)"),
        (good.replacen("2.0\r\n", "2.0\r\n x\r\n", 1), " x: start line is continued on a second line (RFC 3261 §7.1)"),
    ] {
        assert_eq!(told(&message), [expected], "{message}");
    }
    sound(&["Subject : x", "Subject:", "Subject: a\r\n b", "X-Own: ;;,,", "Subject: \"\\\u{1}\""]);
}

#[test]
fn octets_that_are_not_utf_8() {
    let mut octets = with("Subject: x").into_bytes();
    let at = octets.len() - 5;
    octets[at] = 0xe9;
    let message = Message::parse(octets.into());
    let flaws: Vec<_> =
        message.flaws().iter().map(|f| (f.span.start as usize, f.span.len(), f.what.as_ref())).collect();
    assert_eq!(flaws, [(at, 1, "octets that are not UTF-8")]);
}

#[test]
fn start_lines() {
    let headers = with("Subject: x").replacen("OPTIONS sip:bob@example.org SIP/2.0", "", 1);
    let request = |line: &str| told(&format!("{line}{headers}"));
    for (line, expected) in [
        ("OPTIONS sip:b@c SIP/2.0", None),
        ("OPTIONS tel:+1 sip/2.0", None),
        ("OPTIONS sip:b@c SIP/3.0", Some("SIP/3.0: version is not SIP/2.0 (RFC 3261 §7.1)")),
        ("OPTIONS sip:b@c HTTP/1.1", Some("HTTP/1.1: version is not SIP/2.0 (RFC 3261 §7.1)")),
        ("OPTIONS sip:b@c?x=y SIP/2.0", Some("sip:b@c?x=y: headers in the Request-URI (RFC 3261 §19.1.1)")),
        (
            "OPTIONS sip:c;method=A SIP/2.0",
            Some("sip:c;method=A: method parameter in the Request-URI (RFC 3261 §19.1.1)"),
        ),
        ("OPTIONS sip:b@c:x SIP/2.0", Some("x: not a port number (RFC 3261 §25.1)")),
        (
            "OPTIONS SIP/2.0",
            Some("OPTIONS SIP/2.0: start line is neither a Request-Line nor a Status-Line (RFC 3261 §7)"),
        ),
    ] {
        assert_eq!(request(line), expected.into_iter().collect::<Vec<_>>(), "{line}");
    }
    for (line, expected) in [
        ("SIP/2.0 200 OK", None),
        ("SIP/2.0 480 Temporarily %41vailable", None),
        ("SIP/2.0 200", Some(": no blank between status code and reason phrase (RFC 3261 §7.2)")),
        ("SIP/2.0 20 OK", Some("20: status code is not three digits from 100 to 699 (RFC 3261 §7.2)")),
        ("SIP/2.0 799 OK", Some("799: status code is not three digits from 100 to 699 (RFC 3261 §7.2)")),
        ("SIP/2.0 two OK", Some("SIP/2.0 two OK: status code is not three digits from 100 to 699 (RFC 3261 §7.2)")),
        ("SIP/2.1 200 OK", Some("SIP/2.1: version is not SIP/2.0 (RFC 3261 §7.2)")),
        ("SIP/2.0  200 OK", Some("  : elements of the start line are not parted by exactly one blank (RFC 3261 §7.2)")),
        ("SIP/2.0 200 \"OK\"", Some("\": character not allowed in a reason phrase (RFC 3261 §25.1)")),
        ("SIP/2.0 200 100%", Some("%: character not allowed in a reason phrase (RFC 3261 §25.1)")),
    ] {
        assert_eq!(request(line), expected.into_iter().collect::<Vec<_>>(), "{line}");
    }
}

#[test]
fn presence() {
    for (name, _) in HEADERS.iter().filter(|(name, _)| *name != "Content-Length") {
        let expected = format!(": no {name} header (RFC 3261 §8.1.1)");
        let message = with("Subject: x").replace(&format!("\r\n{name}:"), "\r\nX-Other:");
        assert_eq!(told(&message), [expected]);
    }
    let as_method = |method: &str, header: &str| told(&with(header).replace("OPTIONS", method));
    let second = "<sip:b@c>: second Contact in a request that can establish a dialog (RFC 3261 §8.1.1.8)";
    for (method, header, expected) in [
        ("INVITE", "Contact: <sip:a@b>", ""),
        ("INVITE", "Subject: x", ": no Contact header (RFC 3261 §8.1.1.8)"),
        ("INVITE", "Contact: <sip:a@b>, <sip:b@c>", second),
        ("UPDATE", "Subject: x", ": no Contact header (RFC 3311 §5.1)"),
        ("SUBSCRIBE", "Contact: <sip:a@b>", ": no Event header (RFC 6665 §8.2.1)"),
        ("NOTIFY", "Event: x", ": no Subscription-State header (RFC 6665 §8.2.3)"),
        ("REFER", "Subject: x", ": no Refer-To header (RFC 3515 §2.4.1)"),
        ("REGISTER", "To: <tel:+1>", "<tel:+1>: address of record is neither a SIP nor a SIPS URI (RFC 3261 §10.2)"),
    ] {
        let expected: Vec<&str> = Some(expected).filter(|e| !e.is_empty()).into_iter().collect();
        assert_eq!(as_method(method, header), expected, "{method} {header}");
    }
    broken(&[
        ("From: <sip:a@b>", "<sip:a@b>: From without a tag (RFC 3261 §8.1.1.3)"),
        ("P-Asserted-Identity: <sip:a@b>, sips:c@d", "sips:c@d: second identity of the same kind (RFC 3325 §9.1)"),
        ("P-Preferred-Identity: <im:a@b>", "<im:a@b>: identity is neither a SIP, a SIPS nor a tel URI (RFC 3325 §9.2)"),
        ("CSeq: 1 INVITE", "1 INVITE: method of CSeq is not that of the request (RFC 3261 §8.1.1.5)"),
        ("Event: x\r\no: x", "o: x\r\n: second Event header (RFC 3261 §7.3.1)"),
    ]);
    sound(&["Contact: <sip:a@b>\r\nm: <sip:c@d>", "Route: <sip:a>\r\nRoute: <sip:b>"]);
}

#[test]
fn content_length() {
    broken(&[
        ("Content-Length: -1", "-1: Content-Length is not a number of octets (RFC 3261 §20.14)"),
        ("Content-Length: 1x", "1x: Content-Length is not a number of octets (RFC 3261 §20.14)"),
        ("Content-Length:", ": Content-Length is not a number of octets (RFC 3261 §20.14)"),
        ("Content-Length: 7", "7: Content-Length is 7, but only 0 octets follow the headers (RFC 3261 §18.3)"),
    ]);
}

#[test]
fn addresses() {
    sound(&[
        "Contact: *",
        "Contact: sip:a@b;expires=7",
        "Contact: \"A, B\" <sip:a@b>;q=0.5;+g.oma.sip-im;+sip.instance=\"<urn:uuid:1>\", C D<tel:+1>",
        "Route: <sip:a;lr>, <sip:b?x=y>;x=[::1]",
        "P-Asserted-Identity: \"A\" <sip:a@b>, tel:+1",
        "Refer-To: <sip:a@b?Replaces=x%3Bto-tag%3Dy>",
        "Alert-Info: <http://example.org/x>;y=z",
        "P-Associated-URI:",
    ]);
    let plain = "display name is neither quoted nor made of tokens (RFC 3261 §25.1)";
    broken(&[
        ("Contact: (x) <sip:a@b>", &format!("(: {plain}")),
        ("Contact: \"x <sip:a@b>", "\"x <sip:a@b>: quoted string without an end (RFC 3261 §25.1)"),
        ("Contact: <sip:a@b", "s: no > behind the URI (RFC 3261 §25.1)"),
        ("Contact: <sip:a@b>;", ": parameter expected (RFC 3261 §25.1)"),
        ("Contact: <sip:a@b>;x=", ": bad value of parameter x (RFC 3261 §25.1)"),
        ("Contact: <sip:a@b>;x=a/b", "a/b: bad value of parameter x (RFC 3261 §25.1)"),
        ("Contact: <sip:a@b> x", "x: value goes on where it should end (RFC 3261 §25.1)"),
        ("Contact: <sip:a@b>,", ": address expected (RFC 3261 §25.1)"),
        ("Contact: *, <sip:a@b>", "*: no scheme (RFC 3986 §3.1)"),
        ("Contact: alice", "alice: no scheme (RFC 3986 §3.1)"),
        ("Contact: <sip:a@b>;q=2", "q=2: q is not a number from 0 to 1 (RFC 3261 §25.1)"),
        ("Contact: <sip:a@b>;expires=-1", "expires=-1: expires is not a number of seconds (RFC 3261 §20.10)"),
        ("To: <sip:a@b>;tag=\"x\"", "tag=\"x\": tag is not a token (RFC 3261 §19.3)"),
        ("Route: sip:a", &format!(":: {plain}")),
        ("Call-Info: http://x", "h: URI in angle brackets expected (RFC 3261 §25.1)"),
        ("P-Asserted-Identity: <sip:a@b>;x", ";: value goes on where it should end (RFC 3325 §9.1)"),
        ("Contact: <sip:a@b;x=é>", "é: character not allowed in the parameter (RFC 3261 §25.1)"),
    ]);
}

#[test]
fn vias() {
    sound(&[
        "Via: SIP / 2.0 / X host : 5060 ; branch = z9hG4bKx;rport;received=::1;ttl=9;maddr=[::1]",
        "Via: SIP/2.0/UDP [2001:db8::1]:5060;rport=1, SIP/2.0/TCP x",
    ]);
    broken(&[
        ("Via: SIP/2.0 host", " : / expected (RFC 3261 §25.1)"),
        ("Via: SIP/2.0/UDP", ": a blank is missing (RFC 3261 §25.1)"),
        ("Via: SIP/2.0/UDP ;x", ";: host expected (RFC 3261 §25.1)"),
        ("Via: SIP/2.0/UDP ho_st", "ho_st: neither a host name nor an address (RFC 3261 §25.1)"),
        ("Via: SIP/2.0/UDP a@b", "a@b: host and port expected (RFC 3261 §25.1)"),
        ("Via: SIP/2.0/UDP a:99999", "99999: number greater than 65535 (RFC 3261 §19.1.1)"),
        ("Via: SIP/2.0/UDP a;branch", "branch: branch is not a token (RFC 3261 §25.1)"),
        ("Via: SIP/2.0/UDP a;ttl=256", "ttl=256: ttl is not a number up to 255 (RFC 3261 §25.1)"),
        ("Via: SIP/2.0/UDP a;rport=x", "rport=x: rport is not a port number (RFC 3581 §3)"),
        ("Via: SIP/2.0/UDP a;received=b", "b: bad value of parameter received (RFC 3261 §25.1)"),
    ]);
}

#[test]
fn numbers() {
    sound(&[
        "Expires: 4294967295",
        "Retry-After: 5 (a (b) \\( c);duration=3600",
        "Session-Expires: 1800;refresher=UAC",
        "Date: Sat, 13 Nov 2010 23:29:00 GMT",
        "Warning: 399 im.example.org \"a, b\", 307 [::1]:5060 \"c\"",
        "MIME-Version: 1.0",
        "Timestamp: 54.1 0.5",
        "RAck: 776656 1 INVITE",
        "Call-ID: a<b>@c:d",
    ]);
    broken(&[
        ("Expires: soon", "s: number expected (RFC 3261 §25.1)"),
        ("Expires: 4294967296", "4294967296: number greater than 4294967295 (RFC 3261 §20.19)"),
        ("Expires: 1 2", "2: value goes on where it should end (RFC 3261 §25.1)"),
        ("Max-Forwards: 256", "256: number greater than 255 (RFC 3261 §20.22)"),
        ("CSeq: 2147483648 OPTIONS", "2147483648: number greater than 2147483647 (RFC 3261 §8.1.1.5)"),
        ("CSeq: 1", ": a blank is missing (RFC 3261 §25.1)"),
        ("Call-ID: a@b@c", "@: value goes on where it should end (RFC 3261 §25.1)"),
        ("Call-ID: a b", "b: value goes on where it should end (RFC 3261 §25.1)"),
        ("Call-ID:", ": word expected (RFC 3261 §25.1)"),
        ("Retry-After: 5 (x", ": comment without an end (RFC 3261 §25.1)"),
        ("Retry-After: 5;duration=x", "duration=x: duration is not a number of seconds (RFC 3261 §20.33)"),
        ("Session-Expires: 90;refresher=me", "refresher=me: refresher is neither uac nor uas (RFC 4028 §4)"),
        ("Warning: Too many", "T: warn-code is not three digits (RFC 3261 §20.43)"),
        ("Warning: 399  host \"x\"", " : host expected (RFC 3261 §20.43)"),
        ("Warning: 399 host x", "x: quoted string expected (RFC 3261 §20.43)"),
        ("MIME-Version: 1", ": point expected (RFC 3261 §25.1)"),
        ("RAck: 1 2", ": a blank is missing (RFC 3262 §7.2)"),
    ]);
}

#[test]
fn tokens() {
    sound(&[
        "Supported:",
        "Allow: INVITE , ACK",
        "Accept: */*;q=0.5, text/*",
        "Accept-Language: da, en-gb;q=0.8, *",
        "Content-Type: multipart/mixed; boundary = \"a b\"",
        "Content-Disposition: recipient-list;handling=optional",
        "User-Agent: IM-client/OMA1.0 x (y (z)) a / b",
        "Privacy: header;id",
        "Event: presence.winfo;id=1",
        "Subscription-State: terminated;reason=noresource",
        "Reason: SIP;cause=200;text=\"x\"",
        "Replaces: a@b;from-tag=1;to-tag=2;early-only",
        "Target-Dialog: a;local-tag=1;remote-tag=2",
        "a: *;+g.oma.sip-im;require;explicit, *;mobility=\"fixed\"",
        "P-Access-Network-Info: 3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11, IEEE-802.11",
        "P-Charging-Vector: icid-value=1234bc9;icid-generated-at=[::1];orig-ioi=home1.net",
        "P-Visited-Network-ID: \"a b\", c",
        "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\", algorithm=AKAv1-MD5, qop=\"auth,auth-int\", stale=FALSE",
        "Authorization: Digest username=\"a\", uri=\"sip:b\", response=\"\", nc=0000000a, qop=auth",
        "Authentication-Info: nextnonce=\"x\", nc=00000001",
    ]);
    broken(&[
        ("Require:", ": token expected (RFC 3261 §25.1)"),
        ("Supported: a,,b", ",: token expected (RFC 3261 §25.1)"),
        ("Accept: text", ": / expected (RFC 3261 §25.1)"),
        ("Accept: text/", ": media subtype expected (RFC 3261 §25.1)"),
        ("Accept: text/plain;q=1.5", "q=1.5: q is not a number from 0 to 1 (RFC 3261 §25.1)"),
        ("Content-Type: a/b;c", "c: parameter of a media type without a value (RFC 3261 §25.1)"),
        ("User-Agent: a/", ": product version expected (RFC 3261 §25.1)"),
        ("User-Agent: a @b", "@: product expected (RFC 3261 §25.1)"),
        ("Privacy: id, user", ",: value goes on where it should end (RFC 3323 §4.2)"),
        ("Subscription-State: active;expires=x", "expires=x: not a number of seconds (RFC 6665 §8.4)"),
        ("Reason: SIP;cause=x", "cause=x: cause is not a number (RFC 3326 §2)"),
        ("Reason: SIP;text=x", "text=x: text is not quoted (RFC 3326 §2)"),
        ("Replaces: a;to-tag=1", "a;to-tag=1: not exactly one to-tag and one from-tag (RFC 3891 §6.1)"),
        ("Accept-Contact: +g.oma.sip-im", "g: * expected (RFC 3841 §10)"),
        ("Accept-Contact: *;require;require", "require: require or explicit appears twice (RFC 3841 §9.2)"),
        ("P-Charging-Vector: orig-ioi=x", ": icid-value does not come first (RFC 7315 §5.6)"),
        ("Authorization: Digest", ": a blank is missing (RFC 3261 §25.1)"),
        ("Authorization: Digest realm", ": = expected (RFC 3261 §25.1)"),
        ("Authorization: Digest realm=x", "realm=x: parameter of Digest is not quoted (RFC 3261 §25.1)"),
        ("WWW-Authenticate: Digest stale=\"true\"", "stale=\"true\": parameter of Digest is quoted (RFC 3261 §25.1)"),
        ("Authorization: Digest nc=1", "nc=1: nc is not eight hexadecimal digits (RFC 3261 §25.1)"),
    ]);
}
