//! What the file of a system, or of a core, says of TLS: whose certificates are believed, and what our actors show.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{SystemUnderTest, Transport};
use crate::net::certificates::{self, Identity};
use crate::script::home::{Home, Protection};

/// The part `tls` of a system file, or of the file of a core. Paths are relative to the folder of the file.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tls {
    /// The certificates of the authorities that are believed, as PEM; without it, an authority is made for the run.
    pub ca: Option<PathBuf>,
    /// What our actors show, with the certificates that lead to its authority, as PEM; without it, the authority of the run
    /// issues certificates for all of them.
    pub certificate: Option<PathBuf>,
    /// The key of that certificate, as PEM.
    pub key: Option<PathBuf>,
    /// Whether the system's certificate must be of an authority that is believed, and for its address or the home domain.
    pub verify: bool,
    /// Whether the system must show a certificate where it connects, too.
    pub mutual: bool,
}

/// The key, what is wrong with it, and what would be right.
pub(super) type Wrong = (&'static str, String, &'static str);

impl Default for Tls {
    fn default() -> Tls {
        Tls { ca: None, certificate: None, key: None, verify: true, mutual: true }
    }
}

impl SystemUnderTest {
    /// Whether anything goes over TLS.
    pub fn is_secured(&self) -> bool {
        self.transport == Transport::Tls || self.msrp_security == Protection::Tls
    }

    /// The home network as this system has it secured.
    pub(super) fn secured(&self, home: Home) -> Home {
        let mut home = if self.transport == Transport::Tls { home.over_tls() } else { home };
        if self.msrp_security == Protection::Tls {
            home.msrp_security = Protection::Tls;
        }
        home
    }

    /// What is wrong with what is said of TLS, and what would be right.
    pub(super) fn wrong_about_tls(&self) -> Option<Wrong> {
        let tls = self.tls.as_ref()?;
        if !self.is_secured() {
            let hint = "write `transport: tls` for SIP, `msrp-security: tls` for MSRP, or both";
            return Some(("tls", "nothing goes over TLS".to_owned(), hint));
        }
        tls.wrong(self.transport == Transport::Tls)
    }
}

impl Tls {
    /// What is wrong in it, and what would be right; `sip` where SIP goes over TLS.
    pub(super) fn wrong(&self, sip: bool) -> Option<Wrong> {
        let pair = "write both `certificate` and `key`, or neither: then certificates are made for the run";
        match (&self.certificate, &self.key) {
            (Some(_), None) => return Some(("certificate", "the certificate has no key".to_owned(), pair)),
            (None, Some(_)) => return Some(("key", "the key has no certificate".to_owned(), pair)),
            (Some(certificate), Some(key)) => {
                if let Err(wrong) = Identity::read(certificate, key) {
                    return Some(("certificate", wrong, PEM));
                }
            }
            (None, None) => {}
        }
        let Some(ca) = &self.ca else {
            let lonely = self.certificate.is_some() && self.verify && sip;
            let message = || "there is no authority by which to believe the system".to_owned();
            return lonely.then(|| ("tls", message(), "`ca` names one; `verify: false` does without"));
        };
        let wrong = certificates::certificates(ca).err()?;
        Some(("ca", wrong, PEM))
    }

    /// With its paths seen from here, where the file lies in that folder.
    pub(super) fn seen_from(mut self, folder: &Path) -> Tls {
        for path in [&mut self.ca, &mut self.certificate, &mut self.key].into_iter().flatten() {
            *path = folder.join(&*path);
        }
        self
    }
}

const PEM: &str =
    "PEM begins with -----BEGIN CERTIFICATE----- or -----BEGIN PRIVATE KEY-----; paths are relative to the file";
