//! Paths of GitHub's REST API from parts that outsiders chose.

use crate::error::GitHubError;
use pawl_core::subject::{Repository, Subject};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in a path segment and in a query value; everything else is encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~').remove(b'.');

/// `text` as one path segment or query value. A segment of dots alone would mean a folder, so its dots are encoded.
pub(crate) fn encoded(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|b| b == b'.') {
        return "%2E".repeat(text.len());
    }
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// `/repos/{owner}/{name}`.
///
/// # Errors
/// When the names could not be a repository's: nothing is sent then.
pub(crate) fn repository(doing: &'static str, repository: &Repository) -> Result<String, GitHubError> {
    if !repository.has_honest_names() {
        let message = "the repository's names are none that GitHub allows; check where they come from".to_owned();
        return Err(GitHubError::Refused { doing, status: 0, message });
    }
    Ok(format!("/repos/{}/{}", repository.owner, repository.name))
}

/// `/repos/{owner}/{name}/issues/{number}`; for labels, comments and reactions a pull request is an issue.
///
/// # Errors
/// As [`repository`].
pub(crate) fn issue(doing: &'static str, subject: &Subject) -> Result<String, GitHubError> {
    Ok(format!("{}/issues/{}", repository(doing, &subject.repository)?, subject.number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g8_names_are_percent_encoded() {
        assert_eq!(encoded("review: pending"), "review%3A%20pending");
        assert_eq!(encoded("a/b?c#d%e"), "a%2Fb%3Fc%23d%25e");
        assert_eq!(encoded("grün"), "gr%C3%BCn");
        assert_eq!(encoded(".."), "%2E%2E");
        assert_eq!(encoded("v1.2"), "v1.2");
        assert_eq!(encoded("acme[bot]"), "acme%5Bbot%5D");
    }

    #[test]
    fn g8_hostile_repository_names_are_refused_before_anything_is_sent() {
        for (owner, name) in [("..", "x"), ("a/b", "x"), ("a", "x?y"), ("", "x"), ("a", "x#y"), ("a", "é")] {
            let hostile = Repository { id: 1, owner: owner.into(), name: name.into() };
            assert!(matches!(repository("test", &hostile), Err(GitHubError::Refused { status: 0, .. })), "{owner}/{name}");
        }
    }
}
