//! What `imspec doctor` and `imspec probe` say of a SIP/IP core of somebody else: Kamailio, as it should be and with what can
//! go wrong. Skipped where Kamailio is not installed.

mod own_network;

use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

use imspec::net::capture::Format;
use imspec::net::certificates::Authority;
use imspec::script::Again;
use imspec::script::doctor::{Item, Patient, Source, Standing, examine};
use imspec::script::files::Files;
use imspec::script::home;
use imspec::script::live::{Console, CorePlace, Options};
use imspec::script::probe::{Shown, probe_core};
use imspec::script::sut::ThirdPartyCore;
use own_network::Place;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};

const FILE: &str = include_str!("../scenarios/sut/kamailio.yaml");
const OVER_TLS: &str = include_str!("../scenarios/sut/kamailio-tls.yaml");

fn is_installed() -> bool {
    let installed = Command::new("kamailio").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !installed {
        eprintln!(
            "skipped: kamailio is not installed (packages kamailio, kamailio-extra-modules, kamailio-tls-modules)"
        );
    }
    installed
}

/// What the doctor finds with this core file in that place.
async fn items(place: &Place, text: &str) -> Vec<Item> {
    let home = place.moved(Files::embedded().get(home::PATH).unwrap());
    let core = Source { file: "core.yaml".to_owned(), text: Ok(place.moved(text)) };
    let patient = Patient { home, system: None, core: Some(core), folders: Vec::new() };
    let options = Options {
        seed: 1,
        captures: None,
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: "core.yaml".to_owned(),
        console: Console { show: |text| panic!("nobody is there to be told: {text}"), confirm: || false },
        longest: None,
        again: Again::default(),
    };
    let mut items = Vec::new();
    examine(&patient, &options, &AtomicBool::new(false), &mut |item| items.push(item)).await;
    items
}

/// Whether one of them says that of that, with a hint wherever something is not well.
#[track_caller]
fn assert_said(items: &[Item], what: &str, standing: Standing, says: &str) {
    let found = items.iter().any(|item| item.what == what && item.standing == standing && item.said.contains(says));
    assert!(found, "{what}: {standing:?}: {says}\n{items:#?}");
    assert!(items.iter().all(|item| item.standing < Standing::Warning || item.hint.is_some()), "{items:#?}");
}

#[tokio::test]
async fn a_core_that_is_well_is_said_to_be() {
    if !is_installed() {
        return;
    }
    for file in [FILE, OVER_TLS] {
        let items = items(&Place::next(), file).await;
        assert!(items.iter().all(|item| item.standing < Standing::Warning), "{items:#?}");
        for what in ["start", "answers", "registration", "forwards", "password"] {
            assert_said(&items, what, Standing::Ok, "");
        }
        assert_said(&items, if file == FILE { "large requests" } else { "tls" }, Standing::Ok, "");
    }
}

#[tokio::test]
async fn what_is_wrong_with_passwords_is_said() {
    if !is_installed() {
        return;
    }
    let (word, open) = ("password: \"{user}-secret\"\n", FILE.replace("ALGORITHM=\"SHA-256\"", "OPEN"));
    for (file, standing, says) in [
        (FILE.replace("-secret\"", "-other\""), Standing::Wrong, "with the password of its file"),
        (FILE.replace(word, ""), Standing::Wrong, "its file has none"),
        (open.clone(), Standing::Warning, "with a wrong password anybody can register"),
        (open.replace(word, ""), Standing::Ok, "it asks for none"),
    ] {
        assert_said(&items(&Place::next(), &file).await, "password", standing, says);
    }
}

#[tokio::test]
async fn who_is_not_there_or_not_alone_is_said() {
    if !is_installed() {
        return;
    }
    let place = Place::next();
    let alone = |text: &str| text.split("start:").next().unwrap_or_default().to_owned();
    assert_said(&items(&place, &alone(FILE)).await, "start", Standing::Wrong, "nobody takes SIP there");
    let missing = FILE.replace("    - kamailio\n", "    - no-such-program\n");
    assert_said(&items(&place, &missing).await, "programs", Standing::Wrong, "is in no folder of PATH");
    let broken = FILE.replace("kamailio.cfg", "no-such-file.cfg");
    assert_said(&items(&place, &broken).await, "start", Standing::Wrong, "no-such-file.cfg");
    let ours = FILE.replace("127.0.0.9:", "127.0.0.11:");
    assert_said(&items(&place, &ours).await, "own address", Standing::Wrong, "has the address of Alice's client");
    let _taken = TcpListener::bind(place.moved("127.0.0.9:5061")).unwrap();
    let own = std::process::id().to_string();
    assert_said(&items(&place, OVER_TLS).await, "port", Standing::Wrong, &own);
}

