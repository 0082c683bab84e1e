//! GitHub's spellings of the core's words. REST and webhooks write them small, GraphQL in capitals.

use pawl_core::news::{Conclusion, Permission, Verdict};

/// The verdict of a review's state; none for a state that is not known.
pub(crate) fn verdict(state: &str) -> Option<Verdict> {
    Some(match state.to_ascii_lowercase().as_str() {
        "approved" => Verdict::Approved,
        "changes_requested" => Verdict::ChangesRequested,
        "commented" => Verdict::Commented,
        "dismissed" => Verdict::Dismissed,
        "pending" => Verdict::Pending,
        _ => return None,
    })
}

/// How a check run ended; a word that is not known counts as not ended, because it can justify nothing.
pub(crate) fn conclusion(word: Option<&str>) -> Conclusion {
    match word.unwrap_or_default().to_ascii_lowercase().as_str() {
        "success" => Conclusion::Success,
        "failure" | "startup_failure" => Conclusion::Failure,
        "neutral" => Conclusion::Neutral,
        "cancelled" => Conclusion::Cancelled,
        "skipped" => Conclusion::Skipped,
        "timed_out" => Conclusion::TimedOut,
        "action_required" => Conclusion::ActionRequired,
        "stale" => Conclusion::Stale,
        _ => Conclusion::None,
    }
}

/// A permission by its role's name; none for a role of the organisation's own making.
pub(crate) fn permission(role: &str) -> Option<Permission> {
    Some(match role {
        "admin" => Permission::Admin,
        "maintain" => Permission::Maintain,
        "write" => Permission::Write,
        "triage" => Permission::Triage,
        "read" => Permission::Read,
        "none" => Permission::None,
        _ => return None,
    })
}
