//! `imspec client`: plays one client on real sockets, told what to do on stdin or an HTTP port.

use std::time::Duration;

use super::{files, solo, tls};
use crate::actors::act::{Act, Arrange, Kind, RelayAccount};
use crate::cli::args::{Client, ClientKind};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::script::home::Home;
use crate::script::solo::{Misbehaviour, Options, Part};
use crate::wire::uri::{Scheme, Uri};

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
    let relay = words.msrp_relay.map(|uri| relay(uri, &address, words.password.as_deref())).transpose()?;
    let options = Options {
        credentials,
        part: Part::Client(Arrange { address, client, ims: words.ims, relay, ..Arrange::default() }),
        sip: words.sip,
        msrp,
        password: words.password,
        rings: words.rings.map(|seconds| Duration::from_secs(seconds.into())),
        misbehaviour,
    };
    solo::play(&home, &options, words.register.then_some(Act::Register), words.http)
}

/// Who the client's user is to its MSRP relay.
fn relay(uri: String, address: &str, password: Option<&str>) -> Result<RelayAccount, Failure> {
    let parsed = Uri::parse(&uri);
    let is_there = parsed.host.and_then(|host| host.ip()).is_some() && parsed.port.is_some();
    if !matches!(parsed.scheme, Scheme::Msrp | Scheme::Msrps) || !is_there {
        let message = format!("`{uri}` is no URI of an MSRP relay");
        return Err(Failure::usage(message).hint("write for example msrp://127.0.0.8:2855;tcp"));
    }
    let user = Uri::parse(address).user.unwrap_or_default().to_owned();
    Ok(RelayAccount { uri, user, password: password.unwrap_or_default().to_owned() })
}
