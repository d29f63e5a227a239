//! One row for each way to break a rule: what is told, and where.

use crate::wire::msrp::Message;

const SEND: &str = "MSRP a786hjs2 SEND\r\n\
    To-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n\
    From-Path: msrp://alice.example.com:7777/iau39soe2843z;tcp\r\n\
    Message-ID: 12339sdqwer\r\n\
    Byte-Range: 1-5/5\r\n\
    Content-Type: text/plain\r\n\r\nHello\r\n-------a786hjs2$\r\n";

const EMPTY: &str = "MSRP a786hjs2 SEND\r\n\
    To-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n\
    From-Path: msrp://alice.example.com:7777/iau39soe2843z;tcp\r\n\
    Message-ID: 12339sdqwer\r\n\
    Byte-Range: 1-0/0\r\n-------a786hjs2$\r\n";

const REPORT: &str = "MSRP dkei38sd REPORT\r\n\
    To-Path: msrp://alice.example.com:7777/iau39soe2843z;tcp\r\n\
    From-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n\
    Message-ID: 12339sdqwer\r\n\
    Byte-Range: 1-106/106\r\n\
    Status: 000 200 OK\r\n-------dkei38sd$\r\n";

const RESPONSE: &str = "MSRP a786hjs2 200 OK\r\n\
    To-Path: msrp://alice.example.com:7777/iau39soe2843z;tcp\r\n\
    From-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n-------a786hjs2$\r\n";

/// What is told of a chunk, each flaw with the octets it lies in.
fn told(chunk: &str) -> Vec<String> {
    let message = Message::parse(chunk.to_owned()).expect("a chunk that can be framed");
    let octets = |flaw: &crate::wire::Flaw| String::from_utf8_lossy(flaw.span.of(chunk.as_bytes())).into_owned();
    message.flaws().iter().map(|flaw| format!("{}: {} ({})", octets(flaw), flaw.what, flaw.clause)).collect()
}

#[track_caller]
fn sound(chunk: &str) {
    assert_eq!(told(chunk), [""; 0], "{chunk}");
}

/// With `new` for the first `old`, the chunk breaks one rule.
#[track_caller]
fn broken(chunk: &str, rows: &[(&str, &str, &str)]) {
    sound(chunk);
    for (old, new, expected) in rows {
        assert!(chunk.contains(old), "{old:?} is not in the chunk");
        assert_eq!(told(&chunk.replacen(old, new, 1)), [*expected], "{new:?} for {old:?}");
    }
}

/// With `new` for the first `old`, the chunk breaks none.
#[track_caller]
fn allowed(chunk: &str, rows: &[(&str, &str)]) {
    for (old, new) in rows {
        assert!(chunk.contains(old), "{old:?} is not in the chunk");
        sound(&chunk.replacen(old, new, 1));
    }
}

/// A SEND of that many octets, with that Byte-Range and flag.
fn chunk(range: &str, octets: usize, flag: char) -> String {
    SEND.replace(
        "Byte-Range: 1-5/5\r\n",
        &if range.is_empty() { String::new() } else { format!("Byte-Range: {range}\r\n") },
    )
    .replace("Hello", &"x".repeat(octets))
    .replace("hjs2$", &format!("hjs2{flag}"))
}

#[test]
fn start_lines() {
    broken(
        SEND,
        &[
            ("MSRP ", "msrp ", "msrp: start line does not begin with MSRP in capitals and a blank (RFC 4975 §9)"),
            (" SEND", " Send", "Send: neither a method in capitals nor a status code of three digits (RFC 4975 §9)"),
            (" SEND", " SEND now", " now: octets behind the method (RFC 4975 §9)"),
            ("SEND\r\n", "SEND\n", "\n: line ends with LF alone (RFC 4975 §9)"),
        ],
    );
    const IDENT: &str =
        "transaction identifier is not 4 to 32 letters, digits or .-+%=, the first no sign (RFC 4975 §9)";
    for id in ["abc", "-abcd", "ab_cd", "a23456789012345678901234567890123"] {
        assert_eq!(told(&SEND.replace("a786hjs2", id)), [format!("{id}: {IDENT}")]);
    }
    for id in ["abcd", "0.-+%=", "a2345678901234567890123456789012"] {
        sound(&SEND.replace("a786hjs2", id));
    }
    broken(RESPONSE, &[("OK", "O\u{1}K", "O\u{1}K: comment is not UTF-8 text (RFC 4975 §9)")]);
    allowed(RESPONSE, &[(" OK", ""), (" OK", " "), ("OK", "Schön so"), ("200", "299")]);
}

