//! The two ways bodies and headers write a date: RFC 3339 and the GMT form of RFC 1123. Must not read a clock.

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: i64 = 86_400;

/// Seconds since 1970-01-01T00:00:00Z of an RFC 3339 §5.6 `date-time`, fractions dropped; None where it is not one.
pub fn rfc3339_seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_at_checked(10)?;
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let time = time.strip_prefix(['T', 't'])?;
    let (clock, rest) = time.split_at_checked(8)?;
    let seconds = clock_seconds(clock)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => rest,
    };
    let offset = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        (sign @ ("+" | "-"), offset) => {
            let [hours, minutes] = fields(offset, ':', [2, 2])?;
            let seconds = (hours < 24 && minutes < 60).then_some((hours * 60 + minutes) * 60)?;
            if sign == "+" { seconds } else { -seconds }
        }
        _ => return None,
    };
    Some(days_of(year, month, day)? * DAY + seconds - offset)
}

/// `seconds` since 1970 as an RFC 3339 `date-time` in UTC, for example `2026-01-01T00:00:00Z`.
pub fn to_rfc3339(seconds: u64) -> String {
    let (days, (hour, minute, second)) = split(seconds);
    let (year, month, day) = date_of(days);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Seconds since 1970 of an RFC 1123 date in GMT, as RFC 3261 §20.17 and RFC 4483 §5.7 have it; None where it is not one.
pub fn rfc1123_seconds(text: &str) -> Option<i64> {
    let (name, rest) = text.split_once(", ")?;
    let rest = rest.strip_suffix(" GMT")?;
    let mut words = rest.split(' ');
    let (day, month, year, clock) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(month))?;
    let [day] = fields(day, ' ', [2])?;
    let [year] = fields(year, ' ', [4])?;
    let days = days_of(year, i64::try_from(month).ok()? + 1, day)?;
    // Nothing but the names is checked: the example of RFC 4483 §5.7 itself has the wrong day of the week.
    (words.next().is_none() && DAYS.iter().any(|d| d.eq_ignore_ascii_case(name))).then_some(())?;
    Some(days * DAY + clock_seconds(clock)?)
}

/// `seconds` since 1970 as an RFC 1123 date, for example `Thu, 01 Jan 2026 00:00:00 GMT`.
pub fn to_rfc1123(seconds: u64) -> String {
    let (days, (hour, minute, second)) = split(seconds);
    let (year, month, day) = date_of(days);
    let name = DAYS[usize::try_from(days.rem_euclid(7)).unwrap_or(0)];
    let month = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    format!("{name}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

fn clock_seconds(clock: &str) -> Option<i64> {
    let [hour, minute, second] = fields(clock, ':', [2, 2, 2])?;
    // 60 is a leap second.
    (hour < 24 && minute < 60 && second <= 60).then_some((hour * 60 + minute) * 60 + second)
}

/// Numbers of exactly so many digits between separators.
fn fields<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        (part.len() == width && part.bytes().all(|b| b.is_ascii_digit())).then_some(())?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn split(seconds: u64) -> (i64, (i64, i64, i64)) {
    // The largest year of four digits; beyond it neither form can go.
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX).min(253_402_300_799);
    let rest = seconds % DAY;
    (seconds / DAY, (rest / 3600, rest / 60 % 60, rest % 60))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, counted in years that start in March.
fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=last).contains(&day).then_some(())?;
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let in_year = (153 * month + 2) / 5 + day - 1;
    Some(year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + in_year - 719_468)
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let in_era = days.rem_euclid(146_097);
    let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + carry, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rfc3339_is_read() {
        let check = |text: &str, seconds: Option<i64>| assert_eq!(rfc3339_seconds(text), seconds, "{text}");
        check("1970-01-01T00:00:00Z", Some(0));
        check("2026-01-01T00:00:00z", Some(1_767_225_600));
        check("2001-02-02T10:48:54-05:00", Some(981_128_934));
        check("2026-11-21T00:57:42.006269+00:00", Some(1_795_222_662));
        check("2000-02-29T23:59:60Z", Some(951_868_800));
        check("1900-02-29T00:00:00Z", None);
        check("2026-01-01 00:00:00Z", None);
        check("2026-01-01T00:00:00", None);
        check("2026-01-01T00:00:00.Z", None);
        check("2026-1-01T00:00:00Z", None);
        check("2026-01-01T24:00:00Z", None);
        check("2026-01-01T00:00:00+0100", None);
        check("", None);
    }

    #[test]
    fn rfc1123_is_read() {
        let check = |text: &str, seconds: Option<i64>| assert_eq!(rfc1123_seconds(text), seconds, "{text}");
        check("Sat, 20 Jun 2002 12:00:00 GMT", Some(1_024_574_400));
        check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
        check("Mon, 24 June 2002 09:00:00 GMT", None);
        check("Mon, 24 Jun 2002 09:00:00 UTC", None);
        check("Mon, 24 Jun 2002 09:00:00 +0000", None);
        check("24 Jun 2002 09:00:00 GMT", None);
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in ".*", dashed in "[0-9TZ:.+-]{0,30}") {
            let _ = (rfc3339_seconds(&text), rfc1123_seconds(&text), rfc3339_seconds(&dashed));
        }

        #[test]
        fn what_is_written_comes_back(seconds in 0..253_402_300_799u64) {
            prop_assert_eq!(rfc3339_seconds(&to_rfc3339(seconds)), Some(seconds.cast_signed()));
            prop_assert_eq!(rfc1123_seconds(&to_rfc1123(seconds)), Some(seconds.cast_signed()));
        }
    }
}
