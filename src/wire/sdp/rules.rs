//! Whether a description is a proper offer of MSRP, and another one a proper answer to it.
//!
//! It must not know earlier exchanges of the dialog, nor what OMA takes an offer for.

use std::borrow::Cow;

use super::flaws::MAX_FLAWS;
use super::media::{Direction, Media, Setup};
use super::session::Session;
use crate::wire::uri::{Host, Scheme, Uri};
use crate::wire::{Flaw, Span};

/// What is wrong with an offer, its syntax included: the MSRP media against RFC 4975 §8, RFC 6135 §4 and RFC 5547 §8.
pub fn offer_flaws(offer: &Session) -> Vec<Flaw> {
    let mut found = Found { bytes: offer.bytes(), flaws: offer.flaws().to_vec() };
    for media in offer.media().filter(is_used_msrp) {
        found.msrp(&media);
        found.offered_setup(&media);
        found.offered_file(&media);
    }
    found.flaws.truncate(MAX_FLAWS);
    found.flaws
}

/// What is wrong with an answer, its syntax included: against RFC 3264 §6 and its offer, and as [`offer_flaws`].
pub fn answer_flaws(offer: &Session, answer: &Session) -> Vec<Flaw> {
    let mut found = Found { bytes: answer.bytes(), flaws: answer.flaws().to_vec() };
    found.whole(offer, answer);
    for (offered, answered) in offer.media().zip(answer.media()) {
        found.pair(&offered, &answered);
    }
    found.flaws.truncate(MAX_FLAWS);
    found.flaws
}

struct Found<'s> {
    bytes: &'s [u8],
    flaws: Vec<Flaw>,
}

