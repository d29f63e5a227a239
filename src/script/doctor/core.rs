//! A SIP/IP core of somebody else: whether it starts, lets our clients in and nobody else, and leads them to each other.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::item::{Cause, Item};
use super::system::{large, name};
use super::{clock, failed, ours, programs};
use crate::net::sockets::{Reach, Trouble, Whose, holder, is_free, reach};
use crate::script::live::{Answer, CorePlace, CoreVisit, LiveError, PEOPLE, Registered, Word, outfit_of_core};
use crate::script::sut::{ThirdPartyCore, Transport};

/// How long a socket is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// A request of so many octets goes over TCP (RFC 3261 §18.1.1: above 1300), and so it does without the credentials that a
/// core takes away.
const LARGE: usize = 2000;
const REGISTRATION: &str = "registration";
const PASSWORD: &str = "password";

/// Looks at what is on this machine; says why the core cannot be asked, where it cannot.
pub fn before(place: &CorePlace, tell: &mut dyn FnMut(Item)) -> Option<&'static str> {
    let core = &place.core;
    let mut clear = true;
    for item in ours::own_address_of_core(place).into_iter().chain(ours::addresses_around(place)).chain(own_port(core))
    {
        clear &= item.cause.is_none();
        tell(item);
    }
    let commands = core.start.iter().flat_map(|start| std::iter::once(&start.command).chain(&start.stop));
    let mut startable = true;
    for item in commands.filter_map(|command| Some(programs::examined("command", command.first()?))) {
        startable &= item.cause.is_none();
        tell(item);
    }
    match (clear, startable) {
        (true, true) => None,
        (false, _) => Some("addresses are missing for it"),
        (true, false) => Some("a program is missing for it"),
    }
}

/// Whether its address is free where it is to be started; who has it where it runs already.
fn own_port(core: &ThirdPartyCore) -> Option<Item> {
    let tcp = core.transport != Transport::Udp;
    let at = format!("{} {}", name(core.transport), core.sip);
    let held = holder(core.sip, tcp);
    match (&core.start, is_free(core.sip, tcp)) {
        (Some(_), Err(error)) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let holder = held.unwrap_or_else(|| "another program".to_owned());
            let said = format!("it is to be started at {at}, and {holder} has that");
            Some(
                Item::wrong("port", Cause::Ours, said)
                    .hint("end that, or leave out `start` where it is the core itself"),
            )
        }
        (None, Err(_)) => held.map(|holder| Item::well("port", format!("{holder} has {at}"))),
        _ => None,
    }
}

/// Visits it. What is found out depends on what came before: who does not start is not asked.
///
/// Errors: why the visit cannot go on.
pub async fn examine(place: &CorePlace, stop: &AtomicBool, tell: &mut dyn FnMut(Item)) -> Result<(), LiveError> {
    let outfit = outfit_of_core(place)?;
    let mut visit = CoreVisit::new(place, &outfit, false, stop);
    let looked = look(&place.core, &mut visit, tell).await;
    visit.end().await?;
    looked
}

async fn look(core: &ThirdPartyCore, visit: &mut CoreVisit<'_>, tell: &mut dyn FnMut(Item)) -> Result<(), LiveError> {
    if let Err(error) = visit.start().await {
        tell(failed("start", &error));
        if core.start.is_none() {
            other_transport(core).await.into_iter().for_each(tell);
        }
        return Ok(());
    }
    tell(match &core.start {
        None => Item::well("start", "it is not started by imspec: its file has no `start`"),
        Some(_) => Item::well("start", "it was started, and is ready"),
    });
    if visit.opened(PATIENCE).await != Reach::Open {
        let at = format!("{} {}", name(core.transport), core.sip);
        let item = Item::wrong("port", Cause::System, format!("nobody takes SIP at {at}"));
        tell(item.hint("its configuration names the address that it listens on; `sip` in its file must be that"));
        other_transport(core).await.into_iter().for_each(tell);
        return Ok(());
    }
    visit.enter(Word::Right).await?;
    let itself = format!("sip:{}{}", core.sip, visit.home().security("core").parameters());
    let answer = visit.ask(PEOPLE[0], &itself, 0).await?;
    if core.transport == Transport::Tls {
        let (item, secured) = handshake(&visit.troubles());
        tell(item);
        if !secured {
            return Ok(());
        }
    }
    let status = answer.as_ref().map(Answer::status);
    tell(answered(core, answer));
    if status.is_none() || visit.is_interrupted() {
        return Ok(());
    }
    let known = registration(core, visit, tell).await?;
    tell(clock::of_core(status.unwrap_or_default(), visit));
    if known && !visit.is_interrupted() {
        passwords(core, visit, tell).await?;
    }
    if let Some(how) = visit.loss().await {
        tell(Item::wrong("start", Cause::System, format!("it did not live through these questions: {how}")));
    }
    Ok(())
}

