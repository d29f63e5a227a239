//! Certificates: an authority of a run's own, what it issues, and what people give as PEM. It must not know who shows what.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::Digest;

/// Larger files hold no certificates.
const LARGEST_FILE: u64 = 1 << 20;

/// An authority that issues certificates for tests.
pub struct Authority {
    pem: String,
    der: Bytes,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate and those that lead to its authority, in DER.
    pub chain: Vec<Bytes>,
    pub key: Arc<PrivateKeyDer<'static>>,
    /// The same as files have it, where it was made here.
    pub pem: Option<(String, String)>,
}

impl Authority {
    /// A new one.
    pub fn new() -> Result<Authority, String> {
        Authority::of(KeyPair::generate().map_err(failed)?)
    }

    /// One that is always the same, with certificates that are: for networks in which nobody is to be kept out.
    pub fn of_simulations() -> Result<Authority, String> {
        Authority::of(pair_of("the authority of simulations")?)
    }

    /// The one that has that key.
    fn of(key: KeyPair) -> Result<Authority, String> {
        let params = authority(&key);
        let certificate = params.self_signed(&key).map_err(failed)?;
        Ok(Authority {
            pem: certificate.pem(),
            der: Bytes::copy_from_slice(certificate.der()),
            issuer: Issuer::new(params, key),
        })
    }

    /// The one whose certificate and key these files have; a new one, written to them, where there are none.
    ///
    /// Errors: files that are something else or cannot be written, in words with the path.
    pub fn kept(certificate: &Path, key: &Path) -> Result<Authority, String> {
        if !certificate.exists() && !key.exists() {
            let new = Authority::new()?;
            write(certificate, new.pem())?;
            write_secret(key, &new.issuer.key().serialize_pem())?;
            return Ok(new);
        }
        let secret = read(key)?;
        let der = certificates(certificate)?.swap_remove(0);
        let pair = KeyPair::from_pem(&secret).map_err(|error| format!("{}: {error}", key.display()))?;
        Ok(Authority { pem: read(certificate)?, der, issuer: Issuer::new(authority(&pair), pair) })
    }

    /// Its own certificate as files have it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its own certificate, in DER.
    pub fn certificate(&self) -> &Bytes {
        &self.der
    }

    /// A certificate for a host, by its addresses and names: those of DNS, and URIs as SIP has them (RFC 5922 §7.1).
    pub fn issue(&self, name: &str, addresses: &[IpAddr], names: &[&str]) -> Result<Identity, String> {
        self.certify(name, addresses, names, KeyPair::generate().map_err(failed)?)
    }

    /// The same, with a key that follows from the name.
    pub fn issue_again(&self, name: &str, addresses: &[IpAddr], names: &[&str]) -> Result<Identity, String> {
        self.certify(name, addresses, names, pair_of(name)?)
    }

    fn certify(&self, name: &str, addresses: &[IpAddr], names: &[&str], key: KeyPair) -> Result<Identity, String> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.subject_alt_names.extend(addresses.iter().map(|address| SanType::IpAddress(*address)));
        for name in names {
            let text = (*name).try_into().map_err(failed)?;
            params.subject_alt_names.push(if name.contains(':') { SanType::URI(text) } else { SanType::DnsName(text) });
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(Identity {
            chain: vec![Bytes::copy_from_slice(certificate.der())],
            pem: Some((certificate.pem(), key.serialize_pem())),
            key: Arc::new(PrivateKeyDer::try_from(key.serialize_der())?),
        })
    }
}

impl Identity {
    /// What two files have as PEM: the certificate with those that lead to its authority, and its key.
    pub fn read(certificate: &Path, key: &Path) -> Result<Identity, String> {
        let secret = read(key)?;
        let key =
            PrivateKeyDer::from_pem_slice(secret.as_bytes()).map_err(|error| broken(key, "private key", &error))?;
        Ok(Identity { chain: certificates(certificate)?, key: Arc::new(key), pem: None })
    }