/// Each certificate that is no good is found out by what is wrong with it.
#[tokio::test]
async fn what_is_wrong_with_certificates_is_said() {
    if !is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let authority = Authority::kept(&at("ca.pem"), &at("ca-key.pem")).unwrap();
    let place = Place::next();
    let host: IpAddr = place.moved("127.0.0.9").parse().unwrap();
    authority.issue("ours", &[], &["home1.example"]).unwrap().write(&at("ours.pem"), &at("ours-key.pem")).unwrap();
    let shown = |name: &str| {
        let file = |end: &str| at(&format!("{name}{end}.pem")).display().to_string();
        let tls = format!(
            "tls: {{ca: {0}/ca.pem, certificate: {0}/ours.pem, key: {0}/ours-key.pem}}\n",
            folder.path().display()
        );
        format!("{tls}{OVER_TLS}").replace("{certificate}", &file("")).replace("{key}", &file("-key"))
    };
    authority.issue("good", &[host], &[]).unwrap().write(&at("good.pem"), &at("good-key.pem")).unwrap();
    authority.issue("named", &[], &["other.example"]).unwrap().write(&at("named.pem"), &at("named-key.pem")).unwrap();
    let stranger = Authority::new().unwrap().issue("unknown", &[host], &[]).unwrap();
    stranger.write(&at("unknown.pem"), &at("unknown-key.pem")).unwrap();
    expired(folder.path(), host);
    assert_said(&items(&place, &shown("good")).await, "tls", Standing::Ok, "");
    for (name, says) in [
        ("named", "neither for its address nor for the home domain"),
        ("unknown", "is not of an authority that is believed here"),
        ("expired", "was good until some time ago"),
    ] {
        assert_said(&items(&place, &shown(name)).await, "tls", Standing::Wrong, says);
    }
    // It believes another authority than that of ours.
    let other = Authority::kept(&at("other.pem"), &at("other-key.pem")).unwrap();
    assert!(!other.pem().is_empty());
    let distrusts = shown("good").replace("CA=\"{ca}\"", &format!("CA=\"{}\"", at("other.pem").display()));
    assert_said(&items(&place, &distrusts).await, "tls", Standing::Wrong, "does not believe the certificate of ours");
}

/// A certificate for a host that was good until long ago.
fn expired(folder: &Path, host: IpAddr) {
    let own = KeyPair::generate().unwrap();
    let mut its = CertificateParams::default();
    its.distinguished_name.push(DnType::CommonName, "another authority that is believed");
    its.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let believed = std::fs::read_to_string(folder.join("ca.pem")).unwrap() + &its.self_signed(&own).unwrap().pem();
    std::fs::write(folder.join("ca.pem"), believed).unwrap();
    let issuer = Issuer::new(its, own);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "expired");
    params.subject_alt_names.push(SanType::IpAddress(host));
    params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    std::fs::write(folder.join("expired.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("expired-key.pem"), key.serialize_pem()).unwrap();
}

#[tokio::test]
async fn what_it_does_is_compared_with_its_file() {
    if !is_installed() {
        return;
    }
    for (file, contradictions) in [
        (FILE.to_owned(), &[][..]),
        (
            FILE.replace("does: [asserted-identity,", "does: [application-servers,").replace("service-route", "#"),
            &["does not claim `asserted-identity`", "claims `application-servers`", "gives the Service-Route"],
        ),
    ] {
        let place = Place::next();
        let core = ThirdPartyCore::parse("core.yaml", &place.moved(&file)).unwrap();
        let found = probe_core(&CorePlace::new(place.home(), core), &AtomicBool::new(false)).await.unwrap();
        let seen: Vec<&str> =
            found.capabilities.iter().filter(|one| one.shown == Shown::Seen).map(|one| one.name).collect();
        assert_eq!(seen, ["asserted-identity", "groups", "deferred-messages", "third-party-registration"]);
        assert_eq!(found.contradictions.len(), contradictions.len(), "{found:#?}");
        for (said, expected) in found.contradictions.iter().zip(contradictions) {
            assert!(said.contains(expected), "{said}");
        }
    }
}
