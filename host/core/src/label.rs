//! Labels: names, families, and the difference between two sets of them.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Longest label name in characters; GitHub refuses longer ones with 422.
pub const LABEL_CHARS: usize = 50;

/// A label's name. Compared without regard to letter case, as GitHub does; displayed as it was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

/// Why a text cannot be a label's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLabel {
    /// Nothing, or only blanks.
    #[error("a label's name is empty")]
    Empty,
    /// Longer than GitHub allows.
    #[error("label {0:?}… is longer than {LABEL_CHARS} characters")]
    Long(String),
    /// Contains a control character.
    #[error("label {0:?} contains a control character")]
    Control(String),
}

impl Label {
    /// A name as it stands on GitHub, unchecked: what is already there is what it is.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// A name that somebody wants to write.
    ///
    /// # Errors
    /// When GitHub would refuse it.
    pub fn checked(name: impl Into<String>) -> Result<Self, BadLabel> {
        let name = name.into();
        if name.trim().is_empty() {
            return Err(BadLabel::Empty);
        }
        if name.chars().count() > LABEL_CHARS {
            return Err(BadLabel::Long(name.chars().take(LABEL_CHARS).collect()));
        }
        if name.chars().any(char::is_control) {
            return Err(BadLabel::Control(name));
        }
        Ok(Self(name))
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it is compared: character by character, so that what is equal folds to the same. A whole word in lower case would
    /// end a Greek one in another sigma.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.chars().flat_map(char::to_lowercase).collect()
    }
}

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Label {}
impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Label {
    fn cmp(&self, other: &Self) -> Ordering {
        let fold = |c: char| c.to_lowercase();
        self.0.chars().flat_map(fold).cmp(other.0.chars().flat_map(fold))
    }
}
impl Hash for Label {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}
impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl From<&str> for Label {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// A label family: one exact name, or `prefix-{n}` with a canonical number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Family(String);

const NUMBER: &str = "-{n}";

impl Family {
    /// From `name` or `prefix-{n}`.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// As it is written in manifests and grants.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a numbered family.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        self.0.ends_with(NUMBER)
    }

    /// Whether `label` is of this family. `round-7` is of `round-{n}`; `round-07`, `round-0` and `round-x`
    /// are not: they belong to people.
    #[must_use]
    pub fn has(&self, label: &Label) -> bool {
        match self.0.strip_suffix(NUMBER) {
            None => Label::new(self.0.as_str()) == *label,
            Some(prefix) => {
                let folded = label.folded();
                folded.strip_prefix(&prefix.to_lowercase()).and_then(|rest| rest.strip_prefix('-')).is_some_and(is_canonical_number)
            }
        }
    }

    /// Whether the two families can share a label.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self.is_numbered(), other.is_numbered()) {
            (true, true) | (false, false) => self.0.to_lowercase() == other.0.to_lowercase(),
            (true, false) => self.has(&Label::new(other.as_str())),
            (false, true) => other.overlaps(self),
        }
    }

    /// The label of number `n`, or of the exact name.
    #[must_use]
    pub fn label(&self, n: u32) -> Label {
        match self.0.strip_suffix(NUMBER) {
            Some(prefix) => Label::new(format!("{prefix}-{n}")),
            None => Label::new(self.0.as_str()),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_canonical_number(digits: &str) -> bool {
    (1..=9).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A label as it should exist in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelSpec {
    /// Name.
    pub name: Label,
    /// Six lower-case hexadecimal digits, without `#`.
    pub colour: String,
    /// At most 100 characters.
    pub description: String,
}

/// The difference that turns the labels on a subject into the wished ones, within a set of owned labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delta {
    /// Labels to set, sorted.
    pub add: Vec<Label>,
    /// Labels to take away, sorted, spelled as they are on the subject.
    pub remove: Vec<Label>,
}

impl Delta {
    /// What is missing of `wish` and what of the `owned` labels in `current` is not wished. Labels that are not owned
    /// are never part of it.
    pub fn between(wish: &[Label], current: &[Label], owned: impl Fn(&Label) -> bool) -> Self {
        let wished: BTreeSet<&Label> = wish.iter().collect();
        let present: BTreeSet<&Label> = current.iter().collect();
        Self {
            add: wished.iter().filter(|l| owned(l) && !present.contains(*l)).map(|l| (*l).clone()).collect(),
            remove: present.iter().filter(|l| owned(l) && !wished.contains(*l)).map(|l| (*l).clone()).collect(),
        }
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (sign, labels) in [('+', &self.add), ('-', &self.remove)] {
            for label in labels {
                let space = if std::mem::take(&mut first) { "" } else { " " };
                write!(f, "{space}{sign}{label}")?;
            }
        }
        if first { f.write_str("no difference") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Vec<Label> {
        names.iter().map(|n| Label::new(*n)).collect()
    }

    #[test]
    fn a1_3_labels_that_are_equal_fold_to_the_same() {
        for (one, other) in [("ΟΔΟΣ", "οδοσ"), ("Σ", "σ"), ("Ready-For-QA", "ready-for-qa"), ("İ", "i\u{307}")] {
            let (one, other) = (Label::new(one), Label::new(other));
            assert!(one == other && one.folded() == other.folded(), "{one} {other}");
        }
        assert_ne!(Label::new("straße"), Label::new("strasse"));
    }

    #[test]
    fn a1_3_only_canonical_full_matches_are_of_a_numbered_family() {
        let family = Family::new("iteration-{n}");
        for ours in ["iteration-1", "Iteration-10", "ITERATION-999999999"] {
            assert!(family.has(&Label::new(ours)), "{ours}");
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
        ] {
            assert!(!family.has(&Label::new(theirs)), "{theirs}");
        }
    }

    #[test]
    fn a1_3_names_compare_without_case() {
        assert_eq!(Label::new("Ready-For-QA"), Label::new("ready-for-qa"));
        assert!(Family::new("ready-for-qa").has(&Label::new("READY-for-qa")));
    }

    #[test]
    fn g1_a_delta_touches_owned_labels_only_and_is_empty_without_difference() {
        let owned = |l: &Label| ["a", "b", "c"].contains(&l.as_str());
        let delta = Delta::between(&labels(&["a", "b"]), &labels(&["B", "c", "theirs"]), owned);
        assert_eq!(delta, Delta { add: labels(&["a"]), remove: labels(&["c"]) });
        assert!(Delta::between(&labels(&["a"]), &labels(&["A", "theirs"]), owned).is_empty());
        assert_eq!(delta.to_string(), "+a -c");
    }

    #[test]
    fn g8_names_that_github_would_refuse_are_refused() {
        assert!(Label::checked("x".repeat(50)).is_ok());
        assert!(matches!(Label::checked("x".repeat(51)), Err(BadLabel::Long(_))));
        assert!(matches!(Label::checked(" "), Err(BadLabel::Empty)));
        assert!(matches!(Label::checked("a\u{0}b"), Err(BadLabel::Control(_))));
    }

    #[test]
    fn h4_families_that_can_share_a_label_overlap() {
        let overlaps = |a: &str, b: &str| Family::new(a).overlaps(&Family::new(b)) && Family::new(b).overlaps(&Family::new(a));
        assert!(overlaps("iteration-{n}", "Iteration-7"));
        assert!(overlaps("approved", "Approved"));
        assert!(overlaps("a-{n}", "A-{n}"));
        assert!(!overlaps("iteration-{n}", "iteration-planning"));
        assert!(!overlaps("approved", "failed"));
    }
}