#[test]
fn header_lines() {
    broken(
        SEND,
        &[
            ("Byte-Range", "X-Folded: a\r\n b\r\nByte-Range", " b\r\n: folded header line (RFC 4976 §5.1)"),
            ("Byte-Range", ": x\r\nByte-Range", ": x\r\n: header without a name (RFC 4975 §9)"),
            ("Byte-Range", "nothing\r\nByte-Range", "nothing\r\n: header line without a colon (RFC 4975 §9)"),
            (
                "Byte-Range",
                "X Y: x\r\nByte-Range",
                "X Y: header name is not a letter and token characters (RFC 4975 §9)",
            ),
            ("Message-ID:", "Message-ID :", " : blank before the colon (RFC 4975 §9)"),
            ("ID: ", "ID:", ":: not one blank behind the colon (RFC 4975 §9)"),
            ("ID: ", "ID:  ", ":  : not one blank behind the colon (RFC 4975 §9)"),
            ("ID: ", "ID:\t", ":\t: not one blank behind the colon (RFC 4975 §9)"),
            ("qwer", "qwer ", " : blank behind the value (RFC 4975 §9)"),
            ("Byte-Range", "X-Any:x\r\nByte-Range", ":: not one blank behind the colon (RFC 4975 §9)"),
            ("Byte-Range", "X-Any: \u{1}\r\nByte-Range", "\u{1}: value is not UTF-8 text (RFC 4975 §9)"),
        ],
    );
    allowed(
        SEND,
        &[
            ("Byte-Range", "X-Any:   three blanks  \r\nByte-Range"),
            ("Byte-Range", "X-Any: \r\nByte-Range"),
            ("Message-ID", "message-id"),
            ("Content-Type", "CONTENT-TYPE"),
            ("Content-Type", "Content-Disposition:attachment\r\nContent-Type"),
        ],
    );
}

#[test]
fn paths() {
    let to = "msrp://bob.example.com:8888/9di4eae923wzd;tcp";
    let relayed = format!("msrps://relay.example.com/a;tcp {to}");
    broken(
        SEND,
        &[
            (to, "", ": no MSRP-URI (RFC 4975 §9)"),
            (to, "sip:bob@example.com", "sip:bob@example.com: neither an msrp nor an msrps URI (RFC 4975 §9)"),
            (to, "msrp://b.example/s;tcp", "msrp://b.example/s;tcp: no explicit port (RFC 4975 §6)"),
            (to, "msrp://b.example:1;tcp", "msrp://b.example:1;tcp: no session-id (RFC 4975 §6)"),
            (to, "msrp://b.example:1/s", "msrp://b.example:1/s: no transport parameter (RFC 4975 §9)"),
            (to, "msrp://b.example:1/;tcp", ": empty session-id (RFC 4975 §9)"),
            (to, "msrp://b.example:99999/s;tcp", "99999: not a port number (RFC 4975 §9)"),
            (to, "msrp://192.0.2.1/s;tcp", "192.0.2.1: IP address without a port (RFC 4975 §6)"),
            (to, "msrp://b:c@d.example:1/s;tcp", "c: password in the userinfo part (RFC 4975 §6)"),
            (
                to,
                "msrp://r.example:1/a;tcp  msrp://b.example:1/s;tcp",
                ": more than one blank between two URIs (RFC 4975 §9)",
            ),
        ],
    );
    allowed(
        SEND,
        &[
            (to, "MSRPS://[2001:db8::1]:2855/a+b=/c;TCP"),
            (to, "msrp://bob@b.example:1/s;ws;x=y;z"),
            (to, relayed.as_str()),
        ],
    );
    // An AUTH names the relay, which has no session yet.
    sound(
        "MSRP 49fh AUTH\r\nTo-Path: msrps://alice@intra.example.com;tcp\r\n\
         From-Path: msrps://alice.example.com:9892/98cjs;tcp\r\n-------49fh$\r\n",
    );
}

