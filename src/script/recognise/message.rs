//! Any message over MSRP, whatever session it is in: who is who, and what is on the wire of it alone.

use std::net::SocketAddr;

use crate::judge::{Cast, Endpoint, Field, Party};
use crate::script::plan::Plan;
use crate::trace::{Trace, Transfer, UnitId};
use crate::wire::msrp::{Flag, Message};

/// The people of a plan at the ends of a message's connection.
pub fn cast(plan: &Plan, transfer: &Transfer, trace: &Trace) -> Option<Cast> {
    let first = trace.unit(*transfer.chunks.first()?);
    let sender = plan.sends()?.0;
    let party = |name: &str| {
        let at = if name == sender { first.src } else { first.dst };
        Party {
            name: name.to_owned(),
            role: format!("{name}'s client"),
            address: String::new(),
            endpoints: vec![endpoint(at)],
        }
    };
    let parties = plan.names().into_iter().map(party).collect();
    Some(Cast { parties, under_test: plan.under_test.clone(), ..Cast::default() })
}

/// The chunks of a message and the REPORTs about it, with what responses they got, and nothing else of the trace.
pub fn alone(transfer: &Transfer, trace: &Trace) -> Trace {
    let requests = || transfer.chunks.iter().chain(&transfer.reports).copied();
    let mut units: Vec<UnitId> = requests().chain(requests().filter_map(|id| trace.msrp_response(id))).collect();
    units.sort_unstable();
    units.dedup();
    let mut alone = Trace::new();
    for id in units {
        alone.push(trace.unit(id).clone());
    }
    alone
}

/// Whether the plan can be judged by this message: it was not broken off or refused, and asks for what the plan is about.
pub fn exercises(plan: &Plan, transfer: &Transfer, trace: &Trace) -> bool {
    let chunk = |id: &UnitId| trace.unit(*id).msrp();
    let chunks = || transfer.chunks.iter().filter_map(chunk);
    let whole = chunks().any(|m| m.flag() == Flag::Last) && chunks().all(|m| m.flag() != Flag::Aborted);
    let status = |id: &UnitId| trace.msrp_response(*id).and_then(|r| trace.unit(r).msrp()?.head().status());
    let refused = transfer.chunks.iter().filter_map(status).any(|s| s != 200);
    let reports_asked = chunks().any(|m| asks(m, "Success-Report"));
    let rows = || plan.checks.iter().flat_map(|c| &c.rows);
    let asks_of = |field: Field| rows().any(|row| row.ask.as_ref().is_some_and(|(of, _)| *of == field));
    whole
        && !refused
        && (!asks_of(Field::SuccessReports) || reports_asked)
        && (!asks_of(Field::AnswersToReports) || !transfer.reports.is_empty())
}

fn asks(message: &Message, header: &str) -> bool {
    message.head().header(header).is_some_and(|v| v.eq_ignore_ascii_case("yes"))
}

fn endpoint(at: SocketAddr) -> Endpoint {
    Endpoint { ip: at.ip(), port: Some(at.port()) }
}
