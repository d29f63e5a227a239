//! What went wrong with TLS, in words that say who must do something about it.

use std::fmt;
use std::net::SocketAddr;

use rustls::{AlertDescription, CertificateError, Error};

/// A connection that TLS did not let come about, or broke.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// The host of ours that has it.
    pub node: String,
    /// Who is at the other end.
    pub remote: SocketAddr,
    pub whose: Whose,
    pub what: String,
}

/// At which end something must be done about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The peer showed what is not good, or does not keep to the protocol.
    Peers,
    /// The peer does not believe what ours showed, which may be either's fault.
    Anybodys,
}

impl Trouble {
    pub(super) fn of(node: &str, remote: SocketAddr, error: &Error) -> Trouble {
        let (whose, what) = words(error);
        Trouble { node: node.to_owned(), remote, whose, what }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLS between {} and {}: {}", self.node, self.remote, self.what)
    }
}

fn words(error: &Error) -> (Whose, String) {
    let what = match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "its certificate is not of an authority that is believed here (`tls: {ca: FILE}` names one)".to_owned()
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            "its certificate is neither for its address nor for the home domain, as RFC 5922 7 compares them".to_owned()
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "its certificate was good until some time ago".to_owned()
        }
        Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "its certificate is not good yet".to_owned()
        }
        Error::InvalidCertificate(why) => format!("its certificate is not good: {why}"),
        Error::NoCertificatesPresented => "it shows no certificate, and `mutual` asks for one".to_owned(),
        Error::AlertReceived(alert) => return (Whose::Anybodys, refused(*alert)),
        Error::InvalidMessage(_) => "what it sends is no TLS".to_owned(),
        Error::PeerIncompatible(why) => format!("it knows nothing that is known here: {why:?}"),
        error => error.to_string(),
    };
    (Whose::Peers, what)
}

fn refused(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA | AlertDescription::BadCertificate | AlertDescription::CertificateUnknown => {
            format!("it does not believe the certificate of ours (alert {alert:?}): has it the authority of this run?")
        }
        AlertDescription::CertificateRequired => "it wants a certificate of ours, and had none".to_owned(),
        alert => format!("it broke off with the alert {alert:?}"),
    }
}
