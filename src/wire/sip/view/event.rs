//! Event and Subscription-State (RFC 6665 §8.2).

use super::params::{Params, split_params};
use crate::wire::sip::{Message, Name};

/// An Event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event<'m> {
    /// The package with its templates, for example `presence.winfo`.
    pub package: &'m str,
    pub params: Params<'m>,
}

/// A Subscription-State.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SubscriptionState<'m> {
    /// `active`, `pending`, `terminated` or another token.
    pub state: &'m str,
    pub params: Params<'m>,
}

impl<'m> Event<'m> {
    pub fn parse(value: &'m str) -> Event<'m> {
        let (package, params) = split_params(value);
        Event { package, params }
    }

    pub fn id(&self) -> Option<&'m str> {
        self.params.get("id")
    }
}

impl<'m> SubscriptionState<'m> {
    pub fn parse(value: &'m str) -> SubscriptionState<'m> {
        let (state, params) = split_params(value);
        SubscriptionState { state, params }
    }

    pub fn is(&self, state: &str) -> bool {
        self.state.eq_ignore_ascii_case(state)
    }

    pub fn reason(&self) -> Option<&'m str> {
        self.params.get("reason")
    }

    /// In seconds.
    pub fn expires(&self) -> Option<u32> {
        self.params.get("expires")?.parse().ok()
    }

    /// In seconds.
    pub fn retry_after(&self) -> Option<u32> {
        self.params.get("retry-after")?.parse().ok()
    }
}

impl Message {
    pub fn event(&self) -> Option<Event<'_>> {
        self.span_of(Name::Event).map(|span| Event::parse(self.str(span)))
    }

    pub fn subscription_state(&self) -> Option<SubscriptionState<'_>> {
        self.span_of(Name::SubscriptionState).map(|span| SubscriptionState::parse(self.str(span)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;

    #[test]
    fn an_event_is_read() {
        for (headers, expected) in [
            ("Event: conference", Some(("conference", None))),
            ("o: presence.winfo ; id=7", Some(("presence.winfo", Some("7")))),
            ("Allow-Events: x", None),
        ] {
            let message = message_with(headers);
            assert_eq!(message.event().map(|e| (e.package, e.id())), expected, "{headers}");
        }
    }

    #[test]
    fn a_subscription_state_is_read() {
        for (value, expected) in [
            ("Active;expires=3600", ("active", None, Some(3600), None)),
            ("terminated;reason=noresource", ("terminated", Some("noresource"), None, None)),
            ("terminated;reason=giveup;retry-after=5", ("terminated", Some("giveup"), None, Some(5))),
            ("pending;expires=x", ("pending", None, None, None)),
        ] {
            let message = message_with(&format!("Subscription-State: {value}"));
            let Some(state) = message.subscription_state() else { panic!("a state in {value}") };
            let (name, reason, expires, retry) = expected;
            assert!(state.is(name), "{value}");
            assert_eq!((state.reason(), state.expires(), state.retry_after()), (reason, expires, retry), "{value}");
        }
    }
}
