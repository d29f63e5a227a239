//! Plans in the order in which captures need them: by what an episode must be to exercise them. What many plans have in
//! common is counted once, so that an episode is looked at once for all of them.

use std::collections::{BTreeMap, HashMap};

use super::acts::{self, Trigger, acts_cross, peer_releases, tested_releases, trigger};
use super::conference;
use super::facts::{Facts, Kind};
use super::files;
use super::refusal::Refusal;
use super::story::Story;
use crate::actors::act::{Act, Intention, Sending};
use crate::judge::{Check, Moment, Row, Scene, Subject};
use crate::net::tamper;
use crate::script::plan::{Arranged, Arrangement, Plan};

/// What an episode must be to exercise a plan at all: its kind, and whether its client is a CPM client.
pub type Need = (Kind, bool);

/// All plans that captures may exercise.
pub struct Index<'p> {
    pub plans: &'p [Plan],
    by_need: BTreeMap<Need, Vec<Candidate<'p>>>,
    /// Numbers of the plans about every message over MSRP.
    pub any_message: Vec<usize>,
    castings: Numbers,
    arrangements: Numbers,
    rows: Numbers,
}

/// A plan, and the numbers of what it shares with others.
pub struct Candidate<'p> {
    pub number: usize,
    pub plan: &'p Plan,
    pub trigger: Trigger<'p>,
    /// Plans of one casting have the same people in the same places of an episode.
    pub casting: usize,
    /// Whether the client under test is the one that begins.
    pub tests_sender: bool,
    /// The other side releases the session, and not only when it is done.
    pub peer_releases: bool,
    /// The client under test releases it.
    tested_releases: bool,
    /// It breaks a message off.
    aborts: bool,
    /// What is sent, where the plan is about that.
    sending: Option<&'p Sending>,
    /// The acceptance is that of a focus.
    focus: bool,
    /// Messages of pager mode go over streams only.
    streams: bool,
    /// Methods that rows want answers to.
    answers: Vec<&'p str>,
    pub arrangements: Vec<(usize, &'p Arrangement)>,
    pub rows: Vec<(usize, &'p Check, &'p Row)>,
}

/// How many different things there are of a kind, and the number of each.
#[derive(Default)]
struct Numbers(HashMap<String, usize>);

impl Numbers {
    fn of(&mut self, thing: &impl std::fmt::Debug) -> usize {
        let next = self.0.len();
        *self.0.entry(format!("{thing:?}")).or_insert(next)
    }
}

impl<'p> Index<'p> {
    pub fn of(plans: &'p [Plan]) -> Index<'p> {
        let any_message = (0..plans.len()).filter(|at| acts::is_about_any_message(&plans[*at])).collect();
        let mut index = Index {
            plans,
            by_need: BTreeMap::new(),
            any_message,
            castings: Numbers::default(),
            arrangements: Numbers::default(),
            rows: Numbers::default(),
        };
        let change_request = acts::is_change_request_meant(plans);
        for (number, plan) in plans.iter().enumerate() {
            if let Some(trigger) = trigger(plan, change_request) {
                let need = (trigger.kind, trigger.cpm);
                let candidate = index.candidate(number, plan, trigger);
                index.by_need.entry(need).or_default().push(candidate);
            }
        }
        index
    }

    /// Those that an episode of that kind may exercise.
    pub fn candidates(&self, need: Need) -> &[Candidate<'p>] {
        self.by_need.get(&need).map_or(&[], Vec::as_slice)
    }

    pub fn castings(&self) -> usize {
        self.castings.0.len()
    }

    pub fn arrangements(&self) -> usize {
        self.arrangements.0.len()
    }

    pub fn rows(&self) -> usize {
        self.rows.0.len()
    }

    fn candidate(&mut self, number: usize, plan: &'p Plan, trigger: Trigger<'p>) -> Candidate<'p> {
        let rows = plan.checks.iter().flat_map(|check| check.rows.iter().map(move |row| (check, row)));
        let answers = plan.checks.iter().filter_map(|check| match &check.subject {
            Subject::Answer { party, method, .. } if *party == plan.under_test => Some(method.as_str()),
            _ => None,
        });
        let arranged = |what: fn(&Arranged) -> bool| plan.arrangements.iter().any(|a| what(&a.what));
        Candidate {
            number,
            plan,
            casting: self.castings.of(&(plan.names(), trigger.who, &trigger.to, &plan.under_test)),
            tests_sender: trigger.who == plan.under_test,
            peer_releases: peer_releases(plan),
            tested_releases: tested_releases(plan),
            aborts: plan.arrangements.iter().any(|a| a.who == plan.under_test && aborts(&a.what)),
            sending: plan.sends().map(|(_, _, _, sending)| sending),
            focus: arranged(|a| matches!(a, Arranged::ContactParameter(p) if p == "isfocus")),
            streams: arranged(|a| matches!(a, Arranged::ConnectionOriented)),
            answers: answers.collect(),
            arrangements: plan.arrangements.iter().map(|a| (self.arrangements.of(a), a)).collect(),
            rows: rows
                .map(|(check, row)| (self.rows.of(&(&check.subject, &row.ask, row.requirement.level)), check, row))
                .collect(),
            trigger,
        }
    }
}

