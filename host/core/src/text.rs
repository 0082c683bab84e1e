//! Text from outside, made fit to be told: in an error, a log, a terminal.

/// At most so many characters of a text, on one line, with nothing in it that a terminal would obey; `…` where there was more.
#[must_use]
pub fn plain(text: &str, chars: usize) -> String {
    let mut plain: String = text.chars().take(chars).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(chars).is_some() {
        plain.push('…');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_one_short_line_that_steers_no_terminal() {
        assert_eq!(plain("a\u{1b}[2J\nb", 20), "a [2J b");
        assert_eq!(plain("größer", 4), "größ…");
        assert_eq!(plain("größ", 4), "größ");
    }
}
