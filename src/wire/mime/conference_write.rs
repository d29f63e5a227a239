//! Writing `application/conference-info+xml` (RFC 4575 §6), elements in the order of the schema.

use std::fmt::Write;

use super::conference_info::{ConferenceInfo, Endpoint, NS, State, User};
use super::xml::escape;

impl ConferenceInfo {
    /// Writes the document. A state of `full` is the default and left out, but for the root's.
    pub fn write(&self) -> String {
        let mut out = String::with_capacity(1024);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n");
        let (entity, state) = (escape(&self.entity), self.state.text());
        let _ = write!(out, "<conference-info xmlns=\"{NS}\" entity=\"{entity}\" state=\"{state}\"");
        if let Some(version) = self.version {
            let _ = write!(out, " version=\"{version}\"");
        }
        out.push_str(">\r\n");
        if let Some(description) = &self.description {
            out.push_str("  <conference-description>");
            element(&mut out, "display-text", description.display_text.as_deref());
            element(&mut out, "subject", description.subject.as_deref());
            number(&mut out, "maximum-user-count", description.maximum_user_count);
            out.push_str("</conference-description>\r\n");
        }
        if let Some(state) = &self.conference_state {
            out.push_str("  <conference-state>");
            number(&mut out, "user-count", state.user_count);
            number(&mut out, "active", state.active);
            number(&mut out, "locked", state.locked);
            out.push_str("</conference-state>\r\n");
        }
        if let Some(users) = &self.users {
            let _ = write!(out, "  <users{}>\r\n", state_attribute(users.state));
            users.list.iter().for_each(|user| write_user(&mut out, user));
            out.push_str("  </users>\r\n");
        }
        out.push_str("</conference-info>\r\n");
        out
    }
}

fn write_user(out: &mut String, user: &User) {
    let _ = write!(out, "    <user entity=\"{}\"{}>\r\n", escape(&user.entity), state_attribute(user.state));
    element(out, "display-text", user.display_text.as_deref());
    if !user.roles.is_empty() {
        out.push_str("<roles>");
        user.roles.iter().for_each(|role| element(out, "entry", Some(role)));
        out.push_str("</roles>");
    }
    user.endpoints.iter().for_each(|endpoint| write_endpoint(out, endpoint));
    out.push_str("    </user>\r\n");
}

fn write_endpoint(out: &mut String, endpoint: &Endpoint) {
    let _ = write!(out, "      <endpoint entity=\"{}\"{}>", escape(&endpoint.entity), state_attribute(endpoint.state));
    element(out, "display-text", endpoint.display_text.as_deref());
    element(out, "status", endpoint.status.as_deref());
    element(out, "joining-method", endpoint.joining_method.as_deref());
    element(out, "disconnection-method", endpoint.disconnection_method.as_deref());
    out.push_str("</endpoint>\r\n");
}

fn element(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = write!(out, "<{name}>{}</{name}>", escape(value));
    }
}

fn number(out: &mut String, name: &str, value: Option<impl ToString>) {
    element(out, name, value.map(|v| v.to_string()).as_deref());
}

fn state_attribute(state: State) -> String {
    match state {
        State::Full => String::new(),
        state => format!(" state=\"{}\"", state.text()),
    }
}
