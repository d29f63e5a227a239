//! Replaces in an INVITE (RFC 3891 §3): which call is to be replaced, or why it cannot be.

use super::call::Phase;
use super::{CallId, UserAgent};
use crate::stack::dialog::DialogId;
use crate::wire::sip::{Message, Name, Params};

impl UserAgent {
    /// The call that the Replaces of `message` names; `Err` with the status to refuse with.
    pub(super) fn replaced(&self, message: &Message) -> Result<Option<CallId>, u16> {
        if !self.profile.understands("replaces") {
            return Ok(None);
        }
        let mut values = message.values(Name::Replaces);
        let Some((_, value)) = values.next() else { return Ok(None) };
        if values.next().is_some() || message.method() != "INVITE" {
            return Err(400);
        }
        let (call_id, params) = value.split_at(value.find(';').unwrap_or(value.len()));
        let params = Params(params);
        let (Some(to_tag), Some(from_tag)) = (params.get("to-tag"), params.get("from-tag")) else { return Err(400) };
        let id = DialogId {
            call_id: call_id.trim().to_owned(),
            local_tag: to_tag.to_owned(),
            remote_tag: from_tag.to_owned(),
        };
        let Some(call) = self.dialogs.get(&id).copied() else {
            return match self.ended.contains(&id) {
                _ if self.profile.forwards => Ok(None),
                true => Err(603),
                false => Err(481),
            };
        };
        match self.calls.get(&call) {
            _ if self.profile.forwards => Ok(Some(call)),
            Some(known) if known.phase == Phase::Leaving => Err(603),
            Some(known) if known.phase == Phase::Established && params.has("early-only") => Err(486),
            // An early dialog may only be replaced by the one who made it (RFC 3891 §3).
            Some(known) if known.phase == Phase::Inviting && !known.caller => Err(481),
            _ => Ok(Some(call)),
        }
    }
}
