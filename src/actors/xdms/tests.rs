//! The server before requests: who may what, conditions, conflicts, and what servers then go by.

use super::*;
use crate::actors::controlling::Who;
use crate::actors::store::Class;

const ALICE: &str = "/services/org.openmobilealliance.groups/users/sip:alice@a.example/team";
const GROUP: &str = "application/vnd.oma.poc.groups+xml";

fn xdms() -> Xdms {
    let reserved = ["sip:alice@a.example".to_owned()].into();
    let lobby = Group { may_join: Who::Anyone, ..Group::new("sip:lobby@a.example", &["sip:bob@a.example"]) };
    Xdms::new("a.example", reserved, &[lobby], Box::new(NoShelf)).expect("nothing is kept")
}

fn request<'a>(who: &str, method: &'a str, path: &'a str, content_type: &'a str, body: &'a str) -> Request<'a> {
    let who = match who {
        "operator" => Requester::Operator,
        "" => Requester::Anyone,
        user => Requester::User(user.to_owned()),
    };
    Request {
        who,
        method,
        path,
        query: "",
        content_type: Some(content_type).filter(|kind| !kind.is_empty()),
        if_match: None,
        if_none_match: None,
        body: body.as_bytes(),
    }
}

fn nothing(_: Kept, _: &str) -> Option<Vec<(Stored, usize)>> {
    None
}

