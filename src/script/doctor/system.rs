//! The system itself: whether it starts, takes what it is told, registers, and answers over each transport in time.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::item::{Cause, Item};
use super::{clock, failed, registration};
use crate::net::http::Url;
use crate::net::http::client::{HttpError, get};
use crate::net::sockets::{Reach, reach};
use crate::script::live::{Answer, LiveError, Options, Place, Visit, outfit};
use crate::script::sut::{Stimulus, SystemUnderTest, Transport};

/// A request of so many octets goes over TCP (RFC 3261 §18.1.1: above 1300).
const LARGE: usize = 1400;
/// How long a socket, or a hook with nothing to say, is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a system that says that it is ready may take to open its port.
const OPENS: Duration = Duration::from_secs(5);

/// Visits the system. What is found out depends on what came before: who does not start is not asked.
///
/// Errors: why the visit cannot go on.
pub async fn examine(
    place: &Place,
    options: &Options,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(Item),
) -> Result<(), LiveError> {
    let outfit = outfit(place)?;
    let mut visit = Visit::new(place, options, stop, &outfit).await?;
    let ended = look(place, &mut visit, tell).await;
    visit.end().await?;
    ended
}

async fn look(place: &Place, visit: &mut Visit<'_>, tell: &mut dyn FnMut(Item)) -> Result<(), LiveError> {
    let sut = &place.sut;
    if let Err(error) = visit.start().await {
        tell(failed("start", &error));
        return Ok(());
    }
    tell(started(sut));
    tell(stimulus(sut).await);
    if sut.arranges {
        tell(match visit.arrange().await? {
            None => Item::well("arranges", "it was set up for a scenario"),
            Some(how) => Item::wrong("arranges", Cause::System, format!("it was not set up for a scenario: {how}"))
                .hint("its stimulus must take the act `arrange`, a server's `provision`, as on the page `stimulus`; or leave out `arranges`"),
        });
    }
    let (there, open) = port(sut, visit).await?;
    tell(there);
    if sut.registers {
        tell(registration::asked_for(place, visit).await?);
    }
    if visit.is_interrupted() || !open {
        return Ok(());
    }
    let Some(answer) = options_asked(place, visit, tell).await? else { return Ok(()) };
    if sut.transport == Transport::Udp {
        visit.renew().await?;
        tell(large(LARGE, visit.ask(LARGE).await?));
    }
    if !sut.registers && sut.server().is_none() {
        tell(registration::unasked(place, visit));
    }
    tell(clock::compared(answer.status(), visit));
    Ok(())
}

fn started(sut: &SystemUnderTest) -> Item {
    match &sut.start {
        None => Item::well("start", "it is not started by imspec: its file has no `start`"),
        Some(start) => {
            let ready = match (&start.ready_text, &sut.healthy) {
                (Some(text), _) => format!("printed `{text}`"),
                (None, Some(_)) => "`healthy` ends well".to_owned(),
                (None, None) => "its SIP port is open".to_owned(),
            };
            Item::well("start", format!("it was started, and is ready: {ready}"))
        }
    }
}

/// Whether somebody has its port.
async fn port(sut: &SystemUnderTest, visit: &mut Visit<'_>) -> Result<(Item, bool), LiveError> {
    let tcp = sut.transport != Transport::Udp;
    let at = format!("{} {}", name(sut.transport), sut.sip);
    let limit = if sut.start.is_some() { sut.answer_wait().min(OPENS) } else { PATIENCE };
    let item = match visit.opened(limit).await? {
        Reach::Open => return Ok((Item::well("port", format!("{at} is open")), true)),
        _ if sut.start.is_none() && matches!(sut.stimulus, Stimulus::Command(_)) => {
            Item::unknown("port", format!("nobody takes SIP at {at} before it is told to act"))
        }
        Reach::Silent => Item::wrong("port", Cause::System, format!("there is no way to {at}")).hint("mend `sip`"),
        Reach::Refused => {
            let item = Item::wrong("port", Cause::System, format!("nobody takes SIP at {at}"));
            let other = name(if tcp { Transport::Udp } else { Transport::Tcp });
            let word = other.to_lowercase();
            match reach(sut.sip, !tcp, PATIENCE).await {
                Reach::Open => item.hint(format!("{other} is open there: `transport: {word}`")),
                _ => item.hint("start it, say how with `start`, or mend `sip`"),
            }
        }
    };
    Ok((item, false))
}

pub fn name(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
    }
}

/// Whether what it is told to do arrives.
async fn stimulus(sut: &SystemUnderTest) -> Item {
    let url = match &sut.stimulus {
        Stimulus::None => return Item::well("stimulus", "none: scenarios where it must act are not exercised"),
        Stimulus::Prompt => return Item::unknown("stimulus", "a person is told what to do"),
        Stimulus::Command(_) => return Item::well("stimulus", "its command is there"),
        Stimulus::Http(url) => url,
    };
    let values = [("{host}", sut.host()), ("{port}", sut.sip.port().to_string())];
    let url = match Url::parse(&SystemUnderTest::fill_word(url, &values)) {
        Ok(url) => url,
        Err(wrong) => return Item::wrong("stimulus", Cause::File, wrong),
    };
    match get(&url, PATIENCE).await {
        Ok(_) | Err(HttpError::Status(..)) => Item::well("stimulus", format!("{url} answers")),
        // That is what a hook does that has no events to give.
        Err(HttpError::Silent(_)) => Item::well("stimulus", format!("{url} takes connections")),
        Err(error @ (HttpError::Connect(_) | HttpError::Broken(_))) => {
            Item::wrong("stimulus", Cause::System, format!("{url} {error}"))
                .hint("does the program run that has this port? `stimulus` names it")
        }
    }
}

/// Whether it answers SIP, and how quickly.
async fn options_asked(
    place: &Place,
    visit: &mut Visit<'_>,
    tell: &mut dyn FnMut(Item),
) -> Result<Option<Answer>, LiveError> {
    let answer = visit.ask(0).await?;
    tell(match &answer {
        Some(answer) => {
            let (status, millis) = (answer.status(), answer.after.as_millis());
            Item::well("answers", format!("{status} to OPTIONS after {millis} ms"))
        }
        None => {
            let over = name(place.sut.transport);
            Item::wrong("answers", Cause::System, format!("no answer to OPTIONS over {over}")).hint(format!(
                "it must take requests from the core at {}, and answer there",
                place.sut.home(&place.home).core
            ))
        }
    });
    Ok(answer)
}

/// Whether what is too large for a datagram reaches it.
pub fn large(octets: usize, answer: Option<Answer>) -> Item {
    let clause = "what has more than 1300 octets comes over TCP (RFC 3261 §18.1.1)";
    match answer {
        Some(answer) if answer.tcp => Item::well("large requests", format!("{octets} octets reach it over TCP")),
        Some(_) => Item::warning(
            "large requests",
            format!("it takes no TCP: a request of {octets} octets reached it by UDP only"),
        )
        .hint(clause),
        None => Item::warning("large requests", format!("no answer to a request of {octets} octets")).hint(clause),
    }
}
