//! Rows that mean something, and rows that do not.

use super::*;
use crate::judge::Nth;

fn request() -> Subject {
    Subject::Request { party: "Alice".to_owned(), method: "INVITE".to_owned(), to: None, nth: Nth::FIRST }
}

fn sending() -> Subject {
    Subject::Sends { party: "Alice".to_owned(), to: None, nth: Nth::FIRST }
}

#[track_caller]
fn said(subject: &Subject, field: &str, expectation: &str) -> Option<Nonsense> {
    let parsed = Expectation::parse(expectation).unwrap_or_else(|| panic!("{expectation} does not parse"));
    nonsense(subject, &Field::parse(field).unwrap_or_else(|| panic!("{field} does not parse")), &parsed)
}

#[test]
fn values_that_a_field_never_holds_are_nonsense() {
    for (field, expectation, words, what) in [
        ("status", "is between 400, 499", "between 400, 499", "is no status"),
        ("status", "is not 40", "40", "is no status"),
        ("status", "is one of 200, 2o2", "2o2", "is no status"),
        ("status", "is absent or 700", "700", "is no status"),
        ("method", "is INVIET", "INVIET", "is no method"),
        ("Request-URI", "is Bob's adress", "Bob's adress", "is no URI"),
        ("To URI", "is bob", "bob", "is no URI"),
        ("resource list", "includes Bob", "Bob", "is no URI"),
        ("SDP direction", "is sendnoly", "sendnoly", "is no direction"),
        ("SDP direction of the 2nd medium", "is one of recvonly, off", "off", "is no direction"),
        ("SDP port", "is not zero", "zero", "is no number"),
        ("size", "is 20 kB", "20 kB", "is no number"),
        ("SDP attribute filesize", "is the sise of the message", "the sise of the message", "is no number"),
        ("Max-Forwards", "is -1", "-1", "is no number"),
        ("Expires", "is 99999999999999999999", "99999999999999999999", "is no number"),
        ("next hop", "is the SIP core", "the SIP core", "is no address with a port"),
        ("transport", "is one of TCP, TPC", "TPC", "is no transport protocol"),
        ("CPIM DateTime", "is yesterday", "yesterday", "is no date in the form of RFC 3339"),
        ("From tag", "is a b", "a b", "is no single word"),
        ("body", "is empty", "empty", "cannot be what a whole message or body is"),
        ("Subject", "is the same as in Alices INVITE", "the same as in Alices INVITE", READS),
        ("Subject", "is at Bobs client", "at Bobs client", READS),
        ("Subject", "is Bob's adress", "Bob's adress", READS),
        ("Allow", "lists INVITE, AKC", "AKC", "is no method"),
        ("Supported", "lists timer 100rel", "timer 100rel", "is no single word"),
    ] {
        let found = said(&request(), field, expectation).unwrap_or_else(|| panic!("{field} {expectation}: nothing"));
        assert_eq!((&*found.words, &*found.what), (words, what), "{field} {expectation}");
    }
    for (field, expectation, words) in [
        ("responses", "is not 20", "20"),
        ("responses", "acknowledge with 20", "20"),
        ("end of the chunk under way at the MSRP 413", "is not %", "%"),
        ("MSRP To-Path", "is Alice's paht", "Alice's paht"),
    ] {
        let found = said(&sending(), field, expectation).unwrap_or_else(|| panic!("{field} {expectation}: nothing"));
        assert_eq!(found.words, words, "{field} {expectation}");
    }
    let between = said(&request(), "status", "is between 400, 499").and_then(|found| found.hint);
    assert_eq!(between.as_deref(), Some("a range is two rows: `at least 400`, `at most 499`"));
}

const READS: &str = "reads like a reference, and there is none of these words";

#[test]
fn expectations_that_say_nothing_about_a_field_are_nonsense() {
    for (subject, field, expectation) in [
        (request(), "status", "is well-formed"),
        (request(), "status", "is after the BYE"),
        (request(), "order", "is 3"),
        (request(), "seconds after the BYE", "is 3"),
        (request(), "Request-URI", "at least 5"),
        (request(), "To", "are complete"),
        (request(), "Contact", "answers the challenge"),
        (request(), "Expires", "agrees with the request"),
        (request(), "body", "is a valid offer"),
        (request(), "part text/plain", "is well-formed"),
        (request(), "Subject", "is the time of the INVITE"),
        (request(), "To", "names Bob's session with Alice"),
        (sending(), "chunks", "is present"),
        (sending(), "content", "is present"),
        (sending(), "total size", "is 7"),
        (sending(), "responses", "is 200"),
        (sending(), "success reports", "is present"),
        (sending(), "answers to reports", "is present"),
        (sending(), "MSRP Byte-Range", "at least 5"),
        // What the message looked at does not have.
        (sending(), "Request-URI", "is present"),
        (request(), "MSRP To-Path", "is present"),
        (Subject::Opens { party: "Alice".to_owned() }, "status", "is 200"),
    ] {
        assert!(said(&subject, field, expectation).is_some(), "{subject}: {field} {expectation}");
    }
}

#[test]
fn rows_that_mean_something_are_left_alone() {
    for (field, expectation) in [
        ("status", "is one of 200, 400"),
        ("status", "at least 400"),
        ("Subject", "is Minutes of today"),
        ("From display name", "is The boss"),
        ("SDP attribute filename", "is one of minutes.txt, \"minutes.txt\""),
        ("Request-URI", "is sip:bob@home1.example"),
        ("Request-URI", "is tel:+123"),
        ("Contact", "includes sip:alice@work.example"),
        ("SDP path", "is not Alice's path"),
        ("CPIM From", "is Alice's address"),
        ("Session-Expires", "at least 90"),
        ("Event", "is presence"),
        ("next hop", "is 192.0.2.1:5060"),
    ] {
        assert_eq!(said(&request(), field, expectation), None, "{field} {expectation}");
    }
}

#[test]
fn everybody_whom_a_row_names_is_found() {
    #[track_caller]
    fn check(field: &str, expectation: &str, expected: &[Mention]) {
        let expectation = Expectation::parse(expectation).expect("known words");
        assert_eq!(mentions(&Field::parse(field).expect("known words"), &expectation), expected);
    }
    let [bob, carol] = ["Bob", "Carol"].map(|name| Mention::Person(name.to_owned()));
    check("CPIM To", "is one of Bob's address, Carol's address", &[bob.clone(), carol.clone()]);
    check("CPIM To", "is the group Friends", &[Mention::Group("Friends".to_owned())]);
    check("Request-URI", "is the session Lunch", &[Mention::Session("Lunch".to_owned())]);
    check("Contact URI", "is at the SIP/IP core", &[Mention::Server("the SIP/IP core".to_owned())]);
    check("Contact URI", "is at Bob's client", std::slice::from_ref(&bob));
    check("Subject", "is the same as in Bob's INVITE", std::slice::from_ref(&bob));
    check("conference-info status of Bob", "is connected", std::slice::from_ref(&bob));
    check("seconds after Bob's INVITE", "at most 2", std::slice::from_ref(&bob));
    check("order", "is after Carol's 200 to the INVITE", std::slice::from_ref(&carol));
    check("resource list Replaces of Bob", "names Bob's session with Carol", &[bob.clone(), bob, carol]);
}
