//! The addresses of our own actors: each must be there and free, and none may be the system's.

use std::io::ErrorKind;
use std::net::SocketAddr;

use super::item::{Cause, Item};
use crate::net::sockets::{holder, is_free};
use crate::script::home::{self, Home};
use crate::script::live::{CorePlace, PEOPLE, Place, has_own_addresses, visiting};
use crate::script::plan::{SERVER_ROLES, called};

/// Whether the system has an address that is none of ours.
pub fn own_address(place: &Place) -> Option<Item> {
    let (sut, home) = (&place.sut, place.sut.home(&place.home));
    Some(match has_own_addresses(&visiting(sut, PEOPLE.len()), &home, sut) {
        Ok(()) if sut.sip.ip().is_unspecified() => {
            Item::wrong("own address", Cause::File, format!("{} is no address that anything can be sent to", sut.sip))
                .hint("`sip` is the address that others reach it at")
        }
        Ok(()) => Item::well("own address", format!("no actor of {} has {}", home::PATH, sut.sip.ip())),
        Err(error) => Item::wrong("own address", Cause::File, error.to_string())
            .hint(format!("`sip` and `msrp` must differ from all addresses in {}", home::PATH)),
    })
}

/// Whether a core has an address that is none of ours.
pub fn own_address_of_core(place: &CorePlace) -> Option<Item> {
    let (core, home) = (&place.core, place.core.home(&place.home));
    let clients = PEOPLE.iter().enumerate().map(|(nth, name)| (format!("{name}'s client"), home.client_sip(nth)));
    let servers =
        SERVER_ROLES.iter().filter_map(|(_, name)| Some((format!("the {}", called(name)), home.server(name)?)));
    let ours = clients.chain(servers).find(|(_, at)| at.ip() == core.sip.ip());
    Some(match ours {
        _ if core.sip.ip().is_unspecified() => {
            Item::wrong("own address", Cause::File, format!("{} is no address that anything can be sent to", core.sip))
                .hint("`sip` is the address that others reach it at")
        }
        Some((who, at)) => {
            Item::wrong("own address", Cause::File, format!("{} has the address of {who}, {at}", core.name))
                .hint(format!("`sip` must differ from all addresses in {} but that of the core", home::PATH))
        }
        None => Item::well("own address", format!("no client or server of {} has {}", home::PATH, core.sip.ip())),
    })
}

/// Whether our actors around a core can have their addresses.
pub fn addresses_around(place: &CorePlace) -> Vec<Item> {
    let core = &place.core;
    let (clients, servers) = (core.home(&place.home), core.home_of_servers(&place.home));
    let with_core = |home: &Home| Home { core: core.sip, ..home.clone() };
    let mut sockets = sockets(&with_core(&clients), core.sip);
    // Servers may be spoken to otherwise than clients.
    sockets.retain(|(who, ..)| who.ends_with("'s client"));
    let of_servers = self::sockets(&with_core(&servers), core.sip).into_iter();
    sockets.extend(of_servers.filter(|(who, ..)| !who.ends_with("'s client")));
    told(&sockets)
}

/// Whether our actors can have their addresses; one item where all can, else one for each that cannot.
pub fn addresses(place: &Place) -> Vec<Item> {
    told(&sockets(&place.sut.home(&place.home), place.sut.sip))
}

fn told(sockets: &[(String, SocketAddr, bool)]) -> Vec<Item> {
    let wrong: Vec<Item> = sockets.iter().filter_map(|(who, address, tcp)| taken(who, *address, *tcp)).collect();
    if wrong.is_empty() {
        return vec![Item::well("addresses", format!("all {} of ours are free", sockets.len()))];
    }
    wrong
}

fn taken(who: &str, address: SocketAddr, tcp: bool) -> Option<Item> {
    let error = is_free(address, tcp).err()?;
    let transport = if tcp { "TCP" } else { "UDP" };
    let item = |said: String| Item::wrong("addresses", Cause::Ours, said);
    Some(match error.kind() {
        ErrorKind::AddrInUse => {
            let holder = holder(address, tcp).unwrap_or_else(|| "another program".to_owned());
            item(format!("{who} needs {transport} {address}, and {holder} has it"))
                .hint("end it, or let it use another address")
        }
        ErrorKind::AddrNotAvailable => item(format!("{who} needs {address}, and no interface of this machine has it"))
            .hint(format!("name addresses of this machine in {}, in a tree of your own (--features)", home::PATH)),
        ErrorKind::PermissionDenied => item(format!("{who} may not have {transport} {address}"))
            .hint("ports below 1024 need a privilege: choose others"),
        _ => item(format!("{who} cannot have {transport} {address}: {error}")),
    })
}

/// The sockets of everybody whom some scenario needs, but those where the system itself is.
fn sockets(home: &Home, system: SocketAddr) -> Vec<(String, SocketAddr, bool)> {
    let servers = ["core", "conference", "deferred store", "history store", "participating"];
    let servers = servers
        .into_iter()
        .filter_map(|name| Some((format!("the {}", called(name)), home.server(name)?, name != "core")));
    let client = |(nth, name): (usize, &&str)| (format!("{name}'s client"), home.client_sip(nth), true);
    let everybody = servers.chain(PEOPLE.iter().enumerate().map(client));
    let mut sockets = Vec::new();
    for (who, sip, has_msrp) in
        everybody.filter(|(_, sip, _)| sip.ip() != system.ip() || home.is_one_host() && *sip != system)
    {
        sockets.extend([(who.clone(), sip, false), (who.clone(), sip, true)]);
        if has_msrp {
            sockets.push((who, home.msrp_of(sip), true));
        }
    }
    sockets
}
