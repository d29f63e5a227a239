//! What people write about a system, right and wrong; and what a system is not asked for.

use super::*;
use crate::script::feature::{Features, Selection};
use crate::script::files::Files;
use crate::script::home::Home;
use crate::script::load::load;

const SHORT: &str = "name: Phone\nplays: Alice\nsip: 192.0.2.7:5060\n";

#[test]
fn what_can_be_derived_need_not_be_written() {
    let sut = SystemUnderTest::parse("phone.yaml", SHORT).unwrap();
    assert_eq!((sut.transport, sut.msrp_host()), (Transport::Udp, "192.0.2.7".parse().unwrap()));
    assert_eq!(sut.answer_wait(), Duration::from_secs(10));
    assert_eq!((sut.stimulus, sut.client), (Stimulus::None, None));
}

#[test]
fn everything_can_be_said() {
    let text = format!(
        "{SHORT}client: cpm\ntransport: tcp\nmsrp: 192.0.2.8\naddress: sip:alice@example.org\nregisters: true\n\
         start: {{command: [phone, --quiet], each-case: true, ready-text: ready, stop: [phone, --stop]}}\n\
         stimulus: {{command: [phone-act]}}\ncapabilities: [terminating]\nmax-adhoc-group-size: 2\nanswer-wait: 30\nreports-events: true\narranges: true\n"
    );
    let sut = SystemUnderTest::parse("phone.yaml", &text).unwrap();
    assert_eq!((sut.client, sut.transport, sut.registers), (Some(Client::Cpm), Transport::Tcp, true));
    assert_eq!(sut.stimulus, Stimulus::Command(vec!["phone-act".to_owned()]));
    assert!(sut.start.is_some_and(|start| start.each_case && start.stop.is_some()));
}

#[test]
fn a_hook_is_at_its_host() {
    let text = format!("{SHORT}stimulus: {{http: \"http://{{host}}:8021/\"}}\narranges: true\n");
    let sut = SystemUnderTest::parse("phone.yaml", &text).unwrap();
    assert_eq!(sut.stimulus, Stimulus::Http("http://{host}:8021/".to_owned()));
}

#[test]
fn slips_are_shown_with_what_would_be_right() {
    #[track_caller]
    fn check(more: &str, line: u32, message: &str, hint: &str) {
        let shown = SystemUnderTest::parse("phone.yaml", &format!("{SHORT}{more}\n")).unwrap_err();
        assert!(shown.line == line && shown.message.contains(message), "{shown}");
        assert!(shown.hint.as_deref().unwrap_or_default().contains(hint), "{shown}");
    }
    check("answer-wiat: 3", 4, "unknown field `answer-wiat`", "did you mean `answer-wait`?");
    check("transport: sctp", 4, "unknown variant `sctp`", "one of udp, tcp, tls");
    check("msrp-security: tsl", 4, "unknown variant `tsl`", "one of none, tls");
    check("tls: {verify: false}", 4, "nothing goes over TLS", "transport: tls");
    check("transport: tls\ntls:\n  keys: x", 6, "unknown field `keys`", "did you mean `key`?");
    check("transport: tls\ntls:\n  key: x", 6, "the key has no certificate", "write both");
    check("transport: tls\ntls:\n  ca: /no such file.pem", 6, "/no such file.pem: ", "PEM begins with");
    check("client: im2", 4, "unknown variant `im2`", "one of im, cpm");
    check("stimulus: nothing", 4, "unknown variant `nothing`", "one of none, prompt, command, http");
    check("capabilities: [terminate]", 4, "no capability `terminate`", "did you mean `terminating`?");
    check("registers: false\nanswer-wait: 0", 5, "answer-wait is not from 1 to 600", "");
    check("stimulus: {command: []}", 4, "a command has no program", "[program, argument");
    check("stimulus: {http: \"{host}:8021\"}", 4, "does not begin with http://", "http://{host}:8021/");
    check("stimulus: prompt\narranges: true", 5, "must be told", "stimulus: {http");
    check("start:\n  each-case: true\n  command: ['']", 6, "a command has no program", "");
    let core = SystemUnderTest::parse("core.yaml", "name: Core\nsip: 192.0.2.9:5060\n").unwrap_err();
    assert!(core.to_string().contains("is given with --core"), "{core}");
}

