//! Then steps: what of the trace is looked at. The rows below say what must be there.

use cucumber::then;
use gherkin::Step;

use super::given::{known, names_of, party_of};
use super::world::{World, did_you_mean, line_of};
use crate::actors::act::EVENTS;
use crate::judge::{Moment, Nth, Subject, When};
use crate::script::suggest;
use crate::wire::sip::METHODS;

#[then(
    regex = r"^(\w+'s client|the [\w/ ]+?) sends(?: (\w+))? (an?|another|a \d+(?:st|nd|rd|th)|a last) ([A-Z]+) where$"
)]
fn sends(world: &mut World, party: String, to: String, which: String, method: String, step: &Step) {
    let (party, to) = (party_of(world, step, &party), person(world, step, &to));
    let nth = nth(&which);
    // Of MSRP the only request that is no part of a message.
    if method == "AUTH" && to.is_none() {
        return world.check_table(step, Subject::Auth { party, nth });
    }
    known_method(world, step, &method);
    world.check_table(step, Subject::Request { party, method, to, nth });
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) refreshes the session where$")]
fn refreshes(world: &mut World, party: String, step: &Step) {
    let party = party_of(world, step, &party);
    world.check_table(step, Subject::Refresh { party });
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) sends initial requests where$")]
fn initial(world: &mut World, party: String, step: &Step) {
    let party = party_of(world, step, &party);
    world.check_table(step, Subject::EveryInitialRequest { party });
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) sends(?: (\w+))? no ([A-Z]+)(?: after (.+?))? \[([^\]]+)\]$")]
fn sends_no(
    world: &mut World,
    party: String,
    to: String,
    method: String,
    after: String,
    requirement: String,
    step: &Step,
) {
    let (party, to) = (party_of(world, step, &party), person(world, step, &to));
    known_method(world, step, &method);
    let after = moment(world, step, &after);
    world.check_tag(step, Subject::NoRequest { party, method, to, after }, &requirement);
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) sends(?: (\w+))? (\d+) ([A-Z]+) in all \[([^\]]+)\]$")]
fn sends_in_all(
    world: &mut World,
    party: String,
    to: String,
    times: u32,
    method: String,
    requirement: String,
    step: &Step,
) {
    let (party, to) = (party_of(world, step, &party), person(world, step, &to));
    known_method(world, step, &method);
    world.check_tag(step, Subject::Requests { party, method, to, times }, &requirement);
}

#[then(
    regex = r"^(\w+'s client|the [\w/ ]+?) answers (?:the|(\w+)'s)( \d+(?:st|nd|rd|th))? ([A-Z]+)(?: with (\d{3}))? where$"
)]
fn answers(world: &mut World, party: String, of: String, which: String, method: String, status: String, step: &Step) {
    let (party, of) = (party_of(world, step, &party), person(world, step, &of));
    known_method(world, step, &method);
    let (nth, status) = (nth(&which), status.parse().ok());
    world.check_table(step, Subject::Answer { party, method, of, nth, status });
}

#[then(
    regex = r"^(\w+'s client|the [\w/ ]+?) answers (?:the|(\w+)'s) ([A-Z]+ with \d{3}) (once|never|\d+ times) \[([^\]]+)\]$"
)]
fn answers_times(
    world: &mut World,
    party: String,
    of: String,
    what: String,
    times: String,
    requirement: String,
    step: &Step,
) {
    let (party, of) = (party_of(world, step, &party), person(world, step, &of));
    let (method, status) = what.split_once(" with ").unwrap_or_default();
    known_method(world, step, method);
    let (method, status) = (method.to_owned(), status.parse().unwrap_or_default());
    let times = match times.as_str() {
        "once" => 1,
        "never" => 0,
        count => count.trim_end_matches(" times").parse().unwrap_or(u32::MAX),
    };
    world.check_tag(step, Subject::Answers { party, method, of, status, times }, &requirement);
}

#[then(
    regex = r"^(\w+'s client|the [\w/ ]+?) sends(?: (\w+))? the( \d+(?:st|nd|rd|th)| last)? message over MSRP where$"
)]
fn sends_message(world: &mut World, party: String, to: String, which: String, step: &Step) {
    let (party, to) = (party_of(world, step, &party), person(world, step, &to));
    world.check_table(step, Subject::Sends { party, to, nth: nth(&which) });
}

