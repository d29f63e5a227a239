//! What conference documents say.

use proptest::prelude::*;

use super::*;
use crate::wire::mime::lie_within;

/// A document with that content has flaws of these clauses.
fn check(attributes: &str, content: &str, clauses: &[&str]) -> ConferenceInfo {
    let info = ConferenceInfo::parse(
        format!("<conference-info xmlns='{NS}' {attributes}>{content}</conference-info>").as_bytes(),
    );
    assert_eq!(info.flaws.iter().map(|f| f.clause).collect::<Vec<_>>(), clauses, "{content}: {:?}", info.flaws);
    info
}

/// RFC 4575 §7.1, shortened.
#[test]
fn the_example_of_rfc_4575_is_read() {
    let info = check(
        "entity='sips:conf233@example.com' state='full' version='1'",
        "<conference-description><subject>Agenda: This month's goals</subject><maximum-user-count>10</maximum-user-count>
         </conference-description>
         <conference-state><user-count>33</user-count><active>true</active></conference-state>
         <users>
          <user entity='sip:bob@example.com' state='full'>
           <display-text>Bob Hoskins</display-text>
           <roles><entry>moderator</entry></roles>
           <endpoint entity='sip:bob@pc33.example.com'>
            <display-text>Bob's Laptop</display-text>
            <status>disconnected</status>
            <disconnection-method>departed</disconnection-method>
           </endpoint>
          </user>
          <user entity='sip:alice@example.com' state='full'>
           <endpoint entity='sip:4kfk4j392jsu@example.com;grid=433kj4j3u'>
            <status>connected</status>
            <joining-method>dialed-out</joining-method>
           </endpoint>
          </user>
         </users>",
        &[],
    );
    assert_eq!((info.entity.as_str(), info.state, info.version), ("sips:conf233@example.com", State::Full, Some(1)));
    let description = info.description.as_ref().expect("there");
    assert_eq!(description.subject.as_deref(), Some("Agenda: This month's goals"));
    assert_eq!(description.maximum_user_count, Some(10));
    let state = info.conference_state.as_ref().expect("there");
    assert_eq!((state.user_count, state.active, state.locked), (Some(33), Some(true), None));
    let bob = info.user("sip:bob@example.com").expect("there");
    assert_eq!((bob.display_text.as_deref(), &bob.roles[..]), (Some("Bob Hoskins"), &["moderator".to_owned()][..]));
    assert_eq!(bob.endpoints[0].disconnection_method.as_deref(), Some("departed"));
    assert!(info.user("sip:alice@example.com").expect("there").has_status("connected"));
    assert!(info.user("SIP:alice@example.com").is_none());
}

#[test]
fn what_is_wrong_becomes_a_flaw() {
    const HEAD: &str = "entity='sip:c' version='1'";
    const PARTIAL: &str = "entity='sip:c' version='1' state='partial'";
    let full = |users: &str| format!("<conference-description/><users>{users}</users>");
    let partial = |users: &str| format!("<users state='partial'>{users}</users>");
    check(HEAD, &full(""), &[]);
    check("version='1'", &full(""), &["RFC 4575 §5.2"]);
    check("entity='sip:c'", &full(""), &["RFC 4575 §4.3"]);
    check("entity='sip:c' version='-1'", &full(""), &["RFC 4575 §5.2"]);
    check("entity='sip:c' version='1' state='whole'", &full(""), &["RFC 4575 §4.4"]);
    check(HEAD, "<users/>", &["RFC 4575 §5.2"]);
    check(PARTIAL, "", &[]);
    check(HEAD, &full("<user entity='a' state='deleted'/>"), &["RFC 4575 §4.4"]);
    check(PARTIAL, &partial("<user entity='a' state='deleted'/>"), &[]);
    check(HEAD, &full("<user/>"), &["RFC 4575 §5.6"]);
    check(HEAD, &full("<user entity='a'/><user entity='a'/>"), &["RFC 4575 §4.5"]);
    check(HEAD, &full("<user entity='a'><endpoint/></user>"), &["RFC 4575 §5.7"]);
    let endpoint = |content: &str| full(&format!("<user entity='a'><endpoint entity='b'>{content}</endpoint></user>"));
    check(HEAD, &endpoint("<status>here</status>"), &["RFC 4575 §5.7.3"]);
    check(HEAD, &endpoint("<joining-method>walked</joining-method>"), &["RFC 4575 §5.7.4"]);
    check(HEAD, &endpoint("<disconnection-method>gone</disconnection-method>"), &["RFC 4575 §5.7.6"]);
    let state = format!("{}<conference-state><active>maybe</active></conference-state>", full(""));
    check(HEAD, &state, &["RFC 4575 §5.5.2"]);
    let other = ConferenceInfo::parse(b"<conference-info entity='sip:c' version='1' state='partial'/>");
    assert_eq!(other.flaws.iter().map(|f| f.clause).collect::<Vec<_>>(), ["RFC 4575 §5.1"]);
}

#[test]
fn the_number_of_users_is_bounded() {
    let users: String = (0..MAX_ROWS + 10).map(|i| format!("<user entity='{i}'/>")).collect();
    let content = format!("<conference-description/><users>{users}</users>");
    let info = check("entity='sip:c' version='1'", &content, &["limit of this reader"]);
    assert_eq!(info.users().count(), MAX_ROWS);
}

fn any_state() -> impl Strategy<Value = State> {
    prop_oneof![Just(State::Full), Just(State::Partial), Just(State::Deleted)]
}

fn any_user() -> impl Strategy<Value = (String, State, Option<String>, Option<usize>)> {
    ("[a-z<&\"]{1,8}", any_state(), prop::option::of("[!-~]( ?[!-~]){0,6}"), prop::option::of(0..STATUS.len()))
}

proptest! {
    #[test]
    fn any_octets_can_be_parsed(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(lie_within(&ConferenceInfo::parse(&octets).flaws, octets.len()));
    }

    #[test]
    fn what_is_written_comes_back(version in any::<u32>(), users in prop::collection::vec(any_user(), 0..5)) {
        let list = users.into_iter().enumerate().map(|(i, (name, state, display_text, status))| User {
            entity: format!("sip:{i}{name}@example.com"),
            state,
            display_text,
            roles: vec!["participant".to_owned()],
            endpoints: status.map(|s| Endpoint {
                entity: "sip:e".to_owned(),
                status: Some(STATUS[s].to_owned()),
                ..Endpoint::default()
            }).into_iter().collect(),
        }).collect();
        let info = ConferenceInfo {
            entity: "sip:c&d@example.com".to_owned(),
            state: State::Partial,
            version: Some(version),
            description: Some(Description { subject: Some("x < y".to_owned()), ..Description::default() }),
            conference_state: Some(ConferenceState { active: Some(true), user_count: Some(3), ..ConferenceState::default() }),
            users: Some(Users { state: State::Partial, list }),
            flaws: Vec::new(),
        };
        prop_assert_eq!(ConferenceInfo::parse(info.write().as_bytes()), info);
    }
}