#[test]
fn every_tag_of_a_scenario_is_a_capability_or_none() {
    let features = Features::load(&Files::embedded()).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    for case in features.cases() {
        for tag in &case.tags {
            let known = [ROLES, OTHER_TAGS].concat().contains(&tag.as_str())
                || CAPABILITIES.iter().any(|(name, _)| name == tag);
            assert!(known, "{}: {tag}", case.address);
        }
    }
}

#[test]
fn the_manual_lists_what_can_be_claimed() {
    const MANUAL: &str = include_str!("../../manual/test-your-server.md");
    for (name, meaning) in CAPABILITIES {
        assert!(MANUAL.contains(&format!("| `{name}` | {meaning} |")), "{name}");
    }
}

#[tokio::test]
async fn what_is_not_claimed_is_not_asked_for() {
    let loaded = load(Files::embedded(), &Selection::default()).await.unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let applicable = |more: &str| -> Vec<String> {
        let text = SHORT.replace("plays: Alice\n", "") + more;
        let sut = SystemUnderTest::parse("phone.yaml", &text).unwrap();
        let mine = loaded.plans.iter().filter(|plan| sut.not_applicable(plan).is_none());
        mine.map(|plan| plan.case.address.clone()).collect()
    };
    let clients = || loaded.plans.iter().filter(|plan| !plan.tests_server());
    assert_eq!(applicable("plays: Alice\nmsrp-security: tls\n").len(), clients().count());
    assert_eq!(applicable("plays: Alice\n").len(), clients().filter(|plan| !plan.secures_msrp()).count());
    let stores = applicable("plays: deferred-messaging-function\n");
    assert!(!stores.is_empty() && stores.iter().all(|address| address.starts_with("im/12.4")), "{stores:?}");
    assert_eq!(applicable("plays: Bob\n"), Vec::<String>::new());
    let im = applicable("plays: im-client\n");
    assert!(!im.is_empty() && im.iter().all(|address| !address.starts_with("cpm/")), "{im:?}");
    assert_eq!(applicable("plays: Alice\nclient: im\n"), im);
    let terminating = applicable("plays: im-client\ncapabilities: [terminating, large-messages]\n");
    assert!(terminating.contains(&"im/9.2.2/large-message".to_owned()), "{terminating:?}");
    assert!(!terminating.iter().any(|address| address.starts_with("im/9.1.1.2")), "{terminating:?}");
    assert!(!terminating.contains(&"im/9.2.2/3gpp-ims".to_owned()), "{terminating:?}");
    let pager = applicable("plays: im-client\ncapabilities: [originating, pager]\n");
    assert!(pager.iter().any(|address| address.starts_with("im/8.1.1/")), "{pager:?}");
    assert!(!pager.iter().any(|address| address.starts_with("im/7.") || address.starts_with("im/9.")), "{pager:?}");
}

#[test]
fn who_it_plays_is_a_person_or_a_role() {
    let said =
        |plays: &str| SystemUnderTest::parse("s.yaml", &format!("name: x\nplays: {plays}\nsip: 192.0.2.7:5060\n"));
    for plays in ["Alice", "im-client", "sip-core", "history-function"] {
        assert!(said(plays).is_ok(), "{plays}");
    }
    let wrong = said("im-clent").unwrap_err();
    assert_eq!((wrong.line, wrong.message.as_str()), (2, "there is no role `im-clent`"));
    assert!(wrong.hint.unwrap().contains("did you mean `im-client`?"));
    assert!(said("nobody").unwrap_err().hint.unwrap().starts_with("a person of the scenarios"));
}

const SERVER: &str = "name: Groups\nplays: controlling-function\nsip: 192.0.2.7:5060\n";

