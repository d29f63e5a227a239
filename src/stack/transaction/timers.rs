//! The timers of RFC 3261 table 4 and RFC 6026, all derived from a few base values.

use std::time::Duration;

/// Base values; the lettered timers follow from them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timers {
    /// Estimate of the round-trip time.
    pub t1: Duration,
    /// Longest interval between retransmissions of non-INVITE requests and INVITE responses.
    pub t2: Duration,
    /// Longest time a message stays in the network.
    pub t4: Duration,
    /// Timer D over unreliable transports: at least 32 s, whatever T1 is (RFC 3261 §17.1.1.2).
    pub d: Duration,
    /// How long an INVITE may stay without an answer before a 100 is sent (RFC 3261 §17.2.1).
    pub trying: Duration,
    /// Timer C of a proxy (RFC 3261 §16.6 step 11 asks for more than 3 minutes).
    pub c: Duration,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            d: Duration::from_secs(32),
            trying: Duration::from_millis(200),
            c: Duration::from_secs(181),
        }
    }
}

impl Timers {
    /// Timers B, F, H, J, L and M: 64 × T1.
    pub fn give_up(&self) -> Duration {
        self.t1 * 64
    }

    /// The interval that follows `interval` where it doubles up to T2 (timers E and G).
    pub fn back_off(&self, interval: Duration) -> Duration {
        (interval * 2).min(self.t2)
    }

    /// After how long a client's timer E is first set to T2; then a server that has not answered a non-INVITE
    /// request sends 100 (RFC 4320 §4.1).
    pub fn late(&self) -> Duration {
        let mut interval = self.t1.min(self.t2).max(Duration::from_millis(1));
        let mut sum = Duration::ZERO;
        while interval < self.t2 {
            sum += interval;
            interval *= 2;
        }
        sum
    }
}
