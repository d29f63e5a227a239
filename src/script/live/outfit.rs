//! What our actors show on secured streams and whom they believe, and the files by which a system can believe them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::place::Place;
use crate::net::certificates::{self, Authority, Identity};
use crate::net::{Credentials, Verify};
use crate::script::home::Home;
use crate::script::plan::{Plan, SERVER_ROLES};
use crate::script::sut::{SystemUnderTest, Tls};

/// The certificates of a run; nothing where nothing is secured.
#[derive(Default)]
pub struct Outfit {
    identities: BTreeMap<String, Identity>,
    authorities: Vec<Bytes>,
    rules: Tls,
    domain: String,
    /// What stands for the files in commands.
    files: Vec<(&'static str, PathBuf)>,
    /// Gone with the run, where there is no folder to keep the files in.
    passing: Option<PathBuf>,
}

/// The folder of the files, below that of a run.
const FOLDER: &str = "tls";

impl Outfit {
    /// Everything that actors need for these plans. Files that the system may need lie in the folder `tls` of `kept` then:
    /// the authority is the same in the next run with that folder.
    ///
    /// Errors: in words, with the path of a file that cannot be used or written.
    pub fn new(plans: &[Plan], places: &[Place], kept: Option<&Path>) -> Result<Outfit, String> {
        // What their files say is the same but for the addresses.
        let Some(Place { home, sut, .. }) = places.first().filter(|place| place.sut.is_secured()) else {
            return Ok(Outfit::default());
        };
        let rules = sut.tls.clone().unwrap_or_default();
        let mut outfit = Outfit::default();
        outfit.domain.clone_from(&home.domain);
        let names = plans.iter().flat_map(|plan| plan.names()).chain(SERVER_ROLES.iter().map(|(_, name)| *name));
        let names: BTreeSet<&str> = names.chain(["core"]).collect();
        if let Some(ca) = &rules.ca {
            outfit.authorities = certificates::certificates(ca)?;
        }
        match (&rules.certificate, &rules.key) {
            (Some(certificate), Some(key)) => {
                let own = Identity::read(certificate, key)?;
                outfit.files.extend(rules.ca.iter().map(|ca| ("{ca}", ca.clone())));
                outfit.identities = names.iter().map(|&name| (name.to_owned(), own.clone())).collect();
            }
            _ => outfit.make(&names, plans, places, sut, kept)?,
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

    /// What stands for the files in commands.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        self.files.iter().map(|(word, path)| (*word, path.display().to_string())).collect()
    }

    /// Has an authority of its own issue certificates: for each of ours, and one for the system.
    fn make(
        &mut self,
        names: &BTreeSet<&str>,
        plans: &[Plan],
        places: &[Place],
        sut: &SystemUnderTest,
        kept: Option<&Path>,
    ) -> Result<(), String> {
        let folder = match kept {
            Some(kept) => kept.join(FOLDER),
            None => {
                let passing = std::env::temp_dir().join(format!("imspec-tls-{}-{}", std::process::id(), sut.sip.ip()));
                self.passing.insert(passing).clone()
            }
        };
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let [ca, ca_key, certificate, key] =
            ["ca.pem", "ca-key.pem", "system.pem", "system-key.pem"].map(|name| folder.join(name));
        let authority = Authority::kept(&ca, &ca_key)?;
        if self.authorities.is_empty() {
            self.authorities.push(authority.certificate().clone());
        }
        let most = plans.iter().map(|plan| plan.names().len()).max().unwrap_or(0);
        let (mut ours, mut its) = (BTreeSet::new(), BTreeSet::new());
        for Place { home, sut, .. } in places {
            ours.extend((0..most).map(|nth| home.client_sip(nth).ip()));
            ours.extend(SERVER_ROLES.iter().filter_map(|(_, name)| home.server(name)).map(|at| at.ip()));
            ours.insert(home.core.ip());
            its.extend([sut.sip.ip(), sut.msrp_host()]);
        }
        let [ours, its]: [Vec<IpAddr>; 2] = [ours, its].map(Vec::from_iter);
        let uri = format!("sip:{}", self.domain);
        for name in names {
            self.identities.insert((*name).to_owned(), authority.issue(name, &ours, &[&uri, &self.domain])?);
        }
        let its = authority.issue(&sut.name, &its, &[&uri, &self.domain])?;
        its.write(&certificate, &key)?;
        self.files.extend([("{ca}", ca), ("{certificate}", certificate), ("{key}", key)]);
        Ok(())
    }
}

impl Drop for Outfit {
    fn drop(&mut self) {
        if let Some(folder) = &self.passing {
            let _ = std::fs::remove_dir_all(folder); // What is left lies where systems tidy up.
        }
    }
}
