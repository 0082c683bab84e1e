//! Label names and families, compared as GitHub compares them: without regard to letter case.

/// Whether two names are one label.
///
/// ```
/// assert!(pawl_sdk::label::same("Ready-For-QA", "ready-for-qa"));
/// ```
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    // Nearly all names differ in their first letter, and a decision compares many.
    match a.bytes().zip(b.bytes()).find(|(x, y)| !x.eq_ignore_ascii_case(y)) {
        None => a.len() == b.len(),
        Some((x, y)) if x.is_ascii() && y.is_ascii() => false,
        Some(_) => a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase)),
    }
}

/// A label family as manifests write it: an exact name, or `prefix-{n}`.
///
/// ```
/// use pawl_sdk::label::Family;
/// let cycles = Family("iteration-{n}");
/// assert_eq!(cycles.number("Iteration-7"), Some(7));
/// assert_eq!(cycles.number("iteration-007"), None, "only canonical numbers are of the family");
/// assert!(!cycles.has("iteration-planning"));
/// assert_eq!(cycles.label(3), "iteration-3");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family<'a>(pub &'a str);

impl Family<'_> {
    fn prefix(&self) -> Option<&str> {
        self.0.strip_suffix("-{n}")
    }

    /// Whether `label` is of this family.
    #[must_use]
    pub fn has(&self, label: &str) -> bool {
        match self.prefix() {
            None => same(self.0, label),
            Some(_) => self.number(label).is_some(),
        }
    }

    /// The number in `label`, when this is a numbered family and `label` is of it: 1 to 999999999, no leading zero.
    #[must_use]
    pub fn number(&self, label: &str) -> Option<u32> {
        let prefix = self.prefix()?;
        // Searched from the end, because letter case can change a name's length in bytes.
        let (head, digits) = label.rsplit_once('-')?;
        let canonical = (1..=9).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        if canonical && same(head, prefix) { digits.parse().ok() } else { None }
    }

    /// The label of number `n`, or of the exact name.
    #[must_use]
    pub fn label(&self, n: u32) -> String {
        match self.prefix() {
            Some(prefix) => [prefix, "-", &n.to_string()].concat(),
            None => self.0.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a1_3_only_canonical_full_matches_are_of_a_numbered_family() {
        let family = Family("iteration-{n}");
        for ours in ["iteration-1", "Iteration-10", "ITERATION-999999999"] {
            assert!(family.has(ours), "{ours}");
        }
        for theirs in [
            "iteration-planning",
            "iteration-007",
            "iteration-0",
            "iteration-",
            "iteration-1b",
            "iteration-1 ",
            "my-iteration-1",
            "iteration-1000000000",
            "iteration-+1",
            "iteration-١",
            "iteration",
        ] {
            assert!(!family.has(theirs), "{theirs}");
        }
    }

    #[test]
    fn an_exact_name_is_a_family_of_one_and_has_no_number() {
        assert!(Family("Paused").has("paused"));
        assert_eq!(Family("Paused").number("paused"), None);
    }

    #[test]
    fn names_are_one_label_whatever_their_letter_case_in_any_alphabet() {
        for (a, b) in [("", ""), ("ÄRGER", "ärger"), ("Kelvin", "\u{212a}elvin"), ("İx", "i\u{307}X"), ("done ✓", "DONE ✓")] {
            assert!(same(a, b) && same(b, a), "{a} is {b}");
        }
        for (a, b) in [("", "a"), ("paused", "pause"), ("paused", "pausex"), ("ärger", "arger"), ("äa", "äb"), ("ä", "ö")] {
            assert!(!same(a, b) && !same(b, a), "{a} is not {b}");
        }
    }
}
