//! The MSRP switch: who gets what, what is refused, and what becomes of messages that do not get through (test purposes MS,
//! RFC 7701).

use bytes::Bytes;

use super::peer::sum;
use super::*;
use crate::wire::mime::{CpimBuilder, Part};
use crate::wire::msrp::{Builder, Flag};

/// Bob says something in a session with Alice and Carol; what they hear.
fn check(from: &str, to: &[&str], expected: [&str; 3]) {
    let mut stage = Stage::new(|config| config.reserved_nicknames.push("Admin".to_owned()));
    let identity = stage.ad_hoc(&["bob", "carol"]);
    let to: Vec<&str> = to.iter().map(|to| if *to == "all" { identity.as_str() } else { *to }).collect();
    stage.act("bob", |bob, now| bob.say(now, from, &to, "x"));
    assert_eq!(stage.news(&["alice", "bob", "carol"]), expected, "{from} to {to:?}");
}

#[test]
fn the_wrapper_says_from_whom_and_for_whom() {
    let bob = "sip:bob@home";
    check(bob, &["all"], ["alice: 'x'", "bob: delivered", "carol: 'x'"]);
    check(bob, &["sip:carol@home"], ["alice: ", "bob: delivered", "carol: 'x'"]);
    check(bob, &["sip:carol@home;transport=tcp"], ["alice: ", "bob: delivered", "carol: 'x'"]);
    check("sip:alice@home", &["all"], ["alice: ", "bob: refused 403", "carol: "]);
    check("sip:nobody@home", &["all"], ["alice: ", "bob: refused 403", "carol: "]);
    check(bob, &["all", "sip:carol@home"], ["alice: ", "bob: refused 403", "carol: "]);
    check(bob, &["sip:dave@home"], ["alice: ", "bob: refused 404", "carol: "]);
    check(bob, &[], ["alice: ", "bob: refused 404", "carol: "]);
    check(bob, &[FACTORY], ["alice: ", "bob: refused 404", "carol: "]);
}

#[test]
fn what_is_not_wrapped_is_not_understood() {
    let mut stage = Stage::new(|_| {});
    stage.ad_hoc(&["bob", "carol"]);
    stage.act("bob", |bob, now| bob.send(now, "text/plain", "x".into()));
    stage.act("bob", |bob, now| bob.send(now, "message/cpim", "no wrapper at all".into()));
    assert_eq!(stage.news(&["alice", "bob"]), ["alice: ", "bob: refused 415, refused 403"]);
}

fn check_private(change: impl FnOnce(&mut Config), carol: &[(&'static str, Option<&'static str>)], expected: &str) {
    let mut stage = Stage::new(change);
    stage.peer("carol").attributes = carol.to_vec();
    stage.ad_hoc(&["bob", "carol"]);
    stage.act("bob", |bob, now| bob.say(now, "sip:bob@home", &["sip:carol@home"], "x"));
    let carol = if expected == "delivered" { "carol: 'x'" } else { "carol: " };
    assert_eq!(stage.news(&["bob", "carol"]), [format!("bob: {expected}").as_str(), carol]);
}

#[test]
fn private_messages_go_only_to_those_who_know_them() {
    check_private(|_| {}, &[("chatroom", Some("private-messages"))], "delivered");
    check_private(|_| {}, &[("chatroom", Some("nickname"))], "refused 428");
    check_private(|_| {}, &[("chatroom", None)], "refused 428");
    check_private(|_| {}, &[], "refused 428");
    check_private(|c| c.private_messages = false, &[("chatroom", Some("private-messages"))], "refused 403");
}

#[test]
fn who_is_anonymous_is_written_to_by_another_name() {
    let mut stage = Stage::new(|_| {});
    stage.peer("bob").manner.headers = vec![("Privacy".to_owned(), "id".to_owned())];
    let identity = stage.ad_hoc(&["bob", "carol"]);
    let own = "sip:anonymous1@anonymous.invalid";
    stage.act("carol", |carol, now| carol.say(now, "sip:carol@home", &[own], "who are you"));
    stage.act("carol", |carol, now| carol.say(now, "sip:carol@home", &["sip:bob@home"], "Bob"));
    stage.act("bob", |bob, now| bob.say(now, own, &[&identity], "nobody"));
    assert_eq!(
        stage.news(&["bob", "carol"]),
        ["bob: 'who are you', delivered", "carol: delivered, refused 404, 'nobody'"]
    );
}

