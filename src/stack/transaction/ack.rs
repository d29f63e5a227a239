//! The ACK that an INVITE client transaction itself sends for a final response other than 2xx.

use crate::wire::sip::{Builder, Message, Name};

/// Builds the ACK of RFC 3261 §17.1.1.3: the request's Request-URI, top Via, From, Call-ID and Route, the response's To.
pub(super) fn for_failure(request: &Message, response: &Message) -> Message {
    let number = request.cseq().map_or(0, |(number, _)| number);
    let mut ack = Builder::request("ACK", request.request_uri().unwrap_or_default());
    if let Some((_, via)) = request.values(Name::Via).next() {
        ack = ack.header("Via", via);
    }
    for route in request.all(Name::Route) {
        ack = ack.header("Route", route.text());
    }
    ack.maybe("Max-Forwards", request.header(Name::MaxForwards).map(|h| h.text()))
        .maybe("From", request.header(Name::From).map(|h| h.text()))
        .maybe("To", response.header(Name::To).map(|h| h.text()))
        .header("Call-ID", request.call_id())
        .header("CSeq", format!("{number} ACK"))
        .build()
}
