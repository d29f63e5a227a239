//! The exchanges of one dialog: whose turn it is, and the version of the own description.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;

use super::local::Local;
use super::plan::{
    MediaPlan, PLAIN, Problem, Refusal, Role, answerer_role, conclude, fingerprints, lacks_fingerprint, usable,
};
use crate::wire::sdp::{Builder, Direction, Media, Session, Setup, accepts};

/// The offers and answers of one dialog.
#[derive(Clone, Debug)]
pub struct Negotiation {
    username: String,
    id: u64,
    /// Version of the last own description; 0 before the first.
    version: u64,
    /// The last own description with a version of 0, to see whether the next one differs.
    last: Option<Bytes>,
    pending: Option<Session>,
    /// The host of the last own description.
    host: IpAddr,
    /// The `m=` lines of the dialog in order: an MSRP session, or what was rejected (RFC 3264 §8).
    slots: Vec<Slot>,
    /// That of the last own description.
    protocol: &'static str,
    time: String,
}

#[derive(Clone, Debug)]
enum Slot {
    Msrp,
    /// The lines of a medium with port 0.
    Rejected(Vec<(char, String)>),
}

/// A medium as this side describes it, with the direction and the role that it writes.
type Said<'a> = (&'a Local, Direction, Option<Setup>);

/// The answer to an offer of which one medium is taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub sdp: Bytes,
    pub plan: MediaPlan,
}

/// The answer to an offer of several media.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answers {
    pub sdp: Bytes,
    /// What holds for each medium of the offer, in order; nothing for one that is rejected.
    pub plans: Vec<Option<MediaPlan>>,
}

impl Negotiation {
    /// Before the first exchange. `id` is the session id of the `o=` line; only 63 bits of it are used (RFC 3264 §5).
    pub fn new(username: &str, id: u64) -> Negotiation {
        Negotiation {
            username: username.to_owned(),
            id: id & (u64::MAX >> 1),
            version: 0,
            last: None,
            pending: None,
            host: Ipv4Addr::UNSPECIFIED.into(),
            slots: vec![Slot::Msrp],
            protocol: PLAIN,
            time: "0 0".to_owned(),
        }
    }

    /// Writes the offer of one medium; see [`Negotiation::offer_all`].
    pub fn offer(&mut self, own: &Local) -> Bytes {
        self.offer_all(&[own])
    }

    /// Writes an offer of these media in order, which then waits for its answer. It is the last own description again,
    /// `o=` line and all, where nothing changed (RFC 4975 §8.4). Media that were rejected before keep their places with
    /// port 0, and are not among `own` (RFC 3264 §8).
    pub fn offer_all(&mut self, own: &[&Local]) -> Bytes {
        self.time = "0 0".to_owned();
        self.protocol = own.first().map_or(self.protocol, |own| own.protocol());
        let mut left = own.len();
        for slot in self.slots.iter_mut().filter(|slot| matches!(slot, Slot::Msrp)) {
            match left {
                0 => *slot = Slot::gone(self.protocol),
                _ => left -= 1,
            }
        }
        self.slots.extend(std::iter::repeat_n(Slot::Msrp, left));
        let media: Vec<Said<'_>> = own.iter().map(|own| (*own, own.direction, own.setup)).collect();
        let sdp = self.write(&media);
        self.pending = Some(Session::parse(sdp.clone()));
        sdp
    }

    /// Whether an own offer waits for its answer.
    pub fn is_offering(&self) -> bool {
        self.pending.is_some()
    }

    /// Answers an offer, with all media but the first MSRP session rejected.
    pub fn answer(&mut self, offer: &Session, own: &Local) -> Result<Answer, Refusal> {
        let first = offer.media().position(|media| usable(&media, own.fingerprint.is_some()));
        let own: Vec<Option<&Local>> =
            first.map(|first| (0..=first).map(|i| (i == first).then_some(own)).collect()).unwrap_or_default();
        let answers = self.answer_each(offer, &own)?;
        let plan = answers.plans.into_iter().flatten().next().ok_or(Refusal::NoMsrp)?;
        Ok(Answer { sdp: answers.sdp, plan })
    }

