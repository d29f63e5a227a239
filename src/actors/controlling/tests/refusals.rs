//! What is refused, with what, and in which order (test purposes CA_BI, CP2_BI, JO_BI, RE_BI, NT_BI).

use bytes::Bytes;

use super::*;
use crate::actors::controlling::{Group, Who};
use crate::wire::mime::ResourceLists;

/// What an INVITE has that is not as it should be.
#[derive(Default)]
struct Wish {
    target: &'static str,
    /// How many users the list names; none where there is no list.
    users: usize,
    focus: bool,
    anonymous: bool,
    unusable: bool,
}

const IDENTITY: &str = "the identity of the session";

/// Sends such an INVITE for Eve; what she hears.
fn invited(stage: &mut Stage, wish: &Wish) -> String {
    let target = if wish.target == IDENTITY { stage.peer("alice").identity.clone() } else { wish.target.to_owned() };
    let list: Vec<Entry> = (0..wish.users).map(|nth| Entry::new(format!("sip:user{nth}@home"))).collect();
    let mut headers = Headers::new();
    if wish.focus {
        headers.push(("Contact".to_owned(), "<sip:eve@192.0.2.5:5060>;isfocus".to_owned()));
    }
    if wish.anonymous {
        headers.push(("Privacy".to_owned(), "id".to_owned()));
    }
    stage.act("eve", |eve, now| match wish.unusable {
        true => {
            let sdp =
                "v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
            eve.invite_with(now, &target, &list, headers, Bytes::from_static(sdp.as_bytes()));
        }
        false => eve.invite(now, &target, &list, headers),
    });
    stage.peer("eve").news().join(", ")
}

fn check(stage: &mut Stage, wish: Wish, expected: &str) {
    let before = stage.server().conferences.len();
    let heard = invited(stage, &wish);
    assert_eq!(heard, expected, "to {} with {} users", wish.target, wish.users);
    if !expected.ends_with("200") {
        assert_eq!(stage.server().conferences.len(), before, "{} leaves a conference behind", wish.target);
    }
    stage.act("eve", |eve, now| eve.leave(now));
    stage.peer("eve").news();
}

fn factory(users: usize) -> Wish {
    Wish { target: FACTORY, users, ..Wish::default() }
}

#[test]
fn ad_hoc_sessions() {
    const TOO_MANY: &str = "486 399 too many participants";
    let mut stage = Stage::new(|config| config.max_adhoc = 3);
    let unknown = |users| Wish { target: "sip:unknown@home", ..factory(users) };
    check(&mut stage, unknown(1), "404");
    check(&mut stage, factory(0), "400");
    check(&mut stage, factory(4), TOO_MANY);
    // At the limit itself everybody is invited; that the core knows none of them is another matter.
    check(&mut stage, factory(3), "404");
    check(&mut stage, Wish { unusable: true, ..factory(1) }, "488");
    check(&mut stage, Wish { unusable: true, ..factory(4) }, "488");
    stage.server().config_mut().may_use_factory = Who::These(vec!["sip:alice@home".to_owned()]);
    check(&mut stage, unknown(4), "404");
    check(&mut stage, factory(1), "403");
    check(&mut stage, factory(4), "403");
    check(&mut stage, Wish { unusable: true, ..factory(1) }, "403");
    stage.server().config_mut().refuses = Some(503);
    check(&mut stage, factory(1), "503");
}

const TEAM: &str = "sip:team@home";

fn team() -> Group {
    let group = Group::new(TEAM, &["sip:alice@home", "sip:bob@home"]);
    Group { may_initiate: Who::Anyone, may_join: Who::Anyone, ..group }
}

/// A stage with the group, and its session active or not.
fn with_team(active: bool, change: impl FnOnce(&mut Group)) -> Stage {
    let mut stage = Stage::new(|config| config.groups.push(team()));
    if active {
        stage.act("alice", |alice, now| alice.invite(now, TEAM, &[], Headers::new()));
    }
    change(&mut stage.server().config_mut().groups[0]);
    stage
}

fn to(target: &'static str) -> Wish {
    Wish { target, ..Wish::default() }
}

const FOCUS: &str = "403 399 isfocus already assigned";
const FULL: &str = "486 399 Too many participants";

#[test]
fn sessions_of_groups_that_are_not_there_yet() {
    check(&mut with_team(false, |_| {}), to("sip:other@home"), "404");
    check(&mut with_team(false, |_| {}), to(TEAM), "180, 200");
    check(&mut with_team(false, |_| {}), Wish { focus: true, ..to(TEAM) }, FOCUS);
    check(&mut with_team(false, |g| g.may_initiate = Who::Nobody), Wish { focus: true, ..to(TEAM) }, FOCUS);
    check(&mut with_team(false, |g| g.may_initiate = Who::Members), to(TEAM), "403");
    check(&mut with_team(false, |g| g.may_join = Who::Members), to(TEAM), "403");
    check(&mut with_team(false, |g| g.may_join = Who::Nobody), Wish { unusable: true, ..to(TEAM) }, "403");
    check(&mut with_team(false, |_| {}), Wish { anonymous: true, ..to(TEAM) }, "403");
    check(&mut with_team(false, |_| {}), Wish { anonymous: true, unusable: true, ..to(TEAM) }, "403");
    check(&mut with_team(false, |g| g.allows_anonymity = true), Wish { anonymous: true, ..to(TEAM) }, "180, 200");
    check(&mut with_team(false, |_| {}), Wish { unusable: true, ..to(TEAM) }, "488");
    // Where members are not invited, who comes first is alone.
    check(&mut with_team(false, |g| g.invites_members = false), to(TEAM), "200");
}

