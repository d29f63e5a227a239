//! Session timers (RFC 4028): what both sides agree on, and when to refresh or to end the session.

use std::fmt;
use std::time::Duration;

use crate::time::Time;
use crate::wire::sip::{Message, Name, Params};

/// The smallest session interval there is, in seconds (RFC 4028 §4).
pub const SMALLEST: u32 = 90;

/// Who refreshes, in terms of the request that negotiates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refresher {
    Uac,
    Uas,
}

/// A Session-Expires value (RFC 4028 §4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionExpires {
    /// The session interval in seconds.
    pub seconds: u32,
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    /// The Session-Expires of a message; `None` where there is none that can be read.
    pub fn of(message: &Message) -> Option<SessionExpires> {
        let (_, value) = message.values(Name::SessionExpires).next()?;
        let (seconds, params) = value.split_at(value.find(';').unwrap_or(value.len()));
        let refresher = match Params(params).get("refresher") {
            Some(word) if word.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            Some(word) if word.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            _ => None,
        };
        Some(SessionExpires { seconds: seconds.trim().parse().ok()?, refresher })
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seconds)?;
        match self.refresher {
            Some(Refresher::Uac) => f.write_str(";refresher=uac"),
            Some(Refresher::Uas) => f.write_str(";refresher=uas"),
            None => Ok(()),
        }
    }
}

/// The Min-SE of a message in seconds.
pub fn min_se(message: &Message) -> Option<u32> {
    let (_, value) = message.values(Name::MinSe).next()?;
    value.split(';').next()?.trim().parse().ok()
}

/// How a user agent wants its sessions timed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Whether session timers are supported at all.
    pub supported: bool,
    /// The smallest interval accepted, in seconds; never less than [`SMALLEST`].
    pub min_se: u32,
    /// The longest interval accepted as called side, in seconds; a longer one is reduced.
    pub max: u32,
    /// The interval asked for as called side where the caller supports timers and asks for none.
    pub wanted: Option<u32>,
    /// Who refreshes where the caller leaves it open.
    pub refresher: Refresher,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { supported: true, min_se: SMALLEST, max: u32::MAX, wanted: None, refresher: Refresher::Uas }
    }
}

/// What the called side makes of a session refresh request (RFC 4028 §9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    /// Refuse with 422 and this Min-SE.
    TooSmall(u32),
    /// Answer with this Session-Expires, and `Require: timer` where `require`.
    Timed { expires: SessionExpires, require: bool },
    /// No session timer.
    Untimed,
}

impl Policy {
    /// Judges a session refresh request of the peer (RFC 4028 §9, table 2).
    pub fn judge(&self, request: &Message) -> Offer {
        if !self.supported {
            return Offer::Untimed;
        }
        let peer_supports = request.has_token(Name::Supported, "timer");
        let floor = min_se(request).unwrap_or(SMALLEST).max(SMALLEST);
        let (seconds, refresher) = match (SessionExpires::of(request), self.wanted) {
            (Some(asked), _) => {
                let own_floor = self.min_se.max(SMALLEST);
                if peer_supports && asked.seconds < own_floor {
                    return Offer::TooSmall(own_floor);
                }
                (asked.seconds.min(self.max.max(floor)), asked.refresher)
            }
            (None, Some(wanted)) if peer_supports => (wanted.max(floor), None),
            _ => return Offer::Untimed,
        };
        let refresher = match (peer_supports, refresher) {
            (false, _) => Refresher::Uas,
            (true, Some(chosen)) => chosen,
            (true, None) => self.refresher,
        };
        Offer::Timed { expires: SessionExpires { seconds, refresher: Some(refresher) }, require: peer_supports }
    }
}

/// What a session timer wants done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// Send a session refresh request.
    Refresh,
    /// Send a BYE: no refresh came, or none got through.
    Bye,
}

/// The session timer of one dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionTimer {
    /// The session interval in seconds.
    pub seconds: u32,
    /// Whether this side refreshes.
    pub refreshing: bool,
    /// When to act next.
    pub at: Time,
    expiration: Time,
    refresh_sent: bool,
}

impl SessionTimer {
    /// Starts or restarts with the Session-Expires of a 2xx that was sent or received at `now`; `uac` where this
    /// side sent the request (RFC 4028 §7.2, §9).
    pub fn start(now: Time, expires: SessionExpires, uac: bool) -> SessionTimer {
        // A 2xx without refresher comes from a peer that leaves it to the request's sender.
        let refreshing = (expires.refresher.unwrap_or(Refresher::Uac) == Refresher::Uac) == uac;
        let interval = Duration::from_secs(u64::from(expires.seconds.max(1)));
        let mut timer = SessionTimer {
            seconds: expires.seconds,
            refreshing,
            at: now + interval / 2,
            expiration: now + interval,
            refresh_sent: false,
        };
        if !refreshing {
            timer.at = timer.last_moment();
        }
        timer
    }

