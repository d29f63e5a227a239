//! Tests of capture files, by what crosses the boundary: octets of a file in, observations out.

mod files;
mod formats;
mod hostile;
mod links;
mod reference;
mod round_trip;
mod tcp;
mod wireshark;

use std::io::Cursor;

use super::{CaptureError, CaptureReader, Statistics};
use crate::trace::{Observation, Seen};

/// Everything that reading a file gives.
struct Outcome {
    seen: Vec<Observation>,
    error: Option<CaptureError>,
    statistics: Statistics,
}

fn read(file: impl Into<Vec<u8>>) -> Outcome {
    let mut outcome = Outcome { seen: vec![], error: None, statistics: Statistics::default() };
    let mut reader = match CaptureReader::from_reader(Cursor::new(file.into())) {
        Ok(reader) => reader,
        Err(error) => return Outcome { error: Some(error), ..outcome },
    };
    loop {
        match reader.next(&mut outcome.seen) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => outcome.error = Some(error),
        }
    }
    outcome.statistics = reader.statistics();
    outcome
}

/// Observations as short lines: packet, ports, what.
fn lines(seen: &[Observation]) -> Vec<String> {
    seen.iter().map(|one| format!("{} {}>{} {}", one.packet, one.src.port(), one.dst.port(), word(&one.what))).collect()
}

fn word(what: &Seen) -> String {
    match what {
        Seen::Datagram(octets) => format!("datagram {}", octets.escape_ascii()),
        Seen::Data(octets) => format!("data {}", octets.escape_ascii()),
        Seen::Gap { octets } => format!("gap {octets}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// Reads `file` and demands these lines, and no error.
#[track_caller]
fn check(name: &str, file: impl Into<Vec<u8>>, expected: &[&str]) {
    let outcome = read(file);
    assert_eq!(lines(&outcome.seen), expected, "{name}");
    if let Some(error) = outcome.error {
        panic!("{name}: {error}");
    }
}
