//! Headers made of tokens: methods, option tags, media types, dispositions, products (RFC 3261 §20).

use super::address::is_qvalue;
use super::numbers::{call_id, comment};
use super::scan::{MAX_SECONDS, Param, Read, Scan};

pub(super) fn token(scan: &mut Scan) -> Read {
    scan.token("token").map(drop)
}

/// A token with parameters.
pub(super) fn token_params(scan: &mut Scan) -> Read {
    token(scan)?;
    scan.params(quality)
}

/// A language tag or range with parameters.
pub(super) fn language(scan: &mut Scan) -> Read {
    if scan.take(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'*')).is_empty() {
        return scan.wrong("language expected");
    }
    scan.params(quality)
}

/// Content-Type: type, subtype, and parameters that all have a value.
pub(super) fn media_type(scan: &mut Scan) -> Read {
    media_range(scan)?;
    scan.params(|scan, param| {
        if param.value.is_none() {
            scan.flaw(param.span, "RFC 3261 §25.1", "parameter of a media type without a value");
        }
    })
}

/// An item of Accept.
pub(super) fn accept(scan: &mut Scan) -> Read {
    media_range(scan)?;
    scan.params(quality)
}

/// User-Agent and Server: products and comments.
pub(super) fn products(scan: &mut Scan) -> Read {
    loop {
        if scan.peek() == Some(b'(') {
            comment(scan)?;
        } else {
            scan.token("product")?;
            if scan.eat(b'/') {
                scan.token("product version")?;
            }
        }
        // A comment may follow without a blank: LPAREN begins with SWS.
        if !scan.blanks() && scan.peek() != Some(b'(') || scan.rest().is_empty() {
            return Ok(());
        }
    }
}

/// Replaces, Join: a Call-ID with exactly one to-tag and one from-tag.
pub(super) fn dialog(scan: &mut Scan) -> Read {
    dialog_with(scan, ["to-tag", "from-tag"])
}

/// Target-Dialog: a Call-ID with exactly one local-tag and one remote-tag (RFC 4538 §7).
pub(super) fn target_dialog(scan: &mut Scan) -> Read {
    dialog_with(scan, ["local-tag", "remote-tag"])
}

/// priv-value *(";" priv-value)
pub(super) fn privacy(scan: &mut Scan) -> Read {
    token(scan)?;
    while scan.eat(b';') {
        token(scan)?;
    }
    Ok(())
}

/// An item of Accept-Contact and Reject-Contact.
pub(super) fn feature_set(scan: &mut Scan) -> Read {
    if scan.skip(1) != b"*" {
        return scan.wrong("* expected");
    }
    let (mut require, mut explicit) = (0, 0);
    scan.params(|scan, param| {
        require += usize::from(param.is("require"));
        explicit += usize::from(param.is("explicit"));
        if (param.is("require") && require > 1) || (param.is("explicit") && explicit > 1) {
            scan.flaw(param.span, "RFC 3841 §9.2", "require or explicit appears twice");
        }
    })
}

pub(super) fn subscription_state(scan: &mut Scan) -> Read {
    token(scan)?;
    scan.params(|scan, param| {
        if (param.is("expires") || param.is("retry-after")) && !param.has_number(MAX_SECONDS) {
            scan.flaw(param.span, "RFC 6665 §8.4", "not a number of seconds");
        }
    })
}

/// An item of Reason (RFC 3326 §2).
pub(super) fn reason(scan: &mut Scan) -> Read {
    token(scan)?;
    scan.params(|scan, param| {
        if param.is("cause") && !param.has_number(usize::MAX) {
            scan.flaw(param.span, "RFC 3326 §2", "cause is not a number");
        }
        if param.is("text") && !param.value.is_some_and(|v| v.starts_with(b"\"")) {
            scan.flaw(param.span, "RFC 3326 §2", "text is not quoted");
        }
    })
}

/// P-Charging-Vector: icid-value first (RFC 7315 §5.6).
pub(super) fn charging_vector(scan: &mut Scan) -> Read {
    if !scan.param()?.is("icid-value") {
        return scan.wrong("icid-value does not come first");
    }
    scan.params(|_, _| {})
}

/// An item of P-Visited-Network-ID (RFC 7315 §5.3).
pub(super) fn visited_network(scan: &mut Scan) -> Read {
    if scan.peek() == Some(b'"') {
        scan.quoted()?;
    } else {
        token(scan)?;
    }
    scan.params(|_, _| {})
}

/// WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization: a scheme and its parameters.
pub(super) fn auth(scan: &mut Scan) -> Read {
    let digest = scan.token("authentication scheme")?.eq_ignore_ascii_case(b"Digest");
    scan.need_blank()?;
    scan.list(|scan| {
        let param = scan.param()?;
        if param.value.is_none() {
            return scan.wrong("= expected");
        }
        if digest {
            digest_param(scan, param);
        }
        Ok(())
    })
}

/// An item of Authentication-Info.
pub(super) fn auth_info(scan: &mut Scan) -> Read {
    let param = scan.param()?;
    digest_param(scan, param);
    Ok(())
}

/// Which parameters of Digest are quoted (RFC 3261 §25.1).
fn digest_param<'a>(scan: &mut Scan<'a, '_>, param: Param<'a>) {
    const QUOTED: [&str; 9] =
        ["username", "realm", "nonce", "uri", "response", "cnonce", "opaque", "domain", "nextnonce"];
    const BARE: [&str; 2] = ["nc", "stale"];
    let quoted = param.value.is_some_and(|value| value.starts_with(b"\""));
    if QUOTED.iter().any(|name| param.is(name)) && !quoted {
        scan.flaw(param.span, "RFC 3261 §25.1", "parameter of Digest is not quoted");
    }
    if BARE.iter().any(|name| param.is(name)) && quoted {
        scan.flaw(param.span, "RFC 3261 §25.1", "parameter of Digest is quoted");
    }
    let hex8 = |value: &[u8]| value.len() == 8 && value.iter().all(u8::is_ascii_hexdigit);
    if param.is("nc") && !param.value.is_some_and(hex8) {
        scan.flaw(param.span, "RFC 3261 §25.1", "nc is not eight hexadecimal digits");
    }
}

fn media_range(scan: &mut Scan) -> Read {
    scan.token("media type")?;
    if !scan.eat(b'/') {
        return scan.wrong("/ expected");
    }
    scan.token("media subtype").map(drop)
}

fn quality<'a>(scan: &mut Scan<'a, '_>, param: Param<'a>) {
    if param.is("q") && !param.value.is_some_and(is_qvalue) {
        scan.flaw(param.span, "RFC 3261 §25.1", "q is not a number from 0 to 1");
    }
}

fn dialog_with(scan: &mut Scan, tags: [&str; 2]) -> Read {
    let mark = scan.mark();
    call_id(scan)?;
    let mut count = [0, 0];
    scan.params(|_, param| {
        for (tag, count) in tags.iter().zip(&mut count) {
            *count += usize::from(param.is(tag) && param.has_token());
        }
    })?;
    if count == [1, 1] {
        return Ok(());
    }
    let span = scan.since(mark);
    scan.wrong_at(span, format!("not exactly one {} and one {}", tags[0], tags[1]))
}
