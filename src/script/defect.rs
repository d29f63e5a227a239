//! Defects: the bugs that prove the checks, from `features/<spec>/defects/*.yaml`.

use serde::Deserialize;

use super::catalogue::Catalogue;
use super::diagnostic::Diagnostic;
use super::feature::Features;
use super::files::Files;
use super::simulate::Bug;
use super::suggest;
use super::yaml;
use crate::actors::client::Switches;
use crate::net::tamper::{Change, Tampering, Unread, Way};

/// One bug and the requirement whose check must notice it.
#[derive(Clone, Debug)]
pub struct Defect {
    pub requirement: String,
    /// The case that is played with the bug.
    pub case: String,
    /// What the bug does, in words.
    pub words: String,
    pub bug: Bug,
    /// Requirements that the bug breaks too.
    pub also: Vec<String>,
    pub file: String,
    pub line: u32,
}

/// A defect as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    requirement: String,
    case: String,
    sends: Option<String>,
    hears: Option<String>,
    change: Option<Changes>,
    switch: Option<String>,
    #[serde(default)]
    also: Vec<String>,
}

/// One change, or several that are made to the same message, in this order.
#[derive(Deserialize)]
#[serde(untagged)]
enum Changes {
    One(String),
    Several(Vec<String>),
}

/// What stands between the changes of a bug where it is shown.
const AND: &str = ", and then ";

