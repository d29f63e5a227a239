//! `imspec client`: plays one client on real sockets, told what to do on stdin or an HTTP port.

use std::time::Duration;

use super::{files, solo, tls};
use crate::actors::act::{Act, Arrange, Kind};
use crate::cli::args::{Client, ClientKind};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::script::home::Home;
use crate::script::solo::{Misbehaviour, Options, Part};

pub fn run(words: Client) -> Result<Exit, Failure> {
    let misbehaviour = solo::misbehaviour(Misbehaviour::parse(words.defects.iter().map(String::as_str)))?;
    let mut home = tls::secured(Home::load(&files(words.tree.features)?)?, &words.tls);
    home.core = words.core.unwrap_or(home.core);
    let address = if words.user.contains(':') { words.user } else { home.address_of(&words.user) };
    let client = match words.kind {
        ClientKind::Im => Kind::Im,
        ClientKind::Cpm => Kind::Cpm,
    };
    let msrp = words.msrp.unwrap_or(home.msrp_of(words.sip));
    let credentials = tls::credentials(&mut home, &words.tls, &[words.sip.ip(), msrp.ip()])?;
    let options = Options {
        credentials,
        part: Part::Client(Arrange { address, client, ims: words.ims, ..Arrange::default() }),
        sip: words.sip,
        msrp,
        password: words.password,
        rings: words.rings.map(|seconds| Duration::from_secs(seconds.into())),
        misbehaviour,
    };
    solo::play(&home, &options, words.register.then_some(Act::Register), words.http)
}
