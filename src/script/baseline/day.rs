//! A day of the calendar, as baselines write it.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// A day by the Gregorian calendar. Days compare in order of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Day {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl Day {
    /// `2027-03-31`.
    pub fn parse(text: &str) -> Option<Day> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))?;
            part.parse::<u16>().ok()
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        let known = parts.next().is_none() && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
        known.then_some(Day { year, month, day })
    }

    /// The day (UTC) of a time in seconds since 1970.
    pub fn of_unix(seconds: u64) -> Day {
        let (mut left, mut year) = (seconds / 86_400, 1970);
        while left >= length(year) && year < u16::MAX {
            left -= length(year);
            year += 1;
        }
        let mut month = 1;
        while month < 12 && left >= u64::from(days(year, month)) {
            left -= u64::from(days(year, month));
            month += 1;
        }
        Day { year, month, day: u8::try_from(left + 1).unwrap_or(31) }
    }
}

fn leap(year: u16) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

fn length(year: u16) -> u64 {
    if leap(year) { 366 } else { 365 }
}

fn days(year: u16, month: u8) -> u8 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = String::deserialize(deserializer)?;
        Day::parse(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no day: write it as 2027-03-31")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_counted() {
        for (text, good) in [
            ("2027-03-31", true),
            ("2028-02-29", true),
            ("2027-02-29", false),
            ("2027-13-01", false),
            ("2027-3-1", false),
            ("2027-03-31-1", false),
            ("soon", false),
        ] {
            assert_eq!(Day::parse(text).map(|d| d.to_string()), good.then(|| text.to_owned()), "{text}");
        }
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_767_225_599, "2025-12-31"),
            (1_767_225_600, "2026-01-01"),
        ] {
            assert_eq!(Day::of_unix(seconds).to_string(), day);
        }
        assert!(Day::parse("2026-12-31") < Day::parse("2027-01-01"));
    }
}