#[test]
fn values() {
    broken(
        SEND,
        &[
            ("12339sdqwer", "123", "123: Message-ID is not 4 to 32 letters, digits or .-+%= (RFC 4975 §9)"),
            (
                "12339sdqwer",
                "a@example.com",
                "a@example.com: Message-ID is not 4 to 32 letters, digits or .-+%= (RFC 4975 §9)",
            ),
            ("Byte", "Success-Report: partial\r\nByte", "partial: Success-Report is not yes or no (RFC 4975 §9)"),
            (
                "Byte",
                "Failure-Report: maybe\r\nByte",
                "maybe: Failure-Report is not yes or no or partial (RFC 4975 §9)",
            ),
            ("1-5/5", "0-5/5", "0-5/5: the first octet is number 1, not 0 (RFC 4975 §7.1.1)"),
            ("1-5/5", "7-5/9", "7-5/9: range-end before range-start (RFC 4975 §7.1.1)"),
            ("text/plain", "text", "text: Content-Type is not a media type (RFC 4975 §9)"),
        ],
    );
    for range in ["", "1", "1-5", "1-5/", "-5/5", "1-/5", "*-5/5", "1-5/x", "1 - 5/5", "1-5/5 ;x", "+1-5/5"] {
        let chunk = SEND.replacen("1-5/5", range, 1);
        assert_eq!(
            told(&chunk),
            [format!("{range}: Byte-Range is not start-end/total in numbers of up to 64 bits (RFC 4975 §9)")]
        );
    }
    allowed(
        SEND,
        &[
            ("Byte", "Success-Report: YES\r\nFailure-Report: Partial\r\nByte"),
            ("1-5/5", "1-*/*"),
            ("1-5/5", "001-5/*"),
            ("text/plain", "message/cpim; charset=\"utf-8\""),
            ("Byte-Range: 1-5/5\r\n", ""),
        ],
    );
    broken(
        REPORT,
        &[
            (
                "000 200 OK",
                "200 OK",
                "200 OK: Status is not a namespace and a status code of three digits each (RFC 4975 §9)",
            ),
            ("000 200 OK", "001 200 OK", "001 200 OK: namespace of the Status is not 000 (RFC 4975 §7.1.3)"),
            ("1-106/106", "1-107/106", "1-107/106: range beyond the total (RFC 4975 §7.1.1)"),
            ("1-106/106", "108-*/106", "108-*/106: range-start beyond the total (RFC 4975 §7.1.1)"),
        ],
    );
    allowed(
        REPORT,
        &[("200 OK", "200"), ("000 200 OK", "000 413 stop, please"), ("1-106/106", "1-*/*"), ("1-106/106", "1-0/0")],
    );
}

