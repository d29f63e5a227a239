//! Invitations and what comes of them (test purposes CA, CP2, IN, EX_BV_04), modification, and the end of sessions.

use super::*;
use crate::actors::controlling::{Ends, FinalPolicy, Group, OnAnonymous, Who};
use crate::wire::mime::CopyControl;
use crate::wire::sdp::{Session, answer_flaws, offer_flaws};
use crate::wire::sip::{Message, Name};

/// Alice invites the others, whose clients answer with these statuses; what Alice hears.
fn check_answers(change: impl FnOnce(&mut Config), answers: &[(&str, u16)], expected: &str) {
    let mut stage = Stage::new(change);
    for (name, status) in answers {
        let peer = stage.peer(name);
        (peer.manner.status, peer.manner.rings) = (*status, *status != 0);
    }
    let list: Vec<Entry> = answers.iter().map(|(name, _)| Entry::new(address(name))).collect();
    stage.act("alice", |alice, now| alice.invite(now, FACTORY, &list, Headers::new()));
    assert_eq!(stage.peer("alice").news().join(", "), expected, "{answers:?}");
}

#[test]
fn the_inviter_hears_what_the_invited_say() {
    check_answers(|_| {}, &[("bob", 200)], "180, 200");
    check_answers(|_| {}, &[("bob", 486), ("carol", 200), ("dave", 603)], "180, 200");
    check_answers(|_| {}, &[("bob", 0)], "");
    check_answers(|_| {}, &[("bob", 486), ("carol", 0)], "180");
    check_answers(|_| {}, &[("bob", 603), ("carol", 486), ("dave", 480)], "180, 480");
    check_answers(|c| c.final_policy = FinalPolicy::Highest, &[("bob", 603), ("carol", 486)], "180, 603");
    check_answers(|c| c.answers_early = true, &[("bob", 0)], "200");
    check_answers(|c| c.answers_early = true, &[("bob", 486), ("carol", 603)], "200, bye");
}

#[test]
fn who_gives_up_takes_every_invitation_back() {
    let mut stage = Stage::new(|_| {});
    for name in ["bob", "carol"] {
        stage.peer(name).manner.status = 0;
    }
    let list = ["bob", "carol"].map(|name| Entry::new(address(name)));
    stage.act("alice", |alice, now| alice.invite(now, FACTORY, &list, Headers::new()));
    stage.act("alice", |alice, now| alice.cancel(now));
    assert_eq!(
        stage.news(&["alice", "bob", "carol"]),
        [
            "alice: 180, cancelled",
            "bob: invited by sip:alice@home, cancelled",
            "carol: invited by sip:alice@home, cancelled"
        ]
    );
    assert!(stage.server().conferences.is_empty());
}

#[test]
fn a_200_that_crosses_the_cancel_is_ended() {
    let mut stage = Stage::new(|_| {});
    stage.peer("bob").manner.status = 0;
    let list = [Entry::new(address("bob"))];
    stage.act("alice", |alice, now| alice.invite(now, FACTORY, &list, Headers::new()));
    let now = stage.pump.now;
    stage.peer("alice").cancel(now);
    stage.pump.run_for(Duration::from_millis(25));
    stage.act("bob", |bob, now| bob.accept(now));
    stage.run(1);
    assert_eq!(stage.news(&["alice", "bob"]), ["alice: 180, cancelled", "bob: invited by sip:alice@home, bye"]);
    assert!(stage.server().conferences.is_empty());
}

fn description(message: &Message) -> Session {
    Session::parse(message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default())
}

fn header(message: &Message, name: &str) -> String {
    message.header_named(name).map(|h| h.text().into_owned()).unwrap_or_default()
}