    /// What is due; a refresh is due once, and a BYE where it did not help (RFC 4028 §10).
    pub fn due(&mut self, now: Time) -> Option<Due> {
        if now < self.at {
            return None;
        }
        if self.refreshing && !self.refresh_sent {
            self.refresh_sent = true;
            self.at = self.last_moment();
            return Some(Due::Refresh);
        }
        self.at = Time(u64::MAX);
        Some(Due::Bye)
    }

    /// The smaller of 32 s and a third of the interval before the expiration (RFC 4028 §10).
    fn last_moment(&self) -> Time {
        let margin = Duration::from_secs(u64::from(self.seconds)) / 3;
        let margin = u64::try_from(margin.min(Duration::from_secs(32)).as_nanos()).unwrap_or(0);
        Time(self.expiration.0.saturating_sub(margin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sip::Builder;

    fn request(headers: &str) -> Message {
        let mut builder = Builder::request("INVITE", "sip:b");
        for (name, value) in headers.split('|').filter_map(|line| line.split_once(": ")) {
            builder = builder.header(name, value);
        }
        builder.build()
    }

    fn timed(seconds: u32, refresher: Refresher, require: bool) -> Offer {
        Offer::Timed { expires: SessionExpires { seconds, refresher: Some(refresher) }, require }
    }

    #[test]
    fn the_called_side_answers_by_table_2() {
        use Refresher::{Uac, Uas};
        let table = [
            ("Session-Expires: 1800", timed(1800, Uas, false)),
            ("x: 1800|k: timer", timed(1800, Uas, true)),
            ("Session-Expires: 1800;refresher=uac|Supported: 100rel, timer", timed(1800, Uac, true)),
            ("Session-Expires: 1800;refresher=UAS|Supported: timer", timed(1800, Uas, true)),
            ("Session-Expires: 89|Supported: timer", Offer::TooSmall(90)),
            ("Session-Expires: 60", timed(60, Uas, false)),
            ("Supported: timer", Offer::Untimed),
            ("Session-Expires: soon|Supported: timer", Offer::Untimed),
        ];
        for (headers, expected) in table {
            assert_eq!(Policy::default().judge(&request(headers)), expected, "{headers}");
        }
    }

    #[test]
    fn a_policy_reduces_but_never_below_min_se() {
        let policy = Policy { max: 600, wanted: Some(300), min_se: 120, ..Policy::default() };
        let table = [
            ("Session-Expires: 1800|Supported: timer", timed(600, Refresher::Uas, true)),
            ("Session-Expires: 1800|Min-SE: 900|Supported: timer", timed(900, Refresher::Uas, true)),
            ("Session-Expires: 100|Supported: timer", Offer::TooSmall(120)),
            ("Supported: timer|Min-SE: 400", timed(400, Refresher::Uas, true)),
            ("Supported: timer", timed(300, Refresher::Uas, true)),
            ("Supported: 100rel", Offer::Untimed),
        ];
        for (headers, expected) in table {
            assert_eq!(policy.judge(&request(headers)), expected, "{headers}");
        }
        let deaf = Policy { supported: false, ..policy };
        assert_eq!(deaf.judge(&request("Session-Expires: 10|Supported: timer")), Offer::Untimed);
    }

    #[test]
    fn the_refresher_refreshes_at_half_and_the_other_ends_before_the_end() {
        let uac = SessionExpires { seconds: 180, refresher: Some(Refresher::Uac) };
        let mut refreshing = SessionTimer::start(Time(0), uac, true);
        assert_eq!(refreshing.at, Time::from_secs(90));
        assert_eq!(refreshing.due(Time::from_secs(89)), None);
        assert_eq!(refreshing.due(Time::from_secs(90)), Some(Due::Refresh));
        assert_eq!((refreshing.at, refreshing.due(Time::from_secs(148))), (Time::from_secs(148), Some(Due::Bye)));

        let mut waiting = SessionTimer::start(Time(0), uac, false);
        assert!(!waiting.refreshing);
        assert_eq!(waiting.at, Time::from_secs(148));
        assert_eq!(waiting.due(Time::from_secs(148)), Some(Due::Bye));
        let short = SessionTimer::start(Time(0), SessionExpires { seconds: 90, refresher: Some(Refresher::Uas) }, true);
        assert_eq!(short.at, Time::from_secs(60));
    }

    #[test]
    fn values_are_written_as_they_are_read() {
        for text in ["1800", "90;refresher=uac", "90;refresher=uas"] {
            let read = SessionExpires::of(&request(&format!("Session-Expires: {text}"))).expect("a value");
            assert_eq!(read.to_string(), text);
        }
        assert_eq!(min_se(&request("Min-SE: 120;x=y")), Some(120));
    }
}
