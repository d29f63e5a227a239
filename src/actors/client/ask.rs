//! Capabilities (RFC 3261 §11): what this client can do is said to who asks, and others are asked.

use super::{ACCEPTS, Client};
use crate::stack::ua::{Headers, OutRequest};
use crate::time::Time;

/// A header that says nothing makes requests longer.
const FILLER: &str = "Subject";

impl Client {
    /// Asks somebody what he can do, by a request of at least so many octets on the wire. His answer is for who looks at
    /// the wire.
    pub fn ask(&mut self, now: Time, uri: &str, octets: usize) {
        let mut headers = self.initial_headers(false);
        headers.push(("Accept".to_owned(), "application/sdp".to_owned()));
        headers.push(("Contact".to_owned(), self.contact()));
        let mut request = OutRequest {
            method: "OPTIONS".to_owned(),
            request_uri: uri.to_owned(),
            from: self.from(false),
            to: format!("<{uri}>"),
            headers,
            ..OutRequest::default()
        };
        let missing = octets.saturating_sub(self.ua.octets_of(request.clone()));
        if missing > 0 {
            request.headers.push((FILLER.to_owned(), "x".repeat(missing)));
        }
        self.ua.request(now, request);
    }

    /// What a 200 to OPTIONS says beyond Allow and Supported (RFC 3261 §11.2).
    pub(super) fn capabilities(&self) -> Headers {
        let accepts = ["application/sdp", "multipart/mixed"].into_iter().chain(ACCEPTS.iter().copied());
        let accepts: Vec<&str> = accepts.collect();
        vec![("Accept".to_owned(), accepts.join(", ")), ("Contact".to_owned(), self.contact())]
    }
}
