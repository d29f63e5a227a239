//! What the user of the system does when its client calls him: the acts of a case that wait for an occasion on the wire.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::actors::act::{Act, Intention, Occasion};
use crate::judge::Cast;
use crate::script::plan::{Arranged, Deed, Plan};
use crate::script::sut::{Stimulus, SystemUnderTest};
use crate::time::Time;
use crate::trace::{Observation, Streams, Unit};
use crate::wire::sip::Message;

/// The occasions of a case, and which of them have come.
pub struct Occasions {
    /// Whose client the system is.
    person: String,
    /// What he does when his client rings, and how long after.
    on_ringing: Option<(Act, Duration)>,
    /// What he does when the other one's client rings.
    on_ringing_there: Option<Act>,
    streams: Streams,
    scanned: usize,
    /// The calls that rang, in each direction.
    rang: BTreeSet<(bool, String)>,
    /// What is to be done when, and for which call.
    due: Vec<(Time, String, Act)>,
}

impl Occasions {
    /// Those that the plan has for a system that can be told to act.
    pub fn new(plan: &Plan, sut: &SystemUnderTest) -> Occasions {
        let mut occasions = Occasions {
            person: plan.under_test.clone(),
            on_ringing: None,
            on_ringing_there: None,
            streams: Streams::default(),
            scanned: 0,
            rang: BTreeSet::new(),
            due: Vec::new(),
        };
        if sut.stimulus == Stimulus::None {
            return occasions;
        }
        occasions.on_ringing = Some((Act::Accept, Duration::ZERO));
        let by_himself = |deed: &Deed| {
            let decides =
                |(who, act): &(String, Act)| *who == plan.under_test && matches!(act, Act::Accept | Act::Decline);
            matches!(deed, Deed::Act(acts) if acts.iter().any(decides))
        };
        if plan.acts.iter().any(by_himself) {
            occasions.on_ringing = None;
        }
        for arrangement in plan.arrangements.iter().filter(|a| a.who == plan.under_test) {
            match &arrangement.what {
                // Who can be set up does so by himself.
                Arranged::Hesitates(_) if sut.arranges => occasions.on_ringing = None,
                Arranged::Hesitates(time) => {
                    if let Some((_, after)) = &mut occasions.on_ringing {
                        *after = *time;
                    }
                }
                Arranged::Intends(Intention { when: Occasion::Invited, act }) => {
                    occasions.on_ringing = (!sut.arranges).then(|| (act.clone(), Duration::ZERO));
                }
                Arranged::Intends(Intention { when: Occasion::Ringing, act }) if !sut.arranges => {
                    occasions.on_ringing_there = Some(act.clone());
                }
                _ => {}
            }
        }
        occasions
    }

    /// Whether a user who is told when can do what is arranged.
    pub fn can_do(arranged: &Arranged) -> bool {
        match arranged {
            Arranged::Hesitates(_) => true,
            Arranged::Intends(Intention { when, .. }) => matches!(when, Occasion::Ringing | Occasion::Invited),
            _ => false,
        }
    }

    /// Whether something waits to be done.
    pub fn are_pending(&self) -> bool {
        !self.due.is_empty()
    }

    /// Looks at what was seen since the last time; gives what is to be done now.
    pub fn look(&mut self, now: Time, cast: &Cast, seen: &[Observation]) -> Vec<Act> {
        let fresh = seen.get(self.scanned..).unwrap_or_default();
        self.scanned = seen.len();
        let mut units: Vec<Unit> = Vec::new();
        for observation in fresh {
            self.streams.take(observation.clone(), |unit| units.push(unit));
        }
        for unit in units {
            if let Some(message) = unit.sip() {
                self.hear(now, cast, &unit, message);
            }
        }
        let (due, later) = std::mem::take(&mut self.due).into_iter().partition(|(at, ..)| *at <= now);
        self.due = later;
        let due: Vec<(Time, String, Act)> = due;
        due.into_iter().map(|(_, _, act)| act).collect()
    }

    fn hear(&mut self, now: Time, cast: &Cast, unit: &Unit, message: &Message) {
        let (Some(status), "INVITE") = (message.status(), message.method()) else { return };
        let here = cast.is_at(&self.person, unit.src);
        if !here && !cast.is_at(&self.person, unit.dst) {
            return;
        }
        let call = message.call_id().to_owned();
        match status {
            180 => {
                let wanted = match here {
                    true => self.on_ringing.clone(),
                    false => self.on_ringing_there.clone().map(|act| (act, Duration::ZERO)),
                };
                if let Some((act, after)) = wanted
                    && self.rang.insert((here, call.clone()))
                {
                    self.due.push((now + after, call, act));
                }
            }
            // The call is decided; what the user would have done comes too late.
            200.. => self.due.retain(|(_, other, _)| *other != call),
            _ => {}
        }
    }
}