#[test]
fn order_and_presence() {
    let to = "To-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n";
    let from = "From-Path: msrp://alice.example.com:7777/iau39soe2843z;tcp\r\n";
    let exchanged = format!("{from}{to}");
    let (first, between) = (format!("X-Any: x\r\n{to}"), format!("{to}X-Any: x\r\n"));
    let twice = format!("{from}{from}");
    broken(
        SEND,
        &[
            (to, "", "MSRP a786hjs2 SEND: no To-Path (RFC 4975 §7.1)"),
            (from, "", "MSRP a786hjs2 SEND: no From-Path (RFC 4975 §7.1)"),
            (&format!("{to}{from}"), &exchanged, "To-Path: To-Path is not the first header (RFC 4975 §9)"),
            (to, &first, "To-Path: To-Path is not the first header (RFC 4975 §9)"),
            (to, &between, "From-Path: From-Path is not the second header (RFC 4975 §9)"),
            (from, &twice, "From-Path: From-Path appears more than once (RFC 4975 §9)"),
            ("Message-ID: 12339sdqwer\r\n", "", "MSRP a786hjs2 SEND: SEND without Message-ID (RFC 4975 §7.1.1)"),
            (
                "Message-ID",
                "Message-ID: abcd\r\nMessage-ID",
                "Message-ID: Message-ID appears more than once (RFC 4975 §7.1.1)",
            ),
            (
                "Byte",
                "Failure-Report: no\r\nFailure-Report: no\r\nByte",
                "Failure-Report: Failure-Report appears more than once (RFC 4975 §7.1.1)",
            ),
            ("Content-Type: text/plain\r\n", "", "MSRP a786hjs2 SEND: body without Content-Type (RFC 4975 §7.1)"),
            (
                "text/plain",
                "text/plain\r\nX-Any: x",
                "Content-Type: Content-Type is not the last header (RFC 4975 §7.1)",
            ),
            (
                "Content-Type",
                "Content-Transfer-Encoding: binary\r\nContent-Type",
                "Content-Transfer-Encoding: Content-Transfer-Encoding, where all content is binary (RFC 4975 §7.1.1)",
            ),
        ],
    );
    broken(
        EMPTY,
        &[
            ("Message-ID: 12339sdqwer\r\n", "", "MSRP a786hjs2 SEND: SEND without Message-ID (RFC 4975 §7.1.1)"),
            ("0/0", "0/0\r\nContent-Type: text/plain", "Content-Type: Content-Type without a body (RFC 4975 §7.1)"),
            ("0/0", "0/0\r\nContent-ID: <a@b>", "Content-ID: Content-ID without a body (RFC 4975 §7.1)"),
        ],
    );
    allowed(EMPTY, &[("Byte-Range: 1-0/0\r\n", ""), ("1-0/0", "1-*/*")]);
    broken(
        REPORT,
        &[
            ("Message-ID: 12339sdqwer\r\n", "", "MSRP dkei38sd REPORT: REPORT without Message-ID (RFC 4975 §7.1.2)"),
            ("Status: 000 200 OK\r\n", "", "MSRP dkei38sd REPORT: REPORT without Status (RFC 4975 §7.1.2)"),
            ("Byte", "Success-Report: no\r\nByte", "Success-Report: Success-Report in a REPORT (RFC 4975 §7.1.2)"),
            ("Byte", "Failure-Report: no\r\nByte", "Failure-Report: Failure-Report in a REPORT (RFC 4975 §7.1.2)"),
        ],
    );
    allowed(
        REPORT,
        &[("Byte-Range: 1-106/106\r\n", ""), ("000 200 OK\r\n", "000 200 OK\r\nContent-Type: a/b\r\n\r\nx\r\n")],
    );
    broken(
        RESPONSE,
        &[(
            "tcp\r\n-",
            "tcp\r\nContent-Type: a/b\r\n\r\nx\r\n-",
            "MSRP a786hjs2 200 OK: response with a body (RFC 4975 §9)",
        )],
    );
}

