//! How far an episode has got, as its SIP messages tell, and until when more of it is to be expected. Knows no other
//! episode, and nothing of what messages carry.

use std::time::Duration;

use crate::time::Time;
use crate::wire::sip::Message;

/// How long retransmissions and the close of connections are waited for: 64 × T1 (RFC 3261 §17.1.2.2, timer F).
pub const LINGER: Duration = Duration::from_secs(32);
/// How long an invitation may ring without a further response; timer C is longer than 3 minutes (RFC 3261 §16.6).
const RINGING: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// A final response is awaited.
    Pending,
    /// An invitation was accepted: open until BYE.
    Confirmed,
    /// A subscription stands: open until it ends, or runs out because nobody refreshes it.
    Subscribed,
    /// Only retransmissions and the close of connections can follow.
    Over,
}

/// Where an episode stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Course {
    pub phase: Phase,
    /// When nothing more is to be expected; nothing where only a message ends it.
    pub deadline: Option<Time>,
    /// It subscribes to something whose notifications are waited for.
    subscribes: bool,
}

impl Course {
    pub const BEGUN: Course = Course { phase: Phase::Pending, deadline: None, subscribes: false };

    /// Follows the transactions of the Call-ID, as far as to know when it is over. Subscriptions to `packages` are waited
    /// for; all others are over when they fall silent.
    pub fn follow(&mut self, message: &Message, at: Time, packages: &[&str]) {
        self.subscribes |= message.method() == "SUBSCRIBE" && asks_for(message, packages);
        let next = match self.phase {
            Phase::Confirmed => self.in_dialog(message),
            _ if self.subscribes && matches!(message.method(), "SUBSCRIBE" | "NOTIFY") => self.subscription(message),
            _ => self.in_dialog(message),
        };
        if let Some((phase, wait)) = next {
            self.phase = phase;
            self.deadline = wait.map(|wait| at + wait);
        }
    }

    /// The phase that a message leads to, and how long to wait in it.
    fn in_dialog(&self, message: &Message) -> Option<(Phase, Option<Duration>)> {
        let (phase, wait) = match (message.status(), message.method()) {
            (Some(100..=199), "INVITE") if self.phase == Phase::Pending => (Phase::Pending, RINGING),
            (Some(100..=199), _) => return None,
            (Some(200..=299), "INVITE") if self.phase == Phase::Pending => return Some((Phase::Confirmed, None)),
            (Some(_), "BYE") => (Phase::Over, LINGER),
            (Some(_), _) if self.phase == Phase::Pending => (Phase::Over, LINGER),
            (Some(_), _) | (None, "ACK" | "CANCEL") => return None,
            (None, "INVITE") if self.phase != Phase::Confirmed => (Phase::Pending, RINGING),
            // Nobody answers: the sender itself gives up after 64 × T1.
            (None, "BYE") => (self.phase, 2 * LINGER),
            (None, _) if self.phase != Phase::Confirmed => (Phase::Pending, 2 * LINGER),
            (None, _) => return None,
        };
        Some((phase, Some(wait)))
    }

    /// As [`Course::in_dialog`], for the messages of a subscription (RFC 6665 §4.1.2, §4.4.1): a 2xx to SUBSCRIBE and a
    /// NOTIFY say how long it lasts unless it is refreshed.
    fn subscription(&self, message: &Message) -> Option<(Phase, Option<Duration>)> {
        let stands = |seconds: u32| {
            (Phase::Subscribed, Some(Duration::from_secs(u64::from(seconds)).saturating_add(2 * LINGER)))
        };
        let over = Some((Phase::Over, Some(LINGER)));
        let subscribed = self.phase == Phase::Subscribed;
        match (message.status(), message.method()) {
            (Some(100..=199), _) => None,
            (Some(200..=299), "SUBSCRIBE") => match message.expires() {
                // The last NOTIFY may still be to come.
                Some(0) => Some((Phase::Over, Some(2 * LINGER))),
                Some(seconds) => Some(stands(seconds)),
                None if subscribed => None,
                None => over,
            },
            (Some(status), _) if subscribed && !ends(status) => None,
            (Some(200..=299), _) if self.phase != Phase::Pending => None,
            (Some(_), _) => over,
            (None, "NOTIFY") => match message.subscription_state() {
                Some(state) if state.is("terminated") => over,
                Some(state) if self.phase != Phase::Over => match state.expires() {
                    Some(seconds) => Some(stands(seconds)),
                    None if subscribed => None,
                    None => Some((Phase::Pending, Some(2 * LINGER))),
                },
                _ if subscribed => None,
                _ => Some((self.phase, Some(2 * LINGER))),
            },
            (None, _) if subscribed => None,
            (None, _) => Some((Phase::Pending, Some(2 * LINGER))),
        }
    }
}

/// Whether a refusal of a refresh, or of a NOTIFY, is the end of the subscription (RFC 6665 §4.1.2.2, §4.2.2).
fn ends(status: u16) -> bool {
    matches!(status, 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604)
}

fn asks_for(message: &Message, packages: &[&str]) -> bool {
    message.event().is_some_and(|event| packages.iter().any(|known| event.package.eq_ignore_ascii_case(known)))
}
