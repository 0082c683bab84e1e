//! An answer of GitHub's: status, headers and a bounded body, and the error that a bad one is.

use crate::error::{GitHubError, MESSAGE_CHARS};
use http::{HeaderMap, StatusCode};
use pawl_core::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How long to wait when GitHub names a limit but no time: a minute, as its documentation advises; the caller grows it.
pub(crate) const RETRY_AFTER_DEFAULT_SECONDS: u32 = 60;
/// Longest wait that is believed: primary limits renew within the hour.
pub(crate) const RETRY_AFTER_MAX_SECONDS: u32 = 3_600;

/// What was asked, as far as judging the answer needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) doing: &'static str,
    pub(crate) is_write: bool,
}

impl Asked {
    /// GitHub could not be reached, or what it said makes no sense.
    pub(crate) fn unavailable(self, message: impl AsRef<str>) -> GitHubError {
        GitHubError::Unavailable { doing: self.doing, maybe_applied: self.is_write, message: shortened(message.as_ref()) }
    }

    /// GitHub will not do it.
    pub(crate) fn refused(self, status: u16, message: impl AsRef<str>) -> GitHubError {
        GitHubError::Refused { doing: self.doing, status, message: shortened(message.as_ref()) }
    }

    /// A rate limit, with the wait that the headers name.
    pub(crate) fn busy(self, headers: &HeaderMap) -> GitHubError {
        GitHubError::Busy { doing: self.doing, retry_after_seconds: retry_after_seconds(headers, Timestamp::now()) }
    }
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) asked: Asked,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug, Default, Deserialize)]
struct Complaint {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: serde_json::Value,
}

impl Answer {
    /// The body of a good answer.
    ///
    /// # Errors
    /// When it does not read: it broke off, or something else answered in GitHub's place.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, GitHubError> {
        serde_json::from_slice(&self.body).map_err(|error| self.asked.unavailable(format!("its answer does not read: {error}")))
    }

    /// The answer itself if it is good, else what its status means.
    ///
    /// Rules: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api> for limits; 409 means that
    /// somebody else was at it, so the same call may succeed later.
    pub(crate) fn good(self) -> Result<Self, GitHubError> {
        let status = self.status.as_u16();
        if self.status.is_success() {
            return Ok(self);
        }
        let complaint: Complaint = serde_json::from_slice(&self.body).unwrap_or_default();
        Err(match status {
            429 => self.asked.busy(&self.headers),
            403 if self.is_limit(&complaint.message) => self.asked.busy(&self.headers),
            404 | 410 => GitHubError::Gone { doing: self.asked.doing },
            409 => GitHubError::Unavailable {
                doing: self.asked.doing,
                maybe_applied: false,
                message: shortened(&format!("conflict, 409: {}", complaint.message)),
            },
            408 | 500.. => self.asked.unavailable(format!("status {status}: {}", complaint.message)),
            _ => self.asked.refused(status, complaint.sentence()),
        })
    }

    fn is_limit(&self, message: &str) -> bool {
        let message = message.to_lowercase();
        self.headers.contains_key("retry-after")
            || number(&self.headers, "x-ratelimit-remaining") == Some(0)
            || message.contains("rate limit")
            || message.contains("abuse detection")
    }
}

impl Complaint {
    /// The message with the codes of its errors, such as `already_exists`.
    fn sentence(&self) -> String {
        let errors = self.errors.as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |error: &serde_json::Value, key: &str| error.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let details: Vec<String> = errors
            .iter()
            .take(5)
            .map(|error| match error.as_str() {
                Some(sentence) => sentence.to_owned(),
                None => [text(error, "field"), text(error, "code"), text(error, "message")].join(" ").trim().to_owned(),
            })
            .filter(|detail| !detail.is_empty())
            .collect();
        if details.is_empty() { self.message.clone() } else { format!("{}: {}", self.message, details.join(", ")) }
    }
}

/// Text of GitHub's for an error or a log: short and on one line.
pub(crate) fn shortened(text: &str) -> String {
    let text = text.trim_end_matches([':', ' ']);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS).collect()
}