#[test]
fn sizes_and_ranges() {
    const INTERRUPTIBLE: &str = "body of more than 2048 octets without * as range-end (RFC 4975 §7.1.1)";
    for (range, octets, flag, expected) in [
        ("", 2048, '$', None),
        ("", 0, '$', None),
        ("", 5, '+', None),
        ("1-0/0", 0, '$', None),
        ("1-*/*", 0, '$', None),
        ("1-2048/9999", 2048, '+', None),
        ("1-*/9999", 2049, '+', None),
        ("2049-*/9999", 7951, '$', None),
        ("2049-*/*", 12, '$', None),
        // Broken off between two chunks, or before the first octet of the next.
        ("2049-*/9999", 0, '#', None),
        ("2049-*/9999", 5, '#', None),
        ("", 2049, '$', Some(format!("MSRP a786hjs2 SEND: {INTERRUPTIBLE}"))),
        ("1-2049/9999", 2049, '+', Some(format!("1-2049/9999: {INTERRUPTIBLE}"))),
        ("1-4/9", 5, '+', Some("1-4/9: body of 5 octets, and by its range it has 4 (RFC 4975 §7.1.1)".into())),
        ("1-6/9", 5, '+', Some("1-6/9: body of 5 octets, and by its range it has 6 (RFC 4975 §7.1.1)".into())),
        ("1-0/0", 5, '$', Some("1-0/0: body of 5 octets, and by its range it has 0 (RFC 4975 §7.1.1)".into())),
        ("8-*/9", 5, '$', Some("8-*/9: body reaches octet 12, beyond the total (RFC 4975 §7.1.1)".into())),
        ("8-*/*", 0, '$', Some("8-*/*: range-start of content of no octets is not 1 (RFC 4975 §7.1.1)".into())),
        (
            "1-5/9",
            5,
            '$',
            Some("-------a786hjs2$\r\n: continuation flag $ at octet 5, before the total (RFC 4975 §7.1)".into()),
        ),
        (
            "5-9/9",
            5,
            '+',
            Some("-------a786hjs2+\r\n: continuation flag + in the chunk that ends the message (RFC 4975 §7.1)".into()),
        ),
        ("18446744073709551615-*/*", 5, '+', None),
    ] {
        assert_eq!(told(&chunk(range, octets, flag)), Vec::from_iter(expected), "{range:?} {octets} {flag}");
    }
    broken(EMPTY, &[("1-0/0", "1-5/5", "1-5/5: body of 0 octets, and by its range it has 5 (RFC 4975 §7.1.1)")]);
    let report = |octets| {
        let body = format!("OK\r\nContent-Type: text/plain\r\n\r\n{}\r\n-", "x".repeat(octets));
        told(&REPORT.replacen("OK\r\n-", &body, 1))
    };
    assert_eq!(report(10240), [""; 0]);
    let too_long = "MSRP dkei38sd REPORT: body of more than 10240 octets in a request other than SEND (RFC 4975 §7.1)";
    assert_eq!(report(10241), [too_long]);
}

#[test]
fn end_lines() {
    const FORM: &str = "end-line is not seven hyphens, the transaction identifier, a flag and CRLF (RFC 4975 §9)";
    for flag in ['+', '#'] {
        let line = format!("-------a786hjs2{flag}\r\n");
        let flagged = |chunk: &str| told(&chunk.replacen("hjs2$", &format!("hjs2{flag}"), 1));
        assert_eq!(flagged(RESPONSE), [format!("{line}: continuation flag of a response is not $ (RFC 4975 §7.2)")]);
        assert_eq!(
            told(&REPORT.replacen("38sd$", &format!("38sd{flag}"), 1)),
            [format!(
                "-------dkei38sd{flag}\r\n: continuation flag is not $ in a request that cannot be interrupted (RFC 4975 §7.1)"
            )]
        );
    }
    broken(EMPTY, &[("2$\r\n", "2$\n", &format!("-------a786hjs2$\n: {FORM}"))]);
    let bare = SEND.replace("1-5/5", "1-0/0").replace("Hello\r\n", "");
    assert_eq!(told(&bare), ["-------a786hjs2$\r\n: no CRLF between body and end-line (RFC 4975 §7.1)"]);
    let message = Message::parse(SEND).expect("a chunk");
    let tampered = crate::wire::msrp::Builder::from_message(&message).tail("\r\n-------wrongid$\r\n").build();
    let flaws: Vec<String> = tampered.flaws().iter().map(|f| format!("{} ({})", f.what, f.clause)).collect();
    assert_eq!(flaws, [FORM]);
}
