//! `imspec ladder`: the messages of a capture, drawn.

use crate::cli::args;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::judge::Cast;
use crate::judge::finding::Ladder;
use crate::judge::ladder::ladder;
use crate::net::capture::CaptureReader;
use crate::report::{self, terminal};
use crate::trace::{Streams, Trace};

/// Messages beyond these are not read: no ladder shows them.
const MOST_MESSAGES: usize = 2_000;

pub fn run(words: &args::Ladder) -> Result<Exit, Failure> {
    let (ladder, cut) = draw(words)?;
    match words.json {
        true => output::print_json(&ladder)?,
        false => output::print(&report::ladder::text(&ladder, terminal::width()))?,
    }
    match cut {
        Some(failure) => Err(failure),
        None => Ok(Exit::Passed),
    }
}

/// The ladder of the file, and what kept the rest of it from being read.
fn draw(words: &args::Ladder) -> Result<(Ladder, Option<Failure>), Failure> {
    let wrong = |error: crate::net::capture::CaptureError| Failure::new(Exit::Data, error.to_string());
    let mut reader = CaptureReader::open(&words.file).map_err(wrong)?;
    let (mut streams, mut trace, mut seen) = (Streams::default(), Trace::new(), Vec::new());
    let mut cut = None;
    while trace.len() < MOST_MESSAGES {
        match reader.next(&mut seen) {
            Ok(true) => {
                for observation in seen.drain(..) {
                    streams.take(observation, |unit| {
                        trace.push(unit);
                    });
                }
            }
            Ok(false) => break,
            Err(error) => {
                cut = Some(wrong(error));
                break;
            }
        }
    }
    if trace.len() >= MOST_MESSAGES {
        output::say(&format!("only the first {MOST_MESSAGES} messages are drawn\n"));
    }
    let mut ladder = ladder(&trace, &Cast::default());
    ports_alone(&mut ladder.lanes);
    Ok((ladder, cut))
}

/// Where all parties share an IP address, only the ports tell them apart, and a narrow column has room for no more.
fn ports_alone(lanes: &mut [String]) {
    let host = lanes.first().and_then(|lane| lane.rsplit_once(':')).map(|(host, _)| format!("{host}:"));
    let shared = host.filter(|host| lanes.len() > 2 && lanes.iter().all(|lane| lane.starts_with(host.as_str())));
    if let Some(host) = shared {
        lanes.iter_mut().for_each(|lane| *lane = format!("port {}", &lane[host.len()..]));
    }
}
