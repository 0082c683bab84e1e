//! Text for people: cleaned of what strangers may have put into it, and times as people write them.

use crate::facts::Timestamp;

/// Hostile text made fit for a sentence: control characters and direction marks are gone, at most `chars` characters remain.
///
/// ```
/// assert_eq!(pawl_sdk::text::clean("eve\n\u{202e}[bot]", 20), "eve[bot]");
/// assert_eq!(pawl_sdk::text::clean("abcdef", 3), "abc…");
/// ```
#[must_use]
pub fn clean(text: &str, chars: usize) -> String {
    // Nearly every name is plain and short, and a decision cleans many.
    if text.len() <= chars && text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut kept = text.chars().filter(|c| !is_trick(*c));
    let mut cleaned: String = kept.by_ref().take(chars).collect();
    if kept.next().is_some() {
        cleaned.push('…');
    }
    cleaned
}

/// Characters that print nothing but change what is around them.
fn is_trick(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A time as `2026-11-20T18:31:00Z`. Years beyond 0 to 9999 are written as plain seconds.
///
/// ```
/// assert_eq!(pawl_sdk::text::utc(1_795_199_460), "2026-11-20T18:31:00Z");
/// ```
#[must_use]
pub fn utc(at: Timestamp) -> String {
    if !(-62_167_219_200..=253_402_300_799).contains(&at) {
        return format!("{at} s");
    }
    let (days, seconds) = (at.div_euclid(86_400), at.rem_euclid(86_400));
    // Days to date by Howard Hinnant's civil_from_days; eras of 400 years begin on 1 March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    // Nearly every plan tells a time, and to format six numbers was a tenth of a policy's work.
    let mut text = *b"0000-00-00T00:00:00Z";
    for (end, number) in [(4, year), (7, month), (10, day), (13, hour), (16, minute), (19, second)] {
        let (mut place, mut rest) = (end, number as u32);
        while rest > 0 {
            place -= 1;
            text[place] += (rest % 10) as u8;
            rest /= 10;
        }
    }
    std::str::from_utf8(&text).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_limit_and_cleaned_of_what_does_not_print() {
        for (text, cleaned) in [
            ("", ""),
            ("abc", "abc"),
            ("abcd", "abc…"),
            ("a~ ", "a~ "),
            ("a\u{7f}b", "ab"),
            ("ab\n", "ab"),
            ("äöü", "äöü"),
            ("äöüß", "äöü…"),
        ] {
            assert_eq!(clean(text, 3), cleaned);
        }
    }

    #[test]
    fn known_times_are_written_as_people_write_them() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (i64::MAX, "9223372036854775807 s"),
        ] {
            assert_eq!(utc(at), text);
        }
    }
}
