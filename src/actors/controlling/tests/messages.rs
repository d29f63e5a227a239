//! Messages to lists and groups, large and of pager mode (test purposes LG, PM_SV).

use bytes::Bytes;

use super::peer::sum;
use super::*;
use crate::actors::controlling::{Group, Reports};
use crate::stack::ua::Headers;
use crate::wire::mime::{CopyControl, ResourceLists};
use crate::wire::sdp::{Direction, Session};

const TEAM: &str = "sip:team@home";

fn stage(change: impl FnOnce(&mut Config)) -> Stage {
    let mut stage = Stage::new(|config| {
        config.groups.push(Group::new(TEAM, &["sip:alice@home", "sip:bob@home", "sip:carol@home"]));
        change(config);
    });
    let alice = stage.peer("alice");
    alice.direction = Direction::SendOnly;
    alice.attributes = vec![("filesize", Some("60000")), ("x-own", Some("kept"))];
    for name in ["bob", "carol", "dave"] {
        stage.peer(name).direction = Direction::RecvOnly;
    }
    stage
}

fn text() -> (Bytes, String) {
    let text: Vec<u8> = (0..60_000).map(|i| b'a' + (i * 7 % 26) as u8).collect();
    let said = format!("60000 octets, {}", sum(&text));
    (text.into(), said)
}

/// Alice invites, and sends the message.
fn send(stage: &mut Stage, target: &str, list: &[&str]) {
    let list: Vec<Entry> = list.iter().map(|name| Entry::new(address(name))).collect();
    stage.act("alice", |alice, now| alice.invite(now, target, &list, Headers::new()));
    stage.act("alice", |alice, now| alice.send(now, "text/plain", text().0));
    stage.run(3);
}

#[test]
fn a_large_message_goes_to_everybody_whole() {
    let said = text().1;
    for (target, list) in [(FACTORY, &["bob", "carol"][..]), (TEAM, &[])] {
        let mut stage = stage(|_| {});
        send(&mut stage, target, list);
        let got = |name: &str| format!("{name}: invited by sip:alice@home, {said}, bye");
        let expected = ["alice: 180, 200, delivered".to_owned(), got("bob"), got("carol")];
        assert_eq!(stage.news(&["alice", "bob", "carol"]), expected, "{target}");
        let answer = stage.peer("alice").came.last().cloned().expect("a 200");
        let answer = Session::parse(answer.body());
        let media = answer.msrp_media().expect("MSRP");
        assert_eq!((media.direction(), media.value("filesize")), (Direction::RecvOnly, Some("60000")));
        assert_eq!(media.value("x-own"), Some("kept"));
        let offer = Session::parse(stage.peer("bob").came[0].body());
        let media = offer.msrp_media().expect("MSRP");
        assert_eq!((media.direction(), media.value("filesize")), (Direction::SendOnly, Some("60000")));
        assert_eq!(media.value("accept-types"), Some("message/cpim text/plain"));
        stage.act("alice", |alice, now| alice.leave(now));
        assert!(stage.server().conferences.is_empty(), "{target}");
    }
}

#[test]
fn who_accepts_late_gets_all_of_it_and_who_does_not_holds_nobody_up() {
    let said = text().1;
    for reports in [Reports::OnReceipt, Reports::OnDelivery] {
        let mut stage = stage(|config| config.reports = reports);
        stage.peer("carol").manner.status = 486;
        stage.peer("dave").manner.status = 0;
        send(&mut stage, FACTORY, &["bob", "carol", "dave"]);
        let delivered = if reports == Reports::OnReceipt { ", delivered" } else { "" };
        assert_eq!(
            stage.news(&["alice", "bob", "carol"]),
            [
                format!("alice: 180, 200{delivered}"),
                format!("bob: invited by sip:alice@home, {said}, bye"),
                "carol: invited by sip:alice@home".to_owned()
            ]
        );
        stage.act("dave", |dave, now| dave.accept(now));
        stage.run(3);
        assert_eq!(stage.peer("dave").news(), ["invited by sip:alice@home", &said, "bye"]);
        assert_eq!(stage.peer("alice").news().len(), usize::from(reports == Reports::OnDelivery));
    }
}

#[test]
fn what_the_sender_breaks_off_is_broken_off_for_everybody() {
    for leaves in [true, false] {
        let mut stage = stage(|_| {});
        let list = ["bob", "carol"].map(|name| Entry::new(address(name)));
        stage.act("alice", |alice, now| alice.invite(now, FACTORY, &list, Headers::new()));
        let now = stage.pump.now;
        stage.peer("alice").send(now, "text/plain", text().0);
        stage.pump.run_for(Duration::from_millis(100));
        let now = stage.pump.now;
        let alice = stage.peer("alice");
        let session = alice.session.expect("Alice is there");
        match leaves {
            true => alice.leave(now),
            false => alice.msrp.abort(session),
        }
        stage.run(1);
        let got = |name: &str| format!("{name}: invited by sip:alice@home, broken off, bye");
        assert_eq!(stage.news(&["bob", "carol"]), [got("bob"), got("carol")]);
        stage.act("alice", |alice, now| alice.leave(now));
        assert!(stage.server().conferences.is_empty());
    }
}