/// The transport that is open where the one of the file is not.
async fn other_transport(core: &ThirdPartyCore) -> Option<Item> {
    let (other, tcp) = match core.transport {
        Transport::Udp => (Transport::Tcp, true),
        Transport::Tcp | Transport::Tls => (Transport::Udp, false),
    };
    let open = reach(core.sip, tcp, PATIENCE).await == Reach::Open;
    let said = format!("{} is open at {}", name(other), core.sip);
    open.then(|| Item::warning("port", said).hint(format!("`transport: {}`", name(other).to_lowercase())))
}

/// Whether both sides believed each other, and what is wrong with a certificate.
fn handshake(troubles: &[Trouble]) -> (Item, bool) {
    let Some(trouble) = troubles.first() else {
        return (Item::well("tls", "both sides showed certificates that the other believes"), true);
    };
    let item = Item::wrong("tls", Cause::System, trouble.to_string());
    let item = item.hint(match trouble.whose {
        Whose::Peers => {
            "its command gets a good certificate as {certificate} and {key}; one of its own must be for its address or \
             domain, within its time, and of an authority that `tls: {ca: FILE}` names"
        }
        Whose::Anybodys => {
            "the authority of our certificates is {ca} in its command; `tls: {certificate: FILE, key: FILE}` names one that it \
             believes already"
        }
    });
    (item, false)
}

/// Whether it answers SIP, and how quickly.
fn answered(core: &ThirdPartyCore, answer: Option<Answer>) -> Item {
    match answer {
        Some(answer) => {
            let (status, millis) = (answer.status(), answer.after.as_millis());
            Item::well("answers", format!("{status} to OPTIONS after {millis} ms"))
        }
        None => Item::wrong("answers", Cause::System, format!("no answer to OPTIONS over {}", name(core.transport)))
            .hint("it must take requests from the addresses of our clients, and answer there"),
    }
}

/// Has our people register, and one ask for another; says whether they are let in.
async fn registration(
    core: &ThirdPartyCore,
    visit: &mut CoreVisit<'_>,
    tell: &mut dyn FnMut(Item),
) -> Result<bool, LiveError> {
    for name in &PEOPLE[..2] {
        let address = visit.home().address_of(name);
        let registered = visit.register(name).await?;
        let item = let_in(core, &address, registered);
        let wrong = item.cause.is_some();
        if wrong || *name == PEOPLE[0] {
            tell(item);
        }
        if wrong {
            return Ok(false);
        }
    }
    let there = visit.home().address_of(PEOPLE[1]);
    let answer = visit.ask(PEOPLE[0], &there, 0).await?;
    let over = name(core.transport);
    tell(match answer.as_ref().map(Answer::status) {
        Some(200..=299) => Item::well("forwards", format!("a request for {there} comes there, over {over}")),
        status => {
            let got = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let item =
                Item::wrong("forwards", Cause::System, format!("{got} to OPTIONS for {there}, who has registered"));
            let hint = "it must lead requests to the Contact of a registration (RFC 3261 §16.5), from a source that ours can \
                        answer";
            visit.troubles().first().into_iter().fold(item.hint(hint), |item, trouble| item.hint(trouble.to_string()))
        }
    });
    if core.transport == Transport::Udp && answer.is_some() {
        let host = visit.host_of(PEOPLE[1]);
        let asked = visit.ask(PEOPLE[0], &there, LARGE).await?;
        let came = visit
            .heard()
            .iter()
            .rfind(|heard| heard.from_system && Some(heard.other.ip()) == host && heard.message.status().is_none());
        let tcp = came.is_some_and(|heard| heard.tcp);
        tell(large(LARGE, asked.map(|answer| Answer { tcp: tcp && answer.tcp, ..answer })));
    }
    Ok(true)
}

