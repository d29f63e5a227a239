//! Headers made of addresses: name-addr and addr-spec with parameters, and Via (RFC 3261 §20, §25.1).

use super::scan::{MAX_SECONDS, Param, Read, Scan, is_end_of_item, is_token};

/// From, To: one address, its tag a token.
pub(super) fn tagged(scan: &mut Scan) -> Read {
    address(scan, false)?;
    scan.params(|scan, param| {
        if param.is("tag") && !param.has_token() {
            scan.flaw(param.span, "RFC 3261 §19.3", "tag is not a token");
        }
    })
}

/// One address with parameters of any kind.
pub(super) fn one(scan: &mut Scan) -> Read {
    address(scan, false)?;
    scan.params(|_, _| {})
}

/// An item of a list of addresses without parameters (RFC 3325 §9.1).
pub(super) fn bare(scan: &mut Scan) -> Read {
    address(scan, true)
}

/// An item of a list of addresses in angle brackets (Route and its kin).
pub(super) fn enclosed(scan: &mut Scan) -> Read {
    name_addr(scan)?;
    scan.params(|_, _| {})
}

/// `<absoluteURI>` with parameters (Alert-Info, Call-Info, Error-Info).
pub(super) fn info(scan: &mut Scan) -> Read {
    if scan.peek() != Some(b'<') {
        return scan.wrong("URI in angle brackets expected");
    }
    enclosed(scan)
}

/// The whole of a Contact value: `*`, or a list.
pub(super) fn contact(scan: &mut Scan) -> Read {
    if scan.rest() == b"*" {
        scan.skip(1);
        return Ok(());
    }
    scan.list(|scan| {
        address(scan, true)?;
        scan.params(contact_param)
    })
}

/// An item of Via.
pub(super) fn via(scan: &mut Scan) -> Read {
    scan.token("protocol name")?;
    for what in ["protocol version", "transport"] {
        if !scan.eat(b'/') {
            return scan.wrong("/ expected");
        }
        scan.token(what)?;
    }
    scan.need_blank()?;
    let bracket = scan.peek() == Some(b'[');
    scan.host_port(|b| is_end_of_item(b) || (!bracket && b == b':'))?;
    if scan.eat(b':') {
        scan.number(65535, "RFC 3261 §19.1.1")?;
    }
    scan.params(via_param)
}

/// name-addr / addr-spec. In a `list`, a comma ends an addr-spec.
fn address(scan: &mut Scan, list: bool) -> Read {
    // Whichever comes first says what this is; looking no further keeps a long list linear.
    let sign = scan.rest().iter().find(|b| matches!(b, b'<' | b';' | b'"') || (list && **b == b','));
    if matches!(sign, Some(b'<' | b'"')) {
        return name_addr(scan);
    }
    // A blank ends the URI; what follows it is the next rule's to refuse.
    let ends = |b: u8| matches!(b, b';' | b' ' | b'\t' | b'\r' | b'\n') || (list && b == b',');
    if scan.peek().is_none_or(ends) {
        return scan.wrong("address expected");
    }
    let mark = scan.mark();
    let uri = scan.uri(ends);
    if uri.contains(['?', ',']) {
        let what = "URI with a question mark or a comma stands without angle brackets";
        scan.flaw(scan.since(mark), "RFC 3261 §20", what);
    }
    Ok(())
}

/// name-addr. No blank is needed between display name and `<` (RFC 4475 §3.1.1.6).
fn name_addr(scan: &mut Scan) -> Read {
    if scan.peek() == Some(b'"') {
        scan.quoted()?;
        scan.blanks();
    }
    while scan.peek() != Some(b'<') {
        if scan.take(is_token).is_empty() {
            return scan.wrong("display name is neither quoted nor made of tokens");
        }
        scan.blanks();
    }
    scan.skip(1);
    if !scan.rest().contains(&b'>') {
        return scan.wrong("no > behind the URI");
    }
    scan.uri(|b| b == b'>');
    scan.skip(1);
    Ok(())
}

fn contact_param<'a>(scan: &mut Scan<'a, '_>, param: Param<'a>) {
    if param.is("expires") && !param.has_number(MAX_SECONDS) {
        scan.flaw(param.span, "RFC 3261 §20.10", "expires is not a number of seconds");
    }
    if param.is("q") && !param.value.is_some_and(is_qvalue) {
        scan.flaw(param.span, "RFC 3261 §25.1", "q is not a number from 0 to 1");
    }
}

fn via_param<'a>(scan: &mut Scan<'a, '_>, param: Param<'a>) {
    if param.is("branch") {
        if !param.has_token() {
            scan.flaw(param.span, "RFC 3261 §25.1", "branch is not a token");
        } else if param.value.is_some_and(|v| v.eq_ignore_ascii_case(b"z9hG4bK")) {
            scan.flaw(param.span, "RFC 3261 §8.1.1.7", "branch identifies no transaction: nothing follows z9hG4bK");
        }
    }
    if param.is("ttl") && !param.has_number(255) {
        scan.flaw(param.span, "RFC 3261 §25.1", "ttl is not a number up to 255");
    }
    if param.is("rport") && param.value.is_some() && !param.has_number(65535) {
        scan.flaw(param.span, "RFC 3581 §3", "rport is not a port number");
    }
}

/// qvalue: 0 or 1, with up to three digits behind the point.
pub(super) fn is_qvalue(text: &[u8]) -> bool {
    let (whole, part) = match text.iter().position(|b| *b == b'.') {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, &[][..]),
    };
    part.len() <= 3
        && match whole {
            b"0" => part.iter().all(u8::is_ascii_digit),
            b"1" => part.iter().all(|b| *b == b'0'),
            _ => false,
        }
}
