//! Sessions as they should go: set up, joined, rejoined, written in, and left.

use super::*;
use crate::actors::controlling::{Group, Who};

#[test]
fn an_ad_hoc_session_is_set_up_written_in_and_left() {
    let mut stage = Stage::new(|_| {});
    let list = ["bob", "carol", "bob"].map(|name| Entry::new(address(name)));
    stage.act("alice", |alice, now| alice.invite(now, FACTORY, &list, Headers::new()));
    assert_eq!(
        stage.news(&["alice", "bob", "carol"]),
        ["alice: 180, 200", "bob: invited by sip:alice@home", "carol: invited by sip:alice@home"]
    );
    let identity = stage.peer("alice").identity.clone();
    assert!(["bob", "carol"].iter().all(|name| stage.peer(name).identity == identity));
    stage.act("alice", |alice, now| alice.subscribe(now, &identity, "conference", "", 600));
    assert_eq!(stage.news(&["alice"]), ["alice: full 0 alice=connected bob=connected carol=connected"]);
    stage.act("alice", |alice, now| alice.say_all(now, "hello"));
    stage.act("bob", |bob, now| bob.say_all(now, "hi"));
    assert_eq!(
        stage.news(&["alice", "bob", "carol"]),
        ["alice: delivered, 'hi'", "bob: 'hello', delivered", "carol: 'hello', 'hi'"]
    );
    stage.act("carol", |carol, now| carol.leave(now));
    assert_eq!(stage.news(&["alice", "bob"]), ["alice: partial 1 carol=disconnected", "bob: "]);
    stage.act("bob", |bob, now| bob.leave(now));
    stage.act("alice", |alice, now| alice.leave(now));
    assert_eq!(stage.news(&["alice"]), ["alice: partial 2 bob=disconnected, deleted 3"]);
    assert!(!stage.server().is_busy());
    stage.act("bob", |bob, now| bob.invite(now, &identity, &[], Headers::new()));
    assert_eq!(stage.news(&["bob"]), ["bob: 404"]);
}

fn group(change: impl FnOnce(&mut Group)) -> Stage {
    Stage::new(|config| {
        let mut group = Group::new("sip:team@home", &["sip:alice@home", "sip:bob@home", "sip:carol@home"]);
        change(&mut group);
        config.groups.push(group);
    })
}

#[test]
fn a_group_session_is_set_up_joined_and_rejoined() {
    let mut stage = group(|_| {});
    stage.peer("carol").manner.status = 486;
    stage.act("alice", |alice, now| alice.invite(now, "sip:team@home;sessiontype=pre-defined", &[], Headers::new()));
    assert_eq!(
        stage.news(&["alice", "bob", "carol"]),
        ["alice: 180, 200", "bob: invited by sip:alice@home", "carol: invited by sip:alice@home"]
    );
    let identity = stage.peer("alice").identity.clone();
    stage.act("alice", |alice, now| alice.subscribe(now, &identity, "conference", "", 600));
    stage.act("carol", |carol, now| carol.invite(now, "sip:team@home", &[], Headers::new()));
    assert_eq!(
        stage.news(&["alice", "bob", "carol"]),
        ["alice: full 0 alice=connected bob=connected, partial 1 carol=connected", "bob: ", "carol: 200"]
    );
    assert_eq!(stage.peer("carol").identity, identity);
    stage.act("bob", |bob, now| bob.leave(now));
    stage.act("bob", |bob, now| bob.invite(now, &identity, &[], Headers::new()));
    assert_eq!(
        stage.news(&["alice", "bob"]),
        ["alice: partial 2 bob=disconnected, partial 3 bob=connected", "bob: 200"]
    );
    // From the same device, as after a lost connection: the old session ends, and nothing goes there.
    stage.act("bob", |bob, now| bob.invite(now, &identity, &[], Headers::new()));
    assert_eq!(stage.news(&["alice", "bob"]), ["alice: partial 4 bob=connected", "bob: 200, bye"]);
    stage.act("carol", |carol, now| carol.say(now, "sip:carol@home", &["sip:team@home"], "all?"));
    assert_eq!(stage.news(&["alice", "bob", "carol"]), ["alice: 'all?'", "bob: 'all?'", "carol: delivered"]);
}

#[test]
fn a_public_conference_begins_with_its_first_participant() {
    let mut stage = group(|group| {
        group.invites_members = false;
        (group.may_initiate, group.may_join) = (Who::Anyone, Who::Anyone);
    });
    stage.act("eve", |eve, now| eve.invite(now, "sip:team@home", &[], Headers::new()));
    stage.act("dave", |dave, now| dave.invite(now, "sip:team@home", &[], Headers::new()));
    assert_eq!(stage.news(&["eve", "dave", "bob"]), ["eve: 200", "dave: 200", "bob: "]);
    let identity = stage.peer("eve").identity.clone();
    assert_eq!(stage.peer("dave").identity, identity);
    stage.act("dave", |dave, now| dave.say_all(now, "anybody?"));
    assert_eq!(stage.news(&["eve", "dave"]), ["eve: 'anybody?'", "dave: delivered"]);
}
