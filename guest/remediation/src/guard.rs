//! Guards on the iteration count.

use std::fmt;

/// How the count is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
    /// `==`
    Equal,
}

impl Comparison {
    const ALL: [(&'static str, Self); 5] =
        [(">=", Self::AtLeast), ("<=", Self::AtMost), (">", Self::Above), ("<", Self::Below), ("==", Self::Equal)];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, comparison)| *comparison == self).map_or("", |(word, _)| word)
    }
}

/// `iteration <comparison> <number>`, where `limit` stands for the setting of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    comparison: Comparison,
    number: u32,
}

/// A guard that nobody has defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownGuard(pub String);

impl fmt::Display for UnknownGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown guard {:?}; write it as: iteration >= limit, with one of >= <= > < == and limit or a number", self.0)
    }
}

impl std::error::Error for UnknownGuard {}

impl Guard {
    /// From its text.
    ///
    /// # Errors
    /// Any other text than `iteration`, a comparison, and `limit` or a number.
    pub fn parse(text: &str, limit: u32) -> Result<Self, UnknownGuard> {
        let unknown = || UnknownGuard(pawl_sdk::text::clean(text, 60));
        let mut words = text.split_whitespace();
        let (Some("iteration"), Some(comparison), Some(number), None) = (words.next(), words.next(), words.next(), words.next()) else {
            return Err(unknown());
        };
        let (_, comparison) = Comparison::ALL.into_iter().find(|(word, _)| *word == comparison).ok_or_else(unknown)?;
        let number = if number == "limit" { limit } else { number.parse().map_err(|_| unknown())? };
        Ok(Self { comparison, number })
    }

    /// Whether it lets an iteration count pass.
    #[must_use]
    pub fn allows(self, iteration: u32) -> bool {
        match self.comparison {
            Comparison::AtLeast => iteration >= self.number,
            Comparison::AtMost => iteration <= self.number,
            Comparison::Above => iteration > self.number,
            Comparison::Below => iteration < self.number,
            Comparison::Equal => iteration == self.number,
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "iteration {} {}", self.comparison.word(), self.number)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::Guard;

    #[test]
    fn a2_4_all_five_comparisons_work() {
        for (text, passing) in [
            ("iteration >= limit", [false, true, true]),
            ("iteration <= 10", [true, true, false]),
            ("iteration > limit", [false, false, true]),
            ("iteration < 10", [true, false, false]),
            ("iteration == limit", [false, true, false]),
        ] {
            let guard = Guard::parse(text, 10).unwrap();
            assert_eq!([9, 10, 11].map(|n| guard.allows(n)), passing, "{text}");
            assert_eq!(guard.to_string(), text.replace("limit", "10"));
        }
    }

    #[test]
    fn a2_4_an_unknown_guard_is_an_error_that_says_how_to_write_one() {
        for text in ["", "iteration", "iteration != 3", "iteration >= many", "cycles >= 3", "iteration >= 3 and more", "iteration >= -1"] {
            let error = Guard::parse(text, 10).unwrap_err().to_string();
            assert!(error.contains("unknown guard") && error.contains("iteration >= limit"), "{error}");
        }
    }
}