    /// Writes what was made here.
    pub fn write(&self, certificate: &Path, key: &Path) -> Result<(), String> {
        let Some((pem, secret)) = &self.pem else { return Ok(()) };
        write(certificate, pem)?;
        write_secret(key, secret)
    }
}

/// The certificates in a file of PEM, one at least, in DER.
pub fn certificates(path: &Path) -> Result<Vec<Bytes>, String> {
    let text = read(path)?;
    let all = CertificateDer::pem_slice_iter(text.as_bytes()).map(|one| one.map(|der| Bytes::copy_from_slice(&der)));
    let all = all.collect::<Result<Vec<_>, _>>().map_err(|error| broken(path, "certificate", &error))?;
    if all.is_empty() {
        return Err(broken(path, "certificate", &pem::Error::NoItemsFound));
    }
    Ok(all)
}

/// What an authority of ours says of itself: all of it follows from its key, so that it is the same again from a file.
fn authority(key: &KeyPair) -> CertificateParams {
    let mut params = CertificateParams::default();
    let digest = sha2::Sha256::digest(key.public_key_raw());
    let name = format!("imspec test authority {:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// A key that follows from a text, and so is no secret: Ed25519, whose signatures have no chance in them (RFC 8410 §7).
fn pair_of(text: &str) -> Result<KeyPair, String> {
    const HEAD: &[u8] = &[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let der = [HEAD, &sha2::Sha256::digest(text)].concat();
    KeyPair::try_from(der).map_err(failed)
}

fn failed(error: rcgen::Error) -> String {
    format!("no certificate can be made: {error}")
}

fn broken(path: &Path, what: &str, error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => format!("{}: holds no {what} (-----BEGIN …-----)", path.display()),
        error => format!("{}: the {what} is broken: {error}", path.display()),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let wrong = |error: io::Error| format!("{}: {error}", path.display());
    if fs::metadata(path).map_err(wrong)?.len() > LARGEST_FILE {
        return Err(format!("{}: is larger than {LARGEST_FILE} octets", path.display()));
    }
    Ok(String::from_utf8_lossy(&fs::read(path).map_err(wrong)?).into_owned())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// A file that only its owner may read, as far as the system knows owners.
fn write_secret(path: &Path, text: &str) -> Result<(), String> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| format!("{}: {error}", path.display()));
    io::Write::write_all(&mut file?, text.as_bytes()).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_kept_and_its_certificates_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let [ca, ca_key, own, own_key] =
            ["ca.pem", "ca-key.pem", "own.pem", "own-key.pem"].map(|f| folder.path().join(f));
        let first = Authority::kept(&ca, &ca_key).unwrap();
        let again = Authority::kept(&ca, &ca_key).unwrap();
        assert_eq!(first.certificate(), again.certificate());
        let made = again.issue("own", &["127.0.0.1".parse().unwrap()], &["home1.example"]).unwrap();
        made.write(&own, &own_key).unwrap();
        let read = Identity::read(&own, &own_key).unwrap();
        assert_eq!((&read.chain, &read.key), (&made.chain, &made.key));
        assert_eq!(certificates(&ca).unwrap(), [first.certificate().clone()]);
    }

    #[test]
    fn broken_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let (none, text) = (folder.path().join("none.pem"), file("text.pem", "hello"));
        let cut = file("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
        for (path, why) in
            [(&none, "none.pem"), (&text, "holds no certificate"), (&cut, "cut.pem: the certificate is broken")]
        {
            let wrong = certificates(path).unwrap_err();
            assert!(wrong.contains(why), "{wrong}");
        }
        let own = file("own.pem", Authority::new().unwrap().pem());
        let wrong = Identity::read(&own, &text).unwrap_err();
        assert!(wrong.contains("text.pem: holds no private key"), "{wrong}");
    }
}
