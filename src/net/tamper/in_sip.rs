//! Changes inside a SIP message. Content-Length is kept right; all other octets stay as they were sent.

use std::net::SocketAddr;

use bytes::Bytes;

use super::change::Change;
use crate::wire::sdp::{Direction, Edit, Session};
use crate::wire::sip::{Builder, Message, Name, NameAddr};

/// The message with the change made; the same message where the change finds nothing to do.
pub fn change(message: &Message, change: &Change, unique: u64) -> Message {
    let builder = Builder::from_message(message);
    match change {
        Change::DropHeader(name) => builder.remove(name).build(),
        Change::SetHeader(name, value) => builder.set(name, value).build(),
        Change::AddHeader(name, value) => builder.header(name, value).build(),
        Change::PutHeaderLast(name) => match message.header_named(name).map(|h| h.text().into_owned()) {
            Some(value) => builder.remove(name).header(name, value).build(),
            None => message.clone(),
        },
        Change::MakeUnique(name) => builder.set(name, format!("{unique:x}")).build(),
        Change::DropValue { header, value } => values(message, builder, header, |v| {
            let keep = !v.eq_ignore_ascii_case(value);
            keep.then(|| v.to_owned())
        }),
        Change::DropParameter { header, parameter } => {
            values(message, builder, header, |v| Some(without_parameter(v, parameter)))
        }
        Change::SetParameter { header, parameter, value } => values(message, builder, header, |v| {
            let bare = without_parameter(v, parameter);
            Some(if value == "-" { format!("{bare};{parameter}") } else { format!("{bare};{parameter}={value}") })
        }),
        Change::SetDisplayName { header, name } => values(message, builder, header, |v| {
            let address = NameAddr::parse(v);
            let display = if name.is_empty() { String::new() } else { format!("\"{name}\" ") };
            Some(format!("{display}<{}>{}", address.uri, address.params.0))
        }),
        Change::SetMethod(method) => {
            let Some(uri) = message.request_uri() else { return message.clone() };
            let number = message.cseq().map_or(1, |(n, _)| n);
            builder.start_line(format!("{method} {uri} SIP/2.0")).set("CSeq", format!("{number} {method}")).build()
        }
        Change::SetRequestUri(uri) => request_uri(message, builder, |_| uri.clone()),
        Change::SetRequestUriParameter(name, value) => {
            request_uri(message, builder, |old| format!("{};{name}={value}", without_parameter(old, name)))
        }
        Change::DropRequestUriParameter(name) => request_uri(message, builder, |old| without_parameter(old, name)),
        Change::SetStatus(status, reason) if message.is_response() => {
            builder.start_line(format!("SIP/2.0 {status} {reason}")).build()
        }
        Change::DropBody => builder.remove("Content-Type").remove("Content-Disposition").octets(Bytes::new()).build(),
        Change::SetBody(text) => {
            let text = text.replace("<CRLF>", "\r\n");
            builder.set("Content-Type", "text/plain").octets(text.into_bytes()).build()
        }
        Change::DropPart(kind) => drop_part(message, builder, kind),
        Change::DropClosingDelimiter => drop_closing_delimiter(message, builder),
        Change::Replace(old, new) => {
            let body = message.body();
            let text = String::from_utf8_lossy(&body).replace(old, &new.replace("<CRLF>", "\r\n"));
            builder.octets(text.into_bytes()).build()
        }
        Change::SetSdpDirection(word) => sdp(message, builder, |edit| match Direction::parse(word) {
            Some(direction) => edit.direction(Some(direction)),
            // Not a direction at all: that is what the author wants on the wire.
            None => edit.direction(None).attribute(word, None),
        }),
        Change::DropSdpDirection => sdp(message, builder, |edit| edit.direction(None)),
        Change::SetSdpAttribute(name, value) => sdp(message, builder, |edit| edit.attribute(name, Some(value))),
        Change::DropSdpAttribute(name) => sdp(message, builder, |edit| edit.drop_attribute(name)),
        Change::SetSdpPort(port) => sdp(message, builder, |edit| edit.port(*port)),
        Change::SetSdpProtocol(protocol) => sdp(message, builder, |edit| edit.protocol(protocol)),
        Change::SetSdpMedia(media) => {
            let body = String::from_utf8_lossy(&message.body()).replace("m=message ", &format!("m={media} "));
            builder.octets(body.into_bytes()).build()
        }
        Change::RepeatSdpMedia => sdp(message, builder, Edit::repeat_media),
        _ => message.clone(),
    }
}

