//! What a user agent is asked for, and what it tells.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::{CallId, RegistrationId, SubscriptionId};
use crate::stack::endpoint::TxId;
use crate::stack::session_timer::SessionExpires;
use crate::wire::sip::Message;

/// Header names with their values. A value of no characters keeps a header away that the profile would add.
pub type Headers = Vec<(String, String)>;

/// A body with its Content-Type.
pub type Body = (String, Bytes);

/// An INVITE to be sent.
#[derive(Clone, Debug, Default)]
pub struct InviteRequest {
    pub request_uri: String,
    /// From, without tag.
    pub from: String,
    pub to: String,
    /// All else; a Contact here stands for the profile's in the whole call.
    pub headers: Headers,
    pub body: Option<Body>,
    pub session_expires: Option<SessionExpires>,
    /// Where to send it, against Route and outbound proxy.
    pub destination: Option<SocketAddr>,
}

/// A request outside of any dialog.
#[derive(Clone, Debug, Default)]
pub struct OutRequest {
    pub method: String,
    pub request_uri: String,
    /// From, without tag.
    pub from: String,
    pub to: String,
    /// All else. A `Call-ID` and a `CSeq` here stand for fresh ones. A Contact is the caller's to add.
    pub headers: Headers,
    pub body: Option<Body>,
    /// Where to send it, against Route and outbound proxy.
    pub destination: Option<SocketAddr>,
}

/// Why there is no response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nobody answered or acknowledged in time.
    Timeout,
    /// The message could not be sent.
    Transport,
}

/// What the user of a user agent learns.
#[derive(Clone, Debug)]
pub enum UaEvent {
    /// An INVITE, to be answered with [`super::UserAgent::answer`]. `replaces` is the call that its Replaces names (RFC 3891).
    Incoming { call: CallId, message: Arc<Message>, replaces: Option<CallId> },
    /// A provisional response to the INVITE, other than 100.
    Provisional { call: CallId, message: Arc<Message> },
    /// The 2xx to the INVITE. It is acknowledged already, but where the INVITE had no body: then [`super::UserAgent::ack`].
    Answered { call: CallId, message: Arc<Message> },
    /// A final response other than 2xx to the INVITE. The call is gone.
    Rejected { call: CallId, message: Arc<Message> },
    /// The ACK for a 2xx of this side came.
    Confirmed { call: CallId, message: Arc<Message> },
    /// A re-INVITE or UPDATE with a body, or a re-INVITE without, to be answered with [`super::UserAgent::respond`].
    Modification { call: CallId, tx: TxId, message: Arc<Message> },
    /// The final response to a re-INVITE or UPDATE of this side.
    ModificationResult { call: CallId, tx: TxId, message: Arc<Message> },
    /// The session timer was renewed by either side without asking the user.
    Refreshed { call: CallId },
    /// The peer's BYE, answered already. The call is gone.
    Bye { call: CallId, message: Arc<Message> },
    /// The session timer ran out; a BYE was sent, and [`UaEvent::Ended`] follows (RFC 4028 §10).
    Expired { call: CallId },
    /// This side's BYE came to its end, whatever it was. The call is gone.
    Ended { call: CallId },
    /// The INVITE was cancelled by either side and answered as it must be. The call is gone.
    Cancelled { call: CallId },
    /// No response, no ACK (then a BYE was sent), or no way. The call is gone.
    Failed { call: CallId, why: Failure },
    /// The registrar took a REGISTER; the binding lasts `expires` seconds, and with 0 it is gone.
    Registered { registration: RegistrationId, expires: u32, message: Arc<Message> },
    /// A REGISTER was refused (`message`) or not answered. It is not repeated; the registration stays for
    /// [`super::UserAgent::reregister`].
    NotRegistered { registration: RegistrationId, message: Option<Arc<Message>> },
    /// A SUBSCRIBE of this side was taken, for `expires` seconds.
    Subscribed { subscription: SubscriptionId, expires: u32, message: Arc<Message> },
    /// A NOTIFY, to be answered with [`super::UserAgent::respond`]; with `ended` the subscription is gone.
    Notify { subscription: SubscriptionId, tx: TxId, message: Arc<Message>, ended: bool },
    /// A NOTIFY of this side was answered, and its subscription lives.
    Notified { subscription: SubscriptionId },
    /// The subscription of either side is gone: refused or unknown (`message`), or not answered.
    NotSubscribed { subscription: SubscriptionId, message: Option<Arc<Message>> },
    /// A subscriber refreshed, or with `expires` 0 ends; it is answered. Its NOTIFY is due ([`super::UserAgent::notify`]).
    Resubscribed { subscription: SubscriptionId, expires: u32, message: Arc<Message> },
    /// A subscriber did not refresh; the last NOTIFY is due ([`super::UserAgent::notify`] with `terminated;reason=timeout`).
    SubscriptionExpired { subscription: SubscriptionId },
    /// Any other request, to be answered with [`super::UserAgent::respond`].
    Request { tx: TxId, call: Option<CallId>, message: Arc<Message> },
    /// A response other than 100 to a request of this side that is no INVITE.
    Response { tx: TxId, call: Option<CallId>, message: Arc<Message> },
    /// There will be no response to a request of this side.
    RequestFailed { tx: TxId, call: Option<CallId>, why: Failure },
}
