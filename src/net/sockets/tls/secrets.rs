//! The secrets of connections, line by line as SSLKEYLOGFILE has them, so that a capture can be read.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use rustls::KeyLog;

/// Secrets that were agreed on and not taken yet.
#[derive(Default, Debug)]
pub struct Secrets(Mutex<Vec<String>>);

impl Secrets {
    /// Hands out the lines since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeyLog for Secrets {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = label.to_owned();
        for octets in [client_random, secret] {
            line.push(' ');
            for octet in octets {
                let _ = write!(line, "{octet:02x}");
            }
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}
