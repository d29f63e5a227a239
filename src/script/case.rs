//! The end of a case, in any stage: from the trace and the plan to findings, ladder and capture file.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, fs, io};

use super::home::Home;
use super::plan::{Deed, Plan, Whom};
use super::stored::stored;
use crate::actors::act::{Act, Kept, Recipients, Sending};
use crate::judge::finding::Ladder;
use crate::judge::{self, CaseResult, Cast, Finding, Scene, Stimulus, Verdict, ladder};
use crate::net::capture::{CaptureError, CaptureWriter, Format, KEYS};
use crate::time::Time;
use crate::trace::{Observation, Streams, Trace, Unit, UserEvent, What};

/// What a stage saw of a case.
#[derive(Default)]
pub struct Seen {
    pub observations: Vec<Observation>,
    /// What users were told, in order of time.
    pub told: Vec<(Time, UserEvent)>,
    pub events_reported: bool,
    /// False when the case was left before it was over.
    pub complete: bool,
    /// How much later than it happened we may have seen something and still be a good witness.
    pub latitude: Duration,
}

/// The findings of a case with what they rest on.
pub struct Judged {
    pub findings: Vec<Finding>,
    pub trace: Trace,
}

/// Takes what was seen apart and judges it by every check of the plan.
pub fn judge(plan: &Plan, cast: &Cast, stimulus: &Stimulus, seen: &Seen) -> Judged {
    let trace = trace(seen);
    let whole = Scene::of(&trace, cast, stimulus);
    let scene =
        Scene { complete: seen.complete, events_reported: seen.events_reported, latitude: seen.latitude, ..whole };
    let findings = plan.checks.iter().flat_map(|check| check.judge(&scene)).collect();
    Judged { findings, trace }
}

/// The result of a case as reports show it.
pub fn result(plan: &Plan, cast: &Cast, judged: Judged, capture: Option<String>, rerun: String) -> CaseResult {
    let first = judged.trace.units().next().map(|(_, unit)| unit.begun);
    let last = judged.trace.units().next_back().map(|(_, unit)| unit.at);
    let duration = first.zip(last).map_or(0, |(first, last)| last.0.saturating_sub(first.0));
    let ladder = ladder::ladder(&judged.trace, cast);
    CaseResult { duration_ns: duration, ladder, capture, rerun, ..of(plan, judged.findings) }
}

/// The result of a plan with these findings, without anything that was seen.
pub fn of(plan: &Plan, findings: Vec<Finding>) -> CaseResult {
    let case = &plan.case;
    CaseResult {
        address: case.address.clone(),
        spec: case.spec.clone(),
        subclause: case.subclause.clone(),
        feature: case.feature.clone(),
        scenario: case.scenario.clone(),
        place: case.place.clone(),
        duration_ns: 0,
        findings,
        ladder: Ladder::default(),
        capture: None,
        log: None,
        repeats: 0,
        rerun: format!("imspec run {}", case.address),
    }
}

/// What the user of a plan asks for, as checks must know it.
pub fn stimulus(plan: &Plan, home: &Home, address_of: impl Fn(&str) -> String) -> Stimulus {
    let chosen = plan.acts.iter().find_map(|deed| match deed {
        Deed::Retrieves { kept, which, .. } => Some(ids(home, *kept, which)),
        _ => None,
    });
    let chosen = chosen.unwrap_or_default();
    let held = plan.stores().into_iter().flat_map(|kept| stored(plan, home, kept));
    let stored = held.map(|held| judge::Stored { date_time: held.date_time, content: held.text.into() }).collect();
    let Some((who, to, size, sending)) = plan.sends() else {
        let recipients = invited(plan).iter().map(|name| address_of(name)).collect();
        return Stimulus { chosen, recipients, stored, ..said(plan, address_of) };
    };
    let recipients = match to {
        Whom::People(names) => names.iter().map(|name| address_of(name)).collect(),
        Whom::Group(_) | Whom::Session(_) => Vec::new(),
    };
    let size = Some(size).filter(|_| sending.request_octets.is_none());
    let plain = sending.external.is_none() && !sending.delivery_report;
    Stimulus {
        sender: address_of(who),
        recipients,
        chosen,
        size,
        content: size.filter(|_| plain).map(|size| text(size).into_bytes().into()),
        description: sending.description.clone(),
        files: files(size, sending),
        file_sizes: Vec::new(),
        stored,
    }
}