    /// Answers an offer medium by medium: `own` has this side of each, in the order of the offer, and nothing for what
    /// is not wanted. That is rejected, and so is what cannot be used; where nothing is left, the whole offer is refused.
    pub fn answer_each(&mut self, offer: &Session, own: &[Option<&Local>]) -> Result<Answers, Refusal> {
        if self.is_offering() {
            return Err(Refusal::OfferPending);
        }
        let (mut slots, mut plans, mut media) = (Vec::new(), Vec::new(), Vec::new());
        let mut refusal = None;
        for (index, offered) in offer.media().enumerate() {
            let agreed = own.get(index).copied().flatten().map(|own| (own, agree(own, offer, &offered)));
            if let Some((own, Ok((plan, direction, setup)))) = agreed {
                slots.push(Slot::Msrp);
                plans.push(Some(plan));
                media.push((own, direction, setup));
                continue;
            }
            if let Some((_, Err(why))) = agreed {
                refusal.get_or_insert(why);
            }
            slots.push(rejected(&offered).ok_or(Refusal::BadMediaLine)?);
            plans.push(None);
        }
        // Who closes all that there was is told so (RFC 3264 §8.2).
        let closes = self.version > 0 && offer.media().all(|media| media.port == Some(0));
        if media.is_empty() && !closes {
            return Err(refusal.unwrap_or(Refusal::NoMsrp));
        }
        self.slots = slots;
        self.time = offer.first('t').map_or("0 0", |t| t.value).to_owned();
        let sdp = self.write(&media);
        Ok(Answers { sdp, plans })
    }

    /// Takes the answer to the own offer of one medium, which then waits no more.
    pub fn conclude(&mut self, answer: &Session) -> Result<MediaPlan, Problem> {
        self.conclude_all(answer).into_iter().next().unwrap_or(Err(Problem::NoOffer))
    }

    /// Takes the answer to the own offer, which then waits no more: what it says of each medium that was offered, in
    /// order. Nothing where no offer waited.
    pub fn conclude_all(&mut self, answer: &Session) -> Vec<Result<MediaPlan, Problem>> {
        let Some(offer) = self.pending.take() else { return Vec::new() };
        let places = self.slots.iter().enumerate().filter(|(_, slot)| matches!(slot, Slot::Msrp));
        let places: Vec<usize> = places.map(|(index, _)| index).collect();
        let concluded: Vec<_> = places.iter().map(|index| conclude(&offer, answer, *index)).collect();
        // The session goes on with the media that are left; without any it is over.
        if concluded.iter().any(Result::is_ok) {
            for (index, _) in places.iter().zip(&concluded).filter(|(_, plan)| plan.is_err()) {
                self.slots[*index] = Slot::gone(self.protocol);
            }
        }
        concluded
    }

    /// The own offer was refused, and what held before holds again.
    pub fn withdraw(&mut self) {
        if self.pending.take().is_some() {
            // The version of the refused offer is used up, so the next description is a change in any case.
            self.last = None;
        }
    }

