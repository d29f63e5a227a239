//! TLS of a service: what goes over it, what its servers show, and whom they believe.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::config::{Config, Role};
use super::error::ServeError;
use crate::net::certificates::{self, Authority, Identity};
use crate::net::{Credentials, Verify};
use crate::stack::{Fingerprint, Security};

/// The part `tls` of a service file. Paths are relative to the folder of the file.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tls {
    /// Whether SIP goes over TLS, and over nothing else; all addresses of `sip` are those of TLS then.
    pub sip: bool,
    /// Whether MSRP goes over TLS.
    pub msrp: bool,
    /// The certificates of the authorities that are believed, as PEM.
    pub ca: Option<PathBuf>,
    /// What the servers show, with the certificates that lead to its authority, as PEM, and its key. Without them an
    /// authority is made, and kept in the folder `tls` beside the file.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// Whether the certificate of a client must be of an authority that is believed.
    pub verify: bool,
    /// Whether a client must show one where it connects, too.
    pub mutual: bool,
    #[serde(skip)]
    folder: PathBuf,
}

impl Default for Tls {
    fn default() -> Tls {
        let [ca, certificate, key] = [const { None }; 3];
        Tls { sip: true, msrp: true, ca, certificate, key, verify: true, mutual: false, folder: PathBuf::new() }
    }
}

impl Tls {
    /// With its paths seen from here.
    pub(super) fn of_file(mut self, file: &str) -> Tls {
        self.folder = Path::new(file).parent().unwrap_or(Path::new("")).to_owned();
        for path in [&mut self.ca, &mut self.certificate, &mut self.key].into_iter().flatten() {
            *path = self.folder.join(&*path);
        }
        self
    }
}

/// What servers of a service say of themselves, and what they show; nothing to show where nothing is secured.
///
/// Errors: files that cannot be used, with their paths.
pub fn outfit(config: &Config) -> Result<(Security, Option<Credentials>), ServeError> {
    let Some(tls) = &config.tls else { return Ok((Security::default(), None)) };
    let (own, authorities) = identity(tls, config).map_err(|why| ServeError::Store(tls.folder.join(FOLDER), why))?;
    let shown = own.chain.first().map(|certificate| Fingerprint::of(certificate));
    let security = Security { sip: tls.sip, msrp: shown.filter(|_| tls.msrp) };
    let credentials = Credentials {
        chain: own.chain,
        key: own.key,
        verify: Verify::strictly_if(tls.verify && !authorities.is_empty()),
        authorities,
        mutual: tls.mutual,
        domain: config.domain.clone(),
    };
    Ok((security, Some(credentials)))
}

/// The folder of what is made.
const FOLDER: &str = "tls";

fn identity(tls: &Tls, config: &Config) -> Result<(Identity, Vec<bytes::Bytes>), String> {
    let mut authorities = tls.ca.as_deref().map(certificates::certificates).transpose()?.unwrap_or_default();
    match (&tls.certificate, &tls.key) {
        (Some(certificate), Some(key)) => {
            if authorities.is_empty() && tls.verify && tls.sip {
                return Err("no authority is named by which to believe clients: `ca`, or `verify: false`".to_owned());
            }
            return Ok((Identity::read(certificate, key)?, authorities));
        }
        (None, None) => {}
        _ => return Err("`certificate` and `key` go together".to_owned()),
    }
    let folder = tls.folder.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let authority = Authority::kept(&folder.join("ca.pem"), &folder.join("ca-key.pem"))?;
    if authorities.is_empty() {
        authorities.push(authority.certificate().clone());
    }
    let hosts = Role::ALL.iter().flat_map(|role| [config.sip(*role), config.msrp(*role)]).flatten();
    let hosts: BTreeSet<IpAddr> = hosts.map(|at| at.ip()).collect();
    // A client shows the domain, whatever its address.
    let uri = format!("sip:{}", config.domain);
    let client = authority.issue("client", &[], &[&uri, &config.domain])?;
    client.write(&folder.join("client.pem"), &folder.join("client-key.pem"))?;
    Ok((authority.issue(&config.domain, &Vec::from_iter(hosts), &[&uri, &config.domain])?, authorities))
}
