//! Any octets are what a program is told to do and what it says was done: acts, arrangements, provisions, defects and
//! expectations, all of which are words from outside.
#![no_main]

use imspec::actors::act::Act;
use imspec::judge::sense::{mentions, nonsense};
use imspec::judge::{Expectation, Field, Moment, Nth, Subject};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(act) = serde_json::from_str::<Act>(text) {
        let written = serde_json::to_string(&act).expect("an act");
        assert_eq!(serde_json::from_str::<Act>(&written).expect("what we wrote"), act);
    }
    let (field, expectation) = text.split_once('\n').unwrap_or((text, text));
    if let (Some(field), Some(expectation)) = (Field::parse(field), Expectation::parse(expectation)) {
        let subject = Subject::Request { party: String::new(), method: "INVITE".into(), to: None, nth: Nth::FIRST };
        std::hint::black_box((mentions(&field, &expectation), nonsense(&subject, &field, &expectation)));
        assert_eq!(Expectation::parse(&expectation.to_string()), Some(expectation));
    }
    if let Some(moment) = Moment::parse(text) {
        assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
    }
});
