//! What our actors show on secured streams and whom they believe, and the files by which a system can believe them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::net::certificates::{self, Authority, Identity};
use crate::net::{Credentials, Verify};
use crate::script::home::{Home, Protection};
use crate::script::plan::{Plan, SERVER_ROLES};
use crate::script::sut::{SystemUnderTest, ThirdPartyCore, Tls, Transport};

/// The certificates of a run; nothing where nothing is secured.
#[derive(Default)]
pub struct Outfit {
    identities: BTreeMap<String, Identity>,
    authorities: Vec<Bytes>,
    rules: Tls,
    domain: String,
    /// What stands for the files in commands of the system, and in those of the core.
    files: Vec<(&'static str, PathBuf)>,
    core_files: Vec<(&'static str, PathBuf)>,
    /// Gone with the run, where there is no folder to keep the files in.
    passing: Option<PathBuf>,
}

/// A home network with who in it is not ours.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// With the system in it.
    pub home: &'a Home,
    pub system: Option<&'a SystemUnderTest>,
    pub core: Option<&'a ThirdPartyCore>,
}

impl Around<'_> {
    fn is_secured(&self) -> bool {
        let of_core = |core: &ThirdPartyCore| core.msrp_security == Protection::Tls;
        self.system.is_some_and(SystemUnderTest::is_secured) || self.secures_core() || self.core.is_some_and(of_core)
    }

    fn secures_core(&self) -> bool {
        self.core.is_some_and(|core| core.transport == Transport::Tls)
    }

    /// What one of their files says; where both do, they say the same.
    fn rules(&self) -> Tls {
        let own = self.system.and_then(|system| system.tls.clone());
        own.or_else(|| self.core.and_then(|core| core.tls.clone())).unwrap_or_default()
    }
}

/// The folder of the files, below that of a run.
const FOLDER: &str = "tls";

impl Outfit {
    /// Everything that actors need for these plans. Files that the system may need lie in the folder `tls` of `kept` then:
    /// the authority is the same in the next run with that folder.
    ///
    /// Errors: in words, with the path of a file that cannot be used or written.
    pub fn new(plans: &[Plan], places: &[Around<'_>], kept: Option<&Path>) -> Result<Outfit, String> {
        // What their files say is the same but for the addresses.
        let Some(first) = places.first().filter(|place| place.is_secured()) else { return Ok(Outfit::default()) };
        let rules = first.rules();
        let mut outfit = Outfit::default();
        let domain = first.core.and_then(|core| core.domain.as_ref()).unwrap_or(&first.home.domain);
        outfit.domain.clone_from(domain);
        let names = plans.iter().flat_map(|plan| plan.names()).chain(SERVER_ROLES.iter().map(|(_, name)| *name));
        let names: BTreeSet<&str> = names.chain(["core", "relay"]).collect();
        if let Some(ca) = &rules.ca {
            outfit.authorities = certificates::certificates(ca)?;
        }
        match (&rules.certificate, &rules.key) {
            (Some(certificate), Some(key)) => {
                let own = Identity::read(certificate, key)?;
                for files in [&mut outfit.files, &mut outfit.core_files] {
                    files.extend(rules.ca.iter().map(|ca| ("{ca}", ca.clone())));
                }
                outfit.identities = names.iter().map(|&name| (name.to_owned(), own.clone())).collect();
            }
            _ => outfit.make(&names, plans, places, kept)?,
        }
        outfit.rules = rules;
        Ok(outfit)
    }

    /// What a person's client, or a server, shows; nothing where nothing is secured.
    pub fn credentials(&self, name: &str) -> Option<Credentials> {
        let own = self.identities.get(name)?;
        Some(Credentials {
            chain: own.chain.clone(),
            key: own.key.clone(),
            authorities: self.authorities.clone(),
            // What a system shows is judged, and the case goes on.
            verify: match self.rules.verify && !self.authorities.is_empty() {
                true => Verify::Leniently,
                false => Verify::Nobody,
            },
            mutual: self.rules.mutual,
            domain: self.domain.clone(),
        })
    }

    /// The network with the certificates of everybody.
    pub fn dress(&self, mut home: Home) -> Home {
        let shown = |(name, own): (&String, &Identity)| Some((name.clone(), own.chain.first()?.clone()));
        home.certificates = self.identities.iter().filter_map(shown).collect();
        home
    }

    /// What stands for the files in commands of the system.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        values(&self.files)
    }

