//! What `imspec client` and `imspec server` show on secured streams, and whom they believe.

use std::net::IpAddr;

use crate::cli::args::{Layer, Tls};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::net::certificates::{self, Authority, Identity};
use crate::net::{Credentials, Verify};
use crate::script::home::{Home, Protection};
use crate::script::solo::OWN;

/// The home network as the command line has it secured.
pub fn secured(home: Home, words: &Tls) -> Home {
    let mut home = if words.transport == Layer::Tls { home.over_tls() } else { home };
    if words.msrp_security == Layer::Tls {
        home.msrp_security = Protection::Tls;
    }
    home
}

/// Certificate and key from the files that are named, else made for this run; nothing where nothing is secured. The home
/// network learns of the certificate.
pub fn credentials(home: &mut Home, words: &Tls, hosts: &[IpAddr]) -> Result<Option<Credentials>, Failure> {
    if [home.sip_security, home.msrp_security] == [Protection::None; 2] {
        return Ok(None);
    }
    let wrong = |why| Failure::new(Exit::Data, why);
    let own = match (&words.tls_certificate, &words.tls_key) {
        (Some(certificate), Some(key)) => Identity::read(certificate, key).map_err(wrong)?,
        _ => Authority::new()
            .and_then(|alone| alone.issue(OWN, hosts, &[&format!("sip:{}", home.domain), &home.domain]))
            .map_err(wrong)?,
    };
    let authorities = match &words.tls_ca {
        Some(ca) => certificates::certificates(ca).map_err(wrong)?,
        None if home.sip_security == Protection::Tls && !words.tls_believe_anybody => {
            let failure = Failure::usage("over TLS it must be known whose certificates are believed");
            return Err(failure.hint("--tls-ca FILE names an authority; --tls-believe-anybody does without one"));
        }
        None => Vec::new(),
    };
    home.certificates.extend(own.chain.first().map(|certificate| (OWN.to_owned(), certificate.clone())));
    Ok(Some(Credentials {
        chain: own.chain,
        key: own.key,
        verify: Verify::strictly_if(!authorities.is_empty() && !words.tls_believe_anybody),
        authorities,
        mutual: true,
        domain: home.domain.clone(),
    }))
}
