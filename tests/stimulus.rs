//! The page `stimulus` of the manual, held to the types that acts and events are read into: every word of them is in it,
//! and what it shows is read.

use std::collections::BTreeSet;

use imspec::actors::act::{Act, EVENTS};
use imspec::script::port::{act_line, read_act, read_event};

const PAGE: &str = include_str!("../src/manual/stimulus.md");

/// What may stand where this JSON has a question mark, as the reader of acts says when it refuses it.
#[track_caller]
fn choices(json: &str) -> Vec<String> {
    let said = serde_json::from_str::<Act>(json).unwrap_err().to_string();
    let (complaint, expected) = said.split_once(", expected ").unwrap_or_else(|| panic!("{json}: {said}"));
    assert!(complaint.contains("`?`"), "{json}: {said}");
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The lines of the page that are JSON.
fn examples() -> impl Iterator<Item = &'static str> {
    PAGE.split("```json\n").skip(1).flat_map(|part| part.split("```").next().unwrap_or_default().lines())
}

#[test]
fn every_act_has_its_row_and_an_example_that_is_read() {
    let mut shown = BTreeSet::new();
    for line in examples().filter(|line| line.starts_with(r#"{"act""#)) {
        let act = read_act(line).unwrap_or_else(|wrong| panic!("{line}: {wrong}"));
        assert_eq!(act_line(&act), line);
        shown.insert(line.split('"').nth(3).unwrap().to_owned());
    }
    let all: BTreeSet<String> = choices(r#"{"act":"?"}"#).into_iter().collect();
    assert_eq!(shown, all, "each act has an example, and each example is of an act");
    for act in all {
        assert!(PAGE.contains(&format!("\n| `{act}` | ")), "the table of acts has no row for `{act}`");
    }
}

#[test]
fn every_key_and_choice_is_explained() {
    for json in [
        r#"{"act":"send","?":0}"#,
        r#"{"act":"send","to":{"?":0}}"#,
        r#"{"act":"send","file":{"?":0}}"#,
        r#"{"act":"send","also":[{"?":0}]}"#,
        r#"{"act":"accept","?":0}"#,
        r#"{"act":"retrieve","?":0}"#,
        r#"{"act":"retrieve","kept":"?"}"#,
        r#"{"act":"invite","?":0}"#,
        r#"{"act":"confer","?":0}"#,
        r#"{"act":"join","?":0}"#,
        r#"{"act":"extend","?":0}"#,
        r#"{"act":"message","?":0}"#,
        r#"{"act":"modify","?":0}"#,
        r#"{"act":"modify","offer":"?"}"#,
        r#"{"act":"report-failure","?":0}"#,
        r#"{"act":"arrange","?":0}"#,
        r#"{"act":"arrange","client":"?"}"#,
        r#"{"act":"arrange","intentions":[{"?":0}]}"#,
        r#"{"act":"arrange","intentions":[{"when":"?"}]}"#,
        r#"{"act":"provision","plays":"?"}"#,
        r#"{"act":"provision","plays":"controlling-function","?":0}"#,
        r#"{"act":"provision","plays":"controlling-function","service":"?"}"#,
        r#"{"act":"provision","plays":"controlling-function","may-use-factory":"?"}"#,
        r#"{"act":"provision","plays":"controlling-function","on-anonymous":"?"}"#,
        r#"{"act":"provision","plays":"controlling-function","refresher":"?"}"#,
        r#"{"act":"provision","plays":"controlling-function","groups":[{"?":0}]}"#,
        r#"{"act":"provision","plays":"controlling-function","groups":[{"members":[{"?":0}]}]}"#,
        r#"{"act":"provision","plays":"participating-function","?":0}"#,
        r#"{"act":"provision","plays":"deferred-messaging-function","?":0}"#,
        r#"{"act":"provision","plays":"history-function","?":0}"#,
        r#"{"act":"provision","plays":"history-function","users":{"sip:a@h":{"?":0}}}"#,
        r#"{"act":"provision","plays":"history-function","messages":[{"?":0}]}"#,
    ] {
        for word in choices(json) {
            assert!(PAGE.contains(&format!("`{word}`")), "`{word}` of {json} is not explained");
        }
    }
}

#[test]
fn every_event_is_there_and_what_is_shown_is_read() {
    for (event, meaning) in EVENTS {
        assert!(
            PAGE.contains(&format!("\n| `{event}` | {meaning} |\n")),
            "the table of events lacks `{event}`: {meaning}"
        );
    }
    let shown: Vec<_> = examples().filter(|line| line.starts_with(r#"{"event""#)).collect();
    assert!(shown.len() >= 3, "{shown:?}");
    for line in shown {
        read_event(line).unwrap_or_else(|wrong| panic!("{line}: {wrong}"));
    }
}
