//! The words of the commands about system files. Does nothing itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Tree;
use crate::script::sut::Transport;

#[derive(Debug, Args)]
pub struct Init {
    /// The file to write; - prints it
    #[arg(value_name = "FILE", default_value = "system.yaml")]
    pub file: PathBuf,
    /// What the system plays: im-client, cpm-client, a server such as controlling-function, or a person such as Alice
    #[arg(long, value_name = "ROLE", default_value = "im-client")]
    pub plays: String,
    /// What reports shall call it
    #[arg(long, value_name = "NAME", default_value = "My system")]
    pub name: String,
    /// Host and port of its SIP
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.21:5060")]
    pub sip: SocketAddr,
    /// The transport of its SIP
    #[arg(long, value_name = "TRANSPORT", default_value = "udp")]
    pub transport: SipTransport,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// The system file, or that of a SIP/IP core that `plays: sip-core`
    #[arg(value_name = "FILE", required_unless_present = "core")]
    pub file: Option<PathBuf>,
    /// The SIP/IP core of somebody else, described in this file: alone, or with the system that is reached through it
    #[arg(long, value_name = "FILE")]
    pub core: Option<PathBuf>,
    /// The folder where runs will be told to write
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub tree: Tree,
    /// Print JSON and nothing else on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Probe {
    /// The system file, or that of a SIP/IP core that `plays: sip-core`
    #[arg(value_name = "FILE", required_unless_present = "core")]
    pub file: Option<PathBuf>,
    /// The SIP/IP core of somebody else, described in this file
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    pub core: Option<PathBuf>,
    #[command(flatten)]
    pub tree: Tree,
    /// Print JSON and nothing else on stdout
    #[arg(long)]
    pub json: bool,
}

/// The transports of SIP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum SipTransport {
    Udp,
    Tcp,
    Tls,
}

impl SipTransport {
    pub fn transport(self) -> Transport {
        match self {
            SipTransport::Udp => Transport::Udp,
            SipTransport::Tcp => Transport::Tcp,
            SipTransport::Tls => Transport::Tls,
        }
    }
}
