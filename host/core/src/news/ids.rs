//! Natural ids: what makes one thing, told twice by whatever way, one piece of news.

use super::{Conclusion, News, Verdict};

/// Longest natural id in bytes.
pub const NEWS_ID_BYTES: usize = 160;

impl News {
    /// A push of `commit` to `branch`; a push webhook and a `synchronize` of one commit are one piece of news.
    #[must_use]
    pub fn push_id(branch: &str, commit: &str) -> String {
        natural_id(&["push", branch, commit])
    }

    /// A review with a verdict.
    #[must_use]
    pub fn review_id(review: u64, verdict: Verdict) -> String {
        natural_id(&["review", &review.to_string(), verdict.word()])
    }

    /// A comment.
    #[must_use]
    pub fn comment_id(comment: u64) -> String {
        natural_id(&["comment", &comment.to_string()])
    }

    /// The `n`th command of a comment.
    #[must_use]
    pub fn command_id(comment: u64, n: usize) -> String {
        natural_id(&["command", &comment.to_string(), &n.to_string()])
    }

    /// A check run with a conclusion.
    #[must_use]
    pub fn check_id(check: u64, conclusion: Conclusion) -> String {
        let word = format!("{conclusion:?}").to_lowercase();
        natural_id(&["check", &check.to_string(), &word])
    }

    /// A signal by its sender's own id.
    #[must_use]
    pub fn signal_id(sender_id: &str) -> String {
        natural_id(&["signal", sender_id])
    }

    /// A label event: the one kind with no id of its own, so the delivery's id serves.
    #[must_use]
    pub fn label_id(delivery: &str) -> String {
        natural_id(&["label", delivery])
    }
}

/// Joins parts with `:`; what would not fit in [`NEWS_ID_BYTES`] is replaced by its hash, so ids stay unique and bounded.
#[must_use]
pub fn natural_id(parts: &[&str]) -> String {
    let id = parts.join(":");
    if id.len() <= NEWS_ID_BYTES {
        return id;
    }
    let kind: String = parts.first().map_or("", |p| p).chars().take(20).collect();
    format!("{kind}:sha256:{}", hex16(&id))
}

/// The first 16 bytes of the SHA-256 of `text`, in hexadecimal.
fn hex16(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes()).iter().take(16).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q1_natural_ids_are_bounded_and_stay_apart() {
        let long = "b".repeat(300);
        let one = News::push_id(&long, "aaaa");
        let two = News::push_id(&long, "bbbb");
        assert!(one.len() <= NEWS_ID_BYTES && one != two, "{one} {two}");
        assert_eq!(News::push_id("main", "abc"), "push:main:abc");
        assert_eq!(News::review_id(7, Verdict::ChangesRequested), "review:7:changes_requested");
    }
}
