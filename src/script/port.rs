//! The stimulus port, where a client is told what its user does and says what its user is told: a line of JSON each.
//!
//! The words are those of [`crate::actors::act`]; the page `stimulus` of the manual holds an example of each.

use super::{suggest, yaml};
use crate::actors::act::{Act, EVENTS, Told};

/// Reads an act; the error says what is wrong with it, and what would be right where that is known.
pub fn read_act(json: &str) -> Result<Act, String> {
    read(json, "act")
}

/// Reads an event; the error says what is wrong with it.
pub fn read_event(json: &str) -> Result<Told, String> {
    let told: Told = read(json, "event")?;
    let names = || EVENTS.iter().map(|(name, _)| *name);
    if names().any(|name| name == told.event) {
        return Ok(told);
    }
    let hint = suggest::hint(&told.event, names()).map_or_else(String::new, |hint| format!("; {hint}"));
    Err(format!("there is no event `{}`{hint}", told.event))
}

/// An act as it is sent to a client.
pub fn act_line(act: &Act) -> String {
    serde_json::to_string(act).unwrap_or_default() // Plain data with text for keys is always JSON.
}

/// An event as it is reported.
pub fn event_line(told: &Told) -> String {
    serde_json::to_string(told).unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>(json: &str, what: &str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| {
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        let (message, hint) = yaml::explain_unknown(said);
        let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
        format!("this is no {what}: {message}{hint}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for json in [r#"{"act":"register"}"#, r#"{"act":"send","to":{"one":"sip:bob@a.example"},"text":"Hi"}"#] {
            assert_eq!(act_line(&read_act(json).unwrap()), json);
        }
        let told = Told { event: "delivered".into(), about: "1".into() };
        assert_eq!(read_event(&event_line(&told)), Ok(told));
        assert!(read_event(r#"{"event":"failed"}"#).is_ok_and(|told| told.about.is_empty()));
    }

    #[test]
    fn slips_are_shown_with_what_would_be_right() {
        #[track_caller]
        fn check(said: Result<(), String>, expected: &str) {
            assert!(said.as_ref().is_err_and(|said| said.contains(expected)), "{said:?}");
        }
        let act = |json| read_act(json).map(|_| ());
        let event = |json| read_event(json).map(|_| ());
        check(act(r#"{"act":"sned"}"#), "unknown variant `sned`; did you mean `send`?");
        check(act(r#"{"act":"send","txt":"Hi"}"#), "unknown field `txt`; did you mean `text`?");
        check(act(r#"{"act":"invite"}"#), "missing field `to`");
        check(act("register"), "this is no act");
        check(event(r#"{"event":"deliverd"}"#), "did you mean `delivered`?");
        check(event(r#"{"event":7}"#), "this is no event");
    }
}
