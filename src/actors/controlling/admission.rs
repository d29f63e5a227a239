//! What is checked before somebody gets a session, in the order of the text: the first check that fails decides
//! (IM 7.2.1.1 to 7.2.1.4).

use super::applicant::{Applicant, Listed};
use super::conference::{Conference, Origin, Purpose};
use super::config::{Config, Group};
use super::media;

/// Why a request is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Refusal {
    pub status: u16,
    /// The text of a Warning with code 399.
    pub warning: Option<&'static str>,
}

impl Refusal {
    pub const FORBIDDEN: Refusal = Refusal::of(403);
    pub const NOT_FOUND: Refusal = Refusal::of(404);
    const IS_FOCUS: Refusal = Refusal { status: 403, warning: Some("isfocus already assigned") };
    const TOO_MANY: Refusal = Refusal { status: 486, warning: Some("Too many participants") };

    pub const fn of(status: u16) -> Refusal {
        Refusal { status, warning: None }
    }
}

type Verdict = Result<(), Refusal>;

fn require(holds: bool, refusal: Refusal) -> Verdict {
    if holds { Ok(()) } else { Err(refusal) }
}

/// IM 7.2.1.1 steps 2 to 5. Whether the factory is allocated is known before.
pub(super) fn ad_hoc(config: &Config, applicant: &Applicant, list: Option<&[Listed]>) -> Verdict {
    let known = applicant.address.as_deref();
    require(known.is_some_and(|address| config.may_use_factory.includes(address, None)), Refusal::FORBIDDEN)?;
    require(!applicant.anonymous || config.adhoc_anonymity, Refusal::FORBIDDEN)?;
    media(config, applicant, None)?;
    let list = list.ok_or(Refusal::of(400))?;
    let too_many = Refusal { warning: Some("too many participants"), ..Refusal::TOO_MANY };
    require(list.len() <= config.max_adhoc, too_many)
}

/// IM 7.2.1.2 steps 2 to 6.
pub(super) fn pre_defined(config: &Config, applicant: &Applicant, group: &Group) -> Verdict {
    require(!applicant.is_focus, Refusal::IS_FOCUS)?;
    let known = applicant.address.as_deref();
    require(known.is_some_and(|address| group.may_initiate.includes(address, Some(group))), Refusal::FORBIDDEN)?;
    require(known.is_some_and(|address| group.may_join.includes(address, Some(group))), Refusal::FORBIDDEN)?;
    require(!applicant.anonymous || group.allows_anonymity, Refusal::FORBIDDEN)?;
    media(config, applicant, None)
}

/// IM 7.2.1.3 steps 1 to 5, and before them the initiation where there is no session yet.
pub(super) fn joining(
    config: &Config,
    applicant: &Applicant,
    group: &Group,
    conference: Option<&Conference>,
) -> Verdict {
    require(!applicant.is_focus, Refusal::IS_FOCUS)?;
    let known = applicant.address.as_deref();
    let initiates = conference.is_some() || known.is_some_and(|a| group.may_initiate.includes(a, Some(group)));
    require(initiates, Refusal::FORBIDDEN)?;
    require(known.is_some_and(|address| group.may_join.includes(address, Some(group))), Refusal::FORBIDDEN)?;
    require(has_room(group, conference, applicant), Refusal::TOO_MANY)?;
    require(!applicant.anonymous || group.allows_anonymity, Refusal::FORBIDDEN)?;
    media(config, applicant, conference)
}

/// IM 7.2.1.4 steps 1 to 4.
pub(super) fn rejoining(config: &Config, applicant: &Applicant, conference: &Conference) -> Verdict {
    let Some(known) = applicant.address.as_deref() else { return Err(Refusal::FORBIDDEN) };
    match &conference.origin {
        Origin::AdHoc { users } => {
            require(users.iter().any(|user| crate::wire::uri::same(user, known)), Refusal::FORBIDDEN)?;
            require(!applicant.anonymous || config.adhoc_anonymity, Refusal::FORBIDDEN)?;
        }
        Origin::Group { uri } => {
            let Some(group) = config.group(uri) else { return Err(Refusal::FORBIDDEN) };
            require(group.may_join.includes(known, Some(group)), Refusal::FORBIDDEN)?;
            require(has_room(group, Some(conference), applicant), Refusal::TOO_MANY)?;
            require(!applicant.anonymous || group.allows_anonymity, Refusal::FORBIDDEN)?;
        }
    }
    require(conference.purpose == Purpose::Chat, Refusal::FORBIDDEN)?;
    media(config, applicant, Some(conference))
}

/// Whether one more fits. Who comes back from the same device takes no place but his own.
fn has_room(group: &Group, conference: Option<&Conference>, applicant: &Applicant) -> bool {
    let Some(conference) = conference else { return group.max_participants != Some(0) };
    let others = conference.connected().filter(|(_, p)| p.contact != applicant.contact).count();
    group.max_participants.is_none_or(|most| others < most)
}

fn media(config: &Config, applicant: &Applicant, conference: Option<&Conference>) -> Verdict {
    media::acceptable(config, &applicant.offer, conference).map_err(Refusal::of)
}
