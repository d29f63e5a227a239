//! What stands in the way of playing with a system, or around a core of somebody else: found out in order, each with how to mend it.
//!
//! It must not judge how a system behaves, only whether it can be played with; and it prints nothing.

mod clock;
mod core;
mod folder;
mod item;
mod ours;
mod programs;
mod registration;
mod system;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

pub use item::{Cause, Item, Standing};

use super::diagnostic::Diagnostic;
use super::home;
use super::live::{CorePlace, LiveError, Options, Place};
use super::sut::SystemUnderTest;
use super::yaml;
use crate::net::SocketError;

/// What is looked at: a system, a SIP/IP core of somebody else, or a system that is reached through one.
#[derive(Clone, Debug)]
pub struct Patient {
    /// The text of the home network.
    pub home: String,
    pub system: Option<Source>,
    pub core: Option<Source>,
    /// Where runs write reports and captures.
    pub folders: Vec<PathBuf>,
}

/// A file as the user knows it, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    pub file: String,
    pub text: Result<String, Diagnostic>,
}

/// Looks at everything, and hands out what is found as soon as it is known. `options` are those of a live run.
pub async fn examine(patient: &Patient, options: &Options, stop: &AtomicBool, tell: &mut dyn FnMut(Item)) {
    let mut wrong = false;
    let mut told = |item: Item| {
        wrong |= item.standing == Standing::Wrong;
        tell(item);
    };
    if let Some(source) = &patient.core
        && let Some(place) = read_core(patient, source, &mut told)
    {
        examine_core(&place, stop, &mut told).await;
    }
    if patient.system.is_none() || patient.core.is_some() {
        patient.folders.iter().map(|dir| folder::writable(dir)).for_each(&mut told);
    }
    let Some(source) = &patient.system else { return };
    if wrong {
        return tell(Item::unknown("system", "not asked: it is reached through the core"));
    }
    let Some(place) = read(patient, source, tell) else { return };
    examine_system(patient, &place, options, stop, tell).await;
}

async fn examine_core(place: &CorePlace, stop: &AtomicBool, tell: &mut dyn FnMut(Item)) {
    if let Some(reason) = core::before(place, tell) {
        return tell(Item::unknown("core", format!("not asked: {reason}")));
    }
    if let Err(error) = core::examine(place, stop, tell).await {
        tell(failed("core", &error));
    }
}

async fn examine_system(
    patient: &Patient,
    place: &Place,
    options: &Options,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(Item),
) {
    let mut clear = true;
    for item in ours::own_address(place).into_iter().chain(ours::addresses(place)) {
        clear &= item.standing != Standing::Wrong;
        tell(item);
    }
    let programs = programs::commands(&place.sut);
    let startable = !programs.iter().any(|item| item.standing == Standing::Wrong);
    programs.into_iter().for_each(&mut *tell);
    if patient.core.is_none() {
        patient.folders.iter().map(|dir| folder::writable(dir)).for_each(&mut *tell);
    }
    place.sut.log_file.iter().map(|file| folder::log(file)).for_each(&mut *tell);
    let reason = match (clear, startable) {
        (true, true) => None,
        (false, _) => Some("addresses of ours are missing for it"),
        (true, false) => Some("a program is missing for it"),
    };
    if let Some(reason) = reason {
        return tell(Item::unknown("system", format!("not asked: {reason}")));
    }
    if let Err(error) = system::examine(place, options, stop, tell).await {
        tell(failed("system", &error));
    }
}

/// The files of a core, where they can be read.
fn read_core(patient: &Patient, source: &Source, tell: &mut dyn FnMut(Item)) -> Option<CorePlace> {
    let text = text_of(source, tell)?;
    match CorePlace::several(&patient.home, &source.file, text, 1) {
        Ok(mut places) => {
            let place = places.pop()?;
            let (core, over) = (&place.core, system::name(place.core.transport));
            tell(Item::well(
                "file",
                format!("{}: {} is a SIP/IP core at {} over {over}", source.file, core.name, core.sip),
            ));
            Some(place)
        }
        Err(diagnostic) => {
            tell(wrong(diagnostic));
            None
        }
    }
}

/// The files of a system, where they can be read.
fn read(patient: &Patient, source: &Source, tell: &mut dyn FnMut(Item)) -> Option<Place> {
    let text = text_of(source, tell)?;
    let (home, sut) = (yaml::from_str(home::PATH, &patient.home), SystemUnderTest::parse(&source.file, text));
    let place = match (home, sut) {
        (Ok(home), Ok(sut)) => Place::new(home, sut),
        (home, sut) => {
            home.err().into_iter().chain(sut.err()).map(wrong).for_each(tell);
            return None;
        }
    };
    let sut = &place.sut;
    tell(Item::well("file", format!("{}: {} plays {} at {}", source.file, sut.name, sut.plays, sut.sip)));
    let Some(Source { file, text: Ok(core) }) = &patient.core else { return Some(place) };
    place.with_core(file, core).map_err(|diagnostic| tell(wrong(diagnostic))).ok()
}

fn text_of<'s>(source: &'s Source, tell: &mut dyn FnMut(Item)) -> Option<&'s str> {
    match &source.text {
        Ok(text) => Some(text),
        Err(unread) => {
            tell(wrong(unread.clone()).hint("`imspec init` writes one"));
            None
        }
    }
}

fn wrong(wrong: Diagnostic) -> Item {
    let hint = wrong.hint.clone();
    let shown = Diagnostic { hint: None, ..wrong }.to_string();
    let item = Item::wrong("file", Cause::File, shown);
    hint.into_iter().fold(item, |item, hint| item.hint(hint))
}

/// What keeps a visit from going on.
fn failed(what: &'static str, error: &LiveError) -> Item {
    let cause = match error {
        LiveError::Unreachable { .. } | LiveError::Command { .. } | LiveError::Socket(SocketError::Flood { .. }) => {
            Cause::System
        }
        LiveError::Address { .. } | LiveError::Certificates(_) => Cause::File,
        LiveError::Socket(_) | LiveError::Capture(_) => Cause::Ours,
    };
    let item = Item::wrong(what, cause, error.to_string());
    error.hint().into_iter().fold(item, Item::hint)
}
