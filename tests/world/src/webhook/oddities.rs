//! What is strange about GitHub's payloads, switched by tests.

/// How often something strange happens. Counted, not drawn: the same story sees the same oddities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    /// Never.
    Never,
    /// Each time.
    Always,
    /// Every n-th time, beginning with the first.
    Every {
        /// The n; zero is never.
        nth: u32,
        /// How many times it could have happened so far.
        seen: u32,
    },
}

impl Often {
    /// Every n-th time, beginning with the first.
    #[must_use]
    pub fn every(nth: u32) -> Self {
        Self::Every { nth, seen: 0 }
    }

    pub(crate) fn happens(&mut self) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::Every { nth, seen } => {
                let now = *nth != 0 && *seen % *nth == 0;
                *seen += 1;
                now
            }
        }
    }
}

/// The oddities that GitHub's documentation or its users report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oddities {
    /// The payload of `unlabeled` still lists the removed label. Every second time unless set otherwise.
    pub unlabelled_still_listed: Often,
    /// `labeled` and `unlabeled` come without `label`, which the description calls optional. Never unless set otherwise.
    pub label_absent: Often,
    /// A push comes without `sender`, which the description calls optional. Never unless set otherwise.
    pub push_sender_absent: Often,
}

impl Default for Oddities {
    fn default() -> Self {
        Self { unlabelled_still_listed: Often::every(2), label_absent: Often::Never, push_sender_absent: Often::Never }
    }
}

impl Oddities {
    /// Everything strange happens every time.
    #[must_use]
    pub fn all() -> Self {
        Self { unlabelled_still_listed: Often::Always, label_absent: Often::Always, push_sender_absent: Often::Always }
    }
}
