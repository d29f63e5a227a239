//! Our own client and our own server, each run as a program of its own, are put under test over TLS: both sides show
//! certificates, and who shows a wrong one is found out. Wireshark reads what was sealed.

mod own_network;
mod tree;

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use imspec::judge::{CaseResult, Verdict};
use imspec::net::capture::{CaptureReader, Format};
use imspec::net::certificates::Authority;
use imspec::script::Again;
use imspec::script::files::Files;
use imspec::script::home::Home;
use imspec::script::live::{self, Console, Ended, Options, live};
use imspec::script::plan::{Arranged, Arrangement, Plan};
use imspec::script::recognise;
use imspec::script::simulate::{self, simulate};
use imspec::script::sut::SystemUnderTest;
use imspec::trace::{Observation, Seen};
use own_network::Place;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType, date_time_ymd};
use tree::{loaded, plans};

const CLIENT: &str = include_str!("../scenarios/sut/own-client.yaml");
const SERVER: &str = include_str!("../scenarios/sut/own-server.yaml");
/// What the programs are told.
const OWN: &[&str] = &["--tls-ca", "{ca}", "--tls-certificate", "{certificate}", "--tls-key", "{key}"];

async fn play(
    file: &str,
    secured: (bool, bool),
    words: &[&str],
    more: &str,
    scenarios: &[&str],
    captures: &Path,
) -> (Vec<CaseResult>, Result<(), Ended>) {
    play_as(file, secured, words, more, scenarios, captures, Format::PcapNg).await
}

/// Plays scenarios with one of our programs over TLS, which gets these words more; `more` is what its file says besides.
async fn play_as(
    file: &str,
    (sip, msrp): (bool, bool),
    words: &[&str],
    more: &str,
    scenarios: &[&str],
    captures: &Path,
    format: Format,
) -> (Vec<CaseResult>, Result<(), Ended>) {
    let place = Place::next();
    let text = format!("{}\n{more}", place.moved(file));
    let text = if sip { format!("{}\ntransport: tls", text.replace(":5060", ":5061")) } else { text };
    let text = if msrp { format!("{text}\nmsrp-security: tls") } else { text };
    let mut sut = SystemUnderTest::parse("own.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    let command = &mut sut.start.as_mut().unwrap().command;
    command[0] = env!("CARGO_BIN_EXE_imspec").to_owned();
    let kinds = [("--transport", sip), ("--msrp-security", msrp)];
    command.extend(kinds.iter().filter(|(_, is)| *is).flat_map(|(word, _)| [(*word).to_owned(), "tls".to_owned()]));
    command.extend(words.iter().map(|word| place.moved(word)));
    let options = Options {
        seed: 1,
        captures: Some(captures.to_owned()),
        format,
        profile: "all".to_owned(),
        file: sut.name.clone(),
        console: Console { show: |text| panic!("nobody is there to be told: {text}"), confirm: || false },
        longest: None,
        again: Again::default(),
    };
    let places = [live::Place::new(place.home(), sut.clone())];
    let (run, ended) =
        live(&plans(scenarios).await, &places, &options, &AtomicBool::new(false), &mut |_| ControlFlow::Continue(()))
            .await;
    (run.cases, ended)
}

#[track_caller]
fn assert_clean(cases: &[CaseResult], expected: usize) {
    assert_eq!(cases.len(), expected);
    let findings = cases.iter().flat_map(|case| &case.findings);
    let graver: Vec<_> = findings.filter(|finding| finding.verdict > Verdict::Pass).collect();
    assert!(graver.is_empty(), "{graver:#?}");
}

/// What tshark shows of a capture; nothing where it is not installed.
fn tshark(capture: &Path, filter: &str) -> Option<Vec<String>> {
    let output = Command::new("tshark").arg("-r").arg(capture).args(["-Y", filter]).output();
    let Ok(output) = output else {
        eprintln!("skipped: there is no tshark");
        return None;
    };
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// What went over TLS in a capture.
fn inside(capture: &Path) -> String {
    let mut reader = CaptureReader::open(capture).unwrap();
    let mut seen = Vec::new();
    while reader.next(&mut seen).unwrap() {}
    let inner = |one: &Observation| match &one.what {
        Seen::Inner(octets) => Some(octets.clone()),
        _ => None,
    };
    String::from_utf8_lossy(&seen.iter().filter_map(inner).collect::<Vec<_>>().concat()).into_owned()
}

#[tokio::test]
async fn our_client_passes_and_wireshark_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let scenarios = ["im/9.1.1.2/one-recipient", "im/9.2.2/large-message", "im/7.1.1.3/several-people"];
    let (cases, ended) = play(CLIENT, (true, true), OWN, "", &scenarios, folder.path()).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    assert_clean(&cases, scenarios.len());
    let capture = folder.path().join(cases[0].capture.as_deref().unwrap());
    let octets = std::fs::read(&capture).unwrap();
    let plain = |word: &[u8]| octets.windows(word.len()).any(|part| part == word);
    assert!(!plain(b"SIP/2.0 200 OK\r\n") && !plain(b"Byte-Range: ") && plain(b"CLIENT_TRAFFIC_SECRET_0 "));
    if let Some(lines) = tshark(&capture, "sip.Method == \"INVITE\"") {
        assert!(lines.iter().any(|line| line.contains("Request: INVITE sip:bob@home1.example")), "{lines:?}");
        assert_eq!(tshark(&capture, "_ws.malformed").unwrap(), [""; 0]);
    }
}

#[tokio::test]
async fn our_server_passes() {
    let folder = tempfile::tempdir().unwrap();
    let scenarios = ["im/7.2.1.1/everybody-accepts", "im/9.3.2.1/two-recipients"];
    let (cases, ended) = play(SERVER, (true, true), OWN, "", &scenarios, folder.path()).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    assert_clean(&cases, scenarios.len());
}

/// MSRP alone over TLS, with certificates of everybody's own making; and SIP alone, with nobody but servers showing one.
#[tokio::test]
async fn each_protocol_is_secured_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let scenarios = [
        "im/9.1.1.2/one-recipient",
        "im/9.2.2/large-message",
        "rfc4975/14.4/the-sender",
        "rfc4975/14.4/the-recipient",
        "rfc4975/14.4/the-recipient-shows-another-certificate",
        "rfc4975/14.4/the-sender-shows-another-certificate",
        "rfc4975/14.4/the-answer-has-no-fingerprint",
        "rfc4975/14.4/the-offer-has-no-fingerprint",
    ];
    let (cases, ended) = play(CLIENT, (false, true), &[], "", &scenarios, folder.path()).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    assert_clean(&cases, scenarios.len());
    let scenarios = &scenarios[..2];
    let lenient = "tls: {verify: false, mutual: false}";
    let (cases, ended) =
        play(CLIENT, (true, false), &["--tls-believe-anybody"], lenient, scenarios, folder.path()).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    assert_clean(&cases, scenarios.len());
}

