//! Two legs of one session: what is remembered of each, and what goes on between them.

use crate::stack::endpoint::TxId;
use crate::stack::msrp::SessionId;
use crate::stack::offer_answer::{MediaPlan, Negotiation};
use crate::stack::ua::CallId;
use crate::time::Time;
use crate::wire::sdp::Session;

/// A session that the function stands in. Numbers are not used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct BridgeId(pub u64);

/// One of the two legs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Side {
    /// Towards who sent the first INVITE.
    Caller,
    /// Towards whom it was for.
    Called,
}

impl Side {
    pub fn other(self) -> Side {
        match self {
            Side::Caller => Side::Called,
            Side::Called => Side::Caller,
        }
    }
}

/// A session that the function stands in.
pub(super) struct Bridge {
    caller: Leg,
    called: Leg,
    /// Addresses of who called and of whom he called.
    pub parties: [String; 2],
    /// On which side the client of the served user is.
    pub client: Side,
    /// Both sides have accepted.
    pub established: bool,
    /// What one side asked for and the other has not answered yet.
    pub exchange: Option<Exchange>,
    /// When the called side has rung too long (RFC 3261 §16.8: timer C).
    pub rings_until: Option<Time>,
    /// The session in which the History Function gets what is said.
    pub recording: Option<CallId>,
    /// Other requests within a dialog that went on, each with the one that waits for its answer.
    pub waiting: Vec<(TxId, TxId)>,
}

/// One side of it.
pub(super) struct Leg {
    pub call: CallId,
    pub negotiation: Negotiation,
    /// The session-id of the own MSRP URI on this leg; it stays as long as the session.
    pub token: String,
    pub plan: Option<MediaPlan>,
    pub session: Option<SessionId>,
    /// The plan cannot be carried out in the session that is there.
    pub moves: bool,
}

/// What goes on between the legs.
pub(super) enum Exchange {
    /// A re-INVITE or UPDATE went on to the other side.
    Modification {
        from: Side,
        /// The request of that side, which waits for its answer.
        tx: TxId,
        /// Its offer; without one the answer to it holds the offer of the other side.
        offer: Option<Session>,
        /// The request that went on.
        out: TxId,
        /// That side has given it up.
        given_up: bool,
    },
    /// That side got an offer with a 2xx, and answers it with its ACK. `theirs` is the offer of the other side that
    /// waits for its own answer; none where the other side has answered already.
    Answer { from: Side, theirs: Option<Session> },
}

impl Bridge {
    pub fn new(caller: Leg, called: Leg, client: Side, parties: [String; 2]) -> Bridge {
        Bridge {
            caller,
            called,
            parties,
            client,
            established: false,
            exchange: None,
            rings_until: None,
            recording: None,
            waiting: Vec::new(),
        }
    }

    pub fn leg(&self, side: Side) -> &Leg {
        match side {
            Side::Caller => &self.caller,
            Side::Called => &self.called,
        }
    }

    pub fn leg_mut(&mut self, side: Side) -> &mut Leg {
        match side {
            Side::Caller => &mut self.caller,
            Side::Called => &mut self.called,
        }
    }

    /// Whether it only waits for its users.
    pub fn is_at_rest(&self) -> bool {
        self.established && self.exchange.is_none()
    }
}

impl Leg {
    pub fn new(call: CallId, negotiation: Negotiation, token: String) -> Leg {
        Leg { call, negotiation, token, plan: None, session: None, moves: false }
    }

    /// Takes what was agreed. A connection outlives that (RFC 4975 §5.4), but where the peer moves to another host.
    pub fn agree(&mut self, plan: MediaPlan) {
        self.moves |= self.plan.as_ref().is_some_and(|before| before.next_hop != plan.next_hop);
        self.plan = Some(plan);
    }
}
