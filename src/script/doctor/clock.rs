//! Whether the clock of a system is ours, by what its messages say.

use super::item::Item;
use crate::script::live::{CoreVisit, Heard, Visit};
use crate::wire::mime::date;
use crate::wire::sip::Name;

/// Clocks that differ by more seconds are told.
const SKEW: i64 = 5;

/// By the last message that has a Date; `status` is that of its answer to OPTIONS.
pub fn compared(status: u16, visit: &mut Visit<'_>) -> Item {
    of(status, visit.heard())
}

/// The same of a core.
pub fn of_core(status: u16, visit: &mut CoreVisit<'_>) -> Item {
    of(status, visit.heard())
}

fn of(status: u16, heard: &[Heard]) -> Item {
    let dated = |heard: &&Heard| heard.from_system && heard.message.header(Name::Date).is_some();
    let Some(heard) = heard.iter().rfind(dated) else {
        return Item::unknown("clock", format!("no Date in its {status} to OPTIONS, nor in anything else"));
    };
    let text = heard.message.header(Name::Date).map(|date| date.text().trim().to_owned()).unwrap_or_default();
    let seconds = heard.at.0 / 1_000_000_000;
    judged(&text, i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn judged(text: &str, ours: i64) -> Item {
    let Some(its) = date::rfc1123_seconds(text) else {
        return Item::warning("clock", format!("its Date `{text}` cannot be read"))
            .hint("Sat, 13 Nov 2010 23:29:00 GMT is how a Date looks (RFC 3261 §20.17)");
    };
    match its.saturating_sub(ours) {
        skew if skew.abs() <= SKEW => Item::well("clock", "it goes as ours does"),
        skew => Item::warning("clock", format!("it is {} s {}", skew.abs(), if skew > 0 { "fast" } else { "slow" }))
            .hint("set both clocks by the same source (NTP): checks of Date and of DateTime in CPIM will fail"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::doctor::Standing;

    #[test]
    fn clocks_are_compared() {
        // 23:29:00 on that day.
        const OURS: i64 = 1_289_690_940;
        for (date, standing, says) in [
            ("Sat, 13 Nov 2010 23:29:05 GMT", Standing::Ok, "as ours"),
            ("Sat, 13 Nov 2010 23:29:06 GMT", Standing::Warning, "6 s fast"),
            ("Sat, 13 Nov 2010 23:28:54 GMT", Standing::Warning, "6 s slow"),
            ("yesterday", Standing::Warning, "cannot be read"),
        ] {
            let item = judged(date, OURS);
            assert!(item.standing == standing && item.said.contains(says), "{date}: {item:?}");
        }
    }
}