/// What our client shows, made by an authority that imspec is told to believe or by another one.
struct Shown {
    name: &'static str,
    /// The last year in which it is good.
    until: i32,
    believed: bool,
}

impl Shown {
    /// Writes it; gives the file of the authority to be believed, and the files of certificate and key.
    fn write(&self, folder: &Path) -> [String; 3] {
        let key = || KeyPair::generate().unwrap();
        let authority = || {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let (params, key) = (params, key());
            (params.self_signed(&key).unwrap().pem(), Issuer::new(params, key))
        };
        let ((believed, issuer), (_, other)) = (authority(), authority());
        let mut params = CertificateParams::default();
        let name = self.name.try_into().unwrap();
        params.subject_alt_names =
            vec![if self.name.contains(':') { SanType::URI(name) } else { SanType::DnsName(name) }];
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(self.until, 12, 31));
        let own = key();
        let certificate = params.signed_by(&own, if self.believed { &issuer } else { &other }).unwrap();
        [("their-ca.pem", believed), ("its.pem", certificate.pem()), ("its-key.pem", own.serialize_pem())].map(
            |(file, text)| {
                let path = folder.join(file);
                std::fs::write(&path, text).unwrap();
                path.to_str().unwrap().to_owned()
            },
        )
    }
}

/// What a system shows for SIP is a finding where it cannot be believed, and the case goes on.
#[tokio::test]
async fn a_certificate_that_cannot_be_believed_is_a_finding() {
    let good = Shown { name: "sip:home1.example", until: 2049, believed: true };
    for (shown, why) in [
        (Shown { ..good }, ""),
        (Shown { name: "home1.example", ..good }, ""),
        (Shown { believed: false, ..good }, "not of an authority that is believed here"),
        (Shown { until: 2021, ..good }, "was good until some time ago"),
        (Shown { name: "*.example", ..good }, "neither for its address nor for the home domain"),
        (Shown { name: "sip:alice@home1.example", ..good }, "neither for its address nor for the home domain"),
        (Shown { name: "sip:elsewhere.example", ..good }, "neither for its address nor for the home domain"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let [authority, certificate, key] = shown.write(folder.path());
        let words = ["--tls-ca", "{ca}", "--tls-certificate", &certificate, "--tls-key", &key];
        let more = format!("tls: {{ca: {authority}}}");
        let (cases, ended) =
            play(CLIENT, (true, false), &words, &more, &["im/9.2.2/large-message"], folder.path()).await;
        ended.unwrap_or_else(|ended| panic!("{ended}"));
        let bad = cases[0].findings.iter().filter(|finding| finding.verdict > Verdict::Pass);
        let bad: Vec<(&str, Verdict, &str)> =
            bad.map(|f| (&*f.requirement, f.verdict, f.found.as_deref().unwrap_or_default())).collect();
        match bad[..] {
            [] => assert!(why.is_empty(), "nothing was found, and {why}"),
            [("certificate", Verdict::Fail, found)] => assert!(!why.is_empty() && found.contains(why), "{found}"),
            _ => panic!("{bad:#?}"),
        }
    }
}

#[tokio::test]
async fn who_does_not_believe_our_certificates_is_unreachable() {
    let folder = tempfile::tempdir().unwrap();
    let stranger = folder.path().join("stranger.pem");
    std::fs::write(&stranger, Authority::new().unwrap().pem()).unwrap();
    let words = ["--tls-ca", stranger.to_str().unwrap(), "--tls-certificate", "{certificate}", "--tls-key", "{key}"];
    let (cases, ended) = play(CLIENT, (true, true), &words, "", &["im/9.1.1.2/one-recipient"], folder.path()).await;
    let error = ended.unwrap_err().to_string();
    assert!(cases.is_empty() && error.contains("cannot be reached: it did not register"), "{error}");
    assert!(error.contains("it does not believe the certificate of ours"), "{error}");
}

#[tokio::test]
async fn a_fingerprint_that_is_not_that_of_the_certificate_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    const WRONG: &str = "set SDP attribute fingerprint to sha-256 00:11";
    let why = "the certificate is not one of those whose fingerprints the session description has";
    let real = "the certificate shown in packet ";
    for (scenario, message, why) in [
        ("im/9.1.1.2/one-recipient", "INVITE", why),
        ("im/9.2.2/large-message", "200 to INVITE", why),
        ("rfc4975/14.4/the-sender", "INVITE", real),
        ("rfc4975/14.4/the-recipient", "200 to INVITE", real),
    ] {
        let defect = format!("sends {message}: {WRONG}");
        let words = [OWN, &["--defect", &defect]].concat();
        let (cases, ended) = play(CLIENT, (true, true), &words, "", &[scenario], folder.path()).await;
        ended.unwrap_or_else(|ended| panic!("{ended}"));
        let failed: Vec<_> = cases[0].findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
        assert!(failed.iter().any(|finding| finding.reason.contains(why)), "{scenario}: {failed:#?}");
    }
}

