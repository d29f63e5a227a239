//! Whole live runs in one process: our own client, on sockets of its own, plays the system under test.

mod own_network;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use imspec::actors::Actor;
use imspec::actors::act::{Act, Recipients, Sending};
use imspec::actors::client::{Client, Config};
use imspec::judge::{CaseResult, Verdict};
use imspec::net::Live;
use imspec::script::home::Home;
use imspec::script::live::LiveError;
use imspec::stack::IdSource;
use own_network::Network;

/// Alice's client listens here, in the network of the test.
const PHONE: &str = "name: Phone\nplays: im-client\nsip: 127.0.0.11:5060\n";

/// Longer than any case here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Alice's client, as a third party would build it.
fn phone(home: &Home) -> (SocketAddr, Actor) {
    let sip = home.client_sip(0);
    let sockets = [sip, home.msrp_of(sip), home.core];
    let ids = IdSource::new(7, "phone");
    let usual = Config::new(&home.address_of("Alice"), &home.domain, &home.conference_factory_uri(), sockets, ids);
    let config = Config { rings: Duration::from_secs(1), ..usual };
    (sip, Actor::Client(Box::new(Client::new(config))))
}

#[track_caller]
fn assert_clean(case: &CaseResult) {
    let graver: Vec<_> = case.findings.iter().filter(|finding| finding.verdict > Verdict::Pass).collect();
    assert!(graver.is_empty(), "{graver:#?}");
    assert!(case.findings.iter().any(|finding| finding.verdict == Verdict::Pass), "{case:#?}");
}

#[tokio::test]
async fn a_good_client_passes_when_it_receives() {
    let network = Network::new("im/9.2.2/large-message").await;
    let mut live = Live::new();
    let (sip, actor) = phone(&network.home);
    live.add("Alice", &[sip], actor).unwrap();
    let done = AtomicBool::new(false);
    let playing = async {
        let played = network.play(PHONE, |text| panic!("nobody is there to be told: {text}")).await;
        done.store(true, Ordering::Relaxed);
        played
    };
    let (played, ran) = tokio::join!(playing, live.run(LIMIT, |_| done.load(Ordering::Relaxed)));
    ran.unwrap();
    assert_clean(&played.unwrap());
}

#[tokio::test]
async fn a_good_client_passes_when_its_operator_lets_it_send() {
    static ASKED: AtomicBool = AtomicBool::new(false);
    let network = Network::new("im/9.1.1.2/one-recipient").await;
    let mut live = Live::new();
    let (sip, actor) = phone(&network.home);
    let alice = live.add("Alice", &[sip], actor).unwrap();
    let done = AtomicBool::new(false);
    let playing = async {
        let system = format!("{PHONE}stimulus: prompt\n");
        let played = network.play(&system, |text| ASKED.store(text.contains("20000 bytes"), Ordering::Relaxed)).await;
        done.store(true, Ordering::Relaxed);
        played
    };
    let operating = async {
        live.run(LIMIT, |_| ASKED.load(Ordering::Relaxed)).await.unwrap();
        let to = Recipients::One(network.home.address_of("Bob"));
        let sending = Sending { to, text: imspec::script::case::text(20_000), ..Sending::default() };
        let now = live.now();
        live.node_mut(alice).act(now, Act::Send(Box::new(sending)));
        live.kick(alice);
        live.run(LIMIT, |_| done.load(Ordering::Relaxed)).await.unwrap();
    };
    let (played, ()) = tokio::join!(playing, operating);
    assert_clean(&played.unwrap());
}

#[tokio::test]
async fn who_is_not_there_is_unreachable() {
    async fn check(address: &str, system: &str, why: &str) {
        let network = Network::new(address).await;
        let error = network.play(system, |_| {}).await.unwrap_err();
        assert!(matches!(error, LiveError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    check("im/9.2.2/large-message", PHONE, "it is not there").await;
    let tcp = format!("{PHONE}transport: tcp\n");
    check("im/9.2.2/large-message", &tcp, "it is not there").await;
    let fails = format!("{PHONE}stimulus: {{command: [ls, /no such place]}}\n");
    check("im/9.1.1.2/one-recipient", &fails, "nothing came from it; its command ended with").await;
}

#[tokio::test]
async fn what_cannot_be_played_is_said() {
    async fn check(system: &str, verdict: Verdict, why: &str) {
        let network = Network::new("im/9.1.1.2/one-recipient").await;
        let case = network.play(system, |_| {}).await.unwrap();
        assert!(case.findings.iter().all(|f| f.verdict == verdict && f.reason.contains(why)), "{:#?}", case.findings);
    }
    check(PHONE, Verdict::NotExercised, "names no stimulus").await;
    let receives = format!("{PHONE}capabilities: [terminating, large-messages]\n");
    check(
        &receives,
        Verdict::NotApplicable,
        "does not claim that it begins: sends, invites, retrieves (capability originating)",
    )
    .await;

    let network = Network::new("im/9.2.2/large-message").await;
    let ours = PHONE.replace("127.0.0.11", "127.0.0.12");
    let error = network.play(&ours, |_| {}).await.unwrap_err();
    assert!(matches!(&error, LiveError::Address { .. }), "{error}");
    let missing = format!("{PHONE}start: {{command: [/no such program]}}\n");
    let error = network.play(&missing, |_| {}).await.unwrap_err();
    assert!(matches!(&error, LiveError::Command { .. }), "{error}");
}
