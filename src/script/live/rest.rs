//! How it is known on real sockets that what began has come to rest: nobody of ours is busy, and nothing was seen for a
//! while. It must not know what was begun.

use std::time::Duration;

use crate::actors::Actor;
use crate::net::Live;
use crate::time::Time;

/// How often is looked whether it has.
pub const LOOK: Duration = Duration::from_millis(50);
/// Nothing has been seen for so long.
const BREATH: Duration = Duration::from_millis(400);

/// What was seen last, and when.
pub struct Rest {
    seen: usize,
    last: Time,
    until: Time,
}

impl Rest {
    /// From now on, within `limit`.
    pub fn within(live: &Live<Actor>, limit: Duration) -> Rest {
        let now = live.now();
        Rest { seen: live.observations().len(), last: now, until: now + limit }
    }

    /// Whether it has come to rest, or the limit has passed: asked every [`LOOK`].
    pub fn has_come(&mut self, live: &Live<Actor>, busy: bool) -> bool {
        let (count, now) = (live.observations().len(), live.now());
        if count != self.seen || busy {
            (self.seen, self.last) = (count, now);
        }
        now.since(self.last) >= BREATH || now >= self.until
    }
}
