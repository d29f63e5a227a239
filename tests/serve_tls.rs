//! A service over TLS as a process, with clients of ours as processes: who shows a certificate of its authority is served,
//! others are told apart.

mod own_network;
mod service;

use std::path::Path;

use own_network::Place;
use service::Program;

const CONFIG: &str = "
domain: home1.example
tls: {mutual: true}
core: {sip: 127.0.0.2:5061}
controlling-function: {sip: 127.0.0.3:5061}
users: {alice: {}, bob: {}}
";

/// A client that registers; the last number is that of its host, and the words are what it shows.
fn client(place: &Place, user: &str, host: u8, tls: &Path, shows: bool) -> Program {
    let (sip, core) = (place.moved(&format!("127.0.0.{host}:5061")), place.moved("127.0.0.2:5061"));
    let [ca, certificate, key] =
        ["ca.pem", "client.pem", "client-key.pem"].map(|name| tls.join(name).to_str().unwrap().to_owned());
    let mut words = vec!["client", user, "--sip", &sip, "--core", &core, "--rings", "0", "--register"];
    words.extend(["--transport", "tls", "--msrp-security", "tls", "--tls-ca", &ca]);
    if shows {
        words.extend(["--tls-certificate", &certificate, "--tls-key", &key]);
    }
    let mut client = Program::start(&words);
    client.expect("ready");
    client
}

#[test]
fn a_service_is_secured_and_serves_those_whom_it_believes() {
    let (place, folder) = (Place::next(), tempfile::tempdir().unwrap());
    let config = folder.path().join("serve.yaml");
    std::fs::write(&config, place.moved(CONFIG)).unwrap();
    let mut service = Program::serve(&config);
    let tls = folder.path().join("tls");
    let mut alice = client(&place, "alice", 11, &tls, true);
    service.expect("registered    alice@home1.example");
    let mut bob = client(&place, "bob", 12, &tls, true);
    service.expect("registered    bob@home1.example");
    let long = "All work and no play. ".repeat(200);
    for text in ["Hello", &long] {
        alice.act(&format!(r#"{{"act": "send", "to": {{"one": "sip:bob@home1.example"}}, "text": "{text}"}}"#));
        bob.expect(r#""event":"message""#);
    }
    // What it shows is of its own making.
    let mut mallory = client(&place, "alice", 13, &tls, false);
    let why = "its certificate is not of an authority that is believed here";
    service.expect(why);
    mallory.expect("it does not believe the certificate of ours");
    assert_eq!(service.interrupt(), Some(0));
}

#[test]
fn what_cannot_be_used_is_said() {
    let (place, folder) = (Place::next(), tempfile::tempdir().unwrap());
    for (tls, why) in [
        ("{ca: none.pem}", "none.pem: "),
        ("{certificate: own.pem}", "`certificate` and `key` go together"),
        ("{mutal: true}", "did you mean `mutual`?"),
    ] {
        let config = folder.path().join("serve.yaml");
        std::fs::write(&config, place.moved(&CONFIG.replace("{mutual: true}", tls))).unwrap();
        let mut service = Program::start(&["serve", "--config", config.to_str().unwrap()]);
        service.expect(why);
    }
}