/// Reads all defects. Errors: everything that is wrong with any of them.
pub fn load(files: &Files, catalogue: &Catalogue, features: &Features) -> Result<Vec<Defect>, Vec<Diagnostic>> {
    let mut defects = Vec::new();
    let mut wrong = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| is_defect_file(path)) {
        match yaml::from_str::<Vec<Written>>(path, text) {
            Ok(written) => {
                let starts = || text.lines().enumerate().filter(|(_, line)| line.starts_with("- "));
                if starts().count() != written.len() {
                    let message = "each defect begins a line with `- `";
                    wrong.push(Diagnostic::new(path, message).at_part(text, 1, ""));
                    continue;
                }
                for (written, (index, _)) in written.into_iter().zip(starts()) {
                    let line = index + 1;
                    match lower(&written, catalogue, features) {
                        Ok((words, bug)) => defects.push(Defect {
                            requirement: written.requirement,
                            case: written.case,
                            words,
                            bug,
                            also: written.also,
                            file: path.to_owned(),
                            line: u32::try_from(line).unwrap_or(u32::MAX),
                        }),
                        Err((part, message, hint)) => {
                            let line =
                                text.lines().skip(index).position(|l| l.contains(&part)).map_or(line, |n| line + n);
                            wrong.push(Diagnostic::new(path, message).at_part(text, line, &part).maybe_hint(hint));
                        }
                    }
                }
            }
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    if wrong.is_empty() { Ok(defects) } else { Err(wrong) }
}

/// Reads a bug in the words that defects are shown in: `sends INVITE: drop header Allow`, `hears 200 to INVITE: …`,
/// `switch keeps-media`. The error says what is wrong, and what would be right where that is known.
pub fn bug(words: &str) -> Result<Bug, (String, Option<String>)> {
    let words = words.trim();
    let read = match words.split_once(' ') {
        Some(("switch", name)) => switch(name.trim()),
        Some((verb @ ("sends" | "hears"), rest)) => {
            let way = if verb == "sends" { Way::Leaving } else { Way::Arriving };
            let (message, change) = rest.split_once(": ").unwrap_or((rest, ""));
            tamperings(message, &change.split(AND).collect::<Vec<_>>(), way)
        }
        _ => {
            let hint = "say for example `sends INVITE: drop header Allow` or `switch keeps-media`".to_owned();
            return Err((format!("there is no bug `{words}`"), Some(hint)));
        }
    };
    read.map(|(_, bug)| bug).map_err(|(_, message, hint)| (message, hint))
}

fn is_defect_file(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("features") && parts.nth(1) == Some("defects") && path.ends_with(".yaml")
}

type Wrong = (String, String, Option<String>);

fn lower(written: &Written, catalogue: &Catalogue, features: &Features) -> Result<(String, Bug), Wrong> {
    for id in std::iter::once(&written.requirement).chain(&written.also) {
        if catalogue.get(id).is_none() {
            return Err((id.clone(), format!("the catalogue has no requirement {id}"), catalogue.hint(id)));
        }
    }
    if features.get(&written.case).is_none() {
        let hint = suggest::hint(&written.case, features.cases().iter().map(|c| c.address.as_str()));
        return Err((written.case.clone(), format!("there is no case {}", written.case), hint));
    }
    let changes: Option<Vec<&str>> = written.change.as_ref().map(|changes| match changes {
        Changes::One(change) => vec![change.as_str()],
        Changes::Several(changes) => changes.iter().map(String::as_str).collect(),
    });
    match (&written.sends, &written.hears, changes.filter(|changes| !changes.is_empty()), &written.switch) {
        (Some(message), None, Some(changes), None) => tamperings(message, &changes, Way::Leaving),
        (None, Some(message), Some(changes), None) => tamperings(message, &changes, Way::Arriving),
        (None, None, None, Some(name)) => switch(name),
        _ => {
            let message = "a defect has either `sends` and `change`, or `hears` and `change`, or `switch`";
            Err((written.requirement.clone(), message.to_owned(), None))
        }
    }
}

fn switch(name: &str) -> Result<(String, Bug), Wrong> {
    match Switches::default().with(name) {
        Some(switches) => Ok((format!("switch {name}"), Bug::Switch(switches))),
        None => {
            let hint = suggest::hint(name, Switches::NAMES.iter().map(|(n, _)| *n));
            Err((name.to_owned(), format!("clients have no switch {name}"), hint))
        }
    }
}

fn tamperings(message: &str, changes: &[&str], way: Way) -> Result<(String, Bug), Wrong> {
    let read = changes.iter().map(|change| tampering(message, change, way)).collect::<Result<Vec<_>, _>>()?;
    let verb = if way == Way::Leaving { "sends" } else { "hears" };
    let selector = read.first().map_or_else(String::new, |tampering| tampering.selector.to_string());
    let changes: Vec<String> = read.iter().map(|tampering| tampering.change.to_string()).collect();
    Ok((format!("{verb} {selector}: {}", changes.join(AND)), Bug::Tampering(read)))
}

fn tampering(message: &str, change: &str, way: Way) -> Result<Tampering, Wrong> {
    match Tampering::parse(message, change) {
        Ok(tampering) => Ok(Tampering { way, ..tampering }),
        Err(Unread::Message) => {
            let hint = "say for example `200 to INVITE`, `3rd MSRP SEND`, `from the 2nd MSRP 200`".to_owned();
            Err((message.to_owned(), format!("no message is called {message}"), Some(hint)))
        }
        Err(Unread::Change) => {
            let hint = suggest::hint(change, Change::vocabulary().iter().copied());
            Err((change.to_owned(), format!("there is no change {change}"), hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_is_read_as_it_is_shown() {
        let files = Files::embedded();
        let catalogue = Catalogue::load(&files).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
        let features = Features::load(&files).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
        for defect in load(&files, &catalogue, &features).unwrap_or_else(|wrong| panic!("{}", wrong[0])) {
            assert_eq!(bug(&defect.words), Ok(defect.bug), "{}", defect.words);
        }
    }

    #[test]
    fn slips_are_shown_with_what_would_be_right() {
        #[track_caller]
        fn check(words: &str, message: &str, hint: &str) {
            let (said, hinted) = bug(words).unwrap_err();
            assert!(
                said.contains(message) && hinted.as_deref().unwrap_or_default().contains(hint),
                "{said}: {hinted:?}"
            );
        }
        check("", "there is no bug", "sends INVITE: drop header Allow");
        check("drops INVITE", "there is no bug", "switch keeps-media");
        check("switch keep-media", "no switch keep-media", "`keeps-media`");
        check("sends INVIT: swallow", "no message is called INVIT", "200 to INVITE");
        check("sends INVITE: swalow", "there is no change swalow", "`swallow`");
        check("sends INVITE", "there is no change", "");
    }
}
