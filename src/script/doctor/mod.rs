//! What stands in the way of playing with a system: found out in order, each with how to mend it.
//!
//! It must not judge how a system behaves, only whether it can be played with; and it prints nothing.

mod clock;
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
use super::live::{LiveError, Options, Place};
use super::sut::SystemUnderTest;
use super::yaml;
use crate::net::SocketError;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Patient {
    /// The text of the home network.
    pub home: String,
    /// The system file as the user knows it, and its text.
    pub file: String,
    pub text: Result<String, Diagnostic>,
    /// Where runs write reports and captures.
    pub folders: Vec<PathBuf>,
}

/// Looks at everything, and hands out what is found as soon as it is known. `options` are those of a live run.
pub async fn examine(patient: &Patient, options: &Options, stop: &AtomicBool, tell: &mut dyn FnMut(Item)) {
    let Some(place) = read(patient, tell) else { return };
    let mut clear = true;
    for item in ours::own_address(&place).into_iter().chain(ours::addresses(&place)) {
        clear &= item.standing != Standing::Wrong;
        tell(item);
    }
    let programs = programs::commands(&place.sut);
    let startable = !programs.iter().any(|item| item.standing == Standing::Wrong);
    programs.into_iter().for_each(&mut *tell);
    patient.folders.iter().map(|dir| folder::writable(dir)).for_each(&mut *tell);
    place.sut.log_file.iter().map(|file| folder::log(file)).for_each(&mut *tell);
    let reason = match (clear, startable) {
        (true, true) => None,
        (false, _) => Some("addresses of ours are missing for it"),
        (true, false) => Some("a program is missing for it"),
    };
    if let Some(reason) = reason {
        return tell(Item::unknown("system", format!("not asked: {reason}")));
    }
    if let Err(error) = system::examine(&place, options, stop, tell).await {
        tell(failed("system", &error));
    }
}

/// The files, where they can be read.
fn read(patient: &Patient, tell: &mut dyn FnMut(Item)) -> Option<Place> {
    let wrong = |wrong: Diagnostic| {
        let hint = wrong.hint.clone();
        let shown = Diagnostic { hint: None, ..wrong }.to_string();
        let item = Item::wrong("file", Cause::File, shown);
        hint.into_iter().fold(item, |item, hint| item.hint(hint))
    };
    let text = match &patient.text {
        Ok(text) => text,
        Err(unread) => {
            tell(wrong(unread.clone()).hint("`imspec init` writes one"));
            return None;
        }
    };
    match (yaml::from_str(home::PATH, &patient.home), SystemUnderTest::parse(&patient.file, text)) {
        (Ok(home), Ok(sut)) => {
            tell(Item::well("file", format!("{}: {} plays {} at {}", patient.file, sut.name, sut.plays, sut.sip)));
            Some(Place::new(home, sut))
        }
        (home, sut) => {
            home.err().into_iter().chain(sut.err()).map(wrong).for_each(tell);
            None
        }
    }
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