#[test]
fn what_a_participant_does_not_take_is_not_given_to_him() {
    let mut stage = Stage::new(|_| {});
    stage.peer("bob").attributes.push(("accept-wrapped-types", Some("image/*")));
    stage.peer("bob").types = vec!["message/cpim"];
    stage.ad_hoc(&["bob", "carol"]);
    stage.act("alice", |alice, now| alice.say_all(now, "text"));
    assert_eq!(stage.news(&["alice", "bob", "carol"]), ["alice: delivered", "bob: ", "carol: 'text'"]);
}

/// A message of so many octets of text, wrapped.
fn long(from: &str, to: &str, octets: usize) -> (Bytes, String) {
    let text: Vec<u8> = (0..octets).map(|i| b'a' + (i * 7 % 26) as u8).collect();
    let said = format!("{octets} octets, {}", sum(&text));
    (CpimBuilder::new(Part::new("text/plain", text)).from(from).to(to).build(), said)
}

#[test]
fn long_messages_go_on_chunk_by_chunk() {
    let mut stage = Stage::new(|_| {});
    let identity = stage.ad_hoc(&["bob", "carol"]);
    let (body, said) = long("sip:alice@home", &identity, 100_000);
    let now = stage.pump.now;
    stage.peer("alice").send(now, "message/cpim", body);
    stage.pump.run_for(Duration::from_millis(100));
    let server = stage.server();
    let running = server.conferences.values().map(|c| c.running.len()).sum::<usize>();
    assert_eq!((running, server.is_busy()), (1, true), "it is on its way");
    // Meanwhile others write, and who comes now gets nothing of it.
    let now = stage.pump.now;
    stage.peer("bob").say_all(now, "short");
    stage.peer("alice").name = "alice".to_owned();
    stage.run(5);
    assert_eq!(
        stage.news(&["alice", "bob", "carol"]),
        ["alice: 'short', delivered".to_owned(), format!("bob: delivered, {said}"), format!("carol: 'short', {said}")]
    );
    assert!(!stage.server().is_busy());
}

/// Alice's message is under way, and has reached the others in part.
fn under_way(stage: &mut Stage) {
    let identity = stage.peer("alice").identity.clone();
    let (body, _) = long("sip:alice@home", &identity, 200_000);
    let now = stage.pump.now;
    stage.peer("alice").send(now, "message/cpim", body);
    stage.pump.run_for(Duration::from_millis(100));
}

#[test]
fn what_breaks_off_breaks_off_for_everybody() {
    for how in ["abort", "leave", "reset"] {
        let mut stage = Stage::new(|_| {});
        stage.ad_hoc(&["bob", "carol"]);
        under_way(&mut stage);
        let now = stage.pump.now;
        let alice = stage.peer("alice");
        let session = alice.session.expect("Alice is there");
        match how {
            "abort" => alice.msrp.abort(session),
            "leave" => alice.leave(now),
            _ => alice.msrp.reset(session),
        }
        stage.run(1);
        assert_eq!(stage.news(&["bob", "carol"]), ["bob: broken off", "carol: broken off"], "{how}");
        assert!(stage.server().conferences.values().all(|c| c.running.is_empty()), "{how}");
        stage.act("bob", |bob, now| bob.say_all(now, "well"));
        assert_eq!(stage.news(&["carol"]), ["carol: 'well'"], "{how}");
    }
}

#[test]
fn who_comes_late_gets_nothing_of_what_is_under_way() {
    let mut stage = Stage::new(|_| {});
    stage.peer("dave").manner.status = 0;
    stage.ad_hoc(&["bob", "dave"]);
    under_way(&mut stage);
    stage.act("dave", |dave, now| dave.accept(now));
    stage.run(5);
    stage.act("bob", |bob, now| bob.say_all(now, "at last"));
    assert_eq!(stage.news(&["dave"]), ["dave: 'at last'"]);
}

#[test]
fn who_does_not_take_what_comes_is_removed_and_holds_nobody_up() {
    let mut stage = Stage::new(|config| config.backlog = 50_000);
    stage.peer("carol").mute = true;
    let identity = stage.ad_hoc(&["bob", "carol"]);
    let (body, said) = long("sip:alice@home", &identity, 200_000);
    stage.act("alice", |alice, now| alice.send(now, "message/cpim", body));
    stage.run(2);
    assert_eq!(
        stage.news(&["alice", "bob", "carol"]),
        ["alice: delivered".to_owned(), format!("bob: {said}"), "carol: bye".to_owned()]
    );
}

