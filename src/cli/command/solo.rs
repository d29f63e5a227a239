//! What `imspec client` and `imspec server` share: one part is played until nobody gives orders any more, told what to do on
//! stdin or an HTTP port.

use std::net::SocketAddr;

use tokio::sync::{mpsc, oneshot};

use crate::actors::act::Act;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{output, runtime};
use crate::net::http;
use crate::script::home::Home;
use crate::script::port::event_line;
use crate::script::solo::{self, Events, Misbehaviour, Options, Order};

/// Orders that wait; who gives more waits.
const MOST_ORDERS: usize = 64;

/// Plays the part; `first` is done at once, and `http` is the port that takes acts beside stdin.
pub fn play(home: &Home, options: &Options, first: Option<Act>, http: Option<SocketAddr>) -> Result<Exit, Failure> {
    let runtime = runtime::new()?;
    let stop = runtime::stop_flag(&runtime, "saying good-bye; once more to end at once");
    runtime.block_on(async {
        let (give, orders) = mpsc::channel(MOST_ORDERS);
        let events = Events::default();
        if let Some(address) = http {
            let listener = http::server::listen(address).await.map_err(|error| {
                Failure::new(Exit::Harness, format!("cannot listen for HTTP on {address}: {error}"))
            })?;
            tokio::spawn(solo::serve(listener, give.clone(), events.clone()));
        }
        if let Some(act) = first {
            let (done, _) = oneshot::channel();
            let _ = give.send(Order { act, done }).await; // There is room for one.
        }
        // A thread that may wait for a line for ever: it ends with the process.
        std::thread::spawn(move || {
            solo::read(std::io::stdin().lock(), &give, |wrong| output::say(&format!("error: {wrong}\n")));
        });
        let ready = || print(&format!("{{\"event\":\"ready\",\"about\":\"{}\"}}", options.sip));
        let mut tell = |told: &_| {
            print(&event_line(told));
            if http.is_some() {
                events.push(told);
            }
        };
        let complain = |wrong: &str| output::say(&format!("error: {wrong}\n"));
        let played = solo::play(home, options, orders, &stop, ready, &mut tell, &complain).await;
        played.map_err(|error| Failure::new(Exit::Harness, error.to_string()))
    })?;
    Ok(Exit::Passed)
}

/// What is to be done wrong, or what is wrong with its words on the command line.
pub fn misbehaviour(read: Result<Misbehaviour, (String, Option<String>)>) -> Result<Misbehaviour, Failure> {
    read.map_err(|(message, hint)| {
        let failure = Failure::usage(format!("--defect: {message}"));
        hint.iter().fold(failure, |failure, hint| failure.hint(hint))
    })
}

/// Prints a line at once. Where nobody reads any more, there is nobody to tell.
fn print(line: &str) {
    let _ = output::print(&format!("{line}\n"));
}
