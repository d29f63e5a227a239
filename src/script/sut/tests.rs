//! What people write about a system, right and wrong; and what a system is not asked for.

use super::*;
use crate::script::feature::{Features, Selection};
use crate::script::files::Files;
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
    check("transport: sctp", 4, "unknown variant `sctp`", "one of udp, tcp");
    check("client: im2", 4, "unknown variant `im2`", "one of im, cpm");
    check("stimulus: nothing", 4, "unknown variant `nothing`", "one of none, prompt, command, http");
    check("capabilities: [terminate]", 4, "no capability `terminate`", "did you mean `terminating`?");
    check("registers: false\nanswer-wait: 0", 5, "answer-wait is not from 1 to 600", "");
    check("stimulus: {command: []}", 4, "a command has no program", "[program, argument");
    check("stimulus: {http: \"{host}:8021\"}", 4, "does not begin with http://", "http://{host}:8021/");
    check("stimulus: prompt\narranges: true", 5, "must be told", "stimulus: {http");
    check("start:\n  each-case: true\n  command: ['']", 6, "a command has no program", "");
}

#[test]
fn every_tag_of_a_scenario_is_a_capability_or_none() {
    let features = Features::load(&Files::embedded()).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    for case in features.cases() {
        for tag in &case.tags {
            let known = OTHER_TAGS.contains(&tag.as_str()) || CAPABILITIES.iter().any(|(name, _)| name == tag);
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
    let clients = loaded.plans.iter().filter(|plan| !plan.tests_server()).count();
    assert_eq!(applicable("plays: Alice\n").len(), clients);
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
