//! A component that was not taken over, and whether it is offered again though nothing has changed.

use crate::candidate::may_pass_later;
use pawl_core::store::StoreError;
use std::error::Error;

/// Most looks that a component is left alone for, when this machine was too busy for it again and again: eight minutes.
const LOOKS: u32 = 16;

/// A component that was not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub digest: String,
    pub source: String,
    pub reason: String,
    pub at: String,
    again: Again,
}

/// When what refused it may have passed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// It will not.
    Never,
    /// At the next look: records could not be read, and to ask again costs little.
    Soon,
    /// Later and later: this machine was too busy, or the component is too slow for it, and to ask again keeps a core busy for seconds.
    Later { tries: u32, looks_left: u32 },
}

impl Refused {
    /// Refused for this reason, after `before`.
    pub(super) fn new(digest: &str, source: &str, error: &anyhow::Error, at: String, before: Option<&Self>) -> Self {
        let again = if error.chain().any(<dyn Error>::is::<StoreError>) {
            Again::Soon
        } else if may_pass_later(error) {
            let before = before.filter(|before| before.digest == digest).map(|before| before.again);
            let tries = if let Some(Again::Later { tries, .. }) = before { tries.saturating_add(1) } else { 1 };
            Again::Later { tries, looks_left: 1_u32.checked_shl(tries - 1).unwrap_or(LOOKS).min(LOOKS) - 1 }
        } else {
            Again::Never
        };
        let reason = if again == Again::Never { format!("{error:#}") } else { format!("{error:#}; it is tried again by itself") };
        Self { digest: digest.to_owned(), source: source.to_owned(), reason, at, again }
    }

    /// Whether it is left alone at this look.
    pub(super) fn rests(&mut self) -> bool {
        match &mut self.again {
            Again::Never => true,
            Again::Soon => false,
            Again::Later { looks_left, .. } => looks_left.checked_sub(1).map(|left| *looks_left = left).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pawl_sandbox::DecideError;

    fn refused(error: anyhow::Error, before: Option<&Refused>) -> Refused {
        Refused::new("digest", "file", &error, String::new(), before)
    }

    fn looks_until_tried(mut refused: Refused) -> (u32, Refused) {
        (1..).find(|_| !refused.rests()).map(|looks| (looks, refused)).expect("it is tried")
    }

    #[test]
    fn h6_a_component_that_is_too_slow_for_this_machine_is_tried_later_and_later_and_for_ever() {
        let slow = || anyhow::Error::new(DecideError::OutOfTime { limit_ms: 100 });
        let mut last = refused(slow(), None);
        assert!(last.reason.ends_with("it is tried again by itself"), "{}", last.reason);
        let mut waits = Vec::new();
        for _ in 0..40 {
            let (looks, tried) = looks_until_tried(last);
            waits.push(looks);
            last = refused(slow(), Some(&tried));
        }
        assert_eq!(waits[..7], [1, 2, 4, 8, 16, 16, 16]);
        assert_eq!(waits[39], 16);
        let (looks, _) = looks_until_tried(Refused::new("another", "file", &slow(), String::new(), Some(&last)));
        assert_eq!(looks, 1, "another component begins anew");
    }

    #[test]
    fn h6_records_that_cannot_be_read_are_asked_for_at_every_look_and_what_is_wrong_never_again() {
        let unread = || anyhow::Error::new(StoreError::Unavailable { why: "away".into(), retry_after: None }).context("not read");
        let mut before = refused(unread(), None);
        for _ in 0..5 {
            assert!(!before.rests());
            before = refused(unread(), Some(&before));
        }
        let mut wrong = refused(anyhow::anyhow!("it imports wasi:io"), Some(&before));
        assert!((0..100).all(|_| wrong.rests()) && wrong.reason == "it imports wasi:io");
    }
}
