//! What a field of a message holds: its values, each with the octets it lies in.
//!
//! Only SIP messages are read here; what is asked of MSRP is in `transfer.rs`.

use std::borrow::Cow;
use std::net::SocketAddr;

use super::field::Field;
use super::scene::Scene;
use super::{notification, secured};
use crate::trace::{Transport, UnitId, What};
use crate::wire::mime::{Cpim, Imdn, ResourceLists};
use crate::wire::sdp::{self, Session};
use crate::wire::sip::{Message, Name, NameAddr};
use crate::wire::uri::Uri;
use crate::wire::{Span, mime, uri};

/// One value of a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    pub text: String,
    pub span: Option<Span>,
}

impl Value {
    pub fn new(text: impl Into<String>, span: Option<Span>) -> Value {
        Value { text: text.into(), span }
    }
}

/// Where a message went. Over a connection that the core opened that is whatever port it has there (RFC 3261 §18.2.2).
fn next_hop(id: UnitId, scene: &Scene<'_>) -> SocketAddr {
    let unit = scene.unit(id);
    let over_stream = matches!(unit.what, What::Sip { transport: Transport::Tcp, .. });
    scene.cast.core.filter(|core| over_stream && scene.cast.is_same(*core, unit.dst)).unwrap_or(unit.dst)
}

/// The values of `field` in a SIP message; none where it is absent.
pub fn read(field: &Field, id: UnitId, scene: &Scene<'_>) -> Vec<Value> {
    let message = scene.sip(id);
    match field {
        Field::SdpMediaInUse => {
            let in_use = session(message).map(|(sdp, _)| sdp.media().filter(|m| m.port != Some(0)).count());
            vec![Value::new(in_use.unwrap_or_default().to_string(), None)]
        }
        Field::SdpMediaLines => session(message)
            .map(|(sdp, base)| Value::new(sdp.media().count().to_string(), Some(base)))
            .into_iter()
            .collect(),
        Field::Method => vec![Value::new(message.method(), start_span(message))],
        Field::RequestUri => {
            message.request_uri().map(|uri| Value::new(uri, start_span(message))).into_iter().collect()
        }
        Field::RequestUriParameter(name) => message
            .request_uri()
            .and_then(|uri| Uri::parse(uri).param(name).map(|v| Value::new(v, start_span(message))))
            .into_iter()
            .collect(),
        Field::Status => message.status().map(|s| Value::new(s.to_string(), start_span(message))).into_iter().collect(),
        Field::NextHop => vec![Value::new(next_hop(id, scene).to_string(), None)],
        Field::Size => vec![Value::new(message.bytes().len().to_string(), None)],
        Field::Transport => match scene.unit(id).what {
            What::Sip { transport: Transport::Udp, .. } => vec![Value::new("UDP", None)],
            What::Sip { transport: Transport::Tcp, .. } => vec![Value::new("TCP", None)],
            _ => Vec::new(),
        },
        Field::Security => vec![secured::security(id, scene)],
        Field::Cpim(name) => cpim_header(message, name),
        Field::Imdn(element) => imdn_element(message, element).into_iter().collect(),
        Field::Header(name) => header(message, *name),
        Field::UriOf(name) => {
            first_address(message, *name).map(|(a, s)| Value::new(a.uri, Some(s))).into_iter().collect()
        }
        Field::DisplayName(name) => first_address(message, *name)
            .filter(|(a, _)| !a.display.is_empty())
            .map(|(a, s)| Value::new(a.display.trim_matches('"'), Some(s)))
            .into_iter()
            .collect(),
        Field::ConferenceInfo(name) => notification::conference(message, name).into_iter().collect(),
        Field::UserStatus(person) => notification::user_status(message, person, scene),
        Field::MessageSummary(name) => notification::summary(message, name).into_iter().collect(),
        Field::TagOf(name) => first_address(message, *name)
            .and_then(|(a, s)| a.tag().map(|tag| Value::new(tag, Some(s))))
            .into_iter()
            .collect(),
        Field::ViaBranch => message
            .via()
            .and_then(|via| via.branch().map(|b| Value::new(b, message.span_of(Name::Via))))
            .into_iter()
            .collect(),
        Field::Body => {
            let octets = message.body_span();
            let text = format!("{} octets", octets.len());
            (!octets.is_empty()).then(|| Value::new(text, Some(octets))).into_iter().collect()
        }
        Field::BodyPart(kind) => part(message, kind).map(|p| Value::new(kind, Some(p.span))).into_iter().collect(),
        Field::BodyPartDisposition(kind) => part(message, kind)
            .and_then(|p| p.headers.get("Content-Disposition").map(|d| Value::new(d, Some(p.span))))
            .into_iter()
            .collect(),
        // What stands behind `?` says what to do with the address.
        Field::ResourceList => listed(message)
            .map(|(uri, span)| Value::new(uri.split('?').next().unwrap_or_default(), Some(span)))
            .collect(),
        Field::ListedReplaces(person) => {
            let address = scene.cast.party(person).map_or("", |party| &party.address);
            listed(message)
                .filter(|(entry, _)| uri::same(entry.split('?').next().unwrap_or_default(), address))
                .filter_map(|(entry, span)| {
                    Some(Value::new(uri::unescape(Uri::parse(&entry).header("Replaces")?), Some(span)))
                })
                .collect()
        }
        Field::CpimMessage => {
            part(message, "message/cpim").map(|p| Value::new("message/cpim", Some(p.span))).into_iter().collect()
        }
        _ => session(message).map_or_else(Vec::new, |(sdp, base)| {
            let media = match field {
                Field::OfMedium(nth, _) => (*nth as usize).checked_sub(1).and_then(|at| sdp.media().nth(at)),
                _ => sdp.msrp_media(),
            };
            let Some(media) = media else { return Vec::new() };
            match field.plain() {
                Field::SdpFingerprint => secured::fingerprints(sdp, &media, base),
                Field::SdpFingerprintFunction => secured::fingerprints(sdp, &media, base)
                    .into_iter()
                    .map(|value| Value::new(secured::function(&value.text), value.span))
                    .collect(),
                plain => read_medium(plain, &media, base),
            }
        }),
    }
}

