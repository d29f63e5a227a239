//! What a subscriber knows of a conference after each notification (RFC 4575 §4.6). Must not know when to subscribe.

use super::conference_info::{ConferenceInfo, Endpoint, MAX_ROWS, State, User};

/// What a received document did to the local state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Merged {
    /// The local state now has what the document says.
    Applied,
    /// Not newer than the local state, or without a version; discarded.
    Stale,
    /// Partial, and something before it was missed: the subscription has to be refreshed.
    Missed,
    /// The conference has ceased to exist.
    Ended,
}

impl ConferenceInfo {
    /// Brings the `local` state, None before the first full document, up to date with `document`.
    ///
    /// What is kept locally always has the state `full`, and no flaws.
    pub fn merge(local: &mut Option<ConferenceInfo>, document: &ConferenceInfo) -> Merged {
        let Some(version) = document.version else { return Merged::Stale };
        if local.as_ref().and_then(|l| l.version).is_some_and(|known| version <= known) {
            return Merged::Stale;
        }
        match document.state {
            State::Full => {
                *local = Some(document.settled());
                Merged::Applied
            }
            State::Deleted => {
                *local = Some(document.settled());
                Merged::Ended
            }
            State::Partial => match local {
                Some(known) if known.version.and_then(|v| v.checked_add(1)) == Some(version) => {
                    known.update(document);
                    Merged::Applied
                }
                _ => Merged::Missed,
            },
        }
    }

    fn settled(&self) -> ConferenceInfo {
        let mut settled = ConferenceInfo { state: State::Full, flaws: Vec::new(), ..self.clone() };
        if self.state == State::Deleted {
            // What a deleted parent contains is to be ignored (RFC 4575 §4.4).
            (settled.description, settled.conference_state, settled.users) = (None, None, None);
        }
        if let Some(users) = &mut settled.users {
            users.state = State::Full;
            users.list.retain(|u| u.state != State::Deleted);
            users.list.iter_mut().for_each(User::settle);
        }
        settled
    }

    fn update(&mut self, document: &ConferenceInfo) {
        self.version = document.version;
        if document.description.is_some() {
            self.description.clone_from(&document.description);
        }
        if document.conference_state.is_some() {
            self.conference_state.clone_from(&document.conference_state);
        }
        let Some(changes) = &document.users else { return };
        match changes.state {
            State::Full => self.users = document.settled().users,
            State::Deleted => self.users = None,
            State::Partial => {
                let users = self.users.get_or_insert_default();
                changes.list.iter().for_each(|change| update_row(&mut users.list, change));
            }
        }
    }
}

/// An element that has a key among its siblings (RFC 4575 §4.5).
trait Row: Clone {
    fn key(&self) -> &str;
    fn state(&self) -> State;
    /// Makes it the whole of what is known.
    fn settle(&mut self);
    /// Takes over what `change` mentions.
    fn update(&mut self, change: &Self);
}

fn update_row<R: Row>(rows: &mut Vec<R>, change: &R) {
    let known = rows.iter().position(|row| row.key() == change.key());
    match (change.state(), known) {
        (State::Deleted, Some(at)) => {
            rows.remove(at);
        }
        (State::Deleted, None) => {}
        // Many partial documents must not add up to more than one full document may hold.
        (_, None) if rows.len() >= MAX_ROWS => {}
        (State::Partial, Some(at)) => rows[at].update(change),
        (State::Full, Some(at)) => {
            rows[at] = change.clone();
            rows[at].settle();
        }
        (State::Full | State::Partial, None) => {
            let mut row = change.clone();
            row.settle();
            rows.push(row);
        }
    }
}

impl Row for User {
    fn key(&self) -> &str {
        &self.entity
    }

    fn state(&self) -> State {
        self.state
    }

    fn settle(&mut self) {
        self.state = State::Full;
        self.endpoints.retain(|e| e.state != State::Deleted);
        self.endpoints.iter_mut().for_each(Endpoint::settle);
    }

    fn update(&mut self, change: &User) {
        replace(&mut self.display_text, &change.display_text);
        if !change.roles.is_empty() {
            self.roles.clone_from(&change.roles);
        }
        change.endpoints.iter().for_each(|endpoint| update_row(&mut self.endpoints, endpoint));
    }
}

impl Row for Endpoint {
    fn key(&self) -> &str {
        &self.entity
    }