impl Found<'_> {
    fn add(&mut self, span: Span, clause: &'static str, what: impl Into<Cow<'static, str>>) {
        self.flaws.push(Flaw::new(span, clause, what));
    }

    /// What RFC 4975 §8 asks of offers and answers alike.
    fn msrp(&mut self, media: &Media<'_>) {
        if !is_msrp(media.protocol) {
            self.add(media.span, "RFC 4975 §8.1", "protocol is neither TCP/MSRP nor TCP/TLS/MSRP");
        }
        if !media.formats().eq(["*"]) {
            self.add(media.span, "RFC 4975 §8.1", "format list is not *");
        }
        if media.accept_types().next().is_none() {
            let span = span_of(media, "accept-types");
            self.add(span, "RFC 4975 §8.6", "no accept-types, or none in it");
        }
        let span = span_of(media, "path");
        for uri in media.path().take(MAX_FLAWS) {
            self.path_uri(media, &uri);
        }
        match media.path().last() {
            None => self.add(span, "RFC 4975 §8.2", "no path, or no URI in it"),
            Some(endpoint) => self.endpoint(media, &endpoint, span),
        }
        if let Some(attribute) = media.inherited("connection") {
            self.add(attribute.span, "RFC 6135 §4.4", "connection attribute");
        }
    }

    fn path_uri(&mut self, media: &Media<'_>, uri: &Uri<'_>) {
        let span = self.span_of_part(uri.text);
        match uri.scheme {
            Scheme::Msrp | Scheme::Msrps => {}
            _ => return self.add(span, "RFC 4975 §8.2", "path holds what is no msrp or msrps URI"),
        }
        for mut flaw in uri.flaws() {
            flaw.span = Span { start: span.start + flaw.span.start, end: span.start + flaw.span.end };
            self.flaws.push(flaw);
        }
        if uri.port.is_none() {
            self.add(span, "RFC 4975 §8.2", "URI without a port");
        }
        let tls = media.protocol.eq_ignore_ascii_case("TCP/TLS/MSRP");
        if is_msrp(media.protocol) && tls != (uri.scheme == Scheme::Msrps) {
            self.add(span, "RFC 4975 §6", "scheme and protocol of the m= line do not both say TLS");
        }
    }

    /// `c=` and `m=` repeat the URI of the endpoint (RFC 4975 §8.1), except where a middlebox may have put its own
    /// there (RFC 6714), and except the port of who will not listen (RFC 6135 §4.2.2).
    fn endpoint(&mut self, media: &Media<'_>, endpoint: &Uri<'_>, path: Span) {
        if endpoint.path.is_none_or(str::is_empty) {
            self.add(path, "RFC 4975 §8.2", "last URI of the path names no session");
        }
        if media.msrp_cema() {
            return;
        }
        let discard = media.setup() == Some(Setup::Active) && (media.port == Some(9) || endpoint.port == Some(9));
        if endpoint.port.is_some() && endpoint.port != media.port && !discard {
            self.add(media.span, "RFC 4975 §8.1", "port is not that of the last URI of the path");
        }
        if let (Some(connection), Some(host)) = (media.connection(), endpoint.host) {
            let same = match (connection.ip(), host.ip()) {
                (None, None) => host.same(Host::Name(connection.address)),
                (a, b) => a == b,
            };
            if !same {
                self.add(connection.span, "RFC 4975 §8.1", "address is not that of the last URI of the path");
            }
        }
    }

    fn offered_setup(&mut self, media: &Media<'_>) {
        let span = media.inherited("setup").map(|a| a.span);
        match (media.setup(), span) {
            (Some(Setup::Passive), Some(span)) => self.add(span, "RFC 6135 §4.2.2", "passive in an offer"),
            (Some(Setup::HoldConn), Some(span)) => self.add(span, "RFC 6135 §4.2.1", "holdconn"),
            _ => {}
        }
    }

    fn offered_file(&mut self, media: &Media<'_>) {
        let Some(selector) = media.file_selector() else { return };
        if media.file_transfer_id().is_none() {
            self.add(selector.span, "RFC 5547 §8.2", "file-selector without file-transfer-id");
        }
        if !matches!(media.direction(), Direction::SendOnly | Direction::RecvOnly) {
            self.add(selector.span, "RFC 5547 §8.2", "file offered neither sendonly nor recvonly");
        }
        let described = selector.size.is_some() || selector.media_type.is_some() || selector.hash.is_some();
        let named = selector.name.is_some() && !media.direction().sends();
        if !described && !named {
            self.add(selector.span, "RFC 5547 §8.2", "file-selector says too little");
        }
    }

    fn whole(&mut self, offer: &Session, answer: &Session) {
        let (offered, answered) = (offer.media().count(), answer.media().count());
        if offered != answered {
            let span = answer.media().nth(offered).map_or(Span::default(), |m| m.span);
            self.add(span, "RFC 3264 §6", format!("{answered} m= lines for {offered} in the offer"));
        }
        let (time, asked) = (answer.first('t'), offer.first('t'));
        if let (Some(time), Some(asked)) = (time, asked)
            && time.value != asked.value
        {
            self.add(time.span, "RFC 3264 §6", "t= line is not that of the offer");
        }
        if let (Some(origin), Some(theirs)) = (answer.first('o'), offer.first('o'))
            && origin.value == theirs.value
            && offer.bytes() != answer.bytes()
        {
            self.add(origin.span, "RFC 3264 §6", "o= line is that of the offer");
        }
    }

    fn pair(&mut self, offer: &Media<'_>, answer: &Media<'_>) {
        if !offer.media.eq_ignore_ascii_case(answer.media) {
            return self.add(answer.span, "RFC 3264 §6.1", "media type is not that of the offer");
        }
        if !offer.protocol.eq_ignore_ascii_case(answer.protocol) {
            self.add(answer.span, "RFC 3264 §6.1", "transport is not that of the offer");
        }
        match (offer.port, answer.port) {
            (_, Some(0)) => return,
            (Some(0), _) => return self.add(answer.span, "RFC 3264 §8.2", "medium offered with port 0 is accepted"),
            _ => {}
        }
        self.answered_direction(offer, answer);
        if !is_used_msrp(answer) {
            return;
        }
        self.msrp(answer);
        self.answered_setup(offer, answer);
        self.answered_file(offer, answer);
    }

    fn answered_direction(&mut self, offer: &Media<'_>, answer: &Media<'_>) {
        let (offered, answered) = (offer.direction(), answer.direction());
        if answered.within(offered) != answered {
            let said = answer.attributes().find(|a| a.direction().is_some());
            let span = said.map_or(answer.span, |a| a.span);
            self.add(span, "RFC 3264 §6.1", format!("{} in answer to {}", answered.name(), offered.name()));
        }
    }

    /// RFC 4145 §4.1 without holdconn, which is read as if it were not there (RFC 6135 §4.2.1). The defaults are
    /// active in an offer and passive in an answer.
    fn answered_setup(&mut self, offer: &Media<'_>, answer: &Media<'_>) {
        let said = answer.inherited("setup");
        let span = said.map_or(answer.span, |a| a.span);
        if answer.setup() == Some(Setup::HoldConn) {
            self.add(span, "RFC 6135 §4.2.1", "holdconn");
        }
        let known = |setup: Option<Setup>| setup.filter(|s| *s != Setup::HoldConn);
        let offered = known(offer.setup()).unwrap_or(Setup::Active);
        let answered = known(answer.setup()).unwrap_or(Setup::Passive);
        let good = match offered {
            Setup::Active | Setup::HoldConn => answered == Setup::Passive,
            Setup::Passive => answered == Setup::Active,
            Setup::ActPass => matches!(answered, Setup::Active | Setup::Passive),
        };
        if !good {
            self.add(span, "RFC 4145 §4.1", format!("{} in answer to {}", answered.name(), offered.name()));
        }
    }

    fn answered_file(&mut self, offer: &Media<'_>, answer: &Media<'_>) {
        let Some(asked) = offer.file_selector() else { return };
        // The draft's attributes may stand in the answer of who does not know RFC 5547.
        let Some(selector) = answer.file_selector() else { return };
        if answer.file_transfer_id() != offer.file_transfer_id() {
            let span = span_of(answer, "file-transfer-id");
            self.add(span, "RFC 5547 §8.3", "file-transfer-id is not that of the offer");
        }
        if !offer.direction().sends() {
            return;
        }
        let copied = (asked.name.is_none() || selector.name == asked.name)
            && (asked.size.is_none() || selector.size == asked.size)
            && (asked.media_type.is_none() || selector.media_type == asked.media_type);
        if !copied {
            self.add(selector.span, "RFC 5547 §8.3.1", "name, type and size are not those of the offer");
        }
        for name in ["file-icon", "file-disposition", "file-date"] {
            if let Some(attribute) = answer.attribute(name) {
                self.add(attribute.span, "RFC 5547 §8.3.1", format!("{name} in the answer of a file's receiver"));
            }
        }
    }

    /// Where a slice of the description lies in it.
    fn span_of_part(&self, part: &str) -> Span {
        let start = (part.as_ptr() as usize).saturating_sub(self.bytes.as_ptr() as usize).min(self.bytes.len());
        Span::new(start..start + part.len())
    }
}

fn is_used_msrp(media: &Media<'_>) -> bool {
    media.media == "message" && media.port != Some(0)
}

/// RFC 4975 §8.1
fn is_msrp(protocol: &str) -> bool {
    protocol.eq_ignore_ascii_case("TCP/MSRP") || protocol.eq_ignore_ascii_case("TCP/TLS/MSRP")
}

/// The attribute, or the `m=` line that lacks it.
fn span_of(media: &Media<'_>, name: &str) -> Span {
    media.attribute(name).map_or(media.span, |a| a.span)
}
