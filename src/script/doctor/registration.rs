//! Whether a system registers as its file says, and as whom.

use super::item::{Cause, Item};
use crate::script::live::{LiveError, Place, Visit};
use crate::wire::uri;

const WHAT: &str = "registration";

/// Has it register.
pub async fn asked_for(place: &Place, visit: &mut Visit<'_>) -> Result<Item, LiveError> {
    let bound = visit.register().await?;
    let own = visit.address().to_owned();
    Ok(match whose(visit) {
        None => {
            let wrong = format!("no REGISTER came from it within {} s", place.sut.answer_wait().as_secs());
            let item = Item::wrong(WHAT, Cause::System, wrong).hint(format!(
                "the core at {} is its registrar and outbound proxy, and its stimulus tells it when to register",
                place.sut.home(&place.home).core
            ));
            visit.failure().into_iter().fold(item, Item::hint)
        }
        Some(whose) if !uri::same(&whose, &own) => {
            Item::wrong(WHAT, Cause::System, format!("it registers as {whose}, and plays {own}"))
                .hint(format!("give it the account of {own}, or write `address: {whose}`"))
        }
        Some(_) if let Some(doubt) = visit.doubts().next() => Item::wrong("certificate", Cause::System, doubt)
            .hint("it registers all the same; in a run each case has a finding that says so"),
        Some(_) if bound => Item::well(WHAT, format!("it registers as {own}")),
        Some(_) => unbound(&own, answer(visit)),
    })
}

/// Looks whether it registers though its file does not say so.
pub fn unasked(place: &Place, visit: &mut Visit<'_>) -> Item {
    let own = visit.address().to_owned();
    match whose(visit) {
        None => Item::well(WHAT, format!("it does not register: the core takes {own} to be at {}", place.sut.sip)),
        Some(whose) => Item::warning(WHAT, format!("it registers as {whose}, and its file does not say so"))
            .hint("`registers: true`"),
    }
}

/// It asked to be registered and is not; `status` is what it got last.
fn unbound(own: &str, status: Option<u16>) -> Item {
    let got = status.map_or_else(|| "was not answered".to_owned(), |status| format!("got {status}"));
    let item = |what, why: &str| Item::wrong(what, Cause::System, format!("its REGISTER for {own} {got}: {why}"));
    match status {
        Some(401 | 407) => item("credentials", "it did not give the password that it was asked for")
            .hint("give it the password of the account"),
        Some(403) => item("credentials", "the account may not register so").hint("give it the account that it plays"),
        _ => item(WHAT, "it is not registered").hint("a Contact with an expiry above 0 must be in it (RFC 3261 §10.2)"),
    }
}

/// The address of record of its first REGISTER.
fn whose(visit: &mut Visit<'_>) -> Option<String> {
    let mut asked = visit.heard().iter().filter(|heard| heard.from_system && heard.message.status().is_none());
    let register = asked.find(|heard| heard.message.method() == "REGISTER")?;
    register.message.to().map(|to| to.uri.to_owned())
}

/// The status of the last answer to a REGISTER.
fn answer(visit: &mut Visit<'_>) -> Option<u16> {
    let answers = visit.heard().iter().filter(|heard| !heard.from_system && heard.message.method() == "REGISTER");
    answers.filter_map(|heard| heard.message.status()).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_refused_learns_why() {
        for (status, what, says) in [
            (Some(401), "credentials", "got 401: it did not give the password"),
            (Some(403), "credentials", "got 403: the account may not"),
            (Some(200), WHAT, "got 200: it is not registered"),
            (None, WHAT, "was not answered"),
        ] {
            let item = unbound("sip:alice@home1.example", status);
            assert!(item.what == what && item.said.contains(says), "{item:?}");
        }
    }
}
