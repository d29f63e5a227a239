//! Date (RFC 3261 §20.17).

use crate::wire::sip::{Message, Name};

/// A SIP-date, which is always in GMT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Date {
    pub year: u16,
    /// 1 to 12
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Date {
    /// Reads `Sat, 13 Nov 2010 23:29:00 GMT` and nothing else: neither another zone nor another form.
    pub fn parse(text: &str) -> Option<Date> {
        let (day_name, rest) = text.split_once(", ")?;
        if !DAYS.iter().any(|day| day.eq_ignore_ascii_case(day_name)) {
            return None;
        }
        let [day, month, year, time, zone] = parts(rest, ' ')?;
        let [hour, minute, second] = parts(time, ':')?;
        if !zone.eq_ignore_ascii_case("GMT") {
            return None;
        }
        let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
        Some(Date {
            year: digits(year, 4)?,
            month: u8::try_from(month).ok()?,
            day: two(day, 1..=31)?,
            hour: two(hour, 0..=23)?,
            minute: two(minute, 0..=59)?,
            second: two(second, 0..=60)?,
        })
    }
}

impl Message {
    pub fn date(&self) -> Option<Date> {
        Date::parse(self.str(self.span_of(Name::Date)?))
    }
}

fn parts<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    let mut all = text.split(separator);
    let mut parts = [""; N];
    for part in &mut parts {
        *part = all.next()?;
    }
    all.next().is_none().then_some(parts)
}

fn digits(text: &str, count: usize) -> Option<u16> {
    let good = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    good.then(|| text.parse().ok())?
}

fn two(text: &str, range: std::ops::RangeInclusive<u16>) -> Option<u8> {
    let number = digits(text, 2).filter(|n| range.contains(n))?;
    u8::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn a_date_has_one_form() {
        let date = Date { year: 2010, month: 11, day: 13, hour: 23, minute: 29, second: 0 };
        for (text, expected) in [
            ("Sat, 13 Nov 2010 23:29:00 GMT", Some(date)),
            ("sat, 13 nov 2010 23:29:00 gmt", Some(date)),
            ("Sat, 13 Nov 2010 23:29:00 EST", None),
            ("Sat, 13 Nov 2010 23:29:00 UTC", None),
            ("Sat, 13 Nov 2010 23:29:00", None),
            ("13 Nov 2010 23:29:00 GMT", None),
            ("Sat,13 Nov 2010 23:29:00 GMT", None),
            ("Sat, 3 Nov 2010 23:29:00 GMT", None),
            ("Sat, 33 Nov 2010 23:29:00 GMT", None),
            ("Sat, 13 Nov 2010 24:29:00 GMT", None),
            ("Sat, 13 Nov 2010 23:29:00 GMT ", None),
            ("Sat, +3 Nov 2010 23:29:00 GMT", None),
            ("", None),
        ] {
            assert_eq!(Date::parse(text), expected, "{text:?}");
        }
        assert_eq!(message_with("Date:  Sat, 13 Nov 2010 23:29:00 GMT ").date(), Some(date));
    }
}
