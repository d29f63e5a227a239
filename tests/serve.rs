//! A whole service as a process, with clients of ours as processes: what is kept, delivered, recorded, and changed while
//! it runs.

mod own_network;
mod service;

use std::path::{Path, PathBuf};

use imspec::stack::IdSource;
use imspec::stack::digest::{Account, Asked, answers};
use imspec::wire::sip::Builder;
use own_network::Place;
use service::{Program, ask};

const CONFIG: &str = "
domain: home1.example
store: kept
core: {sip: 127.0.0.2:5060}
controlling-function: {sip: 127.0.0.3:5060}
deferred-messaging-function: {sip: 127.0.0.4:5060}
history-function: {sip: 127.0.0.5:5060}
participating-function: {sip: 127.0.0.6:5060}
msrp-relay: {msrp: 127.0.0.8:2855}
xdms: {http: 127.0.0.7:8080, operator: {user: operator, password: keys}}
users:
  alice: {password: wonderland, participating: true, history: true}
  bob: {password: builder, offline-delivery: true}
  carol: {password: singer}
";

/// A service in a place of its own.
struct Home {
    place: Place,
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Home {
        Home { place: Place::next(), folder: tempfile::tempdir().unwrap() }
    }

    fn config(&self) -> PathBuf {
        let path = self.folder.path().join("serve.yaml");
        std::fs::write(&path, self.place.moved(CONFIG)).unwrap();
        path
    }

