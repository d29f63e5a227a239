//! Whether somebody who is believed vouches for a certificate (RFC 5280 §6), and whether it is for whom it should be for
//! (RFC 5922 §7). The time and whom to believe are arguments: it must not know sockets.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, Error, RootCertStore};

use crate::wire::x509::Certificate;

/// Who shows a certificate: who opened the connection, or who accepted it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Client,
    Server,
}

/// The authorities that somebody believes.
#[derive(Clone, Debug)]
pub struct Authorities {
    roots: Arc<RootCertStore>,
    clients: Arc<dyn ClientCertVerifier>,
    provider: Arc<CryptoProvider>,
}

impl Authorities {
    /// Those with these certificates, in DER.
    ///
    /// Errors: no certificate, or one that is none of an authority, in words.
    pub fn new(certificates: &[Bytes]) -> Result<Authorities, String> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            let wrong = |error| format!("the certificate of an authority cannot be used: {error}");
            roots.add(CertificateDer::from(certificate.to_vec())).map_err(wrong)?;
        }
        let (roots, provider) = (Arc::new(roots), Arc::new(rustls::crypto::ring::default_provider()));
        let clients = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
        let clients = clients.map_err(|error| format!("no authority can be used: {error}"))?;
        Ok(Authorities { roots, clients, provider })
    }

    /// The same as TLS asks about who connects.
    pub fn of_clients(&self) -> Arc<dyn ClientCertVerifier> {
        self.clients.clone()
    }

    /// Whether one of them vouches at that time for the first of these, by way of the others.
    pub fn vouch(&self, chain: &[CertificateDer<'_>], end: End, now: UnixTime) -> Result<(), Error> {
        let (first, rest) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        match end {
            End::Client => self.clients.verify_client_cert(first, rest, now).map(drop),
            End::Server => {
                let algorithms = self.provider.signature_verification_algorithms.all;
                let parsed = ParsedCertificate::try_from(first)?;
                verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, rest, now, algorithms)
            }
        }
    }
}

/// Whether a certificate is for that address, or else for that SIP domain.
pub fn is_for(certificate: &[u8], address: IpAddr, domain: &str) -> Result<(), Error> {
    let read = Certificate::parse(certificate).ok_or(CertificateError::BadEncoding)?;
    match read.is_for_address(address) || read.is_for_domain(domain) {
        true => Ok(()),
        false => Err(CertificateError::NotValidForName.into()),
    }
}
