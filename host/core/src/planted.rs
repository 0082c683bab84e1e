//! Planted faults: mistakes that a person could make in the protocol, each one line where it would be made.
//!
//! The simulation plants them, one at a time, to show that its checks complain of each. They can be planted only with the feature
//! `planted`, which nothing that is shipped enables. Without it [`is`] is `false` when it is compiled, and nothing of them is left.

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A Lease is written without the version that was read.
    NoResourceVersion,
    /// Whether a claim is over is judged by the time that stands in its Lease, and by the local clock.
    WallClock,
    /// A holder believes in its claim until somebody tells it otherwise.
    NoDeadline,
    /// The whole list of labels is written, as it was when it was read and with the difference.
    ReplaceInsteadOfDelta,
    /// Labels are taken away before those are set that take their place.
    RemoveFirst,
    /// What a policy remembers, counts included, is saved as soon as it has decided, and not by the commit.
    IncrementOutsideCommit,
    /// Runs are deleted by their names.
    NoUidPrecondition,
    /// Effects go out first and are written down afterwards.
    EffectBeforeCommit,
    /// News that is told twice is taken twice.
    DedupeOff,
    /// Facts, labels that hold everything included, are read while the claim is still waited for.
    OverrideReadBeforeClaim,
    /// A push that comes while a turn is under way is gone with its commit.
    NewerPushDropped,
    /// What cannot be done because an upstream is left alone is forgotten.
    BreakerDrops,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::NoResourceVersion,
        Self::WallClock,
        Self::NoDeadline,
        Self::ReplaceInsteadOfDelta,
        Self::RemoveFirst,
        Self::IncrementOutsideCommit,
        Self::NoUidPrecondition,
        Self::EffectBeforeCommit,
        Self::DedupeOff,
        Self::OverrideReadBeforeClaim,
        Self::NewerPushDropped,
        Self::BreakerDrops,
    ];

    /// As it is called on a command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoResourceVersion => "no-resource-version",
            Self::WallClock => "wall-clock",
            Self::NoDeadline => "no-deadline",
            Self::ReplaceInsteadOfDelta => "replace-instead-of-delta",
            Self::RemoveFirst => "remove-first",
            Self::IncrementOutsideCommit => "increment-outside-commit",
            Self::NoUidPrecondition => "no-uid-precondition",
            Self::EffectBeforeCommit => "effect-before-commit",
            Self::DedupeOff => "dedupe-off",
            Self::OverrideReadBeforeClaim => "override-read-before-claim",
            Self::NewerPushDropped => "newer-push-dropped",
            Self::BreakerDrops => "breaker-drops",
        }
    }
}

/// Whether this mistake is made: never, where nothing can be planted.
#[cfg(not(feature = "planted"))]
#[must_use]
pub const fn is(_: Fault) -> bool {
    false
}

#[cfg(feature = "planted")]
pub use soil::{Planted, is, with};

/// What is planted is one thread's own: a simulation runs on one thread, others beside it on others.
#[cfg(feature = "planted")]
mod soil {
    use super::Fault;
    use std::cell::Cell;
    use std::marker::PhantomData;

    thread_local! {
        static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    /// Whether this mistake is made on this thread.
    #[must_use]
    pub fn is(fault: Fault) -> bool {
        FAULT.get() == Some(fault)
    }

    /// Makes this mistake on this thread, instead of any other, until the answer is dropped.
    #[must_use = "what is planted goes when this is dropped"]
    pub fn with(fault: Fault) -> Planted {
        Planted { before: FAULT.replace(Some(fault)), on_this_thread: PhantomData }
    }

    /// Takes back what was planted when it is dropped.
    #[derive(Debug)]
    pub struct Planted {
        before: Option<Fault>,
        /// Dropped elsewhere it would take back what another thread has planted.
        on_this_thread: PhantomData<*const ()>,
    }

    impl Drop for Planted {
        fn drop(&mut self) {
            FAULT.set(self.before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nothing_is_planted_unless_somebody_plants_it() {
        assert!(Fault::ALL.iter().all(|fault| !is(*fault)));
    }

    #[test]
    fn each_fault_has_a_word_of_its_own() {
        let words: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.word()).collect();
        assert_eq!(words.len(), Fault::ALL.len());
    }

    #[cfg(feature = "planted")]
    #[test]
    fn a_fault_is_planted_for_one_thread_and_until_it_is_dropped() {
        let outer = with(Fault::WallClock);
        {
            let _inner = with(Fault::RemoveFirst);
            assert!(is(Fault::RemoveFirst) && !is(Fault::WallClock));
            assert!(std::thread::scope(|scope| scope.spawn(|| !is(Fault::RemoveFirst)).join().is_ok_and(|nothing| nothing)));
        }
        assert!(is(Fault::WallClock));
        drop(outer);
        assert!(Fault::ALL.iter().all(|fault| !is(*fault)));
    }
}
