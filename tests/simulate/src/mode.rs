//! What is simulated.

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Everything goes wrong, then nothing.
    #[default]
    Storm,
    /// Half of all calls fail, all the time.
    Liveness,
    /// A storm in which runs end by themselves while their deletion is on its way, and are started again under their own names.
    Runs,
    /// A storm over a thousand pull requests at once.
    Crowd,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Storm, Self::Liveness, Self::Runs, Self::Crowd];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Storm => "storm",
            Self::Liveness => "liveness",
            Self::Runs => "runs",
            Self::Crowd => "crowd",
        }
    }

    /// By its word: `storm`, `liveness`, `runs` or `crowd`.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}
