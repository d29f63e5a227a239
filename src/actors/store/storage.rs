//! Where messages are kept: what a store asks of it, and the plain one in memory.
//!
//! It knows no protocol. A durable one stands on a floor that may do I/O; the order in which a store uses it makes that
//! no message is lost or given twice when the process dies:
//!
//! - [`Storage::store`] comes before the 200 to the last chunk of a message: who sent it is told of success only when
//!   it is safe;
//! - [`Storage::delete`] comes when the recipient has acknowledged every octet, before anything else is sent.
//!
//! A process that dies between the recipient's 200 and the deletion gives the message again, with the same Message-ID,
//! by which the recipient knows it (RFC 4975 §5.4).

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A message that is kept for somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stored {
    /// The URI by which lists name it.
    pub id: String,
    /// Its Message-ID over MSRP, the same each time that it is sent.
    pub message_id: String,
    /// Address of whom it is for; nobody else gets it.
    pub owner: String,
    /// Address of who wrote it.
    pub from: String,
    /// When it was written (RFC 3339).
    pub date_time: String,
    pub subject: Option<String>,
    pub class: Class,
    /// MIME headers but Content-Type.
    pub headers: Vec<(String, String)>,
    pub content_type: String,
    #[serde(skip)]
    pub body: Bytes,
}

/// What a message is, for those who are told how many wait (RFC 3458 §6.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Class {
    Text,
    Multimedia,
    Pager,
}

impl Class {
    pub const ALL: &[Class] = &[Class::Text, Class::Multimedia, Class::Pager];

    /// The name in a message summary.
    pub fn word(self) -> &'static str {
        match self {
            Class::Text => "Text-Message",
            Class::Multimedia => "Multimedia-Message",
            Class::Pager => "Pager-Message",
        }
    }
}

/// Where messages are kept.
pub trait Storage: Send {
    /// Keeps a message. When this returns, it is safe.
    fn store(&mut self, message: &Stored) -> Result<(), Unavailable>;
    /// Forgets a message for good. One that is not known is forgotten already.
    fn delete(&mut self, id: &str) -> Result<(), Unavailable>;
    /// The ids and classes of all that is kept for `owner`, the oldest first.
    fn list(&self, owner: &str) -> Result<Vec<(String, Class)>, Unavailable>;
    /// The message of that id.
    fn get(&self, id: &str) -> Result<Option<Stored>, Unavailable>;
}

/// Nothing can be kept or read now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unavailable {
    pub reason: String,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "messages cannot be kept: {}", self.reason)
    }
}

impl std::error::Error for Unavailable {}

/// Messages kept as long as the process lives.
#[derive(Clone, Default, Debug)]
pub struct Memory {
    messages: VecDeque<Stored>,
}

impl Memory {
    pub fn new(messages: impl IntoIterator<Item = Stored>) -> Memory {
        Memory { messages: messages.into_iter().collect() }
    }
}

impl Storage for Memory {
    fn store(&mut self, message: &Stored) -> Result<(), Unavailable> {
        match self.messages.iter_mut().find(|known| known.id == message.id) {
            Some(known) => *known = message.clone(),
            None => self.messages.push_back(message.clone()),
        }
        Ok(())
    }

    fn delete(&mut self, id: &str) -> Result<(), Unavailable> {
        self.messages.retain(|message| message.id != id);
        Ok(())
    }

    fn list(&self, owner: &str) -> Result<Vec<(String, Class)>, Unavailable> {
        let own = self.messages.iter().filter(|message| message.owner == owner);
        Ok(own.map(|message| (message.id.clone(), message.class)).collect())
    }

    fn get(&self, id: &str) -> Result<Option<Stored>, Unavailable> {
        Ok(self.messages.iter().find(|message| message.id == id).cloned())
    }
}
