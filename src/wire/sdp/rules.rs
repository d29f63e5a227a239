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
/// Found when first asked for, then kept.
pub fn offer_flaws(offer: &Session) -> Vec<Flaw> {
    offer.offered.get_or_init(|| as_offer(offer)).clone()
}

fn as_offer(offer: &Session) -> Vec<Flaw> {
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

#[cfg(test)]
mod tests {
    use super::*;

    // The exchange of RFC 4975 §8.7, with an s= line that is not flawed.
    const OFFER: &str = "v=0\r\no=usera 2890844526 2890844527 IN IP4 alice.example.com\r\ns=-\r\n\
                         c=IN IP4 alice.example.com\r\nt=0 0\r\nm=message 7394 TCP/MSRP *\r\n\
                         a=accept-types:message/cpim text/plain text/html\r\n\
                         a=path:msrp://alice.example.com:7394/2s93i93idj;tcp\r\n";
    const ANSWER: &str = "v=0\r\no=userb 2890844530 2890844532 IN IP4 bob.example.com\r\ns=-\r\n\
                          c=IN IP4 bob.example.com\r\nt=0 0\r\nm=message 8493 TCP/MSRP *\r\n\
                          a=accept-types:message/cpim text/plain\r\n\
                          a=path:msrp://bob.example.com:8493/si438dsaodes;tcp\r\n";
    const FILE: &str = "a=file-selector:name:\"a\" size:4 type:x/y\r\na=file-transfer-id:1\r\n";

    /// Each replacement once; what is not there is added at the end.
    fn changed(text: &str, changes: &[(&str, &str)]) -> Session {
        let change = |text: String, (from, to): &(&str, &str)| match text.contains(from) && !from.is_empty() {
            true => text.replacen(from, to, 1),
            false => format!("{text}{to}"),
        };
        Session::parse(changes.iter().fold(text.to_owned(), change).into())
    }

    fn told(session: &Session, flaws: &[Flaw]) -> Vec<String> {
        let at = |f: &Flaw| String::from_utf8_lossy(f.span.of(session.bytes())).into_owned();
        flaws.iter().map(|f| format!("{}: {}", at(f), f.what)).collect()
    }

    #[track_caller]
    fn check_offer(changes: &[(&str, &str)], want: &[&str]) {
        let offer = changed(OFFER, changes);
        assert_eq!(told(&offer, &offer_flaws(&offer)), want, "{changes:?}");
    }

    #[track_caller]
    fn check_answer(offer: &[(&str, &str)], answer: &[(&str, &str)], want: &[&str]) {
        let (offer, answer) = (changed(OFFER, offer), changed(ANSWER, answer));
        assert_eq!(told(&answer, &answer_flaws(&offer, &answer)), want, "{answer:?}");
    }

    #[test]
    fn sound_offers() {
        check_offer(&[], &[]);
        check_offer(&[("", "a=setup:actpass\r\n")], &[]);
        check_offer(&[("", "a=setup:active\r\n"), ("message 7394", "message 9")], &[]);
        check_offer(&[("", "a=setup:active\r\n"), ("com:7394", "com:9")], &[]);
        check_offer(&[("", "a=msrp-cema\r\n"), ("c=IN IP4 alice.example.com", "c=IN IP4 192.0.2.1")], &[]);
        check_offer(&[("", "a=msrp-cema\r\n"), ("message 7394", "message 1")], &[]);
        check_offer(&[("path:", "path:msrp://relay.example.com:1/x;tcp ")], &[]);
        check_offer(&[("TCP/MSRP", "TCP/TLS/MSRP"), ("path:msrp:", "path:msrps:")], &[]);
        check_offer(&[("", FILE), ("", "a=sendonly\r\n")], &[]);
        check_offer(&[("7394", "0"), ("a=path:msrp://alice.example.com:7394/2s93i93idj;tcp\r\n", "")], &[]);
    }

    #[test]
    fn flawed_offers() {
        let path = "a=path:msrp://alice.example.com:7394/2s93i93idj;tcp\r\n";
        let m = "message 7394 TCP/MSRP *";
        check_offer(
            &[("TCP/MSRP", "RTP/AVP")],
            &["message 7394 RTP/AVP *: protocol is neither TCP/MSRP nor TCP/TLS/MSRP"],
        );
        check_offer(&[("MSRP *", "MSRP 0")], &["message 7394 TCP/MSRP 0: format list is not *"]);
        check_offer(&[(path, "")], &[&format!("{m}: no path, or no URI in it")]);
        check_offer(&[(path, "a=path:\r\n")], &["path:: no path, or no URI in it"]);
        check_offer(
            &[("accept-types:message/cpim text/plain text/html", "accept-types:")],
            &["accept-types:: no accept-types, or none in it"],
        );
        check_offer(&[("com:7394", "com:7395")], &[&format!("{m}: port is not that of the last URI of the path")]);
        check_offer(
            &[("message 7394", "message 9")],
            &["message 9 TCP/MSRP *: port is not that of the last URI of the path"],
        );
        check_offer(
            &[("c=IN IP4 alice.example.com", "c=IN IP4 192.0.2.1")],
            &["IN IP4 192.0.2.1: address is not that of the last URI of the path"],
        );
        check_offer(&[(":7394/", "/")], &["msrp://alice.example.com/2s93i93idj;tcp: URI without a port"]);
        check_offer(
            &[("/2s93i93idj", "")],
            &["path:msrp://alice.example.com:7394;tcp: last URI of the path names no session"],
        );
        check_offer(&[(";tcp", "")], &["msrp://alice.example.com:7394/2s93i93idj: no transport parameter"]);
        check_offer(
            &[("path:", "path:sip:alice@example.com ")],
            &["sip:alice@example.com: path holds what is no msrp or msrps URI"],
        );
        check_offer(
            &[("path:msrp:", "path:msrps:")],
            &["msrps://alice.example.com:7394/2s93i93idj;tcp: scheme and protocol of the m= line do not both say TLS"],
        );
        check_offer(&[("", "a=setup:passive\r\n")], &["setup:passive: passive in an offer"]);
        check_offer(&[("", "a=setup:holdconn\r\n")], &["setup:holdconn: holdconn"]);
        check_offer(&[("", "a=connection:new\r\n")], &["connection:new: connection attribute"]);
        check_offer(&[("", "a=SendOnly\r\n")], &["SendOnly: direction attribute not in lower case"]);
        check_offer(
            &[("", FILE)],
            &["file-selector:name:\"a\" size:4 type:x/y: file offered neither sendonly nor recvonly"],
        );
        check_offer(
            &[("", "a=file-selector:name:\"a\"\r\na=sendonly\r\n")],
            &[
                "file-selector:name:\"a\": file-selector without file-transfer-id",
                "file-selector:name:\"a\": file-selector says too little",
            ],
        );
    }

    #[test]
    fn answers_as_a_whole() {
        check_answer(&[], &[], &[]);
        check_answer(&[], &[("8493", "0"), ("a=path:msrp://bob.example.com:8493/si438dsaodes;tcp\r\n", "")], &[]);
        let audio = "m=audio 1 RTP/AVP 0\r\n";
        check_answer(&[("", audio)], &[], &[": 1 m= lines for 2 in the offer"]);
        check_answer(&[], &[("", audio)], &["audio 1 RTP/AVP 0: 2 m= lines for 1 in the offer"]);
        check_answer(
            &[("m=message", "m=audio")],
            &[],
            &["message 8493 TCP/MSRP *: media type is not that of the offer"],
        );
        check_answer(
            &[("TCP/MSRP", "TCP/TLS/MSRP")],
            &[],
            &["message 8493 TCP/MSRP *: transport is not that of the offer"],
        );
        check_answer(&[("7394", "0")], &[], &["message 8493 TCP/MSRP *: medium offered with port 0 is accepted"]);
        check_answer(&[], &[("t=0 0", "t=0 1")], &["0 1: t= line is not that of the offer"]);
        check_answer(
            &[],
            &[("userb 2890844530 2890844532 IN IP4 bob", "usera 2890844526 2890844527 IN IP4 alice")],
            &["usera 2890844526 2890844527 IN IP4 alice.example.com: o= line is that of the offer"],
        );
        check_answer(
            &[],
            &[("com:8493", "com:1")],
            &["message 8493 TCP/MSRP *: port is not that of the last URI of the path"],
        );
    }

    #[test]
    fn directions_of_answers() {
        // RFC 3264 §6.1: what may answer what.
        for (offered, allowed) in [
            ("sendonly", &["recvonly", "inactive"][..]),
            ("recvonly", &["sendonly", "inactive"]),
            ("inactive", &["inactive"]),
            ("sendrecv", &["sendrecv", "sendonly", "recvonly", "inactive"]),
        ] {
            for answered in Direction::ALL.map(Direction::name) {
                let want = format!("{answered}: {answered} in answer to {offered}");
                let want = if allowed.contains(&answered) { vec![] } else { vec![&*want] };
                check_answer(&[("", &format!("a={offered}\r\n"))], &[("", &format!("a={answered}\r\n"))], &want);
            }
        }
        check_answer(&[("", "a=sendonly\r\n")], &[], &["message 8493 TCP/MSRP *: sendrecv in answer to sendonly"]);
    }

    #[test]
    fn setup_of_answers() {
        for (offered, allowed) in [
            ("active", &["passive"][..]),
            ("passive", &["active"]),
            ("actpass", &["active", "passive"]),
            ("holdconn", &["passive"]),
        ] {
            for answered in ["active", "passive", "actpass"] {
                let shown = if offered == "holdconn" { "active" } else { offered };
                let want = format!("setup:{answered}: {answered} in answer to {shown}");
                let want = if allowed.contains(&answered) { vec![] } else { vec![&*want] };
                let setup = |role: &str| format!("a=setup:{role}\r\n");
                check_answer(&[("", &setup(offered))], &[("", &setup(answered))], &want);
            }
        }
        check_answer(&[("", "a=setup:actpass\r\n")], &[], &[]);
        check_answer(&[], &[("", "a=setup:active\r\n")], &["setup:active: active in answer to active"]);
        check_answer(&[("", "a=setup:passive\r\n")], &[], &["message 8493 TCP/MSRP *: passive in answer to passive"]);
    }

    #[test]
    fn files_of_answers() {
        let offer = [("", FILE), ("", "a=sendonly\r\n")];
        let recvonly = ("", "a=recvonly\r\n");
        check_answer(&offer, &[("", FILE), recvonly], &[]);
        check_answer(&offer, &[recvonly], &[]);
        check_answer(
            &offer,
            &[
                ("", "a=file-selector:name:\"a\" size:5 type:x/y\r\na=file-transfer-id:2\r\na=file-date:read:\"\"\r\n"),
                recvonly,
            ],
            &[
                "file-transfer-id:2: file-transfer-id is not that of the offer",
                "file-selector:name:\"a\" size:5 type:x/y: name, type and size are not those of the offer",
                "file-date:read:\"\": file-date in the answer of a file's receiver",
            ],
        );
    }
}