/// The session description of a message and where in the message it begins.
pub fn session(message: &Message) -> Option<(&Session, Span)> {
    message.description()
}

/// The part of the body that has that media type.
pub fn part(message: &Message, kind: &str) -> Option<mime::Part> {
    message.body_of_type(kind)
}

/// The entries of the resource list of a message, each with where the list lies.
fn listed(message: &Message) -> impl Iterator<Item = (String, Span)> + use<> {
    let part = part(message, "application/resource-lists+xml");
    let uris = part.map(|part| {
        let uris: Vec<String> = ResourceLists::parse(&part.body).uris().map(str::to_owned).collect();
        uris.into_iter().map(move |uri| (uri, part.span))
    });
    uris.into_iter().flatten()
}

/// The values of a CPIM header in the body of a SIP message.
fn cpim_header(message: &Message, name: &str) -> Vec<Value> {
    let Some(part) = part(message, "message/cpim") else { return Vec::new() };
    cpim_values(&Cpim::parse(&part.body), name, part.body_span.start)
}

/// The values of a header of a wrapper that begins at `base`; Disposition-Notification is a list.
pub fn cpim_values(cpim: &Cpim, name: &str, base: u32) -> Vec<Value> {
    let of_name = cpim.headers.iter().filter(|h| h.name == name && h.namespace.is_some());
    let list = name == "Disposition-Notification";
    of_name
        .flat_map(|h| {
            let span = Span { start: base + h.span.start, end: base + h.span.end };
            let values: Vec<&str> = if list { h.value.split(',').collect() } else { vec![&h.value] };
            values.into_iter().map(|v| Value::new(v.trim(), Some(span))).collect::<Vec<_>>()
        })
        .collect()
}

