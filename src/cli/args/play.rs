//! The words of the commands that play on real sockets for people who build the other side: one client, one server, or
//! a service. Does nothing itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::Tree;
use crate::actors::provision::Provision;

#[derive(Debug, Args)]
pub struct Client {
    /// Whose client it is: an address of record, or its user part in the home domain
    #[arg(value_name = "USER")]
    pub user: String,
    /// Host and port of its SIP
    #[arg(long, value_name = "HOST:PORT")]
    pub sip: SocketAddr,
    /// Host and port of its MSRP [default: the host of --sip, and the MSRP port of scenarios/home.yaml]
    #[arg(long, value_name = "HOST:PORT")]
    pub msrp: Option<SocketAddr>,
    /// The SIP/IP core, through which everything goes [default: that of scenarios/home.yaml]
    #[arg(long, value_name = "HOST:PORT")]
    pub core: Option<SocketAddr>,
    /// What it is a client of
    #[arg(long, value_name = "KIND", default_value = "im")]
    pub kind: ClientKind,
    /// The core is a 3GPP IMS
    #[arg(long)]
    pub ims: bool,
    /// Take invitations of its own accord after that many seconds [default: only when it is told to]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(..=86_400))]
    pub rings: Option<u32>,
    /// What it answers with where it is asked for a password
    #[arg(long, value_name = "WORD")]
    pub password: Option<String>,
    /// Reach others through this MSRP relay, with the password
    #[arg(long, value_name = "URI", requires = "password")]
    pub msrp_relay: Option<String>,
    /// Register at once, without being told to
    #[arg(long)]
    pub register: bool,
    /// Take acts, and give events out, on this port too
    #[arg(long, value_name = "HOST:PORT")]
    pub http: Option<SocketAddr>,
    /// Do something wrong, in the words of features/*/defects; may be given again
    #[arg(long = "defect", value_name = "WORDS")]
    pub defects: Vec<String>,
    #[command(flatten)]
    pub tls: Tls,
    #[command(flatten)]
    pub tree: Tree,
}

/// What goes over TLS, and with which certificates.
#[derive(Debug, Args)]
pub struct Tls {
    /// What its SIP goes over; with tls, that of everybody
    #[arg(long, value_name = "LAYER", default_value = "udp", value_parser = PossibleValuesParser::new(["udp", "tls"]).map(|word| Layer::of(&word)))]
    pub transport: Layer,
    /// What lies between its MSRP and TCP
    #[arg(long, value_name = "LAYER", default_value = "none", value_parser = PossibleValuesParser::new(["none", "tls"]).map(|word| Layer::of(&word)))]
    pub msrp_security: Layer,
    /// The certificates of the authorities that it believes, as PEM
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// The certificate that it shows, as PEM [default: one of its own making]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// The key of that certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Believe every certificate
    #[arg(long)]
    pub tls_believe_anybody: bool,
}

/// Whether something goes over TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    Plain,
    Tls,
}

impl Layer {
    fn of(word: &str) -> Layer {
        if word == "tls" { Layer::Tls } else { Layer::Plain }
    }
}

/// The two kinds of client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ClientKind {
    /// OMA SIMPLE IM
    Im,
    /// OMA CPM
    Cpm,
}

#[derive(Debug, Args)]
pub struct Server {
    /// The role that it plays
    #[arg(value_name = "ROLE", value_parser = PossibleValuesParser::new(Provision::ROLES))]
    pub role: String,
    /// Host and port of its SIP
    #[arg(long, value_name = "HOST:PORT")]
    pub sip: SocketAddr,
    /// Host and port of its MSRP [default: the host of --sip, and the MSRP port of scenarios/home.yaml]
    #[arg(long, value_name = "HOST:PORT")]
    pub msrp: Option<SocketAddr>,
    /// The SIP/IP core, through which everything goes [default: that of scenarios/home.yaml]
    #[arg(long, value_name = "HOST:PORT")]
    pub core: Option<SocketAddr>,
    /// Take acts on this port too
    #[arg(long, value_name = "HOST:PORT")]
    pub http: Option<SocketAddr>,
    /// Do something wrong, in the words of features/*/defects; may be given again
    #[arg(long = "defect", value_name = "WORDS")]
    pub defects: Vec<String>,
    #[command(flatten)]
    pub tls: Tls,
    #[command(flatten)]
    pub tree: Tree,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Only these servers: core, controlling-function, deferred-messaging-function, history-function,
    /// participating-function, xdms [default: all that the file describes]
    #[arg(value_name = "ROLE")]
    pub roles: Vec<String>,
    /// The file that describes the service
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Have the servers do something wrong, in the words of features/*/defects; may be given again
    #[arg(long = "defect", value_name = "WORDS")]
    pub defects: Vec<String>,
}
