//! Plans in the order in which captures need them: by what an episode must be to exercise them. What many plans have in
//! common is counted once, so that an episode is looked at once for all of them.

use std::collections::{BTreeMap, HashMap};

use super::facts::{Facts, Kind};
use super::need;
use crate::judge::{Check, Moment, Row, Scene};
use crate::net::tamper;
use crate::script::plan::{Arranged, Arrangement, Plan};
use crate::wire::mime::MediaType;

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
    /// Plans of one casting have the same people in the same places of an episode.
    pub casting: usize,
    /// Whether the client under test is the one that sends.
    pub tests_sender: bool,
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
        let any_message = (0..plans.len()).filter(|at| super::is_about_any_message(&plans[*at])).collect();
        let mut index = Index {
            plans,
            by_need: BTreeMap::new(),
            any_message,
            castings: Numbers::default(),
            arrangements: Numbers::default(),
            rows: Numbers::default(),
        };
        for (number, plan) in plans.iter().enumerate() {
            if let Some(need) = need(plan) {
                let candidate = index.candidate(number, plan);
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

    fn candidate(&mut self, number: usize, plan: &'p Plan) -> Candidate<'p> {
        let sends = plan.sends().map(|(who, to, ..)| (who, to));
        let rows = plan.checks.iter().flat_map(|check| check.rows.iter().map(move |row| (check, row)));
        Candidate {
            number,
            plan,
            casting: self.castings.of(&(plan.names(), sends, &plan.under_test)),
            tests_sender: sends.is_some_and(|(who, _)| who == plan.under_test),
            arrangements: plan.arrangements.iter().map(|a| (self.arrangements.of(a), a)).collect(),
            rows: rows
                .map(|(check, row)| (self.rows.of(&(&check.subject, &row.ask, row.requirement.level)), check, row))
                .collect(),
        }
    }
}

impl Candidate<'_> {
    /// Whether the facts alone, before anybody is cast, leave it open that the plan is exercised.
    pub fn may_be(&self, facts: &Facts) -> bool {
        let tested_seen = if self.tests_sender { facts.sender_seen } else { facts.recipient_seen };
        let denied = |(_, a): &(usize, &Arrangement)| matches!(a.what, Arranged::Answers(s) if facts.status != Some(s));
        tested_seen && !self.arrangements.iter().any(denied) && self.shows(facts)
    }

    /// Whether what the user asked for beside the message itself can be seen. Its size does not matter.
    fn shows(&self, facts: &Facts) -> bool {
        let plan = self.plan;
        let Some((_, _, _, sending)) = plan.sends() else { return false };
        let typed = |kind: &str| facts.content_type.as_deref().is_some_and(|t| MediaType::parse(t).is(kind));
        let focus = |a: &Arrangement| matches!(&a.what, Arranged::ContactParameter(p) if p == "isfocus");
        (!plan.ims || facts.ims)
            && (!(facts.kind == Kind::One && facts.focus) || plan.arrangements.iter().any(focus))
            && (!sending.anonymous || facts.anonymous)
            && (!sending.on_action || facts.on_action)
            && (sending.description.is_none() || facts.description.is_some())
            && (sending.external.is_none() || typed("message/external-body"))
            && (sending.content_type.is_empty() || typed(&sending.content_type))
            && (!sending.delivery_report || facts.delivery_report)
            && sending.failure_report.as_ref().is_none_or(|v| facts.failure_report.as_ref() == Some(v))
    }

    /// Why the recipient's refusal proves nothing: a capture does not tell what its user wanted, whether its client was
    /// free, or who refused in its place.
    pub fn refused_by_choice(&self, facts: &Facts, scene: &Scene<'_>) -> Option<Refusal> {
        if self.tests_sender {
            return None;
        }
        let provoked = self.plan.arrangements.iter().any(|a| match &a.what {
            Arranged::Tampers(t) => t.selector.kind == tamper::Kind::Request("INVITE".to_owned()),
            _ => false,
        });
        // Statuses that speak of the offer itself (RFC 3261 §21.4.1, §21.4.13, §21.4.26, §21.6.4).
        let of_the_offer = |status| provoked && matches!(status, 400 | 415 | 488 | 606);
        if let Some(status) = facts.status.filter(|status| *status >= 300 && !of_the_offer(*status)) {
            return Some(Refusal::Invitation(status));
        }
        // RFC 4975 §10.5: the recipient wants no more of the message.
        let stopped = scene.moment(&Moment::MsrpResponse(413), &self.plan.under_test)?;
        scene.by(&self.plan.under_test, stopped).then_some(Refusal::Chunk)
    }
}

/// What a recipient refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    Invitation(u16),
    Chunk,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Invitation(status) => write!(f, "the invitation was refused with {status}")?,
            Refusal::Chunk => f.write_str("a chunk was refused with 413")?,
        }
        f.write_str("; a capture does not tell for whose reasons")
    }
}
