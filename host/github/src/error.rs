//! What went wrong, by what can happen next.

use pawl_core::turn::Trouble;
use std::fmt;

/// Longest text of GitHub's that an error repeats, in characters.
pub(crate) const MESSAGE_CHARS: usize = 300;

/// Why a call to GitHub did not do what it should. No variant carries a token or a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// GitHub understood and will not do it: the same call will never succeed. A person must be told.
    #[error("{doing}: GitHub refused with {status} ({message}){}", WayOut(*status))]
    Refused {
        /// What was tried.
        doing: &'static str,
        /// HTTP status; 200 for a refusal inside a GraphQL answer, 0 when the call was not even sent.
        status: u16,
        /// What GitHub says, shortened.
        message: String,
    },
    /// The repository or the subject is no more, or hidden from this account: GitHub answers both alike. Only when observing
    /// does it end a subject; a request may only have lost the comment that it was about.
    #[error("{doing}: GitHub knows no such repository or subject; if it exists, give the token or App access to it")]
    Gone {
        /// What was tried.
        doing: &'static str,
    },
    /// The names used belong to another repository by now. Observe the subject again: that finds the present names.
    #[error("{doing}: the names now lead to another repository than {expected_id}; read the subject again to learn its present names")]
    Moved {
        /// What was tried.
        doing: &'static str,
        /// Id of the repository that was meant.
        expected_id: u64,
    },
    /// A rate limit. The same call succeeds later. The call that met it did nothing; of a label write that takes several calls,
    /// which is rare, those before it stand.
    #[error("{doing}: {limited_by}; try again in {retry_after_seconds} s")]
    Busy {
        /// What was tried.
        doing: &'static str,
        /// How long to wait, 1 to 3,600 seconds.
        retry_after_seconds: u32,
        /// Whose limit.
        limited_by: LimitedBy,
    },
    /// GitHub could not be reached, failed, or its answer broke off. Back off and look again.
    #[error("{doing}: GitHub is unavailable ({message}){}; try again later", Doubt(*maybe_applied))]
    Unavailable {
        /// What was tried.
        doing: &'static str,
        /// Whether a write may have happened all the same, in whole or in part. Never true for a read.
        maybe_applied: bool,
        /// What happened, shortened.
        message: String,
    },
}

/// What kept a call from being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitedBy {
    /// GitHub's answer.
    GitHub,
    /// An earlier answer of GitHub's; this call was not sent.
    KnownLimit,
    /// Our own write budget, see [`crate::WriteBudget`]; this call was not sent.
    WriteBudget,
    /// GitHub failed several times in a row and is left alone for a while; this call was not sent.
    Outage,
}

impl fmt::Display for LimitedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GitHub => "GitHub's rate limit is reached",
            Self::KnownLimit => "GitHub's rate limit is reached and nothing is sent until it ends",
            Self::WriteBudget => "the write budget is used up for now",
            Self::Outage => "GitHub failed several times in a row and is left alone for a while",
        })
    }
}

impl GitHubError {
    /// Whether the same call may succeed later without anybody's help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unavailable { .. })
    }

    /// How long GitHub asks to wait, where it says so.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Busy { retry_after_seconds, .. } => Some(*retry_after_seconds),
            _ => None,
        }
    }

    /// Whether a write may have happened although it failed.
    #[must_use]
    pub fn maybe_applied(&self) -> bool {
        matches!(self, Self::Unavailable { maybe_applied: true, .. })
    }

    /// Whether it says that what was to be created is there already.
    pub(crate) fn is_already_there(&self) -> bool {
        matches!(self, Self::Refused { status: 422, message, .. } if message.contains("already_exists"))
    }
}

/// What a turn is told of it. Only a refusal is final: names that lead nowhere, or elsewhere, may be those of a repository that
/// was renamed or went to another owner since they were read. The next turn reads the subject first, and learns its present
/// names or that it is gone.
impl From<&GitHubError> for Trouble {
    fn from(error: &GitHubError) -> Self {
        Self {
            message: error.to_string(),
            transient: !matches!(error, GitHubError::Refused { .. }),
            retry_after_seconds: error.retry_after_seconds().map(u64::from),
        }
    }
}

struct WayOut(u16);

impl fmt::Display for WayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            401 => "; renew the token, GitHub does not accept it",
            200 | 403 => "; give the token or App the permission for it (pull requests or issues: write)",
            451 => "; the repository is blocked for legal reasons, stop watching it",
            _ => "; the call will not be repeated, look at the configuration and at GitHub's message",
        })
    }
}

struct Doubt(bool);

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { ", and the write may have happened" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g8_a_request_that_met_yesterdays_names_is_not_given_up() {
        let told = |error: &GitHubError| Trouble::from(error).transient;
        assert!(told(&GitHubError::Gone { doing: "write a comment" }));
        assert!(told(&GitHubError::Moved { doing: "write a comment", expected_id: 7 }));
        assert!(told(&GitHubError::Unavailable { doing: "write a comment", maybe_applied: true, message: String::new() }));
        assert!(!told(&GitHubError::Refused { doing: "write a comment", status: 403, message: String::new() }));
        let busy = GitHubError::Busy { doing: "write a comment", retry_after_seconds: 7, limited_by: LimitedBy::GitHub };
        assert_eq!(Trouble::from(&busy).retry_after_seconds, Some(7));
    }
}