/// The files that go together.
fn files(size: Option<u64>, sending: &Sending) -> Vec<bytes::Bytes> {
    let first = size.filter(|_| !sending.also.is_empty()).map(text);
    first.into_iter().chain(sending.also.iter().map(|more| more.text.clone())).map(bytes::Bytes::from).collect()
}

/// Whom the last act that asks for a conference names: those invited, and for an extension the other one in the session.
fn invited(plan: &Plan) -> Vec<String> {
    let mut invited = Vec::new();
    let mut peer = None;
    for (who, act) in plan.in_sessions() {
        match act {
            Act::Invite { to } => peer = Some((who, to.as_str())),
            Act::Confer { to, .. } => invited.clone_from(to),
            Act::Extend { to } => {
                let other = peer.map(|(inviter, invited)| if inviter == who { invited } else { inviter });
                invited = other.into_iter().map(str::to_owned).chain(to.iter().cloned()).collect();
            }
            _ => {}
        }
    }
    invited
}

/// What the user of a plan says in a session.
fn said(plan: &Plan, address_of: impl Fn(&str) -> String) -> Stimulus {
    let Some((who, sending)) = plan.says() else { return Stimulus::default() };
    let plain = sending.external.is_none() && !sending.delivery_report;
    let content = bytes::Bytes::from(sending.text.clone());
    Stimulus {
        sender: address_of(who),
        size: Some(content.len() as u64),
        content: plain.then_some(content),
        description: sending.description.clone(),
        ..Stimulus::default()
    }
}

/// What a client is told to send.
pub fn sending(to: &Whom, size: u64, sending: &Sending, address_of: impl Fn(&str) -> String) -> Sending {
    let to = match to {
        Whom::People(names) => match &names[..] {
            [one] => Recipients::One(address_of(one)),
            many => Recipients::Several(many.iter().map(|name| address_of(name)).collect()),
        },
        Whom::Group(name) => Recipients::Group(address_of(name)),
        Whom::Session(name) => Recipients::Session(address_of(name)),
    };
    Sending { to, text: text(size), ..sending.clone() }
}

/// An act as a client is told it: with the addresses of the people and groups that it names.
pub fn addressed(act: &Act, address_of: impl Fn(&str) -> String) -> Act {
    let all = |names: &[String]| names.iter().map(|name| address_of(name)).collect();
    match act {
        Act::Invite { to } => Act::Invite { to: address_of(to) },
        Act::Confer { to, anonymous } => Act::Confer { to: all(to), anonymous: *anonymous },
        Act::Join { conference, anonymous } => Act::Join { conference: address_of(conference), anonymous: *anonymous },
        Act::Extend { to } => Act::Extend { to: all(to) },
        Act::Message(sending) => {
            let to = match &sending.to {
                Recipients::One(name) => Recipients::One(address_of(name)),
                Recipients::Several(names) => Recipients::Several(all(names)),
                other => other.clone(),
            };
            Act::Message(Box::new(Sending { to, ..(**sending).clone() }))
        }
        other => other.clone(),
    }
}

/// The URIs by which a list names stored messages of these numbers.
pub fn ids(home: &Home, kept: Kept, which: &[u32]) -> Vec<String> {
    which.iter().map(|nth| home.stored_id(kept, *nth)).collect()
}

/// A text of that many bytes, in numbered lines so that a reader of a trace sees where he is.
pub fn text(size: u64) -> String {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut text = String::with_capacity(size + 64);
    let mut line = 1u32;
    while text.len() < size {
        text.push_str(&format!("{line:06} The quick brown fox jumps over the lazy dog.\r\n"));
        line += 1;
    }
    text.truncate(size);
    text
}

/// Where the capture of the nth attempt of a case (from 0) lies below the folder of a run.
pub fn capture_name(address: &str, nth: usize, format: Format) -> String {
    let ending = match format {
        Format::PcapNg => "pcapng",
        Format::Pcap => "pcap",
    };
    file_name(address, nth, "trace", ending)
}

/// Where what the system under test printed in the nth attempt of a case (from 0) lies.
pub fn log_name(address: &str, nth: usize) -> String {
    file_name(address, nth, "system", "log")
}

/// Where what a SIP/IP core of somebody else printed in a case is kept.
pub fn core_log_name(address: &str, nth: usize) -> String {
    file_name(address, nth, "core", "log")
}

fn file_name(address: &str, nth: usize, stem: &str, ending: &str) -> String {
    match nth {
        0 => format!("{address}/{stem}.{ending}"),
        _ => format!("{address}/{stem}-{}.{ending}", nth + 1),
    }
}

