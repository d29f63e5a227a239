//! Which responses are one and the same, sent again: final ones to an INVITE are, until they are acknowledged.

use std::collections::HashSet;

use super::scene::Scene;
use crate::trace::UnitId;

/// The responses of one transaction without copies that only repeat a final one (RFC 3261 §13.3.1.4, §17.2.1). A
/// provisional response is not repeated by itself, and nothing is after its ACK.
pub fn without(responses: Vec<UnitId>, scene: &Scene<'_>) -> Vec<UnitId> {
    let mut seen = HashSet::new();
    let mut repeats = |id: UnitId| {
        let message = scene.sip(id);
        let first = seen.insert(message.bytes().clone());
        !first && message.status().is_some_and(|status| status >= 200) && !is_acknowledged(id, scene)
    };
    responses.into_iter().filter(|id| !repeats(*id)).collect()
}

/// Whether the ACK had come to who sent this response.
fn is_acknowledged(id: UnitId, scene: &Scene<'_>) -> bool {
    let (response, unit) = (scene.sip(id), scene.unit(id));
    let number = response.cseq().map(|(number, _)| number);
    scene.trace.units().any(|(_, other)| {
        scene.cast.is_same(other.dst, unit.src)
            && unit.begun.since(other.at) > scene.in_flight()
            && other.at < unit.begun
            && other.sip().is_some_and(|ack| {
                ack.is_request()
                    && ack.method() == "ACK"
                    && ack.call_id() == response.call_id()
                    && ack.cseq().map(|(number, _)| number) == number
            })
    })
}