/// Where the author wants a message sent.
pub fn destination(text: &str) -> Option<SocketAddr> {
    text.parse().ok()
}

/// Rewrites each value of a header; the header goes when none is left.
fn values(message: &Message, builder: Builder, header: &str, rewrite: impl Fn(&str) -> Option<String>) -> Message {
    let name = Name::of(header.as_bytes());
    let kept: Vec<String> = message.values(name).filter_map(|(_, v)| rewrite(v)).collect();
    if message.header(name).is_none() {
        return message.clone();
    }
    if kept.is_empty() { builder.remove(header).build() } else { builder.set(header, kept.join(", ")).build() }
}

fn request_uri(message: &Message, builder: Builder, rewrite: impl Fn(&str) -> String) -> Message {
    match message.request_uri() {
        Some(uri) => builder.start_line(format!("{} {} SIP/2.0", message.method(), rewrite(uri))).build(),
        None => message.clone(),
    }
}

/// A value or URI without one of its `;name` or `;name=value` parameters. Parameters inside angle brackets count too.
fn without_parameter(text: &str, name: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for (i, part) in text.split(';').enumerate() {
        let own = part.split(['=', '>']).next().unwrap_or_default().trim();
        if i > 0 && own.eq_ignore_ascii_case(name) {
            if let Some(close) = part.find('>') {
                kept.push_str(&part[close..]);
            }
            continue;
        }
        if i > 0 {
            kept.push(';');
        }
        kept.push_str(part);
    }
    kept
}

/// Edits the session description, whether it is the body or a part of it.
fn sdp(message: &Message, builder: Builder, edit: impl Fn(Edit) -> Edit) -> Message {
    let Some(part) = message.body_of_type("application/sdp") else { return message.clone() };
    let changed = edit(Session::parse(part.body.clone()).edit()).finish();
    splice(message, builder, &part.body, &changed)
}

/// The body with the octets of one part replaced. Parts are slices of the message, so their place is known.
fn splice(message: &Message, builder: Builder, old: &Bytes, new: &[u8]) -> Message {
    let body = message.body();
    let Some(at) = memchr::memmem::find(&body, old) else { return message.clone() };
    let mut changed = Vec::with_capacity(body.len() + new.len());
    changed.extend_from_slice(&body[..at]);
    changed.extend_from_slice(new);
    changed.extend_from_slice(&body[at + old.len()..]);
    builder.octets(changed).build()
}

fn drop_part(message: &Message, builder: Builder, kind: &str) -> Message {
    let Some(content_type) = message.header(Name::ContentType).map(|h| h.text().into_owned()) else {
        return message.clone();
    };
    let media = crate::wire::mime::MediaType::parse(&content_type);
    let Some(boundary) = media.param("boundary").map(|b| b.into_owned()) else {
        let whole = media.is(kind);
        return if whole { change(message, &Change::DropBody, 0) } else { message.clone() };
    };
    let parts: Vec<_> = message.bodies().into_iter().filter(|p| !p.content_type().is(kind)).collect();
    builder.octets(crate::wire::mime::write(&boundary, &parts)).build()
}