#[test]
fn who_leaves_when_all_is_sent_leaves_it_to_be_delivered() {
    let mut stage = stage(|_| {});
    stage.peer("carol").manner.status = 0;
    send(&mut stage, FACTORY, &["bob", "carol"]);
    stage.act("alice", |alice, now| alice.leave(now));
    stage.act("carol", |carol, now| carol.accept(now));
    stage.run(3);
    let said = text().1;
    assert_eq!(
        stage.news(&["bob", "carol"]),
        [
            format!("bob: invited by sip:alice@home, {said}, bye"),
            format!("carol: invited by sip:alice@home, {said}, bye")
        ]
    );
    assert!(stage.server().conferences.is_empty());
    // Who never accepts has his time.
    send(&mut stage, FACTORY, &["bob", "carol"]);
    stage.act("alice", |alice, now| alice.leave(now));
    stage.run(31);
    assert!(stage.peer("carol").news().contains(&"cancelled".to_owned()));
    assert!(stage.server().conferences.is_empty());
}

#[test]
fn recipients_do_not_write_back() {
    let mut stage = stage(|_| {});
    stage.peer("bob").direction = Direction::SendRecv;
    let list = [Entry::new(address("bob"))];
    stage.act("alice", |alice, now| alice.invite(now, FACTORY, &list, Headers::new()));
    stage.act("bob", |bob, now| bob.send(now, "text/plain", "thanks".into()));
    assert_eq!(stage.news(&["alice", "bob"]), ["alice: 180, 200", "bob: invited by sip:alice@home, refused 403"]);
}

fn page(parts: &[(&str, &str)], entries: &[Entry]) -> Bytes {
    let list = ResourceLists::write(entries);
    let part = |kind: &str, text: &str| format!("--b\r\nContent-Type: {kind}\r\n\r\n{text}\r\n");
    let parts: String = parts.iter().map(|(kind, text)| part(kind, text)).collect();
    (parts + &part("application/resource-lists+xml", &list) + "--b--\r\n").into()
}

#[test]
fn a_message_to_a_list_becomes_one_message_each() {
    let mut stage = stage(|_| {});
    let entry = |name: &str, copy| Entry { copy_control: Some(copy), ..Entry::new(address(name)) };
    let (to, bcc) = (CopyControl::To, CopyControl::Bcc);
    let hidden = Entry { anonymize: true, ..entry("dave", to) };
    let list = [entry("bob", to), entry("bob", to), entry("carol", bcc), hidden, Entry::new(address("alice"))];
    let body = page(&[("text/plain", "Hi")], &list);
    stage.act("alice", |alice, now| alice.page(now, FACTORY, Headers::new(), "multipart/mixed;boundary=b", body));
    assert_eq!(stage.peer("alice").news(), ["202"]);
    let mut calls = Vec::new();
    for name in ["bob", "carol", "dave"] {
        let came = std::mem::take(&mut stage.peer(name).came);
        assert_eq!(came.len(), 1, "{name} gets it once");
        assert_eq!(came[0].from().map(|f| f.uri), Some("sip:alice@home"));
        assert_eq!(came[0].bodies().first().map(|part| part.text().into_owned()).as_deref(), Some("Hi"));
        let history = came[0].body_of_disposition("recipient-list-history").expect("a history");
        let history = ResourceLists::parse(&history.body);
        assert_eq!(history.uris().collect::<Vec<_>>(), ["sip:bob@home", "sip:anonymous@anonymous.invalid"]);
        calls.push(came[0].call_id().to_owned());
    }
    calls.dedup();
    assert_eq!(calls.len(), 3, "each has a Call-ID of its own");
}

#[test]
fn the_bodies_that_are_left_stay_as_they_are() {
    for (parts, kind) in [
        (&[("text/plain", "Hi")][..], "text/plain"),
        (&[("text/plain", "Hi"), ("text/html", "<p>Hi")][..], "multipart/mixed"),
    ] {
        let mut stage = stage(|_| {});
        let body = page(parts, &[Entry::new(address("bob"))]);
        stage.act("alice", |alice, now| alice.page(now, FACTORY, Headers::new(), "multipart/mixed;boundary=b", body));
        let came = stage.peer("bob").came.pop().expect("a message");
        assert_eq!(came.content_type(), Some(kind));
        assert_eq!(came.bodies().len(), parts.len());
    }
}

#[test]
fn a_message_to_a_group_goes_to_its_members() {
    let mut stage = stage(|_| {});
    stage.act("alice", |alice, now| alice.page(now, TEAM, Headers::new(), "text/plain", "Hi".into()));
    assert_eq!(stage.news(&["alice", "bob", "carol"]), ["alice: 202", "bob: MESSAGE Hi", "carol: MESSAGE Hi"]);
}
