//! When steps: what users do.

use std::time::Duration;

use cucumber::when;
use gherkin::Step;

use super::given::{known, names_of, numbers};
use super::world::{World, did_you_mean};
use crate::actors::act::{Act, File, FileForm, Kept, Modification, Offer, OneMore, Recipients, Sending};
use crate::script::case::text;
use crate::script::plan::{Deed, Whom};

/// The most octets that a scenario may send: a case must stay quick and small.
const LARGEST: u64 = 256 << 20;

const OPTIONS: &[&str] = &[
    "anonymous",
    "show on demand",
    "description",
    "content type",
    "external content",
    "delivery report",
    "failure report",
    "few chunks",
    "file name",
    "file form",
    "file disposition",
    "preview",
];

/// How the offer of a file may describe it, in words.
const FORMS: &[(&str, FileForm)] = &[("the draft", FileForm::Draft), ("RFC 5547", FileForm::Rfc5547)];

#[when(regex = r"^(\w+) sends (.+) a message (of|that makes a request of) (\d+) bytes$")]
fn sends(world: &mut World, who: String, to: String, measure: String, size: u64, step: &Step) {
    known(world, step, &who);
    let to = match (to.strip_prefix("the group "), to.strip_prefix("the session ")) {
        (Some(group), _) => Whom::Group(group.to_owned()),
        (None, Some(session)) => Whom::Session(session.to_owned()),
        (None, None) => Whom::People(names_of(&to)),
    };
    match &to {
        Whom::People(names) => names.iter().for_each(|name| known(world, step, name)),
        Whom::Group(name) => known_group(world, step, "group", name),
        Whom::Session(name) => known_group(world, step, "session", name),
    }
    if size == 0 || size > LARGEST {
        let line = super::world::line_of(step);
        world.complain(line, format!("a message has between 1 and {LARGEST} bytes"), None);
        return;
    }
    let sending = Sending { request_octets: (measure != "of").then_some(size), ..sending(world, step) };
    world.plan().acts.push(Deed::Sends { who, to, size, sending: Box::new(sending) });
}

#[when(regex = r"^(\w+) sends (.+?) these files( in the form of RFC 5547)?( one after the other)?$")]
fn sends_files(world: &mut World, who: String, to: String, form: String, in_turn: String, step: &Step) {
    let form = if form.is_empty() { FileForm::Draft } else { FileForm::Rfc5547 };
    known(world, step, &who);
    let names = names_of(&to);
    names.iter().for_each(|name| known(world, step, name));
    let mut files = Vec::new();
    for (line, [name, content_type, bytes]) in world.rows(step, ["file name", "content type", "bytes"]) {
        match bytes.parse() {
            Ok(size) if (1..=LARGEST).contains(&size) => {
                let file = File { name, form, ..File::default() };
                files.push((size, OneMore { file, text: text(size), content_type }));
            }
            _ => world.complain(line, format!("a file has between 1 and {LARGEST} bytes"), None),
        }
    }
    let mut files = files.into_iter();
    let Some((size, first)) = files.next() else { return };
    let also = files.map(|(_, more)| more).collect();
    let sending = Sending {
        file: Some(first.file),
        content_type: first.content_type,
        also,
        in_turn: !in_turn.is_empty(),
        ..Sending::default()
    };
    world.plan().acts.push(Deed::Sends { who, to: Whom::People(names), size, sending: Box::new(sending) });
}

#[when(regex = r"^(\w+) invites (\w+) to a session$")]
fn invites(world: &mut World, who: String, to: String, step: &Step) {
    known(world, step, &who);
    known(world, step, &to);
    act(world, who, Act::Invite { to });
}

#[when(regex = r"^(\w+) invites (.+) to a conference( anonymously)?$")]
fn confers(world: &mut World, who: String, to: String, anonymous: String, step: &Step) {
    let to = people(world, step, &who, &to);
    act(world, who, Act::Confer { to, anonymous: !anonymous.is_empty() });
}

#[when(regex = r"^(\w+) joins the (?:group|public conference) (\w+)( anonymously)?$")]
fn joins(world: &mut World, who: String, conference: String, anonymous: String, step: &Step) {
    known(world, step, &who);
    known_group(world, step, "group", &conference);
    act(world, who, Act::Join { conference, anonymous: !anonymous.is_empty() });
}

#[when(regex = r"^(\w+) (rejoins|subscribes to) the conference$")]
fn in_conference(world: &mut World, who: String, deed: String, step: &Step) {
    does(world, step, &who, if deed == "rejoins" { Act::Rejoin } else { Act::Subscribe });
}

#[when(regex = r"^(\w+) extends the session to (.+?)(?: while (\w+) releases it)?$")]
fn extends(world: &mut World, who: String, to: String, other: String, step: &Step) {
    let to = people(world, step, &who, &to);
    let mut acts = Vec::new();
    if !other.is_empty() {
        known(world, step, &other);
        acts.push((other, Act::Release));
    }
    acts.push((who, Act::Extend { to }));
    world.plan().acts.push(Deed::Act(acts));
}