#[test]
fn who_never_answers_is_removed_after_a_while() {
    let mut stage = Stage::new(|_| {});
    stage.peer("carol").mute = true;
    stage.ad_hoc(&["bob", "carol"]);
    stage.act("alice", |alice, now| alice.say_all(now, "anybody?"));
    assert_eq!(stage.news(&["bob", "carol"]), ["bob: 'anybody?'", "carol: "]);
    stage.run(31);
    assert_eq!(stage.news(&["bob", "carol"]), ["bob: ", "carol: bye"]);
}

/// Alice sends chunks that the test writes itself; what Alice is told and what Bob hears.
fn check_chunks(chunks: &[(&str, &str, Flag)], seconds: u64, statuses: &[u16], expected: &str) {
    let mut stage = Stage::new(|_| {});
    let identity = stage.ad_hoc(&["bob"]);
    let alice = stage.peer("alice");
    // Its own endpoint has said hello, and gives its connection to what follows.
    let path = alice.plan.as_ref().map(|plan| plan.remote_path.join(" ")).expect("a path");
    let own = alice.own_path();
    let now = stage.pump.now;
    for (nth, (range, text, flag)) in chunks.iter().enumerate() {
        let text = text.replace(
            "HEAD",
            &format!("From: <sip:alice@home>\r\nTo: <{identity}>\r\n\r\nContent-Type: text/plain\r\n\r\n"),
        );
        let range = range.replace("END", &text.len().to_string());
        let chunk = Builder::request(&format!("chunk{nth}"), "SEND")
            .header("To-Path", &path)
            .header("From-Path", &own)
            .header("Message-ID", "by-hand")
            .header("Byte-Range", range)
            .body("message/cpim", text)
            .flag(*flag)
            .build();
        stage.peer("alice").write(now, &chunk);
    }
    stage.run(seconds);
    let answered: Vec<u16> = stage.peer("alice").statuses.clone();
    assert_eq!(answered, statuses, "{chunks:?}");
    assert_eq!(stage.peer("bob").news().join(", "), expected, "{chunks:?}");
}

#[test]
fn chunks_come_in_any_order_and_any_size() {
    use Flag::{Aborted, Last, More};
    let head = "HEADab";
    check_chunks(&[("1-END/*", "HEADab", Last)], 1, &[200], "'ab'");
    check_chunks(&[("1-END/*", "HEAD", More), ("200-201/201", "cd", Last)], 1, &[200, 200], "");
    check_chunks(
        &[
            ("1-*/*", "From: <sip:al", More),
            ("14-*/*", "ice@home>\r\nTo: <sip:x@home>\r\n\r\nContent-Type: a/b\r\n\r\n", More),
        ],
        1,
        &[200, 404],
        "",
    );
    check_chunks(&[("1-END/*", head, Last), ("1-END/*", head, Last)], 1, &[200, 200], "'ab'");
    check_chunks(&[("1-END/*", head, More), ("1-0/*", "", Aborted)], 1, &[200, 200], "broken off");
    // The chunk that follows is overdue.
    check_chunks(&[("1-END/*", head, More)], 600, &[200], "broken off");
    check_chunks(&[("1-END/*", head, More)], 500, &[200], "");
}

#[test]
fn nicknames() {
    let mut stage = Stage::new(|config| config.reserved_nicknames.push("Admin".to_owned()));
    let identity = stage.ad_hoc(&["bob", "carol"]);
    stage.act("carol", |carol, now| carol.subscribe(now, &identity, "conference", "", 600));
    for (who, value, expected) in [
        ("bob", "\"Bobby\"", 200),
        ("carol", "\"bobby\"", 425),
        ("carol", "\"ADMIN\"", 425),
        ("carol", "Carry", 424),
        ("bob", "\"The Bob\"", 200),
        ("carol", "\"Bobby\"", 200),
        ("carol", "\"\"", 200),
    ] {
        stage.peer(who).statuses.clear();
        stage.act(who, |peer, now| peer.nickname(now, value));
        assert_eq!(stage.peer(who).statuses, [expected], "{who} {value}");
    }
    let known = stage.peer("carol").known.clone().expect("a document");
    let name = |who: &str| known.user(who).and_then(|user| user.display_text.clone());
    assert_eq!(name("sip:bob@home").as_deref(), Some("The Bob"));
    stage.server().config_mut().nicknames = false;
    stage.peer("bob").statuses.clear();
    stage.act("bob", |bob, now| bob.nickname(now, "\"B\""));
    assert_eq!(stage.peer("bob").statuses, [403]);
}
