//! `imspec client`: plays one client on real sockets, told what to do on stdin or an HTTP port.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::files;
use crate::actors::act::{Act, Arrange, Kind};
use crate::cli::args::{Client, ClientKind};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{output, runtime};
use crate::net::http;
use crate::script::home::Home;
use crate::script::port::event_line;
use crate::script::solo::{self, Events, Misbehaviour, Options, Order};

/// Orders that wait for the client; who gives more waits.
const MOST_ORDERS: usize = 64;

pub fn run(words: Client) -> Result<Exit, Failure> {
    let misbehaviour = Misbehaviour::parse(words.defects.iter().map(String::as_str)).map_err(|(message, hint)| {
        let failure = Failure::usage(format!("--defect: {message}"));
        hint.iter().fold(failure, |failure, hint| failure.hint(hint))
    })?;
    let mut home = Home::load(&files(words.tree.features)?)?;
    home.core = words.core.unwrap_or(home.core);
    let address = if words.user.contains(':') { words.user } else { home.address_of(&words.user) };
    let client = match words.kind {
        ClientKind::Im => Kind::Im,
        ClientKind::Cpm => Kind::Cpm,
    };
    let options = Options {
        arrange: Arrange { address, client, ims: words.ims, ..Arrange::default() },
        sip: words.sip,
        msrp: words.msrp.unwrap_or(SocketAddr::new(words.sip.ip(), home.msrp_port)),
        password: words.password,
        rings: words.rings.map(|seconds| Duration::from_secs(seconds.into())),
        misbehaviour,
    };
    let runtime = runtime::new()?;
    let stop = runtime::stop_flag(&runtime, "saying good-bye; once more to end at once");
    runtime.block_on(async {
        let (give, orders) = mpsc::channel(MOST_ORDERS);
        let events = Events::default();
        if let Some(address) = words.http {
            let listener = http::server::listen(address).await.map_err(|error| {
                Failure::new(Exit::Harness, format!("cannot listen for HTTP on {address}: {error}"))
            })?;
            tokio::spawn(solo::serve(listener, give.clone(), events.clone()));
        }
        if words.register {
            let (done, _) = oneshot::channel();
            let _ = give.send(Order { act: Act::Register, done }).await; // There is room for one.
        }
        // A thread that may wait for a line for ever: it ends with the process.
        std::thread::spawn(move || {
            solo::read(std::io::stdin().lock(), &give, |wrong| output::say(&format!("error: {wrong}\n")));
        });
        let ready = || print(&format!("{{\"event\":\"ready\",\"about\":\"{}\"}}", options.sip));
        let mut tell = |told: &_| {
            print(&event_line(told));
            if words.http.is_some() {
                events.push(told);
            }
        };
        let played = solo::play(&home, &options, orders, &stop, ready, &mut tell).await;
        played.map_err(|error| Failure::new(Exit::Harness, error.to_string()))
    })?;
    Ok(Exit::Passed)
}

/// Prints a line at once. Where nobody reads any more, there is nobody to tell.
fn print(line: &str) {
    let _ = output::print(&format!("{line}\n"));
}