#[test]
fn an_invitation_says_who_invites_to_what() {
    let mut stage = Stage::new(|_| {});
    let attributes =
        [("accept-wrapped-types", Some("text/plain image/png")), ("x-own", Some("kept")), ("max-size", Some("9"))];
    stage.peer("alice").attributes = attributes.into();
    let entry = |name: &str, copy| Entry { copy_control: copy, ..Entry::new(address(name)) };
    let replaced = format!("{}?Replaces=call%40a%3Bto-tag%3D1%3Bfrom-tag%3D2", address("bob"));
    let list = [
        Entry { copy_control: Some(CopyControl::To), ..Entry::new(replaced) },
        entry("carol", Some(CopyControl::Bcc)),
        entry("dave", Some(CopyControl::Cc)),
    ];
    let headers = vec![("Privacy".to_owned(), "history".to_owned())];
    stage.act("alice", |alice, now| alice.invite(now, FACTORY, &list, headers));
    let identity = stage.peer("alice").identity.clone();
    let offer = description(stage.server().ua.invite_of(crate::stack::ua::CallId(1)).expect("Alice's INVITE"));
    for name in ["bob", "carol", "dave"] {
        let invite = stage.peer(name).came[0].clone();
        assert_eq!(header(&invite, "Contact"), format!("<{identity}>;isfocus;+g.oma.sip-im"));
        assert_eq!(header(&invite, "Accept-Contact"), "*;+g.oma.sip-im");
        assert_eq!(header(&invite, "Privacy"), "history");
        assert_eq!(invite.from().map(|f| (f.display, f.uri)), Some(("\"ALICE\"", "sip:alice@home")));
        assert!(invite.has_token(Name::Supported, "timer") && header(&invite, "User-Agent").starts_with("IM-serv/"));
        let replaces = if name == "bob" { "call@a;to-tag=1;from-tag=2" } else { "" };
        assert_eq!(header(&invite, "Replaces"), replaces, "{name}");
        let history = invite.body_of_disposition("recipient-list-history").expect("a history");
        let history = crate::wire::mime::ResourceLists::parse(&history.body);
        assert_eq!(history.uris().collect::<Vec<_>>(), ["sip:bob@home", "sip:dave@home"]);
        let sdp = description(&invite);
        assert_eq!(offer_flaws(&sdp), []);
        let media = sdp.msrp_media().expect("MSRP");
        assert_eq!(media.value("accept-types"), Some("message/cpim text/plain"));
        assert_eq!(media.value("accept-wrapped-types"), Some("text/plain image/png"));
        assert_eq!((media.value("x-own"), media.value("max-size")), (Some("kept"), None));
        assert!(media.value("path").is_some_and(|path| path.starts_with("msrp://192.0.2.200:2855/")));
    }
    let answer = stage.peer("alice").came.last().cloned().expect("a 200");
    assert_eq!(answer_flaws(&offer, &description(&answer)), []);
    let media = description(&answer);
    let media = media.msrp_media().expect("MSRP");
    // Nobody but Alice knows the attribute, so that it does not stay; and the others state no wrapped types.
    assert_eq!((media.value("accept-types"), media.value("x-own")), (Some("message/cpim"), None));
    assert_eq!(media.value("chatroom"), Some("nickname private-messages"));
    assert!(header(&answer, "Server").starts_with("IM-serv/OMA1.0"));
}

#[test]
fn what_only_one_side_knows_is_not_agreed_on() {
    let mut stage = Stage::new(|_| {});
    stage.peer("bob").types = vec!["text/plain"];
    stage.peer("bob").manner.rings = false;
    stage.act("alice", |alice, now| alice.invite(now, FACTORY, &[Entry::new(address("bob"))], Headers::new()));
    let answer = stage.peer("alice").came.last().cloned().expect("a 200");
    assert_eq!(description(&answer).msrp_media().and_then(|m| m.value("accept-types")), Some("text/plain"));
    stage.act("bob", |bob, now| bob.send(now, "text/plain", "plain".into()));
    stage.act("alice", |alice, now| alice.send(now, "text/plain", "and simple".into()));
    assert_eq!(
        stage.news(&["alice", "bob"]),
        ["alice: 200, 'plain', delivered", "bob: invited by sip:alice@home, delivered, 'and simple'"]
    );
}

