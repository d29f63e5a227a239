//! Conclusions from made-up answers: what contradicts what.

use std::sync::Arc;

use super::evidence::{Outcome, Question};
use super::*;
use crate::wire::sip::Message;

fn answer(status: u16, headers: &str, attributes: &str) -> Arc<Message> {
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n{attributes}"
    );
    let text = format!(
        "SIP/2.0 {status} X\r\nCSeq: 1 INVITE\r\n{headers}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    Arc::new(Message::parse(text.into()))
}

/// What is found of a client with these lines in its file.
fn of(lines: &str, outcomes: Vec<(Question, Outcome)>, said: Vec<Arc<Message>>) -> Found {
    let text = format!("name: Phone\nplays: im-client\nsip: 192.0.2.7:5060\n{lines}");
    let sut = SystemUnderTest::parse("phone.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    found(&sut, &Evidence { outcomes, said, ..Evidence::default() })
}

#[track_caller]
fn check(lines: &str, outcome: (Question, Outcome), expected: &[&str]) {
    let said = match &outcome.1 {
        Outcome::Took(message) | Outcome::Refused(message) => vec![message.clone()],
        Outcome::Undecided(_) => Vec::new(),
    };
    let found = of(lines, vec![outcome], said);
    assert_eq!(found.contradictions, expected, "{lines}");
}

#[test]
fn claim_and_behaviour_are_compared() {
    let files = "capabilities: [terminating, files]\n";
    let none = "capabilities: [terminating]\n";
    let selector = "a=file-selector:name:\"imspec.txt\"\r\n";
    let took = |attributes| (Question::File, Outcome::Took(answer(200, "", attributes)));
    check(files, took(selector), &[]);
    check(files, took(""), &["it claims `files`, and its answer has no file-selector (RFC 5547 §8.3.1)"]);
    check(none, took(selector), &["it does not claim `files`, and it answered INVITE to a file with 200"]);
    let refused = |question| (question, Outcome::Refused(answer(488, "", "")));
    check(
        "capabilities: [sessions]\n",
        refused(Question::Session),
        &["it claims `sessions`, and it answered INVITE to a session with 488"],
    );
    check("capabilities: [pager]\n", (Question::Session, Outcome::Undecided("486".to_owned())), &[]);
    let tag = "Contact: <sip:a@192.0.2.7>;+g.oma.sip-im.large-message\r\n";
    let tagged = (Question::Page, Outcome::Refused(answer(405, tag, "")));
    check(
        "capabilities: [originating]\n",
        tagged,
        &["it does not claim `large-messages`, and its Contact has +g.oma.sip-im.large-message"],
    );
    let tagged = |tag: &str| (Question::Page, Outcome::Refused(answer(405, tag, "")));
    let kind = "client: cpm\ncapabilities: [originating]\n";
    let im = "Contact: <sip:a@192.0.2.7>;+g.oma.sip-im\r\n";
    check(kind, tagged(im), &["its file says `client: cpm`, and its Contact has +g.oma.sip-im alone"]);
    check(
        "registers: true\ncapabilities: []\n",
        tagged(""),
        &["its file says `registers: true`, and no REGISTER came from it"],
    );
}

#[test]
fn what_nobody_could_tell_is_proposed_as_it_is_claimed() {
    let took = answer(200, "Supported: timer\r\nAllow: INVITE, MESSAGE\r\n", "");
    let outcomes =
        vec![(Question::Session, Outcome::Took(took.clone())), (Question::Page, Outcome::Refused(answer(405, "", "")))];
    let found = of("capabilities: [pager, history]\n", outcomes, vec![took.clone()]);
    assert_eq!(found.proposed, ["terminating", "mid-session", "sessions", "history"]);
    let all = of("", Vec::new(), Vec::new());
    assert_eq!(all.proposed.len(), crate::script::sut::CAPABILITIES.len());
    assert!(!all.answered && all.contradictions.is_empty());
    let shown = |name: &str| found.capabilities.iter().find(|c| c.name == name).map(|c| c.shown);
    assert_eq!((shown("conferences"), shown("pager")), (Some(Shown::CannotTell), Some(Shown::NotSeen)));
}