fn aborts(what: &Arranged) -> bool {
    matches!(what, Arranged::Intends(Intention { act: Act::Abort, .. }))
}

impl Candidate<'_> {
    /// Whether the facts alone, before anybody is cast, leave it open that the plan is exercised.
    pub fn may_be(&self, facts: &Facts) -> bool {
        let tested_seen = if self.tests_sender { facts.sender_seen } else { facts.recipient_seen };
        let denied = |(_, a): &(usize, &Arrangement)| matches!(a.what, Arranged::Answers(s) if facts.status != Some(s));
        tested_seen && !self.arrangements.iter().any(denied) && self.shows(facts)
    }

    /// Whether what the user asked for beside the message itself can be seen, and nothing that the plan has not.
    fn shows(&self, facts: &Facts) -> bool {
        let pager = matches!(facts.kind, Kind::Pager(_));
        (!self.plan.ims || facts.ims)
            && (!self.plan.secures_msrp() || facts.secured)
            && (!(facts.kind.is_for_one() && facts.focus) || self.focus)
            && (!(pager && facts.is_large_on_streams()) || self.streams)
            && match facts.kind {
                Kind::Conference(entry) | Kind::Story(Story::Subscribed(entry)) => {
                    conference::fits(self.plan, entry, facts)
                }
                Kind::Story(Story::Extended) => conference::names_enough(self.plan, facts),
                Kind::Files(_) | Kind::Story(Story::OfferedAgain) => files::agree(self.plan, facts),
                _ => true,
            }
            && self.sending.is_none_or(|sending| {
                facts.said.shows(sending)
                    && (!sending.anonymous || facts.anonymous)
                    && sending.request_octets.is_none_or(|octets| !pager || octets == facts.size)
            })
    }

    /// Why a refusal by the party under test proves nothing: a capture does not tell what its user wanted, whether its
    /// client was free, or who refused in its place.
    pub fn refused_by_choice(&self, facts: &Facts, scene: &Scene<'_>) -> Option<Refusal> {
        let tested = &self.plan.under_test;
        if !self.tests_sender
            && let Some(status) = facts.status.filter(|status| *status >= 300 && !self.is_provoked(*status, facts.kind))
        {
            return Some(match facts.kind {
                Kind::Pager(_) => Refusal::Message(status),
                _ => Refusal::Invitation(status),
            });
        }
        let large = matches!(facts.kind, Kind::Large(_) | Kind::Files(_));
        if !matches!(facts.kind, Kind::Large(_))
            && let Some(status) = self.modification_refused(scene)
        {
            return Some(Refusal::Modification(status));
        }
        // RFC 4975 §10.5: the recipient wants no more of the message, or (§7.2) none of its type.
        let refusals: &[u16] = match large {
            true if self.tests_sender => &[],
            // Whom the plan has break it off does so for the plan's reasons.
            true if self.aborts => &[],
            true => &[413],
            false if self.tampers(|kind| matches!(kind, tamper::Kind::MsrpRequest(_))) => &[],
            false => &[413, 415],
        };
        let by_tested = |status: &&u16| {
            let stopped = scene.moment(&Moment::MsrpResponse(**status), tested);
            stopped.is_some_and(|id| scene.by(tested, id))
        };
        refusals.iter().find(by_tested).map(|status| Refusal::Chunk(*status))
    }

    /// The methods that rows want answers to, and that nobody asked the party under test for.
    pub fn unasked(&self, scene: &Scene<'_>) -> Vec<&str> {
        let tested = &self.plan.under_test;
        let asked = |method: &str| {
            let mut requests = scene.trace.transactions().iter().map(|t| t.request);
            requests.any(|id| scene.sip(id).method() == method && scene.cast.is_at(tested, scene.unit(id).dst))
        };
        self.answers.iter().copied().filter(|method| !asked(method)).collect()
    }

    /// What the plan's files are called and are, where those of the episode are not.
    pub fn unlike(&self, facts: &Facts) -> Vec<&str> {
        files::unlike(self.sending, facts)
    }

    /// Whether the party under test may release the session that was made, although the plan does not say so.
    pub fn may_release(&self, facts: &Facts) -> bool {
        matches!(facts.kind, Kind::Session | Kind::Conference(_) | Kind::Story(_))
            && !self.tested_releases
            // Where a session was to become a conference, it was there before.
            && (facts.status.is_some_and(|s| s < 300) || matches!(facts.kind, Kind::Story(_)))
    }

    /// Whether the plan arranges something that the status speaks of.
    fn is_provoked(&self, status: u16, kind: Kind) -> bool {
        let typed = self.plan.sends().is_some_and(|(_, _, _, sending)| !sending.content_type.is_empty());
        match kind {
            // RFC 3261 §21.4.1, §21.4.13, §21.4.15, §21.4.26, §21.4.28.
            Kind::Pager(_) => {
                (typed || self.tampers(|kind| *kind == tamper::Kind::Request("MESSAGE".to_owned())))
                    && matches!(status, 400 | 415 | 420 | 488 | 493)
            }
            // Statuses that speak of the offer itself (RFC 3261 §21.4.1, §21.4.13, §21.4.26, §21.6.4).
            _ => {
                self.tampers(|kind| *kind == tamper::Kind::Request("INVITE".to_owned()))
                    && matches!(status, 400 | 415 | 488 | 606)
            }
        }
    }

    fn tampers(&self, with: impl Fn(&tamper::Kind) -> bool) -> bool {
        self.plan.arrangements.iter().any(|a| matches!(&a.what, Arranged::Tampers(t) if with(&t.selector.kind)))
    }

    /// The status by which the party under test refused a modification that the plan does not make impossible.
    fn modification_refused(&self, scene: &Scene<'_>) -> Option<u16> {
        let tampered = self.tampers(|kind| matches!(kind, tamper::Kind::Request(m) if m == "INVITE" || m == "UPDATE"));
        if tampered || acts_cross(self.plan) {
            return None;
        }
        let tested = &self.plan.under_test;
        let modifications = scene.trace.transactions().iter().filter(|t| {
            let method = scene.sip(t.request).method();
            matches!(method, "INVITE" | "UPDATE")
                && !scene.is_initial(t.request)
                && scene.cast.is_at(tested, scene.unit(t.request).dst)
        });
        modifications.flat_map(|t| &t.responses).filter_map(|id| scene.sip(*id).status()).find(|s| *s >= 300)
    }
}
