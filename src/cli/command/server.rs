//! `imspec server`: plays one server on real sockets, told what it is provisioned with on stdin or an HTTP port.

use super::{files, solo, tls};
use crate::cli::args::Server;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::script::home::Home;
use crate::script::simulate::provision::usual;
use crate::script::solo::{Misbehaviour, Options, Part};

pub fn run(words: Server) -> Result<Exit, Failure> {
    let defects = words.defects.iter().map(String::as_str);
    let misbehaviour = solo::misbehaviour(Misbehaviour::parse_for_server(defects))?;
    let mut home = tls::secured(Home::load(&files(words.tree.features)?)?, &words.tls);
    home.core = words.core.unwrap_or(home.core);
    let Some(known) = usual(&words.role, &home) else {
        return Err(Failure::usage(format!("there is no role `{}`", words.role)));
    };
    let msrp = words.msrp.unwrap_or(home.msrp_of(words.sip));
    let credentials = tls::credentials(&mut home, &words.tls, &[words.sip.ip(), msrp.ip()])?;
    let options = Options {
        credentials,
        part: Part::Server(known),
        sip: words.sip,
        msrp,
        rings: None,
        password: None,
        misbehaviour,
    };
    solo::play(&home, &options, None, words.http)
}
