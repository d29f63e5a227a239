//! Whether a peer that was connected to asked for a certificate: without that none is shown (RFC 8446 §4.3.2).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme};

/// Whether the peer of one connection has asked.
#[derive(Clone, Default, Debug)]
pub struct Asked(Arc<AtomicBool>);

impl Asked {
    pub fn is_true(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Shows what it would show anyway, and notes that somebody asked.
#[derive(Debug)]
pub struct Asking {
    inner: Arc<dyn ResolvesClientCert>,
    asked: Asked,
}

impl Asking {
    /// A configuration for one connection, and what is noted of that.
    pub fn noted(config: &ClientConfig) -> (Arc<ClientConfig>, Asked) {
        let asked = Asked::default();
        let mut config = config.clone();
        config.client_auth_cert_resolver =
            Arc::new(Asking { inner: config.client_auth_cert_resolver.clone(), asked: asked.clone() });
        (Arc::new(config), asked)
    }
}

impl ResolvesClientCert for Asking {
    fn resolve(&self, hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let shown = self.inner.resolve(hints, schemes);
        self.asked.0.store(shown.is_some(), Ordering::Relaxed);
        shown
    }

    fn has_certs(&self) -> bool {
        self.inner.has_certs()
    }
}