fn imdn_element(message: &Message, element: &str) -> Option<Value> {
    let part = part(message, "message/cpim")?;
    let cpim = Cpim::parse(&part.body);
    if !cpim.content_type().is("message/imdn+xml") {
        return None;
    }
    let imdn = Imdn::parse(&cpim.content.body);
    let text = match element {
        "message-id" => imdn.message_id,
        "datetime" => imdn.datetime,
        _ => imdn.status?.element().to_owned(),
    };
    (!text.is_empty()).then(|| Value::new(text, Some(part.body_span)))
}

/// The values of a header taken as the specification of that header joins them: comma-separated ones apart.
fn header(message: &Message, name: Name) -> Vec<Value> {
    if is_list(name) {
        return message.values(name).map(|(span, text)| Value::new(text, Some(span))).collect();
    }
    message.all(name).map(|h| Value::new(h.text(), Some(h.span()))).collect()
}

/// Whether commas separate values of the header (RFC 3261 §7.3.1 and the RFCs of the extensions).
fn is_list(name: Name) -> bool {
    !matches!(
        name,
        Name::CallId
            | Name::ContentType
            | Name::ContentDisposition
            | Name::CSeq
            | Name::Date
            | Name::Expires
            | Name::From
            | Name::MaxForwards
            | Name::MinSe
            | Name::Organization
            | Name::Replaces
            | Name::RetryAfter
            | Name::Server
            | Name::SessionExpires
            | Name::Subject
            | Name::To
            | Name::UserAgent
    )
}

fn first_address(message: &Message, name: Name) -> Option<(NameAddr<'_>, Span)> {
    message.values(name).next().map(|(span, text)| (NameAddr::parse(text), span))
}

/// The values of a field of one medium, of a session description that begins at `base`.
fn read_medium(field: &Field, media: &sdp::Media<'_>, base: Span) -> Vec<Value> {
    let within = |span: Span| Some(Span { start: base.start + span.start, end: base.start + span.end });
    let line = within(media.span);
    let one = |text: Option<Cow<'_, str>>| text.map(|t| Value::new(t, line)).into_iter().collect();
    match field {
        Field::Sdp => vec![Value::new("session description", Some(base))],
        Field::SdpMedia => one(Some(media.media.into())),
        Field::SdpProtocol => one(Some(media.protocol.into())),
        Field::SdpFormat => one(Some(media.formats().collect::<Vec<_>>().join(" ").into())),
        Field::SdpPort => one(media.port.map(|p| p.to_string().into())),
        Field::SdpPath => media
            .attributes()
            .filter(|a| a.name == "path")
            .map(|a| Value::new(a.value.unwrap_or_default(), within(a.span)))
            .collect(),
        Field::SdpPathScheme => {
            media.path().map(|uri| Value::new(uri.text.split(':').next().unwrap_or_default(), line)).collect()
        }
        Field::SdpDirection => media
            .attributes()
            .filter(|a| {
                sdp::Direction::parse(a.name).is_some() || sdp::Direction::parse(&a.name.to_ascii_lowercase()).is_some()
            })
            .map(|a| Value::new(a.name, within(a.span)))
            .collect(),
        Field::SdpInformation => media
            .lines()
            .filter(|line| line.kind == Some('i') && !line.value.trim().is_empty())
            .map(|line| Value::new(line.value, within(line.span)))
            .collect(),
        Field::SdpAttribute(name) => media
            .attributes()
            .filter(|a| a.name == name)
            .map(|a| Value::new(a.value.unwrap_or_default(), within(a.span)))
            .collect(),
        Field::SdpFile(name) => {
            let selected = media.file_selector().and_then(|selector| {
                let text = match name.as_str() {
                    "name" => selector.name.map(Cow::into_owned),
                    "type" => selector.media_type.map(str::to_owned),
                    "size" => selector.size.map(|size| size.to_string()),
                    _ => selector.hash.map(|hash| format!("{}:{}", hash.algorithm, hash.value)),
                };
                Some(Value::new(text?, within(selector.span)))
            });
            selected.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The octets of the start line.
fn start_span(message: &Message) -> Option<Span> {
    let end = memchr::memchr2(b'\r', b'\n', message.bytes()).unwrap_or(message.bytes().len());
    Some(Span::new(0..end))
}