fn check_anonymous(allowed: bool, policy: OnAnonymous, bob: &str, alice: &str) {
    let mut stage = Stage::new(|config| {
        config.adhoc_anonymity = allowed;
        config.on_anonymous = policy;
    });
    stage.peer("bob").manner.headers = vec![("Privacy".to_owned(), "id".to_owned())];
    let list = ["bob", "carol"].map(|name| Entry::new(address(name)));
    stage.act("alice", |alice, now| alice.invite(now, FACTORY, &list, Headers::new()));
    let identity = stage.peer("alice").identity.clone();
    stage.act("alice", |alice, now| alice.subscribe(now, &identity, "conference", "", 600));
    assert_eq!(stage.peer("bob").news().join(", "), bob);
    assert_eq!(stage.peer("alice").news().join(", "), alice);
}

#[test]
fn who_accepts_anonymously_stays_so_or_not_as_the_policy_has_it() {
    let invited = "invited by sip:alice@home";
    check_anonymous(
        true,
        OnAnonymous::Release,
        invited,
        "180, 200, full 0 alice=connected anonymous1=connected carol=connected",
    );
    check_anonymous(
        false,
        OnAnonymous::Ignore,
        invited,
        "180, 200, full 0 alice=connected bob=connected carol=connected",
    );
    check_anonymous(
        false,
        OnAnonymous::Release,
        "invited by sip:alice@home, bye",
        "180, 200, full 0 alice=connected carol=connected",
    );
}

#[test]
fn groups_have_names_for_their_members() {
    let mut stage = Stage::new(|config| {
        let mut group = Group::new("sip:team@home", &["sip:alice@home", "sip:bob@home"]);
        group.members[0].display_name = Some("The boss".to_owned());
        config.ims = true;
        config.groups.push(group);
    });
    let asserted = vec![("P-Charging-Vector".to_owned(), "icid-value=1".to_owned())];
    stage.act("alice", |alice, now| alice.invite(now, "sip:team@home", &[], asserted));
    let invite = stage.peer("bob").came[0].clone();
    assert_eq!(invite.from().map(|f| f.display), Some("\"The boss\""));
    assert_eq!(header(&invite, "P-Charging-Vector"), "icid-value=1");
}

fn check_end(change: impl FnOnce(&mut Config), others: &[&str], leaves: &[&str], goes_on: bool) {
    let mut stage = Stage::new(change);
    stage.ad_hoc(others);
    for name in leaves {
        stage.act(name, |peer, now| peer.leave(now));
    }
    let left: Vec<&str> = ["alice"].iter().chain(others).copied().filter(|name| !leaves.contains(name)).collect();
    for name in &left {
        let expected: &[&str] = if goes_on { &[] } else { &["bye"] };
        assert_eq!(stage.peer(name).news(), expected, "{name} after {leaves:?}");
    }
    assert_eq!(stage.server().conferences.is_empty(), !goes_on);
}

#[test]
fn sessions_end_as_the_policy_has_it() {
    check_end(|_| {}, &["bob"], &["alice"], false);
    check_end(|_| {}, &["bob"], &["bob"], false);
    check_end(|_| {}, &["bob", "carol"], &["alice"], true);
    check_end(|_| {}, &["bob", "carol"], &["alice", "bob"], true);
    check_end(|_| {}, &["bob", "carol"], &["alice", "bob", "carol"], false);
    check_end(|c| c.ends = Ends::OneIsLeft, &["bob", "carol"], &["alice", "bob"], false);
    check_end(|c| c.ends = Ends::InviterLeaves, &["bob", "carol"], &["alice"], false);
    check_end(|c| c.ends = Ends::InviterLeaves, &["bob", "carol"], &["bob"], true);
}