#[then(
    regex = r"^(\w+'s client|the [\w/ ]+?) receives the( \d+(?:st|nd|rd|th)| last)? message(?: from (\w+))? over MSRP where$"
)]
fn receives_message(world: &mut World, party: String, which: String, from: String, step: &Step) {
    let (party, from) = (party_of(world, step, &party), person(world, step, &from));
    world.check_table(step, Subject::Receives { party, from, nth: nth(&which) });
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) acknowledges no chunk(?: after (.+?))? \[([^\]]+)\]$")]
fn acknowledges_none(world: &mut World, party: String, after: String, requirement: String, step: &Step) {
    let party = party_of(world, step, &party);
    let after = moment(world, step, &after);
    world.check_tag(step, Subject::NoAcknowledgement { party, after }, &requirement);
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) sends(?: (\w+))? no chunk(?: after (.+?))? \[([^\]]+)\]$")]
fn sends_no_chunk(world: &mut World, party: String, to: String, after: String, requirement: String, step: &Step) {
    let (party, to) = (party_of(world, step, &party), person(world, step, &to));
    let after = moment(world, step, &after);
    world.check_tag(step, Subject::NoChunk { party, to, after }, &requirement);
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) opens the MSRP connection where$")]
fn opens(world: &mut World, party: String, step: &Step) {
    let party = party_of(world, step, &party);
    world.check_table(step, Subject::Opens { party });
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) opens no MSRP connection \[([^\]]+)\]$")]
fn opens_none(world: &mut World, party: String, requirement: String, step: &Step) {
    let party = party_of(world, step, &party);
    world.check_tag(step, Subject::OpensNone { party }, &requirement);
}

#[then(regex = r"^(\w+'s client|the [\w/ ]+?) closes the MSRP connection where$")]
fn closes(world: &mut World, party: String, step: &Step) {
    let party = party_of(world, step, &party);
    world.check_table(step, Subject::Closes { party });
}

#[then(regex = r#"^(\w+) is told "([^"]+)" \[([^\]]+)\]$"#)]
fn told(world: &mut World, party: String, event: String, requirement: String, step: &Step) {
    known(world, step, &party);
    known_event(world, step, &event);
    world.check_tag(step, Subject::Told { party, event }, &requirement);
}

#[then(regex = r#"^(\w+) is not told "([^"]+)"(?: (before|after) (.+?))? \[([^\]]+)\]$"#)]
fn not_told(
    world: &mut World,
    party: String,
    event: String,
    side: String,
    words: String,
    requirement: String,
    step: &Step,
) {
    known(world, step, &party);
    known_event(world, step, &event);
    let when = match (side.as_str(), moment(world, step, &words)) {
        ("before", Some(moment)) => When::Before(moment),
        ("after", Some(moment)) => When::After(moment),
        _ => When::Ever,
    };
    world.check_tag(step, Subject::NotTold { party, event, when }, &requirement);
}

#[then(regex = r"^(\w+) is told that (.+) (?:takes|take) part \[([^\]]+)\]$")]
fn told_who(world: &mut World, party: String, people: String, requirement: String, step: &Step) {
    let people = names_of(&people);
    people.iter().chain([&party]).for_each(|name| known(world, step, name));
    world.check_tag(step, Subject::ToldWhoTakesPart { party, people }, &requirement);
}

/// The person at the other end whom a step names; nothing where it names nobody.
pub(super) fn person(world: &mut World, step: &Step, name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    known(world, step, name);
    Some(name.to_owned())
}

/// Which of several: `another`, `a 3rd`, ` 2nd`, `a last`; the first without such a word.
fn nth(words: &str) -> Nth {
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    match (words.contains("another"), words.contains("last")) {
        (true, _) => Nth::Number(2),
        (_, true) => Nth::Last,
        _ => digits.parse().map_or(Nth::FIRST, Nth::Number),
    }
}

/// The moment that the words of a step name; none where the step has no such words.
fn moment(world: &mut World, step: &Step, words: &str) -> Option<Moment> {
    if words.is_empty() {
        return None;
    }
    let parsed = Moment::parse(words);
    if parsed.is_none() {
        let hint = did_you_mean(words, &Moment::vocabulary());
        world.complain(line_of(step), format!("there is no moment \u{201c}{words}\u{201d}"), hint);
    }
    parsed
}

/// What is never sent would never fail, so a method must be one of the known.
fn known_method(world: &mut World, step: &Step, method: &str) {
    if !METHODS.contains(&method) {
        let hint = suggest::hint(method, METHODS);
        world.complain(line_of(step), format!("there is no method \u{201c}{method}\u{201d}"), hint);
    }
}

fn known_event(world: &mut World, step: &Step, event: &str) {
    let names: Vec<String> = EVENTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    if !names.iter().any(|n| n == event) {
        let hint = did_you_mean(event, &names);
        world.complain(line_of(step), format!("clients report no event \u{201c}{event}\u{201d}"), hint);
    }
}
