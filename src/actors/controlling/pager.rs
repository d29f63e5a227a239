//! Messages of pager mode to a list or a group: one MESSAGE to each recipient (RFC 5365 §7); and requests that mean
//! nothing here.

use super::ControllingFunction;
use super::admission::Refusal;
use super::applicant::{self, Applicant};
use super::invite::{self, Invitation};
use super::procedures::Happening;
use crate::stack::ua::{Body, Headers, OutRequest, UaEvent};
use crate::time::Time;
use crate::wire::mime::{self, Entry, Part};
use crate::wire::sip::Message;
use crate::wire::uri;

/// A MESSAGE.
pub(super) fn message(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, message, .. }) = happening else { return };
    let applicant = Applicant::of(&server.config, &message);
    let (recipients, history) = match recipients(server, &applicant, &message) {
        Ok(found) => found,
        Err(refusal) => return server.ua.respond(now, tx, refusal.status, Headers::new(), None),
    };
    let mut parts = message.bodies();
    parts.retain(|part| !part.content_type().is("application/resource-lists+xml"));
    if parts.is_empty() {
        return server.ua.respond(now, tx, 415, Headers::new(), None);
    }
    server.ua.respond(now, tx, 202, Headers::new(), None);
    let target = message.request_uri().unwrap_or_default();
    let group = server.config.group(target);
    let Invitation { from, headers, .. } = Invitation::of(&server.config, &applicant, group, &message);
    if !history.is_empty() {
        parts.push(invite::history(&history));
    }
    let boundary = format!("imspec-{}", server.ids.token(16));
    let body = body(parts, &boundary);
    for recipient in recipients {
        let request = OutRequest {
            method: "MESSAGE".to_owned(),
            to: format!("<{recipient}>"),
            request_uri: recipient,
            from: from.clone(),
            headers: headers.clone(),
            body: Some(body.clone()),
            destination: None,
        };
        server.ua.request(now, request);
    }
}

/// Any other request: answered as far as a user agent can, and nothing comes of it.
pub(super) fn other(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, call, message }) = happening else { return };
    let status = match (message.method(), call) {
        ("SUBSCRIBE", Some(_)) => 403,
        ("NOTIFY", _) => 481,
        _ => 200,
    };
    server.ua.respond(now, tx, status, Headers::new(), None);
}

/// Whom a message is for, and what they may know of each other; else why it is refused.
fn recipients(
    server: &ControllingFunction,
    applicant: &Applicant,
    message: &Message,
) -> Result<(Vec<String>, Vec<Entry>), Refusal> {
    let target = message.request_uri().unwrap_or_default();
    let known = applicant.address.as_deref();
    let sender = known.unwrap_or_default();
    if let Some(group) = server.config.group(target) {
        if !known.is_some_and(|address| group.may_initiate.includes(address, Some(group)))
            || applicant.anonymous && !group.allows_anonymity
        {
            return Err(Refusal::FORBIDDEN);
        }
        let members = group.members.iter().map(|member| member.uri.clone());
        return Ok((members.filter(|member| !uri::same(member, sender)).collect(), Vec::new()));
    }
    if !server.config.is_factory(target) {
        return Err(Refusal::NOT_FOUND);
    }
    if !known.is_some_and(|address| server.config.may_use_factory.includes(address, None)) {
        return Err(Refusal::FORBIDDEN);
    }
    let (users, history) = applicant::list(message).map_err(|()| Refusal::of(400))?;
    if users.len() > server.config.max_adhoc {
        return Err(Refusal::of(486));
    }
    let users = users.into_iter().map(|user| user.uri).filter(|user| !uri::same(user, sender));
    Ok((users.collect(), history))
}

/// What is left of the bodies: as they are where there are several, else the one without a wrapper (RFC 5365 §7.3).
fn body(parts: Vec<Part>, boundary: &str) -> Body {
    match &parts[..] {
        [one] => (one.headers.get("Content-Type").unwrap_or("text/plain").to_owned(), one.body.clone()),
        several => (format!("multipart/mixed;boundary=\"{boundary}\""), mime::write(boundary, several)),
    }
}