    /// Asks the XDM server as a user, who answers its challenge; gives status and document. `headers` begin with a line end.
    fn document(
        &self,
        (user, password): (&str, &str),
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String) {
        let server = self.place.moved("127.0.0.7:8080");
        let start = format!("{method} {path} HTTP/1.1");
        let challenged = ask(&server, &start);
        assert!(challenged.starts_with("HTTP/1.1 401 "), "{challenged}");
        let challenges = challenged.lines().filter_map(|line| line.strip_prefix("www-authenticate: "));
        let challenged =
            challenges.fold(Builder::status(401, "x"), |b, value| b.header("WWW-Authenticate", value)).build();
        let account = Account { user: user.to_owned(), password: password.to_owned() };
        let asked = Asked { method, uri: path, body: body.as_bytes() };
        let (_, credentials) = answers(&challenged, &asked, &account, &mut IdSource::new(1, user)).remove(0);
        let answer = ask(&server, &format!("{start}\nAuthorization: {credentials}{headers}\n\n{body}"));
        let (head, document) = answer.split_once("\n\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), document.to_owned())
    }

    /// A client that is registered; the last number is that of its host.
    fn client(&self, user: &str, password: &str, host: u8) -> Program {
        self.client_with(user, password, host, &[])
    }

    /// The same with more words on its command line.
    fn client_with(&self, user: &str, password: &str, host: u8, more: &[&str]) -> Program {
        let (sip, core) = (format!("127.0.0.{host}:5060"), "127.0.0.2:5060");
        let (sip, core) = (self.place.moved(&sip), self.place.moved(core));
        let words = ["client", user, "--sip", &sip, "--core", &core, "--password", password, "--rings", "0"];
        let mut client = Program::start(&[&words, more].concat());
        client.expect("ready");
        client.act(r#"{"act": "register"}"#);
        client
    }
}

fn text_to(whom: &str, text: &str) -> String {
    format!(r#"{{"act": "send", "to": {{"one": "sip:{whom}@home1.example"}}, "text": "{text}"}}"#)
}

#[test]
fn a_message_for_somebody_who_is_away_outlives_the_service_and_is_delivered_when_he_comes() {
    let home = Home::new();
    let config = home.config();
    let mut service = Program::serve(&config);
    let mut alice = home.client("alice", "wonderland", 11);
    service.expect("registered    alice@home1.example");
    alice.act(&text_to("bob", "Are you there?"));
    service.expect("message       of alice@home1.example to bob@home1.example: 202");
    assert_eq!(service.interrupt(), Some(0));

    let mut service = Program::serve(&config);
    let mut bob = home.client("bob", "builder", 12);
    service.expect("registered    bob@home1.example");
    service.expect("session       of Deferred@home1.example with bob@home1.example");
    bob.expect(r#""event":"message""#);
    service.expect("ended         session of Deferred@home1.example");
    assert_eq!(bob.interrupt(), Some(0));
    let _bob = home.client("bob", "builder", 12);
    service.expect("registered    bob@home1.example");
    assert_eq!(service.interrupt(), Some(0));
    assert!(Path::new(&home.folder.path().join("kept/deferred.redb")).exists());
}

#[test]
fn what_is_said_in_sessions_is_recorded_for_who_wants_it() {
    let home = Home::new();
    let mut service = Program::serve(&home.config());
    let mut alice = home.client("alice", "wonderland", 11);
    let mut bob = home.client("bob", "builder", 12);
    service.expect("registered    ");
    service.expect("registered    ");
    alice.act(r#"{"act": "invite", "to": "sip:bob@home1.example"}"#);
    alice.expect(r#""event":"session""#);
    alice.act(r#"{"act": "message", "text": "On the record"}"#);
    bob.expect(r#""event":"message""#);
    let list = "/services/org.openmobilealliance.conv-history/users/sip:alice@home1.example/index";
    let (status, document) = home.document(ALICE, "GET", list, "", "");
    assert_eq!((status, document.matches("<history ").count()), (200, 1), "{document}");
    alice.act(r#"{"act": "release"}"#);
    service.expect("ended         session of alice@home1.example");
    let id = document.split('"').find(|part| part.starts_with("mid:")).unwrap();
    alice.act(&format!(r#"{{"act": "retrieve", "kept": "history", "ids": ["{id}"]}}"#));
    service.expect("session       of alice@home1.example with history@home1.example");
    alice.expect(r#""event":"message""#);
    assert_eq!(home.document(BOB, "GET", list, "", "").0, 403);
}

#[test]
fn a_client_reaches_others_through_the_relay() {
    let home = Home::new();
    let mut service = Program::serve(&home.config());
    let (relay, nobody) =
        (home.place.moved("msrp://127.0.0.8:2855;tcp"), home.place.moved("msrp://127.0.0.8:2866;tcp"));
    let mut bob = home.client_with("bob", "builder", 12, &["--msrp-relay", &relay]);
    let large = text_to("bob", &"Is it far? ".repeat(500));
    // Where there is no relay there is no way.
    for (relay, event) in [(&nobody, r#""event":"failed""#), (&relay, r#""event":"delivered""#)] {
        let mut alice = home.client_with("alice", "wonderland", 11, &["--msrp-relay", relay]);
        service.expect("registered    alice@home1.example");
        alice.act(&large);
        alice.expect(event);
        assert_eq!(alice.interrupt(), Some(0));
    }
    bob.expect(r#""event":"message""#);
    assert_eq!(service.interrupt(), Some(0));
}

const ALICE: (&str, &str) = ("alice", "wonderland");
const BOB: (&str, &str) = ("bob", "builder");
const OPERATOR: (&str, &str) = ("operator", "keys");

const TEAM: &str = r#"<group xmlns="urn:oma:xml:poc:list-service" xmlns:cp="urn:ietf:params:xml:ns:common-policy">
  <list-service uri="sip:team@home1.example">
    <list><entry uri="sip:alice@home1.example"/><entry uri="sip:bob@home1.example"/></list>
    <invite-members>true</invite-members>
    <cp:ruleset><cp:rule id="members"><cp:conditions><is-list-member/></cp:conditions><cp:actions>
      <allow-initiate-conference>true</allow-initiate-conference><join-handling>true</join-handling>
    </cp:actions></cp:rule></cp:ruleset>
  </list-service>
</group>"#;

#[test]
fn a_group_that_changes_while_the_service_runs_changes_who_is_invited() {
    let home = Home::new();
    let config = home.config();
    let mut service = Program::serve(&config);
    let mut alice = home.client("alice", "wonderland", 11);
    let mut bob = home.client("bob", "builder", 12);
    let mut carol = home.client("carol", "singer", 13);
    (0..3).for_each(|_| drop(service.expect("registered    ")));
    let team = "/services/org.openmobilealliance.groups/users/sip:alice@home1.example/team";
    let kind = "\nContent-Type: application/vnd.oma.poc.groups+xml";
    let join = r#"{"act": "join", "conference": "sip:team@home1.example"}"#;
    alice.act(join);
    service.expect("refused       INVITE of alice@home1.example to team@home1.example: 404");
    assert_eq!(home.document(BOB, "PUT", team, kind, TEAM).0, 403);
    assert_eq!(home.document(ALICE, "PUT", team, kind, TEAM).0, 201);
    service.expect("document      PUT");
    alice.act(join);
    bob.expect(r#""event":"session-invitation""#);
    alice.expect(r#""event":"session""#);
    alice.act(r#"{"act": "release"}"#);
    service.expect("ended         session of alice@home1.example with bob@");
    assert!(!carol.seen().iter().any(|line| line.contains("session")), "carol was no member");

    let entry = format!("{team}/~~/group/list-service/list/entry%5B@uri=%22sip:carol@home1.example%22%5D");
    let element = r#"<entry uri="sip:carol@home1.example"/>"#;
    let put = home.document(ALICE, "PUT", &entry, "\nContent-Type: application/xcap-el+xml", element);
    assert_eq!(put.0, 201, "{}", put.1);
    alice.act(join);
    carol.expect(r#""event":"session-invitation""#);
    assert_eq!(service.interrupt(), Some(0));

    let _service = Program::serve(&config);
    let (status, document) = home.document(OPERATOR, "GET", team, "", "");
    assert!(status == 200 && document.contains("carol"), "{document}");
}

#[test]
fn who_wants_nothing_delivered_is_told_that_it_waits_and_fetches_it() {
    let home = Home::new();
    let mut service = Program::serve(&home.config());
    let mut alice = home.client("alice", "wonderland", 11);
    service.expect("registered    ");
    let settings = "/services/org.openmobilealliance.im-service-settings/users/sip:bob@home1.example/index";
    let kind = "\nContent-Type: application/vnd.oma.im.service-settings+xml";
    let text = r#"<im-settings xmlns="urn:oma:xml:im:service-settings"><deferred-settings>
        <offline-delivery active="false"/></deferred-settings></im-settings>"#;
    assert_eq!(home.document(BOB, "PUT", settings, kind, text).0, 201);
    alice.act(&text_to("bob", "Are you there?"));
    service.expect("message       of alice@home1.example to bob@home1.example: 202");
    let mut bob = home.client("bob", "builder", 12);
    service.expect("registered    bob");
    bob.act(r#"{"act": "watch"}"#);
    bob.expect(r#""event":"waiting""#);
    assert!(!bob.seen().iter().any(|line| line.contains("\"message\"")), "nothing comes unasked");
    bob.act(r#"{"act": "retrieve", "kept": "deferred", "ids": []}"#);
    bob.expect(r#""event":"message""#);
    service.expect("session       of bob@home1.example with Deferred@home1.example");
}
