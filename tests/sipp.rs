//! Live runs against a program of somebody else: SIPp in the place of Alice's client. Skipped where SIPp is not installed.

mod own_network;

use std::process::{Command, Stdio};

use imspec::judge::{CaseResult, Verdict};
use own_network::Network;

const ANSWERS: &str = include_str!("../scenarios/sut/sipp-answers.yaml");
const INVITES: &str = include_str!("../scenarios/sut/sipp-invites.yaml");

/// Plays a scenario with SIPp, and looks at the verdicts of all findings that begin so.
async fn check(address: &str, system: &str, expected: &[(&str, Verdict)]) {
    let mut version = Command::new("sipp");
    if version.arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        eprintln!("skipped: sipp is not installed (package sip-tester)");
        return;
    }
    let network = Network::new(address).await;
    let case = network.play(system, |text| panic!("nobody is there to be told: {text}")).await.unwrap();
    assert!(network.capture(&case).len() > 2000, "the capture holds the call");
    for (subject, verdict) in expected {
        let findings: Vec<_> = of(&case, subject).collect();
        assert!(!findings.is_empty(), "no finding is about {subject}");
        assert!(findings.iter().all(|(_, found)| found == verdict), "{findings:#?}");
    }
}

/// Findings about a subject that begins so, with what they say.
fn of<'a>(case: &'a CaseResult, subject: &'a str) -> impl Iterator<Item = (String, Verdict)> + 'a {
    let mine = case.findings.iter().filter(move |finding| finding.subject.starts_with(subject));
    mine.map(|f| (format!("{} {}: {} {:?}", f.requirement, f.subject, f.reason, f.found), f.verdict))
}

#[tokio::test]
async fn a_client_that_answers_passes_where_it_is_right() {
    let expected = [
        ("status of", Verdict::Pass),
        ("Contact of", Verdict::Pass),
        ("mandatory headers of", Verdict::Pass),
        ("SDP of", Verdict::Pass),
        ("SDP direction of", Verdict::Pass),
        ("SDP path of", Verdict::Pass),
        ("SDP attribute accept-types of", Verdict::Pass),
        ("Record-Route of", Verdict::Pass),
        // It knows no MSRP.
        ("responses of the message to Alice", Verdict::Fail),
        ("Alice's user being told", Verdict::NotApplicable),
    ];
    check("im/9.2.2/large-message", ANSWERS, &expected).await;
}

#[tokio::test]
async fn a_client_that_accepts_without_an_answer_fails() {
    let broken = ANSWERS.replace("uas-large-message", "uas-without-answer");
    assert_ne!(broken, ANSWERS);
    let expected = [
        ("status of", Verdict::Pass),
        ("mandatory headers of", Verdict::Pass),
        ("Contact of", Verdict::Fail),
        ("SDP of", Verdict::Fail),
        ("SDP direction of", Verdict::Fail),
        ("SDP path of", Verdict::Fail),
    ];
    check("im/9.2.2/large-message", &broken, &expected).await;
}

#[tokio::test]
async fn a_client_that_invites_passes_where_it_is_right() {
    check("im/9.1.1.1/initial-request", INVITES, &[("", Verdict::Pass)]).await;
}

#[tokio::test]
async fn a_client_that_invites_and_sends_nothing_fails() {
    let expected = [
        ("Request-URI of Alice's INVITE", Verdict::Pass),
        ("SDP direction of Alice's INVITE", Verdict::Pass),
        ("SDP attribute filesize of Alice's INVITE", Verdict::Pass),
        ("next hop of Alice's INVITE", Verdict::Pass),
        ("Request-URI of Alice's ACK", Verdict::Pass),
        ("order of Alice's BYE", Verdict::Fail),
    ];
    check("im/9.1.1.2/one-recipient", INVITES, &expected).await;
}