#[test]
fn a_server_stands_in_the_home_network_with_its_own_uris() {
    let uris = "uris: {conference-factory: sip:factory@b.example, groups: {Friends: sip:friends@b.example}}\n";
    let sut =
        SystemUnderTest::parse("server.yaml", &format!("{SERVER}{uris}stimulus: prompt\narranges: true")).unwrap();
    let home = sut.home(&Home::load(&Files::embedded()).unwrap());
    assert_eq!((sut.server(), home.conference_server), (Some("conference"), sut.sip));
    assert_eq!(home.conference_factory_uri(), "sip:factory@b.example");
    assert_eq!(home.address_of("Friends"), "sip:friends@b.example");
    assert_eq!(home.address_of("Alice"), "sip:alice@home1.example");
}

#[test]
fn what_is_for_servers_is_not_for_clients() {
    #[track_caller]
    fn check(text: &str, message: &str) {
        let shown = SystemUnderTest::parse("system.yaml", text).unwrap_err();
        assert!(shown.line > 0 && shown.message.contains(message) && shown.hint.is_some(), "{shown}");
    }
    check(&format!("{SHORT}uris: {{history: sip:h@b.example}}"), "Alice is no server");
    check(&format!("{SHORT}provisioned: {{plays: history-function}}"), "Alice is no server");
    for key in ["registers: true", "reports-events: true", "client: im", "address: sip:a@b.example"] {
        check(&format!("{SERVER}{key}"), "is for clients");
    }
    check(&format!("{SERVER}transport: tcp"), "the core chooses");
    check(&format!("{SERVER}arranges: true"), "must be told");
    check(&format!("{SERVER}provisioned: {{plays: history-function}}"), "is provisioned as history-function");
    check(&format!("{SERVER}uris: {{conference-facto: sip:a@b.example}}"), "unknown field `conference-facto`");
    check(&format!("{SERVER}provisioned: {{plays: controlling-function, gruops: []}}"), "unknown field `gruops`");
}

#[tokio::test]
async fn a_server_that_cannot_be_told_is_asked_for_what_it_has() {
    let loaded = load(Files::embedded(), &Selection::default()).await.unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    let check = |text: &str, address: &str, expected: bool| {
        let sut = SystemUnderTest::parse("server.yaml", text).unwrap_or_else(|wrong| panic!("{wrong}"));
        let plan = loaded.plans.iter().find(|plan| plan.case.address == address).unwrap();
        assert_eq!(sut.is_provisioned_for(plan, &sut.home(&loaded.home)), expected, "{address}\n{text}");
    };
    check(SERVER, "im/7.2.1.1/everybody-accepts", true);
    check(SERVER, "im/7.2.1.1/one-user-too-many", false);
    check(SERVER, "im/7.2.1.2/no-session-yet", false);
    check(SERVER, "im/7.2.1.1/3gpp-ims", false);
    let other = |plays: &str, known: &str| {
        let text = SERVER.replace("controlling-function", plays);
        format!("{text}provisioned: {{plays: {plays}{known}}}\n")
    };
    let groups = ", factories: [\"sip:conference-factory@home1.example\"], groups: [{uri: \"sip:others@home1.example\"}, \
                  {uri: \"sip:friends@home1.example\", members: [{uri: \"sip:alice@home1.example\"}, \
                  {uri: \"sip:bob@home1.example\"}, {uri: \"sip:carol@home1.example\"}], invites-members: true, \
                  allows-anonymity: true}]";
    check(&other("controlling-function", groups), "im/7.2.1.2/no-session-yet", true);
    check(&other("controlling-function", ", groups: []"), "im/7.2.1.1/everybody-accepts", false);
    let serves = ", serves: [\"sip:alice@home1.example\", \"sip:dave@home1.example\"], in-media-path: true";
    check(&other("participating-function", serves), "im/6.1.2.2.2/invitation-in-the-media-path", true);
    check(&other("participating-function", serves), "im/6.1.2.2.2/invitation-in-the-signalling-path", false);
    check(&SERVER.replace("controlling", "history"), "im/13.2.1.1/the-200", false);
}
