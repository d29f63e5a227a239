//! A whole service as a process, with clients of ours as processes: what is kept, delivered, recorded, and changed while
//! it runs.

mod own_network;
mod service;

use std::path::{Path, PathBuf};

use own_network::Place;
use service::Program;

const CONFIG: &str = "
domain: home1.example
store: kept
core: {sip: 127.0.0.2:5060}
controlling-function: {sip: 127.0.0.3:5060}
deferred-messaging-function: {sip: 127.0.0.4:5060}
history-function: {sip: 127.0.0.5:5060}
participating-function: {sip: 127.0.0.6:5060}
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

    /// A client that is registered; the last number is that of its host.
    fn client(&self, user: &str, password: &str, host: u8) -> Program {
        let (sip, core) = (format!("127.0.0.{host}:5060"), "127.0.0.2:5060");
        let (sip, core) = (self.place.moved(&sip), self.place.moved(core));
        let words = ["client", user, "--sip", &sip, "--core", &core, "--password", password, "--rings", "0"];
        let mut client = Program::start(&words);
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
    alice.act(r#"{"act": "release"}"#);
    service.expect("ended         session of alice@home1.example");
}
