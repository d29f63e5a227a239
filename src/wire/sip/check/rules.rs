//! The grammar of each header: which rule its value follows, and in which RFC the rule stands.

use super::scan::{Read, Scan};
use super::{address, numbers, tokens};
use crate::wire::Flaw;
use crate::wire::sip::message::Message;
use crate::wire::sip::name::Name;

/// The rule of one header.
struct Rule {
    clause: &'static str,
    shape: Shape,
    item: fn(&mut Scan) -> Read,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// The whole value is one item.
    One,
    /// Items between commas.
    List,
    /// Items between commas, or nothing at all.
    MaybeList,
}

/// Judges every header whose grammar is known.
pub(super) fn check(message: &Message, flaws: &mut Vec<Flaw>) {
    for line in &message.index().lines {
        let Some(rule) = rule(line.name) else { continue };
        if line.value.is_empty() && rule.shape == Shape::MaybeList {
            continue;
        }
        let mut scan = Scan::new(message.bytes(), line.value, rule.clause, flaws);
        let read = match rule.shape {
            Shape::One => (rule.item)(&mut scan),
            Shape::List | Shape::MaybeList => scan.list(rule.item),
        };
        if let Err(wrong) = read.and_then(|()| nothing_left(&mut scan)) {
            scan.stopped(wrong);
        }
    }
}

fn nothing_left(scan: &mut Scan) -> Read {
    scan.blanks();
    if scan.rest().is_empty() { Ok(()) } else { scan.wrong("value goes on where it should end") }
}

fn rule(name: Name) -> Option<Rule> {
    let one = |clause, item| Some(Rule { clause, shape: Shape::One, item });
    let list = |clause, item| Some(Rule { clause, shape: Shape::List, item });
    let maybe = |clause, item| Some(Rule { clause, shape: Shape::MaybeList, item });
    const CORE: &str = "RFC 3261 §25.1";
    match name {
        Name::From | Name::To => one(CORE, address::tagged),
        Name::ReplyTo => one(CORE, address::one),
        Name::Contact => one(CORE, address::contact),
        Name::Route | Name::RecordRoute => list(CORE, address::enclosed),
        Name::Via => list(CORE, address::via),
        Name::AlertInfo | Name::CallInfo | Name::ErrorInfo => list(CORE, address::info),
        Name::ReferTo => one("RFC 3515 §2.1", address::one),
        Name::ReferredBy => one("RFC 3892 §3", address::one),
        Name::Path => list("RFC 3327 §4", address::enclosed),
        Name::ServiceRoute => list("RFC 3608 §5", address::enclosed),
        Name::HistoryInfo => list("RFC 4244 §4.1", address::enclosed),
        Name::PAssertedIdentity => list("RFC 3325 §9.1", address::bare),
        Name::PPreferredIdentity => list("RFC 3325 §9.2", address::bare),
        Name::PAssociatedUri => maybe("RFC 7315 §5.1", address::enclosed),
        Name::PCalledPartyId => one("RFC 7315 §5.2", address::enclosed),

        Name::CSeq => one(CORE, numbers::cseq),
        Name::CallId => one(CORE, numbers::call_id),
        Name::InReplyTo => list(CORE, numbers::call_id),
        Name::MaxForwards => one(CORE, numbers::max_forwards),
        Name::Expires | Name::MinExpires => one(CORE, numbers::seconds),
        Name::FlowTimer => one("RFC 5626 §10", numbers::seconds),
        Name::SessionExpires => one("RFC 4028 §4", numbers::session_timer),
        Name::MinSe => one("RFC 4028 §5", numbers::session_timer),
        Name::RetryAfter => one(CORE, numbers::retry_after),
        Name::RSeq => one("RFC 3262 §7.1", numbers::rseq),
        Name::RAck => one("RFC 3262 §7.2", numbers::rack),
        Name::Date => one(CORE, numbers::date),
        Name::Warning => list("RFC 3261 §20.43", numbers::warning),
        Name::MimeVersion => one(CORE, numbers::mime_version),
        Name::Timestamp => one(CORE, numbers::timestamp),

        Name::Allow | Name::Supported => maybe(CORE, tokens::token),
        Name::Require | Name::ProxyRequire | Name::Unsupported | Name::ContentEncoding => list(CORE, tokens::token),
        Name::Priority => one(CORE, tokens::token),
        Name::Accept => maybe(CORE, tokens::accept),
        Name::AcceptEncoding => maybe(CORE, tokens::token_params),
        Name::AcceptLanguage => maybe(CORE, tokens::language),
        Name::ContentLanguage => list(CORE, tokens::language),
        Name::ContentType => one(CORE, tokens::media_type),
        Name::ContentDisposition => one(CORE, tokens::token_params),
        Name::UserAgent | Name::Server => one(CORE, tokens::products),
        Name::WwwAuthenticate | Name::ProxyAuthenticate | Name::Authorization | Name::ProxyAuthorization => {
            one(CORE, tokens::auth)
        }
        Name::AuthenticationInfo => list(CORE, tokens::auth_info),
        Name::AllowEvents => list("RFC 6665 §8.4", tokens::token),
        Name::Event => one("RFC 6665 §8.4", tokens::token_params),
        Name::SubscriptionState => one("RFC 6665 §8.4", tokens::subscription_state),
        Name::AcceptContact | Name::RejectContact => list("RFC 3841 §10", tokens::feature_set),
        Name::RequestDisposition => list("RFC 3841 §10", tokens::token),
        Name::Replaces => one("RFC 3891 §6.1", tokens::dialog),
        Name::Join => one("RFC 3911 §7.1", tokens::dialog),
        Name::TargetDialog => one("RFC 4538 §7", tokens::target_dialog),
        Name::Privacy => one("RFC 3323 §4.2", tokens::privacy),
        Name::Reason => list("RFC 3326 §2", tokens::reason),
        Name::SipETag | Name::SipIfMatch => one("RFC 3903 §12", tokens::token),
        Name::PAccessNetworkInfo => list("RFC 7315 §5.4", tokens::token_params),
        Name::PVisitedNetworkId => list("RFC 7315 §5.3", tokens::visited_network),
        Name::PChargingVector => one("RFC 7315 §5.6", tokens::charging_vector),
        _ => None,
    }
}