    /// The same in commands of the core.
    pub fn values_of_core(&self) -> Vec<(&'static str, String)> {
        values(&self.core_files)
    }

    /// Has an authority of its own issue certificates: for each of ours, and one each for the system and the core.
    fn make(
        &mut self,
        names: &BTreeSet<&str>,
        plans: &[Plan],
        places: &[Around<'_>],
        kept: Option<&Path>,
    ) -> Result<(), String> {
        let folder = match kept {
            Some(kept) => kept.join(FOLDER),
            None => {
                // Several runs of one process have hosts of their own.
                let of = |place: &Around<'_>| {
                    let system = place.system.map(|system| system.sip);
                    system.or(place.core.map(|core| core.sip)).map(|at| at.ip().to_string())
                };
                let host = places.iter().find_map(of).unwrap_or_default();
                let passing = std::env::temp_dir().join(format!("imspec-tls-{}-{host}", std::process::id()));
                self.passing.insert(passing).clone()
            }
        };
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let [ca, ca_key] = ["ca.pem", "ca-key.pem"].map(|name| folder.join(name));
        let authority = Authority::kept(&ca, &ca_key)?;
        if self.authorities.is_empty() {
            self.authorities.push(authority.certificate().clone());
        }
        let most = plans.iter().map(|plan| plan.names().len()).max().unwrap_or(0);
        let (mut ours, mut systems, mut cores) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for Around { home, system, core } in places {
            ours.extend((0..most).map(|nth| home.client_sip(nth).ip()));
            ours.extend(SERVER_ROLES.iter().filter_map(|(_, name)| home.server(name)).map(|at| at.ip()));
            ours.extend([home.core.ip(), home.msrp_relay.ip()]);
            systems.extend(system.iter().flat_map(|system| [system.sip.ip(), system.msrp_host()]));
            cores.extend(core.iter().map(|core| core.sip.ip()));
        }
        let ours = Vec::from_iter(ours);
        let uri = format!("sip:{}", self.domain);
        for name in names {
            self.identities.insert((*name).to_owned(), authority.issue(name, &ours, &[&uri, &self.domain])?);
        }
        let first = places.first();
        let system = first.and_then(|place| place.system).map(|system| (&system.name, systems));
        let core = first.filter(|place| place.secures_core()).and_then(|place| place.core);
        let core = core.map(|core| (&core.name, cores));
        let strangers = [("system", system, &mut self.files), ("core", core, &mut self.core_files)];
        for (word, stranger, files) in strangers {
            let Some((name, hosts)) = stranger else { continue };
            let [certificate, key] = ["", "-key"].map(|what| folder.join(format!("{word}{what}.pem")));
            let its = authority.issue(name, &Vec::from_iter(hosts), &[&uri, &self.domain])?;
            its.write(&certificate, &key)?;
            files.extend([("{ca}", ca.clone()), ("{certificate}", certificate), ("{key}", key)]);
        }
        Ok(())
    }
}

/// Whole paths: a program may look for its files elsewhere than where it is started.
fn values(files: &[(&'static str, PathBuf)]) -> Vec<(&'static str, String)> {
    let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    files.iter().map(|(word, path)| (*word, whole(path).display().to_string())).collect()
}

impl Drop for Outfit {
    fn drop(&mut self) {
        if let Some(folder) = &self.passing {
            let _ = std::fs::remove_dir_all(folder); // What is left lies where systems tidy up.
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_so_that_they_are_found_from_anywhere() {
        for path in ["captures/run/tls/ca.pem", "/tls/ca.pem"] {
            let [(word, value)] = &values(&[("{ca}", path.into())])[..] else { panic!("one goes in") };
            assert!(*word == "{ca}" && Path::new(value).is_absolute() && value.ends_with("tls/ca.pem"), "{value}");
        }
    }
}
