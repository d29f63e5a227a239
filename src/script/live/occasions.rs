//! What the user of the system does when its client calls him: the acts of a case that wait for an occasion on the wire.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::actors::act::{Act, Intention, Occasion};
use crate::judge::Cast;
use crate::script::plan::{Arranged, Arrangement, Deed, Plan};
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
        if sut.stimulus == Stimulus::None || plan.tests_server() {
            return occasions;
        }
        occasions.on_ringing = Some((Act::Accept { only: Vec::new() }, Duration::ZERO));
        let by_himself = |deed: &Deed| {
            let decides = |(who, act): &(String, Act)| {
                *who == plan.under_test && matches!(act, Act::Accept { .. } | Act::Decline)
            };
            matches!(deed, Deed::Act(acts) if acts.iter().any(decides))
        };
        let given_up = |arrangement: &Arrangement| {
            matches!(&arrangement.what, Arranged::Intends(Intention { when: Occasion::Ringing, act: Act::Cancel }))
        };
        if plan.acts.iter().any(by_himself) || plan.arrangements.iter().any(given_up) {
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::judge::{Endpoint, Party};
    use crate::trace::Seen;

    const SELF: &str = "192.0.2.1:5060";
    const CORE: &str = "192.0.2.2:5060";

    fn occasions(on_ringing: Option<(Act, Duration)>, on_ringing_there: Option<Act>) -> Occasions {
        Occasions {
            person: "Alice".to_owned(),
            on_ringing,
            on_ringing_there,
            streams: Streams::default(),
            scanned: 0,
            rang: BTreeSet::new(),
            due: Vec::new(),
        }
    }

    /// What is to be done, second by second, when these responses go to or from Alice's client a second after another.
    #[track_caller]
    fn check(mut occasions: Occasions, responses: &[(&str, &str, u16)], expected: &[&[Act]]) {
        let endpoints = vec![Endpoint { ip: SELF.parse::<std::net::SocketAddr>().unwrap().ip(), port: None }];
        let alice = Party { name: "Alice".to_owned(), endpoints, ..Party::default() };
        let cast = Cast { parties: vec![alice], ..Cast::default() };
        let mut seen = Vec::new();
        for (second, acts) in (0..).zip(expected) {
            let now = Time(0) + Duration::from_secs(second as u64);
            if let Some((from, call, status)) = responses.get(second) {
                let (src, dst) = if *from == "here" { (SELF, CORE) } else { (CORE, SELF) };
                let text = format!("SIP/2.0 {status} X\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\n\r\n");
                let what = Seen::Datagram(Bytes::from(text));
                seen.push(Observation {
                    at: now,
                    packet: 1,
                    src: src.parse().unwrap(),
                    dst: dst.parse().unwrap(),
                    what,
                });
            }
            assert_eq!(occasions.look(now, &cast, &seen), *acts, "second {second}");
        }
    }

    #[test]
    fn a_user_acts_once_for_each_call_that_rings() {
        let takes = || Some((Act::Accept { only: Vec::new() }, Duration::ZERO));
        let none: &[Act] = &[];
        let rings = [("here", "a", 180), ("here", "a", 180), ("here", "a", 200), ("here", "b", 180)];
        check(
            occasions(takes(), None),
            &rings,
            &[&[Act::Accept { only: Vec::new() }], none, none, &[Act::Accept { only: Vec::new() }]],
        );
        check(occasions(None, None), &rings, &[none; 4]);
        check(occasions(takes(), None), &[("there", "a", 180), ("here", "a", 183), ("here", "a", 200)], &[none; 3]);
        check(occasions(None, Some(Act::Cancel)), &[("there", "a", 180), ("here", "b", 180)], &[&[Act::Cancel], none]);
    }

    #[test]
    fn who_hesitates_acts_later_unless_it_is_over() {
        let hesitates = || occasions(Some((Act::Accept { only: Vec::new() }, Duration::from_secs(2))), None);
        let none: &[Act] = &[];
        check(hesitates(), &[("here", "a", 180)], &[none, none, &[Act::Accept { only: Vec::new() }], none]);
        check(hesitates(), &[("here", "a", 180), ("here", "a", 487)], &[none; 4]);
    }
}
