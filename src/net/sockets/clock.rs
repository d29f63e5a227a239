//! The wall clock of a live run: read once, then carried on by the monotonic clock, so that it never jumps.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::time::Time;

#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    anchor: Instant,
    wall: Time,
}

impl Clock {
    pub fn start() -> Clock {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { anchor: Instant::now(), wall: Time(0) + since_epoch }
    }

    /// Nanoseconds since the Unix epoch.
    pub fn now(&self) -> Time {
        self.wall + self.anchor.elapsed()
    }
}