fn check_modified(update: bool, change: impl FnOnce(&mut Peer), expected: &str, bob_hears: &str) {
    let mut stage = Stage::new(|config| config.updates_others = !bob_hears.is_empty());
    stage.peer("alice").attributes.push(("accept-wrapped-types", Some("text/plain text/html")));
    stage.ad_hoc(&["bob"]);
    change(stage.peer("alice"));
    stage.act("alice", |alice, now| alice.modify(now, update));
    assert_eq!(stage.news(&["alice", "bob"]), [format!("alice: {expected}"), format!("bob: {bob_hears}")]);
    stage.act("alice", |alice, now| alice.say_all(now, "still there"));
    assert_eq!(stage.peer("bob").news(), ["'still there'"]);
}

#[test]
fn participants_modify_their_sessions() {
    check_modified(false, |_| {}, "200", "");
    check_modified(true, |_| {}, "200", "");
    check_modified(false, |alice| alice.types = vec!["audio/basic"], "488", "");
    check_modified(true, |alice| alice.types = vec!["audio/basic"], "488", "");
}

#[test]
fn the_server_takes_a_change_on_to_the_others_and_keeps_to_the_old_until_they_agree() {
    for (updates, agrees, expected) in [(true, true, "UPDATE"), (false, true, "INVITE"), (true, false, "UPDATE")] {
        let mut stage = Stage::new(|config| config.updates_others = true);
        if !updates {
            stage.peer("bob").ua.profile.allow.retain(|method| method != "UPDATE");
        }
        stage.peer("alice").attributes.push(("accept-wrapped-types", Some("text/plain text/html")));
        stage.ad_hoc(&["bob"]);
        stage.peer("bob").manner.status = if agrees { 200 } else { 488 };
        let before = stage.peer("bob").came.len();
        stage.act("alice", |alice, now| {
            alice.attributes = vec![("accept-wrapped-types", Some("text/plain"))];
            alice.renew();
            alice.modify(now, false);
        });
        assert_eq!(stage.peer("bob").news(), [expected], "{updates} {agrees}");
        let request = stage.peer("bob").came[before].clone();
        let sdp = description(&request);
        let wrapped = sdp.msrp_media().and_then(|m| m.value("accept-wrapped-types").map(str::to_owned));
        assert_eq!(wrapped.as_deref(), Some("text/plain"));
        assert_eq!(sdp.origin().map(|o| o.version), Some("2"), "a change has a version of its own");
        let server = stage.server();
        let kept =
            server.conferences.values().flat_map(|c| c.participants.values()).find(|p| p.address == "sip:bob@home");
        let kept = kept.expect("Bob is there").local.wrapped_types.len();
        assert_eq!(kept == 1, agrees, "what was refused does not hold");
        stage.act("bob", |bob, now| bob.say_all(now, "yes"));
        assert_eq!(stage.peer("alice").news(), ["200", "'yes'"]);
    }
}

#[test]
fn a_user_may_be_there_twice() {
    let mut stage = Stage::new(|config| {
        let group = Group::new("sip:team@home", &["sip:alice@home", "sip:bob@home"]);
        config.groups.push(Group { may_join: Who::Anyone, ..group });
    });
    stage.act("alice", |alice, now| alice.invite(now, "sip:team@home", &[], Headers::new()));
    let identity = stage.peer("alice").identity.clone();
    stage.act("alice", |alice, now| alice.subscribe(now, &identity, "conference", "", 600));
    // Eve's device is Bob's second one: the same user, another Contact.
    stage.peer("eve").name = "bob".to_owned();
    stage.act("eve", |eve, now| eve.invite(now, &identity, &[], Headers::new()));
    assert_eq!(
        stage.news(&["alice", "bob"]),
        [
            "alice: 180, 200, full 0 alice=connected bob=connected, partial 1 bob=connected+connected",
            "bob: invited by sip:alice@home"
        ]
    );
    stage.act("alice", |alice, now| alice.say(now, "sip:alice@home", &["sip:bob@home"], "to both"));
    assert_eq!(stage.news(&["bob", "eve"]), ["bob: 'to both'", "eve: 200, 'to both'"]);
}