    fn write(&mut self, media: &[Said<'_>]) -> Bytes {
        self.host = media.first().map_or(self.host, |(own, ..)| own.host);
        let unversioned = self.compose(media, 0);
        if self.last.as_ref() != Some(&unversioned) {
            self.version += 1;
            self.last = Some(unversioned);
        }
        self.compose(media, self.version)
    }

    fn compose(&self, media: &[Said<'_>], version: u64) -> Bytes {
        let mut builder = Builder::session(&self.username, self.id, version, self.host, &self.time);
        let mut media = media.iter();
        for slot in &self.slots {
            builder = match (slot, media.as_slice().first()) {
                (Slot::Rejected(lines), _) => {
                    lines.iter().fold(builder, |builder, (kind, value)| builder.line(*kind, value))
                }
                (Slot::Msrp, Some((own, direction, setup))) => {
                    media.next();
                    own.write(builder, *direction, *setup)
                }
                (Slot::Msrp, None) => builder,
            };
        }
        builder.build()
    }
}

impl Slot {
    /// An MSRP session that there was, or might have been.
    fn gone(protocol: &str) -> Slot {
        Slot::Rejected(vec![('m', format!("message 0 {protocol} *"))])
    }
}

/// What this side has agreed to about a medium: the plan, and the direction and role that it writes.
fn agree(own: &Local, offer: &Session, offered: &Media<'_>) -> Result<(MediaPlan, Direction, Option<Setup>), Refusal> {
    if !usable(offered, own.fingerprint.is_some()) {
        return Err(Refusal::NoMsrp);
    }
    if lacks_fingerprint(offer, offered) {
        return Err(Refusal::NoFingerprint);
    }
    let role = answerer_role(offered.setup(), own.setup);
    let direction = own.direction.within(offered.direction());
    let plan = MediaPlan::new(role, offered, direction, own.has("msrp-cema")).ok_or(Refusal::BadPath)?;
    let known = |theirs: &str| own.accept_types.iter().any(|ours| accepts(theirs, ours) || accepts(ours, theirs));
    if !offered.accept_types().any(known) {
        return Err(Refusal::NoCommonType);
    }
    let setup = match role {
        Role::Active => Some(Setup::Active),
        // Who does not know RFC 6135 writes no attribute, and is passive.
        Role::Passive => own.setup.map(|_| Setup::Passive),
    };
    Ok((MediaPlan { fingerprints: fingerprints(offer, offered), ..plan }, direction, setup))
}

/// What of a rejected file its answer repeats (RFC 5547 §8.3).
const MIRRORED: [&str; 2] = ["file-selector", "file-transfer-id"];

/// The medium with port 0 (RFC 3264 §6).
fn rejected(media: &Media<'_>) -> Option<Slot> {
    let formats = media.formats().collect::<Vec<_>>().join(" ");
    let complete = !media.media.is_empty() && !media.protocol.is_empty() && !formats.is_empty();
    let line = ('m', format!("{} 0 {} {formats}", media.media, media.protocol));
    let mirrored = MIRRORED.iter().filter_map(|name| Some(('a', format!("{name}:{}", media.value(name)?))));
    complete.then(|| Slot::Rejected([line].into_iter().chain(mirrored).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sdp::{answer_flaws, offer_flaws};

    fn alice() -> Local {
        Local::new(([192, 0, 2, 1], 2855).into(), "alice1", &["message/cpim", "text/plain"])
    }

    fn bob() -> Local {
        Local::new(([192, 0, 2, 2], 2856).into(), "bob1", &["text/plain", "image/*"])
    }

    fn offer(own: &Local) -> Session {
        Session::parse(Negotiation::new("-", 1).offer(own))
    }

    #[test]
    fn an_exchange_gives_both_sides_their_plan() {
        use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
        use Role::{Active, Passive};
        // Directions and setup of Alice and Bob, then role and rights of Alice; Bob's are the reverse.
        for (a, a_setup, b, b_setup, role, send, receive) in [
            (SendRecv, Some(Setup::ActPass), SendRecv, Some(Setup::ActPass), Active, true, true),
            (SendRecv, Some(Setup::ActPass), SendRecv, Some(Setup::Active), Passive, true, true),
            (SendOnly, Some(Setup::Active), SendRecv, Some(Setup::Active), Active, true, false),
            (RecvOnly, Some(Setup::Passive), SendRecv, None, Passive, false, true),
            (SendRecv, None, RecvOnly, Some(Setup::Active), Active, true, false),
            (SendRecv, Some(Setup::HoldConn), SendRecv, None, Active, true, true),
            (SendOnly, Some(Setup::ActPass), SendOnly, None, Active, false, false),
            (Inactive, None, SendRecv, None, Active, false, false),
        ] {
            let (a, b) =
                (Local { direction: a, setup: a_setup, ..alice() }, Local { direction: b, setup: b_setup, ..bob() });
            let mut caller = Negotiation::new("-", 7);
            let sent = Session::parse(caller.offer(&a));
            let answer = Negotiation::new("-", 8).answer(&sent, &b).expect("Bob can answer");
            let received = Session::parse(answer.sdp);
            if !matches!(a_setup, Some(Setup::Passive | Setup::HoldConn)) {
                assert_eq!(offer_flaws(&sent), [], "{a:?}");
            }
            assert_eq!(answer_flaws(&sent, &received), [], "{a:?} {b:?}");
            let plan = caller.conclude(&received).expect("Alice can use the answer");
            let other = if role == Active { Passive } else { Active };
            assert_eq!((plan.role, plan.may_send, plan.may_receive), (role, send, receive), "{a:?} {b:?}");
            assert_eq!(
                (answer.plan.role, answer.plan.may_send, answer.plan.may_receive),
                (other, receive, send),
                "{b:?}"
            );
            assert_eq!(plan.remote_path, [b.uri()]);
            assert_eq!(answer.plan.remote_path, [a.uri()]);
            assert_eq!(plan.next_hop, Some(([192, 0, 2, 2], 2856).into()));
            assert_eq!(plan.peer_accept_types, ["text/plain", "image/*"]);
        }
    }

    #[test]
    fn everything_asked_for_is_offered() {
        let own = Local {
            wrapped_types: vec!["text/html".into()],
            max_size: Some(5000),
            direction: Direction::SendOnly,
            information: Some("Minutes of today".into()),
            extra: vec![("filesize".into(), Some("20000".into())), ("msrp-cema".into(), None)],
            ..alice()
        };
        let want = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
                    i=Minutes of today\r\na=accept-types:message/cpim text/plain\r\na=accept-wrapped-types:text/html\r\n\
                    a=path:msrp://192.0.2.1:2855/alice1;tcp\r\na=max-size:5000\r\na=setup:actpass\r\na=sendonly\r\n\
                    a=filesize:20000\r\na=msrp-cema\r\n";
        assert_eq!(Negotiation::new("-", 1).offer(&own), want);
        let ipv6 = Local { host: "2001:db8::1".parse().unwrap(), ..own };
        assert_eq!(ipv6.uri(), "msrp://[2001:db8::1]:2855/alice1;tcp");
        assert_eq!(offer_flaws(&offer(&ipv6)), []);
    }

    #[test]
    fn offers_that_cannot_be_answered() {
        for (change, want) in [
            ("m=message 2855 TCP/MSRP|m=message 0 TCP/MSRP", Refusal::NoMsrp),
            ("TCP/MSRP|RTP/AVP", Refusal::NoMsrp),
            ("a=path:|a=x:", Refusal::BadPath),
            (":2855/|/", Refusal::BadPath),
            ("/alice1|", Refusal::BadPath),
            ("msrp://|sip:", Refusal::BadPath),
            ("message/cpim text/plain|audio/*", Refusal::NoCommonType),
            ("m=message|m=audio 1\r\nm=message", Refusal::BadMediaLine),
        ] {
            let (from, to) = change.split_once('|').unwrap();
            let text = String::from_utf8_lossy(offer(&alice()).bytes()).replacen(from, to, 1);
            let got = Negotiation::new("-", 1).answer(&Session::parse(text.into()), &bob());
            assert_eq!(got, Err(want), "{change}");
            assert_eq!(want.status(), 488);
        }
        let mut negotiation = Negotiation::new("-", 1);
        negotiation.offer(&bob());
        let refusal = negotiation.answer(&offer(&alice()), &bob()).unwrap_err();
        assert_eq!((refusal, refusal.status()), (Refusal::OfferPending, 491));
    }

    #[test]
    fn answers_that_give_no_session() {
        let own = Local { direction: Direction::SendOnly, ..alice() };
        for (change, want) in [
            ("|", None),
            ("message 2856|message 0", Some(Problem::PortZero)),
            ("message 2856|message x", Some(Problem::WrongMedia)),
            ("m=message|m=audio", Some(Problem::WrongMedia)),
            ("TCP/MSRP|TCP/TLS/MSRP", Some(Problem::WrongMedia)),
            ("m=message|x=", Some(Problem::WrongMedia)),
            ("a=path:|a=x:", Some(Problem::NoPath)),
            ("msrp:|http:", Some(Problem::BadPath)),
            ("recvonly|sendrecv", Some(Problem::WrongDirection)),
            ("setup:passive|setup:actpass", Some(Problem::WrongSetup)),
        ] {
            let mut negotiation = Negotiation::new("-", 1);
            let sent = Session::parse(negotiation.offer(&own));
            let answer = Negotiation::new("-", 2).answer(&sent, &bob()).unwrap();
            let (from, to) = change.split_once('|').unwrap();
            let text = String::from_utf8_lossy(&answer.sdp).replacen(from, to, 1);
            assert_eq!(negotiation.conclude(&Session::parse(text.into())).err(), want, "{change}");
            assert!(!negotiation.is_offering());
        }
        let mut negotiation = Negotiation::new("-", 1);
        assert_eq!(negotiation.conclude(&offer(&bob())), Err(Problem::NoOffer));
        negotiation.offer(&own);
        assert_eq!(negotiation.conclude(&Session::parse(Bytes::new())), Err(Problem::NoSdp));
    }

    #[test]
    fn the_version_grows_with_changes_only() {
        let version = |sdp: Bytes| Session::parse(sdp).origin().unwrap().version.to_owned();
        let mut negotiation = Negotiation::new("-", u64::MAX);
        let first = negotiation.offer(&alice());
        assert_eq!(Session::parse(first.clone()).flaws(), []);
        assert_eq!(negotiation.offer(&alice()), first);
        let held = Local { direction: Direction::Inactive, ..alice() };
        assert_eq!(version(negotiation.offer(&held)), "2");
        negotiation.withdraw();
        assert_eq!(version(negotiation.offer(&held)), "3");
        negotiation.withdraw();
        // An answer is one more description of the same party.
        assert_eq!(version(negotiation.answer(&offer(&bob()), &alice()).unwrap().sdp), "4");
    }

    #[test]
    fn rejected_media_keep_their_place() {
        let offered = String::from_utf8_lossy(offer(&alice()).bytes()).replacen(
            "t=0 0\r\n",
            "t=1 2\r\nm=audio 4 RTP/AVP 0 8\r\n",
            1,
        );
        let offered = Session::parse(offered.into());
        let mut negotiation = Negotiation::new("-", 1);
        let answer = Session::parse(negotiation.answer(&offered, &bob()).unwrap().sdp);
        assert_eq!(answer_flaws(&offered, &answer), []);
        let later = Session::parse(negotiation.offer(&bob()));
        for session in [answer, later] {
            let media: Vec<_> = session.media().map(|m| (m.media.to_owned(), m.port)).collect();
            assert_eq!(media, [("audio".to_owned(), Some(0)), ("message".to_owned(), Some(2856))]);
        }
    }

    #[test]
    fn several_media_are_agreed_on_one_by_one() {
        // What Bob wants of three media, and which of them there are then.
        for (wanted, have) in [
            ([true, true, true], [true, true, true]),
            ([true, false, true], [true, false, true]),
            ([false, true, false], [false, true, false]),
        ] {
            let own = |name: &str| Local { session_id: name.into(), ..alice() };
            let (own, theirs) = (["a1", "a2", "a3"].map(own), ["b1", "b2", "b3"].map(own));
            let mut caller = Negotiation::new("-", 1);
            let offered = Session::parse(caller.offer_all(&own.each_ref()));
            assert_eq!(offer_flaws(&offered), []);
            let taken: Vec<Option<&Local>> =
                theirs.iter().zip(wanted).map(|(own, wanted)| wanted.then_some(own)).collect();
            let answers = Negotiation::new("-", 2).answer_each(&offered, &taken).expect("something is wanted");
            let answered = Session::parse(answers.sdp);
            assert_eq!(answer_flaws(&offered, &answered), []);
            assert_eq!(answers.plans.iter().map(Option::is_some).collect::<Vec<_>>(), have);
            let plans = caller.conclude_all(&answered);
            for (at, plan) in plans.iter().enumerate() {
                let path = plan.as_ref().map(|plan| plan.remote_path.clone());
                let want = if have[at] { Ok(vec![theirs[at].uri()]) } else { Err(&Problem::PortZero) };
                assert_eq!(path, want, "{wanted:?} {at}");
            }
            // What goes on is offered again, in the same place.
            let left: Vec<&Local> = own.iter().zip(have).filter(|(_, have)| *have).map(|(own, _)| own).collect();
            let again = Session::parse(caller.offer_all(&left));
            assert_eq!(again.media().map(|m| m.port != Some(0)).collect::<Vec<_>>(), have);
        }
    }

    #[test]
    fn an_offer_is_refused_where_nothing_of_it_is_left() {
        let (own, other) = (alice(), bob());
        let offered = Session::parse(Negotiation::new("-", 1).offer_all(&[&own, &own]));
        let answered =
            |own: &[Option<&Local>]| Negotiation::new("-", 2).answer_each(&offered, own).map(|a| a.plans.len());
        let deaf = Local { accept_types: vec!["audio/*".into()], ..bob() };
        assert_eq!(answered(&[None, None]), Err(Refusal::NoMsrp));
        assert_eq!(answered(&[]), Err(Refusal::NoMsrp));
        assert_eq!(answered(&[Some(&deaf), None]), Err(Refusal::NoCommonType));
        assert_eq!(answered(&[Some(&deaf), Some(&other)]), Ok(2));
    }

    #[test]
    fn what_there_was_can_be_closed() {
        let (own, other) = (alice(), bob());
        let (mut caller, mut callee) = (Negotiation::new("-", 1), Negotiation::new("-", 2));
        let closed = Local { closed: true, ..alice() };
        let ports = |session: &Session| session.media().map(|media| media.port).collect::<Vec<_>>();
        // Where there was nothing yet, nothing can be closed.
        let first = Session::parse(Negotiation::new("-", 3).offer(&closed));
        assert_eq!(callee.answer_each(&first, &[Some(&other)]), Err(Refusal::NoMsrp));
        let offered = Session::parse(caller.offer_all(&[&own, &own]));
        let answered = callee.answer_each(&offered, &[Some(&other), Some(&other)]).expect("both are wanted");
        caller.conclude_all(&Session::parse(answered.sdp));
        for (media, left) in [([&closed, &own], [false, true]), ([&closed, &closed], [false, false])] {
            let offered = Session::parse(caller.offer_all(&media));
            let answers = callee.answer_each(&offered, &[Some(&other), Some(&other)]).expect("an answer");
            let answered = Session::parse(answers.sdp);
            assert_eq!(answer_flaws(&offered, &answered), []);
            assert_eq!(answers.plans.iter().map(Option::is_some).collect::<Vec<_>>(), left);
            assert_eq!(ports(&answered).iter().map(|port| *port != Some(0)).collect::<Vec<_>>(), left);
            assert_eq!(ports(&offered)[0], Some(0));
            caller.withdraw();
        }
    }

    #[test]
    fn both_sides_knowing_cema_follow_the_media_line() {
        let cema = vec![("msrp-cema".to_owned(), None)];
        let moved = |own: &Local| {
            let text =
                String::from_utf8_lossy(offer(own).bytes()).replacen("c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.99", 1);
            Session::parse(text.into())
        };
        let caller = Local { extra: cema.clone(), ..alice() };
        let (with, without) = (Local { extra: cema, ..bob() }, bob());
        let hop =
            |offer: &Session, own: &Local| Negotiation::new("-", 1).answer(offer, own).unwrap().plan.next_hop.unwrap();
        assert_eq!(hop(&moved(&caller), &with), ([192, 0, 2, 99], 2855).into());
        assert_eq!(hop(&moved(&caller), &without), ([192, 0, 2, 1], 2855).into());
        assert_eq!(hop(&moved(&alice()), &with), ([192, 0, 2, 1], 2855).into());
    }
}
