//! Whose certificate is believed: that of an authority, for the address or the home domain; or anybody's.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::{Credentials, Verify};
use crate::stack::certificate::{Authorities, End, is_for};

/// Peers that are known by who issued their certificates.
#[derive(Debug)]
pub struct Peers {
    /// `None` where any certificate will do.
    authorities: Option<Authorities>,
    domain: String,
    /// Whether it is only noted where somebody is not believed.
    lenient: bool,
    clients: Option<Arc<dyn ClientCertVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Peers {
    pub fn new(own: &Credentials, provider: &Arc<CryptoProvider>) -> Result<Peers, String> {
        let authorities = match own.verify {
            Verify::Nobody => None,
            Verify::Strictly | Verify::Leniently => Some(Authorities::new(&own.authorities)?),
        };
        let lenient = own.verify == Verify::Leniently;
        let clients: Arc<dyn ClientCertVerifier> = match &authorities {
            Some(authorities) if !lenient => authorities.of_clients(),
            _ => Arc::new(Anybody { mandatory: true, ..Anybody::new(provider) }),
        };
        Ok(Peers {
            authorities,
            domain: own.domain.clone(),
            lenient,
            clients: own.mutual.then_some(clients),
            algorithms: provider.signature_verification_algorithms,
        })
    }

    /// Whom of those who connect is believed; nothing where nobody is asked for a certificate.
    pub fn clients(&self) -> Option<Arc<dyn ClientCertVerifier>> {
        self.clients.clone()
    }

    /// What is wrong with what a peer at that address showed, where that is only noted.
    pub fn doubt(&self, chain: &[Bytes], end: End, address: IpAddr) -> Option<Error> {
        if !self.lenient {
            return None;
        }
        let chain: Vec<_> = chain.iter().map(|one| CertificateDer::from(&one[..])).collect();
        self.check(&chain, end, address, UnixTime::now()).err()
    }

    /// Who connects may have any name: it is his requests that say who he is.
    fn check(&self, chain: &[CertificateDer<'_>], end: End, address: IpAddr, now: UnixTime) -> Result<(), Error> {
        let Some(authorities) = &self.authorities else { return Ok(()) };
        authorities.vouch(chain, end, now)?;
        match chain {
            [first, ..] if end == End::Server => is_for(first, address, &self.domain),
            _ => Ok(()),
        }
    }
}

impl ServerCertVerifier for Peers {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<CertificateDer<'_>> = std::iter::once(certificate).chain(rest).cloned().collect();
        match name {
            ServerName::IpAddress(address) if !self.lenient => {
                self.check(&chain, End::Server, IpAddr::from(*address), now)?;
            }
            _ if self.lenient => {}
            name => return Err(Error::General(format!("{name:?} is no address"))),
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Whoever has the key of the certificate that it shows, if it shows one.
#[derive(Debug)]
pub struct Anybody {
    algorithms: WebPkiSupportedAlgorithms,
    /// It must show one.
    mandatory: bool,
}

impl Anybody {
    pub fn new(provider: &Arc<CryptoProvider>) -> Anybody {
        Anybody { algorithms: provider.signature_verification_algorithms, mandatory: false }
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
