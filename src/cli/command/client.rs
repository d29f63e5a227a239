//! `imspec client`: plays one client on real sockets, told what to do on stdin or an HTTP port.

use std::time::Duration;

use super::{files, solo};
use crate::actors::act::{Act, Arrange, Kind};
use crate::cli::args::{Client, ClientKind};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::script::home::Home;
use crate::script::solo::{Misbehaviour, Options, Part};

pub fn run(words: Client) -> Result<Exit, Failure> {
    let misbehaviour = solo::misbehaviour(Misbehaviour::parse(words.defects.iter().map(String::as_str)))?;
    let mut home = Home::load(&files(words.tree.features)?)?;
    home.core = words.core.unwrap_or(home.core);
    let address = if words.user.contains(':') { words.user } else { home.address_of(&words.user) };
    let client = match words.kind {
        ClientKind::Im => Kind::Im,
        ClientKind::Cpm => Kind::Cpm,
    };
    let options = Options {
        part: Part::Client(Arrange { address, client, ims: words.ims, ..Arrange::default() }),
        sip: words.sip,
        msrp: words.msrp.unwrap_or(home.msrp_of(words.sip)),
        password: words.password,
        rings: words.rings.map(|seconds| Duration::from_secs(seconds.into())),
        misbehaviour,
    };
    solo::play(&home, &options, words.register.then_some(Act::Register), words.http)
}