/// What is judged in the capture again is what was judged of the run, packet by packet.
#[tokio::test]
async fn its_captures_are_judged_again() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = "im/9.1.1.2/one-recipient";
    for format in [Format::PcapNg, Format::Pcap] {
        let words = [OWN, &["--defect", "sends INVITE: drop header Accept-Contact"]].concat();
        let (cases, ended) = play_as(CLIENT, (true, true), &words, "", &[scenario], folder.path(), format).await;
        ended.unwrap_or_else(|ended| panic!("{ended}"));
        let capture = folder.path().join(cases[0].capture.as_deref().unwrap());
        let plans = plans(&[scenario]).await;
        let judged = recognise::judge(&plans, &[capture], &recognise::Options::default(), &mut |_| {}).unwrap();
        assert_eq!((judged.unread, judged.errors.len()), (0, 0));
        assert!(judged.sealed >= 3, "{}", judged.sealed);
        let failed = |case: &CaseResult| {
            let failed = case.findings.iter().filter(|finding| finding.verdict == Verdict::Fail);
            failed.map(|f| (f.id.clone(), f.evidence.as_ref().map(|e| e.packet))).collect::<Vec<_>>()
        };
        let expected = failed(&cases[0]);
        assert!(!expected.is_empty() && judged.run.cases.iter().any(|case| failed(case) == expected), "{expected:?}");
    }
}

