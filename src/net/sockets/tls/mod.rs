//! TLS on the streams of nodes: what a host shows and whom it believes. No task and no thread: `session` turns octets into
//! records and back, and `stream` moves them. It must not know what goes through.

mod asked;
mod secrets;
mod session;
mod stream;
#[cfg(test)]
mod tests;
mod trouble;
mod verify;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

use asked::{Asked, Asking};
pub use secrets::Secrets;
pub(super) use session::Session;
pub(super) use stream::Written;
pub use trouble::{Trouble, Whose};
use verify::{Anybody, Peers};

use crate::stack::Layer;

/// What a host shows on secured streams, and whom it believes.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Its own certificate and those that lead to its authority, in DER.
    pub chain: Vec<Bytes>,
    /// The private key of the first, in DER.
    pub key: Arc<PrivateKeyDer<'static>>,
    /// The certificates of the authorities that it believes, in DER.
    pub authorities: Vec<Bytes>,
    /// Whether a peer's certificate must be of one of them.
    pub verify: Verify,
    /// Whether who connects must show a certificate, too.
    pub mutual: bool,
    /// The domain whose certificate a host may show in place of one for its address (RFC 5922 §7).
    pub domain: String,
}

/// How much it matters who issued the certificate of a peer, and for whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verify {
    /// Who is not believed is not talked to.
    Strictly,
    /// He is, and it is said that he is not believed: for who has others under test, and must go on.
    Leniently,
    /// Any certificate will do.
    Nobody,
}

impl Verify {
    /// Strictly, where there is anybody to be believed and it is wanted.
    pub fn strictly_if(wanted: bool) -> Verify {
        if wanted { Verify::Strictly } else { Verify::Nobody }
    }
}

/// The same as TLS wants it: by what lies between a node and TCP.
pub(super) struct Configs {
    /// What the host shows, in DER.
    pub chain: Vec<Bytes>,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    peer_client: Arc<ClientConfig>,
    peer_server: Arc<ServerConfig>,
    /// Who is believed.
    pub peers: Arc<Peers>,
}

impl Configs {
    /// Errors: a key or certificate that cannot be used, in words.
    pub fn new(own: &Credentials, secrets: &Arc<Secrets>) -> Result<Configs, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let peers = Arc::new(Peers::new(own, &provider)?);
        let anybody = Arc::new(Anybody::new(&provider));
        Ok(Configs {
            chain: own.chain.clone(),
            client: client(own, &provider, peers.clone(), secrets)?,
            server: server(own, &provider, peers.clients(), secrets)?,
            peer_client: client(own, &provider, anybody.clone(), secrets)?,
            peer_server: server(own, &provider, Some(anybody), secrets)?,
            peers,
        })
    }

    /// The end that opens a connection.
    pub fn connect(&self, layer: Layer, remote: SocketAddr) -> Result<Session, rustls::Error> {
        let config = if layer == Layer::TlsByFingerprint { &self.peer_client } else { &self.client };
        let name = ServerName::IpAddress(remote.ip().into());
        let (config, asked) = Asking::noted(config);
        Ok(Session::new(ClientConnection::new(config, name)?.into(), asked))
    }

    /// The end that accepts one.
    pub fn accept(&self, layer: Layer) -> Result<Session, rustls::Error> {
        let config = if layer == Layer::TlsByFingerprint { &self.peer_server } else { &self.server };
        Ok(Session::new(ServerConnection::new(config.clone())?.into(), Asked::default()))
    }
}

fn chain(own: &Credentials) -> Vec<CertificateDer<'static>> {
    own.chain.iter().map(|certificate| CertificateDer::from(certificate.to_vec())).collect()
}

fn unusable(error: rustls::Error) -> String {
    format!("certificate and key cannot be used: {error}")
}

fn client(
    own: &Credentials,
    provider: &Arc<CryptoProvider>,
    verifier: Arc<dyn rustls::client::danger::ServerCertVerifier>,
    secrets: &Arc<Secrets>,
) -> Result<Arc<ClientConfig>, String> {
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(unusable)?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = builder.with_client_auth_cert(chain(own), own.key.clone_key()).map_err(unusable)?;
    config.key_log = secrets.clone();
    // Every connection shows certificates, so that each can be judged by itself.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

fn server(
    own: &Credentials,
    provider: &Arc<CryptoProvider>,
    verifier: Option<Arc<dyn rustls::server::danger::ClientCertVerifier>>,
    secrets: &Arc<Secrets>,
) -> Result<Arc<ServerConfig>, String> {
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(unusable)?;
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain(own), own.key.clone_key()).map_err(unusable)?;
    config.key_log = secrets.clone();
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}
