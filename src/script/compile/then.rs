//! Then steps: what of the trace is looked at. The rows below say what must be there.

use cucumber::then;
use gherkin::Step;

use super::given::known;
use super::world::{World, did_you_mean, line_of};
use crate::actors::act::EVENTS;
use crate::judge::{Moment, Subject};
use crate::script::suggest;
use crate::wire::sip::METHODS;

#[then(regex = r"^(\w+)'s client sends an? ([A-Z]+) where$")]
fn sends(world: &mut World, party: String, method: String, step: &Step) {
    known(world, step, &party);
    known_method(world, step, &method);
    world.check_table(step, Subject::Request { party, method });
}

#[then(regex = r"^(\w+)'s client sends another ([A-Z]+) where$")]
fn sends_another(world: &mut World, party: String, method: String, step: &Step) {
    known(world, step, &party);
    world.check_table(step, Subject::Another { party, method });
}

#[then(regex = r"^(\w+)'s client refreshes the session where$")]
fn refreshes(world: &mut World, party: String, step: &Step) {
    known(world, step, &party);
    world.check_table(step, Subject::Refresh { party });
}

#[then(regex = r"^(\w+)'s client sends initial requests where$")]
fn initial(world: &mut World, party: String, step: &Step) {
    known(world, step, &party);
    world.check_table(step, Subject::EveryInitialRequest { party });
}

#[then(regex = r"^(\w+)'s client sends no ([A-Z]+)(?: after (.+?))? \[([^\]]+)\]$")]
fn sends_no(world: &mut World, party: String, method: String, after: String, requirement: String, step: &Step) {
    known(world, step, &party);
    known_method(world, step, &method);
    let after = moment(world, step, &after);
    world.check_tag(step, Subject::NoRequest { party, method, after }, &requirement);
}

#[then(regex = r"^(\w+)'s client answers the ([A-Z]+) where$")]
fn answers(world: &mut World, party: String, method: String, step: &Step) {
    known(world, step, &party);
    known_method(world, step, &method);
    world.check_table(step, Subject::Answer { party, method });
}

#[then(regex = r"^(\w+)'s client sends the message over MSRP where$")]
fn sends_message(world: &mut World, party: String, step: &Step) {
    known(world, step, &party);
    world.check_table(step, Subject::Sends { party });
}

#[then(regex = r"^(\w+)'s client receives the message over MSRP where$")]
fn receives_message(world: &mut World, party: String, step: &Step) {
    known(world, step, &party);
    world.check_table(step, Subject::Receives { party });
}

#[then(regex = r"^(\w+)'s client receives another message over MSRP where$")]
fn receives_another(world: &mut World, party: String, step: &Step) {
    known(world, step, &party);
    world.check_table(step, Subject::ReceivesAnother { party });
}

#[then(regex = r"^(\w+)'s client acknowledges no chunk after (.+?) \[([^\]]+)\]$")]
fn acknowledges_none(world: &mut World, party: String, after: String, requirement: String, step: &Step) {
    known(world, step, &party);
    if let Some(after) = moment(world, step, &after) {
        world.check_tag(step, Subject::NoAcknowledgement { party, after }, &requirement);
    }
}

#[then(regex = r"^(\w+)'s client sends no chunk(?: after (.+?))? \[([^\]]+)\]$")]
fn sends_no_chunk(world: &mut World, party: String, after: String, requirement: String, step: &Step) {
    known(world, step, &party);
    let after = moment(world, step, &after);
    world.check_tag(step, Subject::NoChunk { party, after }, &requirement);
}

#[then(regex = r"^(\w+)'s client opens the MSRP connection where$")]
fn opens(world: &mut World, party: String, step: &Step) {
    known(world, step, &party);
    world.check_table(step, Subject::Opens { party });
}

#[then(regex = r"^(\w+)'s client opens no MSRP connection \[([^\]]+)\]$")]
fn opens_none(world: &mut World, party: String, requirement: String, step: &Step) {
    known(world, step, &party);
    world.check_tag(step, Subject::OpensNone { party }, &requirement);
}

#[then(regex = r"^(\w+)'s client closes the MSRP connection where$")]
fn closes(world: &mut World, party: String, step: &Step) {
    known(world, step, &party);
    world.check_table(step, Subject::Closes { party });
}

#[then(regex = r#"^(\w+) is told "([^"]+)" \[([^\]]+)\]$"#)]
fn told(world: &mut World, party: String, event: String, requirement: String, step: &Step) {
    known(world, step, &party);
    known_event(world, step, &event);
    world.check_tag(step, Subject::Told { party, event }, &requirement);
}

#[then(regex = r#"^(\w+) is not told "([^"]+)"(?: before (.+?))? \[([^\]]+)\]$"#)]
fn not_told(world: &mut World, party: String, event: String, before: String, requirement: String, step: &Step) {
    known(world, step, &party);
    known_event(world, step, &event);
    let before = moment(world, step, &before);
    world.check_tag(step, Subject::NotTold { party, event, before }, &requirement);
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
