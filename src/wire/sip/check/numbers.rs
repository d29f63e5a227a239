//! Headers made of numbers, methods, dates and identifiers (RFC 3261 §20).

use super::scan::{MAX_SECONDS, Read, Scan, is_token, is_word};
use crate::wire::sip::view::Date;

/// The greatest sequence number; it must be less than 2^31 (RFC 3261 §8.1.1.5).
const MAX_SEQUENCE: usize = (1 << 31) - 1;

pub(super) fn cseq(scan: &mut Scan) -> Read {
    scan.number(MAX_SEQUENCE, "RFC 3261 §8.1.1.5")?;
    scan.need_blank()?;
    scan.token("method").map(drop)
}

/// callid = word ["@" word]
pub(super) fn call_id(scan: &mut Scan) -> Read {
    word(scan)?;
    if scan.peek() == Some(b'@') {
        scan.skip(1);
        word(scan)?;
    }
    Ok(())
}

/// Max-Forwards: 0 to 255 (RFC 3261 §20.22).
pub(super) fn max_forwards(scan: &mut Scan) -> Read {
    scan.number(255, "RFC 3261 §20.22")
}

/// delta-seconds: 0 to 2^32 - 1 (RFC 3261 §20.19).
pub(super) fn seconds(scan: &mut Scan) -> Read {
    scan.number(MAX_SECONDS, "RFC 3261 §20.19")
}

/// Session-Expires and Min-SE.
pub(super) fn session_timer(scan: &mut Scan) -> Read {
    seconds(scan)?;
    scan.params(|scan, param| {
        let role = param.value.unwrap_or_default();
        if param.is("refresher") && !(role.eq_ignore_ascii_case(b"uac") || role.eq_ignore_ascii_case(b"uas")) {
            scan.flaw(param.span, "RFC 4028 §4", "refresher is neither uac nor uas");
        }
    })
}

pub(super) fn retry_after(scan: &mut Scan) -> Read {
    scan.number(MAX_SECONDS, "RFC 3261 §20.33")?;
    scan.blanks();
    if scan.peek() == Some(b'(') {
        comment(scan)?;
    }
    scan.params(|scan, param| {
        if param.is("duration") && !param.has_number(MAX_SECONDS) {
            scan.flaw(param.span, "RFC 3261 §20.33", "duration is not a number of seconds");
        }
    })
}

/// RSeq and the first number of RAck (RFC 3262 §7.1).
pub(super) fn rseq(scan: &mut Scan) -> Read {
    scan.number(MAX_SECONDS, "RFC 3262 §7.1")
}

pub(super) fn rack(scan: &mut Scan) -> Read {
    rseq(scan)?;
    scan.need_blank()?;
    cseq(scan)
}

pub(super) fn date(scan: &mut Scan) -> Read {
    let text = std::str::from_utf8(scan.rest()).unwrap_or_default();
    if Date::parse(text).is_none() {
        let span = scan.ahead(text.len());
        scan.flaw(span, "RFC 3261 §20.17", "not a date of the form Sat, 13 Nov 2010 23:29:00 GMT");
    }
    scan.skip(text.len());
    Ok(())
}

/// warn-code SP warn-agent SP warn-text (RFC 3261 §20.43).
pub(super) fn warning(scan: &mut Scan) -> Read {
    let mark = scan.mark();
    match scan.take(|b| b.is_ascii_digit()).len() {
        3 => {}
        0 => return scan.wrong("warn-code is not three digits"),
        _ => scan.flaw(scan.since(mark), "RFC 3261 §20.43", "warn-code is not three digits"),
    }
    one_blank(scan)?;
    let rest = scan.rest();
    let agent = &rest[..rest.iter().position(|b| matches!(b, b' ' | b'"')).unwrap_or(rest.len())];
    if !agent.is_empty() && agent.iter().copied().all(is_token) {
        scan.skip(agent.len());
    } else {
        scan.host_port(|b| matches!(b, b' ' | b'"'))?;
    }
    one_blank(scan)?;
    scan.quoted().map(drop)
}

/// 1*DIGIT "." 1*DIGIT
pub(super) fn mime_version(scan: &mut Scan) -> Read {
    scan.number(usize::MAX, "RFC 3261 §25.1")?;
    if scan.skip(1) != b"." {
        return scan.wrong("point expected");
    }
    scan.number(usize::MAX, "RFC 3261 §25.1")
}

/// 1*DIGIT ["." *DIGIT] [LWS delay]
pub(super) fn timestamp(scan: &mut Scan) -> Read {
    scan.number(usize::MAX, "RFC 3261 §20.38")?;
    scan.take(|b| b.is_ascii_digit() || b == b'.');
    if scan.blanks() {
        scan.take(|b| b.is_ascii_digit() || b == b'.');
    }
    Ok(())
}

/// A comment with comments inside it.
pub(super) fn comment(scan: &mut Scan) -> Read {
    let mut depth = 0_usize;
    loop {
        match scan.peek() {
            Some(b'(') => depth += 1,
            Some(b')') => depth = depth.saturating_sub(1),
            Some(b'\\') => {
                scan.skip(1);
            }
            Some(_) => {}
            None => return scan.wrong("comment without an end"),
        }
        scan.skip(1);
        if depth == 0 {
            return Ok(());
        }
    }
}

fn word(scan: &mut Scan) -> Read {
    if scan.take(is_word).is_empty() { scan.wrong("word expected") } else { Ok(()) }
}

fn one_blank(scan: &mut Scan) -> Read {
    match scan.skip(1) {
        b" " => Ok(()),
        _ => scan.wrong("one blank expected"),
    }
}