/// A header that is a whole number.
pub(crate) fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// How long to wait: `retry-after`, else until `x-ratelimit-reset` when nothing remains, else a minute.
pub(crate) fn retry_after_seconds(headers: &HeaderMap, now: Timestamp) -> u32 {
    let told = number(headers, "retry-after");
    let reset = || {
        let is_used_up = number(headers, "x-ratelimit-remaining") == Some(0);
        number(headers, "x-ratelimit-reset").filter(|_| is_used_up).map(|at| at.saturating_sub(now.as_second()))
    };
    let seconds = told.or_else(reset).unwrap_or_else(|| RETRY_AFTER_DEFAULT_SECONDS.into());
    u32::try_from(seconds.clamp(1, RETRY_AFTER_MAX_SECONDS.into())).unwrap_or(RETRY_AFTER_MAX_SECONDS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Result<Answer, GitHubError> {
        let headers = headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect();
        let asked = Asked { doing: "set labels", is_write: true };
        Answer { asked, status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() }.good()
    }

    #[test]
    fn g3_a_403_is_a_limit_only_with_the_signs_of_one() {
        for limit in [
            answer(403, &[("x-ratelimit-remaining", "0")], "{}"),
            answer(403, &[("retry-after", "7")], "{}"),
            answer(403, &[], r#"{"message":"You have exceeded a secondary rate limit."}"#),
            answer(429, &[], ""),
        ] {
            assert!(matches!(limit, Err(GitHubError::Busy { .. })), "{limit:?}");
        }
        let refused = answer(403, &[("x-ratelimit-remaining", "4000")], r#"{"message":"Resource not accessible by integration"}"#);
        let error = refused.unwrap_err();
        assert!(!error.is_transient());
        assert!(error.to_string().contains("Resource not accessible") && error.to_string().contains("give the token"), "{error}");
    }

    #[test]
    fn g3_the_wait_is_what_the_headers_say_within_reason() {
        let wait = |headers: &[(&'static str, &str)]| {
            let headers = headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect();
            retry_after_seconds(&headers, Timestamp::from_second(1_000).unwrap())
        };
        assert_eq!(wait(&[("retry-after", "7"), ("x-ratelimit-reset", "5000")]), 7);
        assert_eq!(wait(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1090")]), 90);
        assert_eq!(wait(&[("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", "1090")]), RETRY_AFTER_DEFAULT_SECONDS);
        assert_eq!(wait(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "10")]), 1);
        assert_eq!(wait(&[("retry-after", "999999999999")]), RETRY_AFTER_MAX_SECONDS);
        assert_eq!(wait(&[("retry-after", "-5")]), 1);
        assert_eq!(wait(&[("retry-after", "soon")]), RETRY_AFTER_DEFAULT_SECONDS);
    }

    #[test]
    fn a1_1_already_exists_is_recognised_among_the_reasons_of_a_422() {
        let body = r#"{"message":"Validation Failed","errors":[{"resource":"Label","code":"already_exists","field":"name"}]}"#;
        assert!(answer(422, &[], body).unwrap_err().is_already_there());
        let invalid = r#"{"message":"Validation Failed","errors":[{"resource":"Label","code":"invalid","field":"color"}]}"#;
        assert!(!answer(422, &[], invalid).unwrap_err().is_already_there());
    }

    #[test]
    fn g3_statuses_say_what_happens_next() {
        for status in [400, 401, 422, 451] {
            assert!(matches!(answer(status, &[], "not json").unwrap_err(), GitHubError::Refused { .. }), "{status}");
        }
        for status in [404, 410] {
            assert!(matches!(answer(status, &[], "").unwrap_err(), GitHubError::Gone { .. }), "{status}");
        }
        for status in [500, 502, 503, 504] {
            assert!(answer(status, &[], "<html>").unwrap_err().maybe_applied(), "{status}");
        }
        let conflict = answer(409, &[], "{}").unwrap_err();
        assert!(conflict.is_transient() && !conflict.maybe_applied());
    }
}