#[when(regex = r#"^(\w+) sends(?: (.+) privately)? "([^"]+)" in the session$"#)]
fn says(world: &mut World, who: String, to: String, text: String, step: &Step) {
    let mut to = people(world, step, &who, &to);
    let to = if to.len() == 1 { Recipients::One(to.remove(0)) } else { Recipients::Several(to) };
    let sending = Box::new(Sending { text, to, ..sending(world, step) });
    act(world, who, Act::Message(sending));
}

#[when(regex = r"^(.+?) (?:releases|release) the session(?: at once)?$")]
fn releases(world: &mut World, who: String, step: &Step) {
    does(world, step, &who, Act::Release);
}

#[when(
    regex = r"^(.+?) (?:modifies|modify) the session( by UPDATE)?( at a new MSRP path| without an offer)?(?: at once)?$"
)]
fn modifies(world: &mut World, who: String, update: String, offer: String, step: &Step) {
    let offer = match offer.as_str() {
        " at a new MSRP path" => Offer::NewPath,
        " without an offer" => Offer::None,
        _ => Offer::Same,
    };
    does(world, step, &who, Act::Modify(Modification { update: !update.is_empty(), offer }));
}

#[when(regex = r"^(\w+) retrieves (all|the .+?) (deferred|history) messages?$")]
fn retrieves(world: &mut World, who: String, which: String, kept: String, step: &Step) {
    known(world, step, &who);
    let kept = if kept == "history" { Kept::History } else { Kept::Deferred };
    let named = if which == "all" { "" } else { which.trim_start_matches("the ") };
    let numbers = numbers(world, step, named, &format!("{} message", kept.word()));
    world.plan().acts.push(Deed::Retrieves { who, kept, which: numbers });
}

#[when(regex = r"^(\d+) seconds pass$")]
fn pass(world: &mut World, seconds: u64) {
    world.plan().acts.push(Deed::Waits(Duration::from_secs(seconds)));
}

fn does(world: &mut World, step: &Step, who: &str, act: Act) {
    let who = names_of(who);
    who.iter().for_each(|name| known(world, step, name));
    world.plan().acts.push(Deed::Act(who.into_iter().map(|name| (name, act.clone())).collect()));
}

fn act(world: &mut World, who: String, act: Act) {
    world.plan().acts.push(Deed::Act(vec![(who, act)]));
}

/// The people whom a step names beside the one who acts.
fn people(world: &mut World, step: &Step, who: &str, others: &str) -> Vec<String> {
    known(world, step, who);
    let others = names_of(others);
    others.iter().for_each(|name| known(world, step, name));
    others
}

/// Complains about a group, or a session that goes on, that the scenario does not have.
fn known_group(world: &mut World, step: &Step, kind: &str, name: &str) {
    let of_kind = world.plan().groups.iter().filter(|g| g.is_session == (kind == "session"));
    let known: Vec<String> = of_kind.map(|g| g.name.clone()).collect();
    if !known.iter().any(|known| known == name) {
        let hint = did_you_mean(name, &known);
        world.complain(super::world::line_of(step), format!("no {kind} is called \u{201c}{name}\u{201d}"), hint);
    }
}

/// The options in the table of a step, if it has one.
fn sending(world: &mut World, step: &Step) -> Sending {
    let mut sending = Sending::default();
    if step.table.is_some() {
        for (line, [option, value]) in world.rows(step, ["option", "value"]) {
            let yes = value == "yes";
            match option.as_str() {
                "anonymous" => sending.anonymous = yes,
                "show on demand" => sending.on_action = yes,
                "description" => sending.description = Some(value),
                "content type" => sending.content_type = value,
                "external content" => sending.external = Some(value),
                "delivery report" => sending.delivery_report = yes,
                "file name" => sending.file.get_or_insert_default().name = value,
                "file disposition" => sending.file.get_or_insert_default().disposition = Some(value),
                "preview" => sending.file.get_or_insert_default().preview = Some(value),
                "file form" => match FORMS.iter().find(|(words, _)| *words == value) {
                    Some((_, form)) => sending.file.get_or_insert_default().form = *form,
                    None => {
                        let known: Vec<&str> = FORMS.iter().map(|(words, _)| *words).collect();
                        let hint = Some(format!("the forms are {}", known.join(" and ")));
                        world.complain(line, format!("files have no form \u{201c}{value}\u{201d}"), hint);
                    }
                },
                "failure report" => sending.failure_report = Some(value),
                "few chunks" => sending.few_chunks = yes,
                _ => {
                    let known: Vec<String> = OPTIONS.iter().map(|o| (*o).to_owned()).collect();
                    let hint = did_you_mean(&option, &known);
                    world.complain(line, format!("a message has no option \u{201c}{option}\u{201d}"), hint);
                }
            }
        }
    }
    sending
}