/// People whose addresses are SIPS URIs are reached over TLS on every hop, and all who take part say so (RFC 3261 26.2).
#[tokio::test]
async fn who_has_a_sips_uri_is_reached_over_tls_to_the_last_hop() {
    let folder = tempfile::tempdir().unwrap();
    let plans = plans(&["im/8.1.1/one-recipient", "im/9.2.2/large-message", "im/7.1.1.2/invitation"]).await;
    let mut home = Home::load(&Files::embedded()).unwrap().over_tls();
    home.groups.extend(["Alice", "Bob"].map(|who| (who.to_owned(), home.address_of(who).replace("sip:", "sips:"))));
    let options = simulate::Options { captures: Some(folder.path().to_owned()), ..simulate::Options::default() };
    let go_on = &mut |_: &CaseResult| ControlFlow::Continue(());
    let (run, ended) = simulate(&plans, &home, &options, &AtomicBool::new(false), go_on);
    ended.unwrap();
    assert_clean(&run.cases, plans.len());
    let capture = run.cases.iter().find(|case| case.address == "im/7.1.1.2/invitation").unwrap().capture.clone();
    let text = inside(&folder.path().join(capture.unwrap()));
    for said in [
        "INVITE sips:bob@home1.example SIP/2.0",
        "Record-Route: <sips:127.0.0.2:5061;lr>",
        "Contact: <sips:alice@127.0.0.11:5061>",
        "INVITE sips:bob@127.0.0.12:5061 SIP/2.0",
        "Contact: <sips:bob@127.0.0.12:5061>",
        "ACK sips:bob@127.0.0.12:5061 SIP/2.0",
    ] {
        assert!(text.contains(said), "{said}");
    }
}

/// The example of a system file for TLS is what this file says with fewer words.
#[tokio::test]
async fn the_example_plays() {
    let folder = tempfile::tempdir().unwrap();
    let example = include_str!("../scenarios/sut/own-client-tls.yaml");
    let scenarios = ["im/8.1.1/one-recipient"];
    let (cases, ended) = play_as(example, (false, false), &[], "", &scenarios, folder.path(), Format::PcapNg).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    assert_clean(&cases, scenarios.len());
}

/// One speaks SIP over TLS, and everybody else UDP and TCP: the core goes between them, and is found again from either side
/// (RFC 5658).
#[tokio::test]
async fn everything_passes_where_one_client_speaks_tls_and_the_others_do_not() {
    // Of two who are invited at once the other one is quicker than a handshake, and these are about who comes first.
    const OTHER_ORDER: [&str; 2] = ["im/7.2.1.3/nobody-is-there-yet", "im/9.3.2.1/a-recipient-writes-back"];
    let folder = tempfile::tempdir().unwrap();
    let loaded = loaded().await;
    for who in ["Alice", "Bob"] {
        let concerned = |plan: &&Plan| plan.names().contains(&who) && !OTHER_ORDER.contains(&&*plan.case.address);
        let mut plans: Vec<Plan> = loaded.plans.iter().filter(concerned).cloned().collect();
        for plan in &mut plans {
            plan.arrangements.push(Arrangement { who: who.to_owned(), what: Arranged::SpeaksOverTls });
        }
        assert!(plans.len() > 400, "{}", plans.len());
        let captures = folder.path().join(who);
        let options = simulate::Options { captures: Some(captures.clone()), ..simulate::Options::default() };
        let go_on = &mut |_: &CaseResult| ControlFlow::Continue(());
        let (run, ended) = simulate(&plans, &loaded.home, &options, &AtomicBool::new(false), go_on);
        ended.unwrap();
        assert_clean(&run.cases, plans.len());
        // Each side finds first in the path what it speaks itself.
        let invitation = captures.join("im/7.1.1.2/invitation/trace.pcapng");
        let (plain, sealed) = (std::fs::read(&invitation).unwrap(), inside(&invitation));
        let plain = String::from_utf8_lossy(&plain);
        let udp = "Record-Route: <sip:127.0.0.2:5060;lr>\r\n";
        let tls = "Record-Route: <sip:127.0.0.2:5061;transport=tls;lr>\r\n";
        let invite = if who == "Alice" { (&*plain, [udp, tls]) } else { (&*sealed, [tls, udp]) };
        assert!(
            invite.0.contains("INVITE sip:bob@127.0.0.12:506") && invite.0.contains(&invite.1.concat()),
            "{}",
            invite.0
        );
        for (said, route) in
            [(&*plain, "Route: <sip:127.0.0.2:5060;lr>"), (&*sealed, "Route: <sip:127.0.0.2:5061;transport=tls;lr>")]
        {
            assert!(said.contains(route), "{said}");
        }
    }
}