    fn state(&self) -> State {
        self.state
    }

    fn settle(&mut self) {
        self.state = State::Full;
    }

    fn update(&mut self, change: &Endpoint) {
        replace(&mut self.display_text, &change.display_text);
        replace(&mut self.status, &change.status);
        replace(&mut self.joining_method, &change.joining_method);
        replace(&mut self.disconnection_method, &change.disconnection_method);
    }
}

fn replace(known: &mut Option<String>, change: &Option<String>) {
    if change.is_some() {
        known.clone_from(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(version: u32, state: &str, users: &str) -> ConferenceInfo {
        ConferenceInfo::parse(
            format!(
                "<conference-info xmlns='urn:ietf:params:xml:ns:conference-info' entity='sip:c' state='{state}' \
                 version='{version}'><conference-description/>{users}</conference-info>"
            )
            .as_bytes(),
        )
    }

    fn known(local: &Option<ConferenceInfo>) -> String {
        let users = local.iter().flat_map(|l| l.users());
        let status = |e: &Endpoint| format!("{}={}", e.entity, e.status.as_deref().unwrap_or("-"));
        let user = |u: &User| format!("{}[{}]", u.entity, u.endpoints.iter().map(status).collect::<Vec<_>>().join(","));
        users.map(user).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn documents_are_applied_in_order_of_their_versions() {
        let mut local = None;
        let mut check = |version: u32, state: &str, users: &str, merged: Merged, expected: &str| {
            let document = document(version, state, users);
            assert_eq!(ConferenceInfo::merge(&mut local, &document), merged, "version {version}");
            assert_eq!(known(&local), expected, "version {version}");
        };
        let alice = "<user entity='a'><endpoint entity='1'><status>connected</status></endpoint></user>";
        check(4, "partial", "<users state='partial'/>", Merged::Missed, "");
        check(5, "full", &format!("<users>{alice}</users>"), Merged::Applied, "a[1=connected]");
        check(5, "full", "<users/>", Merged::Stale, "a[1=connected]");
        check(4, "full", "<users/>", Merged::Stale, "a[1=connected]");
        check(7, "partial", "<users state='partial'/>", Merged::Missed, "a[1=connected]");
        let bob = "<users state='partial'><user entity='b'><endpoint entity='2'><status>pending</status></endpoint></user></users>";
        check(6, "partial", bob, Merged::Applied, "a[1=connected] b[2=pending]");
        let joined = "<users state='partial'><user entity='b' state='partial'><endpoint entity='2' state='partial'>\
                      <status>connected</status></endpoint><endpoint entity='3'/></user></users>";
        check(7, "partial", joined, Merged::Applied, "a[1=connected] b[2=connected,3=-]");
        check(8, "partial", "", Merged::Applied, "a[1=connected] b[2=connected,3=-]");
        let gone = "<users state='partial'><user entity='a' state='deleted'/><user entity='b' state='partial'>\
                    <endpoint entity='3' state='deleted'/></user></users>";
        check(9, "partial", gone, Merged::Applied, "b[2=connected]");
        check(10, "partial", "<users><user entity='c'/></users>", Merged::Applied, "c[]");
        check(20, "full", "<users><user entity='d'/></users>", Merged::Applied, "d[]");
        check(21, "deleted", "<users><user entity='x'/></users>", Merged::Ended, "");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut local = None;
        ConferenceInfo::merge(&mut local, &document(1, "full", "<users/>"));
        for version in 2..5 {
            let users: String = (0..3000).map(|i| format!("<user entity='{version}{i}'/>")).collect();
            ConferenceInfo::merge(
                &mut local,
                &document(version, "partial", &format!("<users state='partial'>{users}</users>")),
            );
        }
        assert_eq!(local.expect("merged").users().count(), MAX_ROWS);
    }

    #[test]
    fn what_is_kept_is_full() {
        let mut local = None;
        ConferenceInfo::merge(&mut local, &document(1, "full", "<users/>"));
        let change = "<users state='partial'><user entity='a' state='partial'><endpoint entity='1' state='partial'/></user></users>";
        ConferenceInfo::merge(&mut local, &document(2, "partial", change));
        let local = local.expect("merged");
        let user = local.user("a").expect("added");
        assert_eq!((local.state, user.state, user.endpoints[0].state), (State::Full, State::Full, State::Full));
    }
}
