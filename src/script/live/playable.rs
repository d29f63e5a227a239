//! Whether a plan can be played with a system at all, and what its checks give where it cannot.

use std::time::Duration;

use super::LiveError;
use super::occasions::Occasions;
use crate::judge::{Endpoint, Verdict};
use crate::script::home::Home;
use crate::script::plan::{Arranged, Deed, Plan};
use crate::script::simulate::{Bug, play};
use crate::script::sut::{Stimulus, SystemUnderTest, ThirdPartyCore};

/// Why a plan is not played with this system, and what its checks then give.
pub fn unplayable(
    plan: &Plan,
    home: &Home,
    sut: &SystemUnderTest,
    longest: Option<Duration>,
) -> Option<(Verdict, String)> {
    if let Some(reason) = sut.not_applicable(plan) {
        return Some((Verdict::NotApplicable, reason));
    }
    if plan.demand().is_some() && !plan.tests_server() && sut.password.is_none() {
        let reason = format!("the core asks for a password here, and the file of {} has none (`password`)", sut.name);
        return Some((Verdict::NotExercised, reason));
    }
    let not_exercised = |reason: String| Some((Verdict::NotExercised, reason));
    let under_test = plan.under_test.as_str();
    if plan.tests_server() && !sut.arranges && !sut.is_provisioned_for(plan, home) {
        return not_exercised(format!("{} is not provisioned for it, and its file does not say `arranges`", sut.name));
    }
    let mut mine = plan.arrangements.iter().filter(|arrangement| arrangement.who == under_test);
    let can_be_arranged = |what: &Arranged| match what {
        Arranged::Tampers(_) => false,
        _ if plan.tests_server() => true,
        Arranged::Holds(..) | Arranged::Treats(..) | Arranged::IsReachedAt(_) => false,
        Arranged::Offline => sut.registers,
        Arranged::LargestAdhocGroup(most) => sut.arranges || sut.max_adhoc_group_size == Some(*most),
        _ => sut.arranges || (sut.stimulus != Stimulus::None && Occasions::can_do(what)),
    };
    if let Some(arrangement) = mine.find(|arrangement| !can_be_arranged(&arrangement.what)) {
        return not_exercised(match arrangement.what {
            Arranged::LargestAdhocGroup(most) => {
                format!(
                    "{} would have to take {most} for MAX-ADHOC-GROUP-SIZE: `max-adhoc-group-size: {most}`",
                    sut.name
                )
            }
            _ => format!("nobody can arrange how {} behaves", sut.name),
        });
    }
    let sized = |deed: &Deed| matches!(deed, Deed::Sends { who, sending, .. } if who == under_test && sending.request_octets.is_some());
    if !sut.arranges && plan.acts.iter().any(sized) {
        return not_exercised(format!("nobody can tell how long a text {} needs for a request of that size", sut.name));
    }
    let by_it = |deed: &Deed| match deed {
        Deed::Sends { who, .. } | Deed::Retrieves { who, .. } => who == under_test,
        Deed::Act(acts) => acts.iter().any(|(who, _)| who == under_test),
        Deed::Waits(_) => false,
    };
    if sut.stimulus == Stimulus::None && plan.acts.iter().any(by_it) {
        return not_exercised(format!("{} must act here, and its file names no stimulus", sut.name));
    }
    let longest = longest?;
    if has_own_addresses(plan, home, sut).is_err() {
        return None; // Who plays it says so.
    }
    let takes = takes(plan, home);
    if takes <= longest {
        return None;
    }
    let (takes, longest) = (takes.as_secs(), longest.as_secs());
    not_exercised(format!("it takes about {takes} s, and what takes longer than {longest} s is left out"))
}

/// Why a plan is not played with this system through a core of somebody else.
pub fn unplayable_through(plan: &Plan, core: &ThirdPartyCore, sut: &SystemUnderTest) -> Option<(Verdict, String)> {
    if let Some(reason) = core.not_applicable(plan) {
        return Some((Verdict::NotApplicable, reason));
    }
    let asked = core.password.is_some() || !core.passwords.is_empty();
    (asked && sut.password.is_none() && sut.server().is_none()).then(|| {
        (Verdict::NotExercised, format!("{} asks for passwords, and the file of {} has none", core.name, sut.name))
    })
}

/// How long a plan takes, by a look at how it goes in the simulated network, where time costs nothing.
pub fn takes(plan: &Plan, home: &Home) -> Duration {
    let (seen, _) = play(plan, home, 1, &Bug::None);
    let (first, last) = (seen.observations.first(), seen.observations.last());
    first.zip(last).map_or(Duration::ZERO, |(first, last)| last.at.since(first.at))
}

/// Refuses a system at an address of ours: nobody could tell who sent what.
pub fn has_own_addresses(plan: &Plan, home: &Home, sut: &SystemUnderTest) -> Result<(), LiveError> {
    let ours = home.cast(plan).parties.into_iter().filter(|party| party.name != plan.under_test);
    for party in ours {
        let taken = |e: &&Endpoint| {
            e.ip == sut.sip.ip() && e.port.is_none_or(|port| port == sut.sip.port())
                || e.ip == sut.msrp_host() && e.port.is_none()
        };
        if let Some(Endpoint { ip, .. }) = party.endpoints.iter().find(taken).copied() {
            return Err(LiveError::Address { name: sut.name.clone(), ip, role: party.role });
        }
    }
    Ok(())
}