fn let_in(core: &ThirdPartyCore, address: &str, registered: Registered) -> Item {
    let wrong = |what, said: String| Item::wrong(what, Cause::System, format!("{address} cannot register: {said}"));
    match registered {
        Registered::Taken => Item::well(REGISTRATION, format!("{address} can register")),
        Registered::Unanswered => wrong(REGISTRATION, "no answer to REGISTER".to_owned())
            .hint("a registrar answers in the domain of its users: `domain` in its file"),
        Registered::Refused(status @ (401 | 407)) if has_passwords(core) => {
            wrong(PASSWORD, format!("{status}, with the password of its file"))
                .hint("give the account that password, or mend `password` or `passwords`")
        }
        Registered::Refused(status @ (401 | 407)) => {
            wrong(PASSWORD, format!("{status}: it asks for a password, and its file has none"))
                .hint("`password: \"{user}-secret\"` is a rule for everybody; `passwords` has those of single users")
        }
        Registered::Refused(status) => wrong(REGISTRATION, format!("{status} to REGISTER"))
            .hint("alice, bob, carol and dave of its domain must be users of it"),
    }
}

/// Whether it lets in who has no password, or a wrong one.
async fn passwords(
    core: &ThirdPartyCore,
    visit: &mut CoreVisit<'_>,
    tell: &mut dyn FnMut(Item),
) -> Result<(), LiveError> {
    if !has_passwords(core) {
        tell(Item::well(PASSWORD, "it asks for none, and its file has none"));
        return Ok(());
    }
    for (word, what) in [(Word::Nothing, "no password"), (Word::Wrong, "a wrong password")] {
        visit.enter(word).await?;
        tell(kept_out(what, visit.register(PEOPLE[0]).await?));
        if visit.is_interrupted() {
            break;
        }
    }
    Ok(())
}

fn kept_out(what: &str, registered: Registered) -> Item {
    match registered {
        Registered::Taken => Item::warning(PASSWORD, format!("with {what} anybody can register"))
            .hint("it must ask for passwords (RFC 3261 §22), or `password` in its file is of no use"),
        Registered::Refused(status) => Item::well(PASSWORD, format!("who gives {what} is refused with {status}")),
        Registered::Unanswered => Item::unknown(PASSWORD, format!("no answer to a REGISTER with {what}")),
    }
}

fn has_passwords(core: &ThirdPartyCore) -> bool {
    core.password.is_some() || !core.passwords.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::doctor::Standing;

    fn core(more: &str) -> ThirdPartyCore {
        ThirdPartyCore::parse("core.yaml", &format!("name: Core\nsip: 192.0.2.9:5060\n{more}")).unwrap()
    }

    #[test]
    fn who_cannot_register_learns_why() {
        #[track_caller]
        fn check(more: &str, registered: Registered, what: &str, says: &str) {
            let item = let_in(&core(more), "sip:alice@home1.example", registered);
            assert!(item.what == what && item.said.contains(says), "{item:?}");
            assert_eq!(item.hint.is_some(), item.standing == Standing::Wrong);
        }
        check("", Registered::Taken, REGISTRATION, "can register");
        check("", Registered::Unanswered, REGISTRATION, "no answer");
        check("", Registered::Refused(401), PASSWORD, "its file has none");
        check("password: x\n", Registered::Refused(401), PASSWORD, "with the password of its file");
        check("password: x\n", Registered::Refused(403), REGISTRATION, "403");
    }

    #[test]
    fn a_core_that_lets_anybody_in_is_told() {
        for (registered, standing) in [
            (Registered::Taken, Standing::Warning),
            (Registered::Refused(401), Standing::Ok),
            (Registered::Unanswered, Standing::CannotTell),
        ] {
            assert_eq!(kept_out("a wrong password", registered).standing, standing);
        }
    }
}
