//! linphonec of the Linphone project in the place of Alice's client, in pager mode: a client that nobody here wrote, and that
//! knows nothing of OMA IM. Skipped where it is not installed.

mod own_network;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use imspec::judge::{Fault, Verdict};
use own_network::Network;

const SYSTEM: &str = include_str!("../scenarios/sut/linphone.yaml");

/// Scenarios with the requirements that it breaks, and why that is so.
const TABLE: &[(&str, &[&str])] = &[
    ("im/8.1/a-short-text", &[]),
    // It is a client of SIP and not of OMA IM: no Accept-Contact with the feature tag of the service (8.1.1, step 1), and its
    // User-Agent is `Linphonec/5.1.65` and not the release of an IM client (8.1.1, step 2, and Appendix F).
    ("im/8.1.1/one-recipient", &["IM-8.1.1-1.1", "IM-8.1.1-2"]),
    ("rfc3428/7/plain-text", &[]),
    // RFC 3261 8.2.3: a 415 says in Accept what would have been taken; this one does not.
    ("rfc3428/7/an-unknown-media-type", &["RFC3261-8.2.3-1"]),
    // RFC 3261 8.2.2.3: an option tag in Require that is not understood MUST be answered with 420; it answers 200.
    ("rfc3428/7/an-unknown-extension", &["RFC3261-8.2.2.3-1"]),
];

fn is_installed() -> bool {
    let runs = |program: &str| {
        let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok()
    };
    runs("linphonec") && runs("python3")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_told_what_it_breaks_and_nothing_else() {
    if !is_installed() {
        eprintln!("skipped: linphonec (package linphone-cli) and python3 are not both installed");
        return;
    }
    for (address, expected) in TABLE {
        let network = Network::new(address).await;
        let case = network.play(SYSTEM, |text| panic!("nobody is there to be told: {text}")).await;
        let case = case.unwrap_or_else(|error| panic!("{address}: {error}"));
        let failed = case.findings.iter().filter(|finding| finding.verdict == Verdict::Fail);
        let broken: BTreeSet<&str> = failed.clone().map(|finding| finding.requirement.as_str()).collect();
        assert_eq!(broken, expected.iter().copied().collect(), "{address}: {:#?}", case.findings);
        assert!(failed.clone().all(|finding| finding.fault == Some(Fault::SystemUnderTest)), "{address}");
        let passes = case.findings.iter().any(|finding| finding.verdict == Verdict::Pass);
        assert!(passes || !expected.is_empty(), "{address}: nothing was decided");
    }
}