/// Writes what a system printed, if it printed anything; whether it did.
pub fn write_log(dir: &Path, name: &str, log: &[u8]) -> Result<bool, WriteError> {
    let path = dir.join(name);
    let written = match log {
        // One of an earlier run would be taken for that of this one.
        [] => fs::remove_file(&path).or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) }),
        _ => fs::create_dir_all(path.parent().unwrap_or(dir)).and_then(|()| fs::write(&path, log)),
    };
    written.map(|()| !log.is_empty()).map_err(|error| WriteError { path, cause: Cause::Io(error) })
}

/// Writes what was seen, with the verdicts as comments on their packets.
pub fn write_capture(
    dir: &Path,
    name: &str,
    format: Format,
    cast: &Cast,
    seen: &Seen,
    findings: &[Finding],
) -> Result<(), WriteError> {
    let path = dir.join(name);
    let failed = |cause| WriteError { path: path.clone(), cause };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|e| failed(Cause::Io(e)))?;
    }
    let mut names: Vec<(IpAddr, String)> = Vec::new();
    for party in &cast.parties {
        for endpoint in &party.endpoints {
            let shared =
                cast.parties.iter().any(|p| p.name != party.name && p.endpoints.iter().any(|e| e.ip == endpoint.ip));
            if !shared && !names.iter().any(|(ip, _)| *ip == endpoint.ip) {
                names.push((endpoint.ip, party.role.clone()));
            }
        }
    }
    let secrets: BTreeSet<&str> = seen.observations.iter().filter_map(|one| one.what.secret()).collect();
    if format == Format::Pcap && !secrets.is_empty() {
        let lines: String = secrets.iter().flat_map(|line| [line, "\n"]).collect();
        fs::write(path.with_extension(KEYS), lines).map_err(|e| failed(Cause::Io(e)))?;
    }
    let comments = comments(findings);
    let written = CaptureWriter::create(&path, format, &names).and_then(|mut writer| {
        writer.secrets(secrets.iter().copied())?;
        for observation in &seen.observations {
            writer.write(observation, comments.get(&observation.packet).map(String::as_str))?;
        }
        writer.finish()
    });
    written.map(drop).map_err(|error| {
        // Half of a capture must not pass as whole. The first error is the one to tell.
        let _ = fs::remove_file(&path);
        failed(Cause::Capture(error))
    })
}

/// What is said of packets, by their numbers.
fn comments(findings: &[Finding]) -> std::collections::BTreeMap<u32, String> {
    let mut comments: std::collections::BTreeMap<u32, String> = std::collections::BTreeMap::new();
    for finding in findings {
        if let Some(evidence) = &finding.evidence {
            let comment = comments.entry(evidence.packet).or_default();
            if !comment.is_empty() {
                comment.push('\n');
            }
            comment.push_str(&format!("{}: {} ({})", finding.verdict.word(), finding.requirement, finding.subject));
            if finding.verdict != Verdict::Pass {
                comment.push_str(&format!(" at {}:{}", finding.place.file, finding.place.line));
            }
        }
    }
    comments
}

/// A capture file that could not be written.
#[derive(Debug)]
pub struct WriteError {
    pub path: PathBuf,
    pub cause: Cause,
}

/// Why not.
#[derive(Debug)]
pub enum Cause {
    Io(io::Error),
    Capture(CaptureError),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Io(error) => write!(f, "{}: {error}", self.path.display()),
            Cause::Capture(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for WriteError {}

/// The trace of what was seen, with what users were told between the packets.
fn trace(seen: &Seen) -> Trace {
    let mut trace = Trace::new();
    let mut streams = Streams::default();
    let mut told = seen.told.iter().peekable();
    let mut units: Vec<Unit> = Vec::new();
    for observation in &seen.observations {
        streams.take(observation.clone(), |unit| units.push(unit));
    }
    let nowhere = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
    let event = |at: Time, event: &UserEvent| Unit {
        at,
        begun: at,
        packet: 0,
        src: nowhere,
        dst: nowhere,
        what: What::Event(event.clone()),
    };
    for unit in units {
        while let Some((at, e)) = told.next_if(|(at, _)| *at < unit.at) {
            trace.push(event(*at, e));
        }
        trace.push(unit);
    }
    for (at, e) in told {
        trace.push(event(*at, e));
    }
    trace
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_as_many_bytes_as_asked_for() {
        for size in [1, 55, 56, 57, 1300, 20000] {
            assert_eq!(text(size).len() as u64, size);
        }
    }
}