#[test]
fn sessions_of_groups_that_go_on() {
    let full = |g: &mut Group| g.max_participants = Some(2);
    check(&mut with_team(true, |_| {}), to(TEAM), "200");
    check(&mut with_team(true, |g| g.may_initiate = Who::Nobody), to(TEAM), "200");
    check(&mut with_team(true, |g| g.may_join = Who::Nobody), Wish { focus: true, ..to(TEAM) }, FOCUS);
    check(&mut with_team(true, full), Wish { focus: true, ..to(TEAM) }, FOCUS);
    check(&mut with_team(true, |g| (g.may_join, g.max_participants) = (Who::Members, Some(2))), to(TEAM), "403");
    check(&mut with_team(true, full), to(TEAM), FULL);
    check(&mut with_team(true, full), Wish { anonymous: true, ..to(TEAM) }, FULL);
    check(&mut with_team(true, full), Wish { unusable: true, ..to(TEAM) }, FULL);
    check(&mut with_team(true, |g| g.max_participants = Some(3)), to(TEAM), "200");
    check(&mut with_team(true, |_| {}), Wish { anonymous: true, unusable: true, ..to(TEAM) }, "403");
    check(&mut with_team(true, |g| g.allows_anonymity = true), Wish { anonymous: true, ..to(TEAM) }, "200");
    check(&mut with_team(true, |_| {}), Wish { unusable: true, ..to(TEAM) }, "488");
}

#[test]
fn coming_back_by_the_identity_of_the_session() {
    let full = |g: &mut Group| g.max_participants = Some(2);
    check(&mut with_team(true, |_| {}), to(IDENTITY), "200");
    check(&mut with_team(true, |_| {}), Wish { focus: true, ..to(IDENTITY) }, "200");
    check(&mut with_team(true, |g| (g.may_join, g.max_participants) = (Who::Members, Some(2))), to(IDENTITY), "403");
    check(&mut with_team(true, full), to(IDENTITY), FULL);
    check(&mut with_team(true, full), Wish { anonymous: true, ..to(IDENTITY) }, FULL);
    check(&mut with_team(true, |_| {}), Wish { anonymous: true, unusable: true, ..to(IDENTITY) }, "403");
    check(&mut with_team(true, |_| {}), Wish { unusable: true, ..to(IDENTITY) }, "488");
    check(&mut with_team(true, |_| {}), to("sip:session-abc@192.0.2.200:5060"), "404");
    // An ad-hoc session is for those who were once invited, and has no limit but theirs.
    let mut stage = Stage::new(|_| {});
    stage.ad_hoc(&["bob", "carol"]);
    check(&mut stage, to(IDENTITY), "403");
    stage.ad_hoc(&["bob", "eve"]);
    check(&mut stage, to(IDENTITY), "200, bye");
    stage.server().config_mut().adhoc_anonymity = false;
    check(&mut stage, Wish { anonymous: true, ..to(IDENTITY) }, "403");
}

fn check_subscription(target: &str, event: &str, accept: &str, expected: &str) {
    let mut stage = Stage::new(|_| {});
    let identity = stage.ad_hoc(&["bob", "carol"]);
    let target = if target == IDENTITY { identity } else { target.to_owned() };
    let who = if expected == "403" { "eve" } else { "bob" };
    stage.act(who, |peer, now| peer.subscribe(now, &target, event, accept, 600));
    assert_eq!(stage.peer(who).news().join(", "), expected, "{event} {accept}");
}

#[test]
fn subscriptions() {
    const FULL: &str = "full 0 alice=connected bob=connected carol=connected";
    check_subscription(IDENTITY, "conference", "", FULL);
    check_subscription(IDENTITY, "conference", "application/conference-info+xml", FULL);
    check_subscription(IDENTITY, "conference", "text/plain, application/*", FULL);
    check_subscription(IDENTITY, "presence", "", "489");
    check_subscription(IDENTITY, "conference", "application/pidf+xml", "406");
    check_subscription(IDENTITY, "conference", "", "403");
    check_subscription("sip:session-abc@192.0.2.200:5060", "conference", "", "404");
}

fn check_page(target: &str, list: Option<&str>, expected: &str) {
    let mut stage = Stage::new(|config| {
        config.max_adhoc = 2;
        config.may_use_factory = Who::These(vec!["sip:alice@home".to_owned()]);
        config.groups.push(Group { may_initiate: Who::Members, ..team() });
    });
    let list = list.map(str::to_owned).unwrap_or_else(|| ResourceLists::write(&[Entry::new("sip:bob@home")]));
    let body = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n--b\r\nContent-Type: application/resource-lists+xml\r\n\
         Content-Disposition: recipient-list\r\n\r\n{list}\r\n--b--\r\n"
    );
    let who = if expected == "403" { "eve" } else { "alice" };
    stage.act(who, |peer, now| peer.page(now, target, Headers::new(), "multipart/mixed;boundary=b", body.into()));
    let heard = stage.peer(who).news().join(", ");
    assert_eq!(heard, expected, "{target} {list}");
    assert_eq!(!stage.peer("bob").news().is_empty(), expected == "202", "{target} {list}");
}

#[test]
fn messages_of_pager_mode() {
    let three = ResourceLists::write(&["sip:a@home", "sip:b@home", "sip:c@home"].map(Entry::new));
    check_page(FACTORY, None, "202");
    check_page(FACTORY, None, "403");
    check_page("sip:unknown@home", None, "404");
    check_page(FACTORY, Some("<resource-lists"), "400");
    check_page(FACTORY, Some(&ResourceLists::write(&[])), "400");
    check_page(FACTORY, Some(&three), "486");
    check_page(TEAM, None, "202");
    check_page(TEAM, None, "403");
}
