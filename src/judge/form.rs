//! Whether a message, a part of it or a field has the form that its specification gives it.

use super::field::Field;
use super::outcome::Outcome;
use super::read::{part, read, session};
use super::scene::Scene;
use super::secured;
use crate::trace::UnitId;
use crate::wire::mime::{ConferenceInfo, Cpim, ExternalBody, ResourceLists};
use crate::wire::sip::Name;
use crate::wire::{Flaw, Span};

pub fn well_formed(field: &Field, id: UnitId, scene: &Scene<'_>) -> Outcome {
    let message = scene.sip(id);
    match field {
        // The branch that RFC 3261 §8.1.1.7 and §16.6 step 8 have everybody write.
        Field::ViaBranch => match read(field, id, scene).into_iter().next() {
            Some(branch) if branch.text.len() > COOKIE.len() && branch.text.starts_with(COOKIE) => {
                Outcome::pass(&branch)
            }
            Some(branch) => Outcome::broken(&branch, format!("it does not begin with {COOKIE}")),
            None => Outcome::Broken { found: None, span: None, reason: format!("there is no {field}") },
        },
        Field::BodyPart(kind) => match (part(message, kind), kind.as_str()) {
            (None, _) => Outcome::Broken { found: None, span: None, reason: format!("there is no {field}") },
            (Some(part), "message/external-body") => {
                flaws(ExternalBody::parse(&part).flaws, Span::default(), "well-formed by RFC 4483")
            }
            (Some(part), "application/conference-info+xml") => {
                flaws(ConferenceInfo::parse(&part.body).flaws, part.body_span, "well-formed by RFC 4575")
            }
            (Some(part), "application/resource-lists+xml") => {
                flaws(ResourceLists::parse(&part.body).flaws, part.body_span, "well-formed by RFC 4826")
            }
            (Some(part), "message/cpim") => {
                flaws(Cpim::parse(&part.body).flaws, part.body_span, "well-formed by RFC 3862")
            }
            (Some(_), _) => Outcome::Error(format!("imspec does not judge the form of {field}")),
        },
        Field::CpimMessage => well_formed(&Field::BodyPart("message/cpim".into()), id, scene),
        Field::Message => flaws(message.flaws().to_vec(), Span::default(), "well-formed by RFC 3261"),
        Field::Body => {
            let kind = message.header(Name::ContentType).map(|h| h.text().into_owned()).unwrap_or_default();
            let area = message.body_span();
            let found = crate::wire::mime::Multipart::parse_in(&kind, message.bytes(), area.range()).flaws;
            flaws(found, Span::default(), "well-formed by RFC 2046")
        }
        Field::SdpFingerprint => secured::well_formed(&read(field, id, scene)),
        Field::Sdp => match session(message) {
            Some((sdp, base)) => flaws(sdp.flaws().to_vec(), base, "well-formed by RFC 4566"),
            None => Outcome::Broken { found: None, span: None, reason: "there is no session description".into() },
        },
        other => Outcome::Error(format!("imspec does not judge the form of {other}")),
    }
}

/// What branches begin with.
const COOKIE: &str = "z9hG4bK";

pub fn mandatory_headers(id: UnitId, scene: &Scene<'_>) -> Outcome {
    let message = scene.sip(id);
    let mut names = vec![Name::To, Name::From, Name::CSeq, Name::CallId, Name::Via];
    if message.is_request() {
        names.push(Name::MaxForwards);
    }
    // RFC 3261 table 2: a request that makes a dialog needs a Contact.
    if message.is_request() && matches!(message.method(), "INVITE" | "SUBSCRIBE" | "UPDATE") {
        names.push(Name::Contact);
    }
    match names.into_iter().find(|name| message.header(*name).is_none()) {
        Some(name) => Outcome::Broken { found: None, span: None, reason: format!("there is no {}", name.text()) },
        None => Outcome::Pass { found: Some("all there".into()), span: None },
    }
}

/// No flaw passes; the first flaw is what is shown.
pub fn flaws(found: Vec<Flaw>, base: Span, good: &str) -> Outcome {
    let more = found.len().saturating_sub(1);
    match found.into_iter().next() {
        None => Outcome::Pass { found: Some(good.to_owned()), span: None },
        Some(flaw) => {
            let span = Span { start: base.start + flaw.span.start, end: base.start + flaw.span.end };
            let others = if more > 0 { format!(", and {more} more flaws") } else { String::new() };
            Outcome::Broken {
                found: Some(format!("{} ({}){others}", flaw.what, flaw.clause)),
                span: Some(span),
                reason: String::new(),
            }
        }
    }
}
