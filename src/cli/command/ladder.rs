//! `imspec ladder`: the messages of a capture, drawn.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crate::cli::args;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::judge::finding::Ladder;
use crate::judge::ladder::ladder;
use crate::judge::{Cast, Endpoint, Party};
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
    Ok((ladder(&trace, &hosts(&trace)), cut))
}

/// One party for each IP address, so that the ports of a host share a column. Where there is only one address, as when
/// everything ran on one machine, one for each port.
fn hosts(trace: &Trace) -> Cast {
    let ends = trace.units().flat_map(|(_, unit)| [unit.src, unit.dst]);
    let ends: BTreeSet<SocketAddr> = ends.collect();
    let ips: BTreeSet<IpAddr> = ends.iter().map(SocketAddr::ip).collect();
    let party = |role: String, ip: IpAddr, port: Option<u16>| Party {
        role,
        endpoints: vec![Endpoint { ip, port }],
        ..Party::default()
    };
    let parties = match ips.len() {
        0 | 1 => ends.iter().map(|end| party(format!("port {}", end.port()), end.ip(), Some(end.port()))).collect(),
        _ => ips.iter().map(|&ip| party(ip.to_string(), ip, None)).collect(),
    };
    Cast { parties, ..Cast::default() }
}