fn drop_closing_delimiter(message: &Message, builder: Builder) -> Message {
    let body = message.body();
    match memchr::memmem::rfind(&body, b"\r\n--") {
        Some(at) => builder.octets(body.slice(..at)).build(),
        None => message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> Message {
        Message::parse(Bytes::from_static(
            b"INVITE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa\r\n\
              Supported: timer, replaces\r\nSession-Expires: 1800;refresher=uac\r\nContact: <sip:a@127.0.0.1;ob>;+g.oma.sip-im\r\n\
              CSeq: 7 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: 113\r\n\r\n\
              v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\na=sendonly\r\na=filesize:7\r\n",
        ))
    }

    /// Makes a change to an INVITE and looks for what must (and, after `!`, must not) be in it.
    fn check(words: &str, expected: &[&str]) {
        let parsed = Change::parse(words).expect("known words");
        let changed = change(&invite(), &parsed, 1);
        let text = String::from_utf8_lossy(changed.bytes()).into_owned();
        for wanted in expected {
            match wanted.strip_prefix('!') {
                Some(unwanted) => assert!(!text.contains(unwanted), "{words}: {unwanted} is in\n{text}"),
                None => assert!(text.contains(wanted), "{words}: {wanted} is not in\n{text}"),
            }
        }
        let length = changed.header(Name::ContentLength).map(|h| h.text().into_owned());
        assert_eq!(length, Some(changed.body().len().to_string()), "{words}: Content-Length");
    }

    #[test]
    fn each_change_does_what_it_says_and_keeps_content_length_right() {
        check("drop header Supported", &["!Supported", "Session-Expires: 1800;refresher=uac\r\n"]);
        check("set header Supported to x", &["Supported: x\r\n"]);
        check("drop value timer from Supported", &["Supported: replaces\r\n"]);
        check("drop parameter refresher from Session-Expires", &["Session-Expires: 1800\r\n"]);
        check("set parameter refresher of Session-Expires to uas", &["Session-Expires: 1800;refresher=uas\r\n"]);
        check("drop parameter +g.oma.sip-im from Contact", &["Contact: <sip:a@127.0.0.1;ob>\r\n"]);
        check("drop parameter ob from Contact", &["Contact: <sip:a@127.0.0.1>;+g.oma.sip-im\r\n"]);
        check("set display name of Contact to Al", &["Contact: \"Al\" <sip:a@127.0.0.1;ob>;+g.oma.sip-im\r\n"]);
        check("drop display name of Contact", &["Contact: <sip:a@127.0.0.1;ob>;+g.oma.sip-im\r\n"]);
        check("set method MESSAGE", &["MESSAGE sip:bob@b.example SIP/2.0\r\n", "CSeq: 7 MESSAGE\r\n"]);
        check("set Request-URI to sip:c@d", &["INVITE sip:c@d SIP/2.0\r\n"]);
        check(
            "set Request-URI parameter sessiontype to adhoc",
            &["INVITE sip:bob@b.example;sessiontype=adhoc SIP/2.0\r\n"],
        );
        check("set SDP direction sendrecv", &["a=sendrecv\r\n", "!sendonly"]);
        check("set SDP direction SendOnly", &["a=SendOnly\r\n", "!a=sendonly"]);
        check("drop SDP direction", &["!sendonly"]);
        check("set SDP attribute filesize to 8", &["a=filesize:8\r\n", "!filesize:7"]);
        check("drop SDP attribute filesize", &["!filesize"]);
        check("set SDP port 0", &["m=message 0 TCP/MSRP *\r\n"]);
        check("set SDP protocol RTP/AVP", &["m=message 9 RTP/AVP *\r\n"]);
        check("set SDP media application", &["m=application 9 TCP/MSRP *\r\n"]);
        check("repeat SDP media", &["a=filesize:7\r\nm=message 9 TCP/MSRP *\r\na=sendonly\r\na=filesize:7\r\n"]);
        check(
            "put header Supported last",
            &["Content-Type: application/sdp\r\nSupported: timer, replaces\r\nContent-Length: "],
        );
        check("drop body", &["!v=0", "!Content-Type"]);
        check("replace s=- with s=-<CRLF>i=x", &["s=-\r\ni=x\r\n"]);
        check("set body to hello", &["!v=0", "Content-Type: text/plain\r\n", "\r\n\r\nhello"]);
        check("drop part application/sdp", &["!v=0"]);
    }
}
