//! What the operator is asked to do, in words. Knows no system.

use super::programs::recipients;
use crate::actors::act::{Act, File, FileForm, Kept, Sending};

/// What the operator is asked to do.
pub fn in_words(user: &str, act: &Act) -> String {
    if let Act::Retrieve { ids, .. } = act
        && !ids.is_empty()
    {
        return format!("please let {user}'s client {}: {}", plain(act), ids.join(", "));
    }
    if let Act::Invite { to } = act {
        return format!("please let {user}'s client invite {to} to a session");
    }
    if let Act::Message(sending) = act {
        let to = recipients(&sending.to).join(", ");
        let private = if to.is_empty() { to } else { format!(", to {to} alone") };
        return format!("please let {user}'s client send in the session{private}: “{}”", sending.text);
    }
    if let Act::Provision(provision) = act {
        let known = serde_json::to_string_pretty(provision).unwrap_or_default(); // Plain data is always JSON.
        return format!("please provision the {} with this and nothing else:\n{known}", provision.plays());
    }
    if let Act::Accept { only } = act
        && !only.is_empty()
    {
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        return format!(
            "please let {user}'s client take of the files that are offered only number {}",
            only.join(", ")
        );
    }
    match act {
        Act::Confer { to, anonymous } => {
            let how = if *anonymous { ", anonymously" } else { "" };
            return format!("please let {user}'s client invite {} to one conference{how}", to.join(", "));
        }
        Act::Join { conference, anonymous } => {
            let how = if *anonymous { ", anonymously" } else { "" };
            return format!("please let {user}'s client join the conference {conference}{how}");
        }
        Act::Extend { to } => {
            return format!("please let {user}'s client take {} into the session", to.join(", "));
        }
        _ => {}
    }
    let Act::Send(sending) = act else { return format!("please let {user}'s client {}", plain(act)) };
    let Sending {
        to,
        text,
        content_type,
        anonymous,
        on_action,
        description,
        external,
        delivery_report,
        file,
        also,
        in_turn,
        ..
    } = &**sending;
    let mut words = format!("please let {user}'s client send {} bytes to {}", text.len(), recipients(to).join(", "));
    let mut add = |applies: bool, what: &str| {
        if applies {
            words.push_str(", ");
            words.push_str(what);
        }
    };
    let form = |file: &File| if file.form == FileForm::Rfc5547 { " in the form of RFC 5547" } else { "" };
    let file = file.as_ref().map(|file| format!("as the file {}{}", file.name, form(file)));
    add(file.is_some(), file.as_deref().unwrap_or_default());
    add(!content_type.is_empty(), content_type);
    add(*anonymous, "anonymously");
    add(*on_action, "to be opened by the recipient");
    add(*delivery_report, "with a delivery report");
    add(description.is_some(), &format!("described as “{}”", description.as_deref().unwrap_or_default()));
    for more in also {
        let way = if *in_turn { "then, in the same session," } else { "with" };
        add(true, &format!("{way} the file {} of {} bytes", more.file.name, more.text.len()));
    }
    add(external.is_some(), &format!("as a pointer to {}", external.as_deref().unwrap_or_default()));
    words
}

fn plain(act: &Act) -> &'static str {
    match act {
        Act::Arrange(_) | Act::Provision(_) => "be set up afresh",
        Act::Register => "register",
        Act::Unregister => "remove its registration",
        Act::Watch => "ask to be told what deferred messages wait",
        Act::Send(_) => "send a message",
        Act::Retrieve { kept: Kept::Deferred, .. } => "retrieve deferred messages",
        Act::Retrieve { kept: Kept::History, .. } => "retrieve history",
        Act::Invite { .. } => "invite to a session",
        Act::Confer { .. } => "invite to a conference",
        Act::Join { .. } => "join a conference",
        Act::Rejoin => "go back into the last conference",
        Act::Extend { .. } => "take more people into the session",
        Act::Subscribe => "ask who takes part in the conference",
        Act::Accept { .. } => "take the invitation",
        Act::Decline => "turn the invitation down",
        Act::Message(_) => "send a message in the session",
        Act::Release => "end the session",
        Act::Cancel => "give the invitation up",
        Act::Modify(_) => "modify the session",
        Act::Reset => "abort the MSRP connection",
        Act::Abort => "break the message off",
        Act::ReportFailure { .. } => "report the message as failed",
        Act::Intrude => "send a message over a second connection",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::act::{OneMore, Recipients};

    #[test]
    fn the_operator_is_told_in_words() {
        #[track_caller]
        fn check(act: Act, expected: &str) {
            assert_eq!(in_words("alice", &act), expected);
        }
        check(Act::Register, "please let alice's client register");
        let all = Act::Retrieve { kept: Kept::Deferred, ids: Vec::new() };
        check(all, "please let alice's client retrieve deferred messages");
        let one = Act::Retrieve { kept: Kept::History, ids: vec!["mid:a@example.org".into()] };
        check(one, "please let alice's client retrieve history: mid:a@example.org");
        let invite = Act::Invite { to: "sip:bob@example.org".into() };
        check(invite, "please let alice's client invite sip:bob@example.org to a session");
        let message = Sending { text: "Hello".into(), ..Sending::default() };
        check(Act::Message(Box::new(message)), "please let alice's client send in the session: “Hello”");
        let people = || vec!["sip:bob@example.org".to_owned(), "sip:carol@example.org".to_owned()];
        let confer = Act::Confer { to: people(), anonymous: true };
        let words = "please let alice's client invite sip:bob@example.org, sip:carol@example.org to one conference, anonymously";
        check(confer, words);
        let join = Act::Join { conference: "sip:friends@example.org".into(), anonymous: false };
        check(join, "please let alice's client join the conference sip:friends@example.org");
        let extend = Act::Extend { to: people() };
        check(extend, "please let alice's client take sip:bob@example.org, sip:carol@example.org into the session");
        let private =
            Sending { text: "Hi".into(), to: Recipients::One("sip:bob@example.org".into()), ..Sending::default() };
        let words = "please let alice's client send in the session, to sip:bob@example.org alone: “Hi”";
        check(Act::Message(Box::new(private)), words);
        check(
            Act::Accept { only: vec![1, 3] },
            "please let alice's client take of the files that are offered only number 1, 3",
        );
        let file = |name: &str| File { name: name.into(), ..File::default() };
        let more = OneMore { file: file("b.txt"), text: "xyz".into(), ..OneMore::default() };
        let to = Recipients::One("sip:bob@example.org".into());
        let files = Sending { to, text: "x".into(), file: Some(file("a.txt")), also: vec![more], ..Sending::default() };
        let words = "please let alice's client send 1 bytes to sip:bob@example.org, as the file a.txt, \
                     with the file b.txt of 3 bytes";
        check(Act::Send(Box::new(files.clone())), words);
        let described = files.file.clone().map(|file| File { form: FileForm::Rfc5547, ..file });
        let in_turn = Sending { file: described, in_turn: true, ..files };
        let words = "please let alice's client send 1 bytes to sip:bob@example.org, as the file a.txt in the form of \
                     RFC 5547, then, in the same session, the file b.txt of 3 bytes";
        check(Act::Send(Box::new(in_turn)), words);
        let to = Recipients::Several(vec!["sip:bob@example.org".into(), "sip:carol@example.org".into()]);
        let sending = Sending { to, text: "x".repeat(1500), anonymous: true, ..Sending::default() };
        let words =
            "please let alice's client send 1500 bytes to sip:bob@example.org, sip:carol@example.org, anonymously";
        check(Act::Send(Box::new(sending)), words);
    }
}
