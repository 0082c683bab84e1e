//! What was told: trouble that is met with every try goes to the log once, and again only when it is another, or was over meanwhile.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

/// The last trouble of everything that is tried again and again.
#[derive(Debug, Default)]
pub struct Told(Mutex<BTreeMap<&'static str, String>>);

impl Told {
    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, String>> {
        // Whole after every line that holds it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody was told yet that this does not work, and why not; from now on somebody was.
    pub fn is_news(&self, what: &'static str, why: &impl Display) -> bool {
        let why = why.to_string();
        self.all().insert(what, why.clone()).as_ref() != Some(&why)
    }

    /// It works.
    pub fn is_well(&self, what: &'static str) {
        self.all().remove(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k10_the_same_trouble_is_told_once_another_is_told_too_and_the_same_again_when_it_was_over() {
        let told = Told::default();
        assert!(told.is_news("branches", &"no list") && !told.is_news("branches", &"no list"));
        assert!(told.is_news("orphans", &"no list"), "of something else");
        assert!(told.is_news("branches", &"no get") && told.is_news("branches", &"no list"));
        told.is_well("branches");
        assert!(told.is_news("branches", &"no list") && !told.is_news("orphans", &"no list"));
    }
}