fn team(members: &[&str]) -> String {
    write_group(&Group::new("sip:team@a.example", members))
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn etag_of(answer: &Answer) -> String {
    answer.headers.iter().find(|(name, _)| *name == "etag").map(|(_, value)| value.clone()).unwrap_or_default()
}

#[test]
fn everybody_has_his_own_documents_and_the_operator_all() {
    let mut xdms = xdms();
    let group = team(&[]);
    let lobby = "/services/org.openmobilealliance.groups/global/lobby";
    for (who, method, path, expected) in [
        ("alice", "PUT", ALICE, 201),
        ("ALICE", "GET", ALICE, 200),
        ("bob", "GET", ALICE, 403),
        ("bob", "PUT", ALICE, 403),
        ("bob", "DELETE", ALICE, 403),
        ("alic", "GET", ALICE, 403),
        ("", "GET", ALICE, 200),
        ("operator", "PUT", ALICE, 200),
        ("bob", "GET", lobby, 200),
        ("", "DELETE", lobby, 403),
        ("bob", "DELETE", lobby, 403),
        ("operator", "DELETE", lobby, 200),
        ("operator", "DELETE", lobby, 404),
        ("alice", "DELETE", ALICE, 200),
        ("alice", "GET", ALICE, 404),
        ("alice", "POST", ALICE, 405),
        ("alice", "GET", "/services/org.example/users/sip:alice@a.example/x", 404),
        ("alice", "GET", "/services/xcap-caps/global/index", 200),
        ("operator", "PUT", "/services/xcap-caps/global/index", 405),
        ("alice", "GET", "/services/org.openmobilealliance.conv-history/users/sip:alice@a.example/index", 404),
    ] {
        let (answer, changed) = xdms.handle(&request(who, method, path, GROUP, &group), &nothing);
        assert_eq!(answer.status, expected, "{who} {method} {path}: {}", text(&answer));
        assert_eq!(changed, expected < 300 && matches!(method, "PUT" | "DELETE"), "{who} {method} {path}");
    }
}

#[test]
fn a_document_that_cannot_be_taken_is_refused_with_the_reason() {
    let mut xdms = xdms();
    let entities = "<!DOCTYPE a [<!ENTITY x \"y\">]><group>&x;</group>";
    let deep = "<a>".repeat(100);
    let large = format!("<!-- {} -->{}", "x".repeat(LARGEST), team(&[]));
    for (kind, body, status, said) in [
        ("text/xml", team(&[]), 415, ""),
        ("", team(&[]), 415, ""),
        (GROUP, "<group>".to_owned(), 409, "not-well-formed"),
        (GROUP, entities.to_owned(), 409, "not-well-formed"),
        (GROUP, deep, 409, "not-well-formed"),
        (GROUP, large, 413, ""),
        (GROUP, "<group/>".to_owned(), 409, "schema-validation-error"),
        (GROUP, team(&[]).replace("sip:team", "sip:alice"), 409, "uniqueness-failure"),
        (GROUP, team(&[]).replace("sip:team", "sip:LOBBY"), 409, "uniqueness-failure"),
        (GROUP, team(&[]).replace("a.example", "b.example"), 409, "constraint-failure"),
    ] {
        let (answer, changed) = xdms.handle(&request("alice", "PUT", ALICE, kind, &body), &nothing);
        assert_eq!((answer.status, changed), (status, false), "{said} {body:.60}");
        assert!(text(&answer).contains(said), "{said}: {}", text(&answer));
    }
    let latin = Request { body: b"<group>\xff</group>", ..request("alice", "PUT", ALICE, GROUP, "") };
    assert!(text(&xdms.handle(&latin, &nothing).0).contains("not-utf-8"));
    assert_eq!(xdms.groups().len(), 1, "nothing of all that came in");
}

#[test]
fn conditions_hold_or_nothing_is_done() {
    let mut xdms = xdms();
    let group = team(&[]);
    let put = request("alice", "PUT", ALICE, GROUP, &group);
    let etag = etag_of(&xdms.handle(&put, &nothing).0);
    let several = format!("\"x\", {etag}");
    for (method, if_match, if_none_match, expected) in [
        ("PUT", None, Some("*"), 412),
        ("PUT", Some("\"other\""), None, 412),
        ("PUT", Some("*"), None, 200),
        ("PUT", Some(several.as_str()), None, 200),
        ("GET", None, Some(etag.as_str()), 304),
        ("GET", None, Some("\"other\""), 200),
        ("GET", Some("\"other\""), None, 412),
        ("DELETE", Some("\"other\""), None, 412),
        ("DELETE", Some(etag.as_str()), None, 200),
        ("PUT", Some("*"), None, 412),
        ("PUT", None, Some("*"), 201),
    ] {
        let request = Request { method, if_match, if_none_match, ..put.clone() };
        let answer = xdms.handle(&request, &nothing).0;
        assert_eq!(answer.status, expected, "{method} {if_match:?} {if_none_match:?}");
    }
}

#[test]
fn elements_change_and_servers_go_by_it() {
    let mut xdms = xdms();
    let members = |xdms: &Xdms| -> Vec<String> {
        let group = xdms.groups().into_iter().find(|group| group.uri == "sip:team@a.example");
        group.into_iter().flat_map(|group| group.members).map(|member| member.uri).collect()
    };
    let group = team(&["sip:bob@a.example"]);
    let first = xdms.handle(&request("alice", "PUT", ALICE, GROUP, &group), &nothing).0;
    let at = |node: &str| format!("{ALICE}/~~/group/list-service/{node}");
    let (carol, entry) = (at("list/entry%5B@uri=%22sip:carol@a.example%22%5D"), "<entry uri=\"sip:carol@a.example\"/>");
    let put = request("alice", "PUT", &carol, "application/xcap-el+xml", entry);
    let second = xdms.handle(&put, &nothing).0;
    assert_eq!((second.status, etag_of(&first) == etag_of(&second)), (201, false));
    assert_eq!(members(&xdms), ["sip:bob@a.example", "sip:carol@a.example"]);
    let wrong = Request { body: b"<entry/>", ..put.clone() };
    assert_eq!(xdms.handle(&wrong, &nothing).0.status, 409);
    assert_eq!(xdms.handle(&Request { content_type: Some(GROUP), ..put.clone() }, &nothing).0.status, 415);
    let got = xdms.handle(&request("alice", "GET", &carol, "", ""), &nothing).0;
    assert_eq!((got.status, text(&got).as_str()), (200, entry));
    assert_eq!(xdms.handle(&request("alice", "DELETE", &carol, "", ""), &nothing).0.status, 200);
    assert_eq!(xdms.handle(&request("alice", "DELETE", &carol, "", ""), &nothing).0.status, 404);
    assert_eq!(members(&xdms), ["sip:bob@a.example"]);
    let uri = at("@uri");
    let taken = request("alice", "PUT", &uri, "application/xcap-att+xml", "sip:lobby@a.example");
    assert!(text(&xdms.handle(&taken, &nothing).0).contains("uniqueness-failure"));
}

#[test]
fn a_group_counts_those_on_its_owners_lists_and_on_no_others() {
    let mut xdms = xdms();
    let list = |user: &str| format!("/services/resource-lists/users/sip:{user}@a.example/index");
    let body = "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list name='x'>\
                <entry uri='sip:dave@a.example'/></list></resource-lists>";
    for user in ["alice", "bob"] {
        let put = xdms.handle(&request(user, "PUT", &list(user), "application/resource-lists+xml", body), &nothing);
        assert_eq!(put.0.status, 201);
    }
    for (anchor, expected) in [
        (list("alice"), 1),
        (format!("http://xdms.a.example{}/~~/resource-lists/list%5B@name=%22x%22%5D", list("alice")), 1),
        (format!("{}/~~/resource-lists/list%5B@name=%22y%22%5D", list("alice")), 0),
        (list("bob"), 0),
        (ALICE.to_owned(), 0),
    ] {
        let group = team(&[]).replace("<list>", &format!("<list><external anchor=\"{}\"/>", xml::escape(&anchor)));
        xdms.handle(&request("alice", "PUT", ALICE, GROUP, &group), &nothing);
        let found = xdms.groups().into_iter().find(|group| group.uri == "sip:team@a.example");
        assert_eq!(found.map(|group| group.members.len()), Some(expected), "{anchor}");
    }
    let group = team(&[]).replace("<list>", &format!("<list><external anchor=\"{}\"/>", list("alice")));
    xdms.handle(&request("alice", "PUT", ALICE, GROUP, &group), &nothing);
    let members = |xdms: &Xdms| xdms.groups().iter().map(|group| group.members.len()).sum::<usize>();
    let before = members(&xdms);
    assert_eq!(xdms.handle(&request("alice", "DELETE", &list("alice"), "", ""), &nothing).0.status, 200);
    assert_eq!(members(&xdms), before - 1, "the list is gone, and with it those on it");
}

#[test]
fn what_is_kept_is_listed_for_its_owner() {
    let mut xdms = xdms();
    let kept = |kept: Kept, owner: &str| {
        let message = Stored {
            id: "mid:1@a.example".to_owned(),
            message_id: "1".to_owned(),
            owner: owner.to_owned(),
            from: "sip:<bob>@a.example".to_owned(),
            date_time: "2026-01-01T00:00:00Z".to_owned(),
            subject: None,
            class: Class::Text,
            headers: Vec::new(),
            content_type: "text/plain".to_owned(),
            body: bytes::Bytes::new(),
        };
        (kept == Kept::History).then(|| vec![(message, 7)])
    };
    let path = "/services/org.openmobilealliance.conv-history/users/sip:alice@a.example/index";
    let answer = xdms.handle(&request("alice", "GET", path, "", ""), &kept).0;
    assert!(text(&answer).contains("history-reference=\"mid:1@a.example\" size=\"7\""), "{}", text(&answer));
    assert!(text(&answer).contains("sip:&lt;bob&gt;@a.example"));
    assert_eq!(xdms.handle(&request("bob", "GET", path, "", ""), &kept).0.status, 403);
    let deferred = path.replace("conv-history", "deferred-list");
    assert_eq!(xdms.handle(&request("alice", "GET", &deferred, "", ""), &kept).0.status, 404);
}

#[test]
fn what_was_kept_is_there_again_and_counts_for_more_than_the_operators_file() {
    struct Kept(Vec<(String, String)>);
    impl Shelf for Kept {
        fn all(&self) -> Result<Vec<(String, String)>, Unavailable> {
            Ok(self.0.clone())
        }
        fn put(&mut self, _: &str, _: &str) -> Result<(), Unavailable> {
            Err(Unavailable { reason: "full".to_owned() })
        }
        fn delete(&mut self, _: &str) -> Result<(), Unavailable> {
            Ok(())
        }
    }
    let lobby = |members: &[&str]| Group::new("sip:lobby@a.example", members);
    let kept = vec![
        (Key::global(GROUPS, "lobby").text(), write_group(&lobby(&["sip:x@a.example"]))),
        (Key::global(GROUPS, "broken").text(), "<group".to_owned()),
        ("nonsense".to_owned(), String::new()),
    ];
    let mut xdms = Xdms::new("a.example", BTreeSet::new(), &[lobby(&[])], Box::new(Kept(kept))).expect("kept");
    assert_eq!(xdms.groups(), [lobby(&["sip:x@a.example"])]);
    let group = team(&[]);
    assert_eq!(xdms.handle(&request("alice", "PUT", ALICE, GROUP, &group), &nothing).0.status, 500);
    assert_eq!(xdms.groups().len(), 1, "what is not kept does not count");
}
