//! An answer of GitHub's: status, headers and a bounded body, and the error that a bad one is.

use crate::error::{GitHubError, MESSAGE_CHARS};
use crate::gate::Told;
use crate::lane::WAIT_MAX_SECONDS;
use http::{HeaderMap, StatusCode};
use pawl_core::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

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
    /// Limits are told apart before, see [`Answer::is_limited`]. 409 means that somebody else was at it, so the same call may
    /// succeed later.
    pub(crate) fn good(self) -> Result<Self, GitHubError> {
        let status = self.status.as_u16();
        if self.status.is_success() {
            return Ok(self);
        }
        let complaint: Complaint = serde_json::from_slice(&self.body).unwrap_or_default();
        Err(match status {
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

    /// Whether it says that GitHub itself is at fault.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 500..)
    }

    /// Whether its status and headers say that a limit is reached. A GraphQL answer may say it in its body instead.
    /// Rules: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
    pub(crate) fn is_limited(&self) -> bool {
        match self.status.as_u16() {
            429 => true,
            403 => {
                let complaint: Complaint = serde_json::from_slice(&self.body).unwrap_or_default();
                let message = complaint.message.to_lowercase();
                self.headers.contains_key("retry-after")
                    || number(&self.headers, "x-ratelimit-remaining") == Some(0)
                    || message.contains("rate limit")
                    || message.contains("abuse detection")
            }
            _ => false,
        }
    }

    /// What the headers of a limited answer tell about the wait: `retry-after`, else until `x-ratelimit-reset` when nothing
    /// remains, else nothing.
    pub(crate) fn wait(&self, now: Timestamp) -> Told {
        let seconds = |n: i64| Duration::from_secs(n.clamp(1, WAIT_MAX_SECONDS.into()).unsigned_abs());
        if let Some(told) = number(&self.headers, "retry-after") {
            return Told::RetryAfter(seconds(told));
        }
        let is_used_up = number(&self.headers, "x-ratelimit-remaining") == Some(0);
        match number(&self.headers, "x-ratelimit-reset").filter(|_| is_used_up) {
            Some(at) => Told::Spent(seconds(at.saturating_sub(now.as_second()))),
            None => Told::Untold,
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn told(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect();
        let asked = Asked { doing: "set labels", is_write: true };
        Answer { asked, status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() }
    }

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Result<Answer, GitHubError> {
        told(status, headers, body).good()
    }

    #[test]
    fn g3_a_403_is_a_limit_only_with_the_signs_of_one() {
        for limit in [
            told(403, &[("x-ratelimit-remaining", "0")], "{}"),
            told(403, &[("retry-after", "7")], "{}"),
            told(403, &[], r#"{"message":"You have exceeded a secondary rate limit."}"#),
            told(429, &[], ""),
        ] {
            assert!(limit.is_limited(), "{limit:?}");
        }
        let refused = told(403, &[("x-ratelimit-remaining", "4000")], r#"{"message":"Resource not accessible by integration"}"#);
        assert!(!refused.is_limited() && !told(200, &[("x-ratelimit-remaining", "0")], "{}").is_limited());
        let error = refused.good().unwrap_err();
        assert!(!error.is_transient());
        assert!(error.to_string().contains("Resource not accessible") && error.to_string().contains("give the token"), "{error}");
    }

    #[test]
    fn g3_the_wait_is_what_the_headers_say_within_reason() {
        let wait = |headers: &[(&'static str, &str)]| told(429, headers, "").wait(Timestamp::from_second(1_000).unwrap());
        let after = |seconds: u64| Told::RetryAfter(Duration::from_secs(seconds));
        let spent = |seconds: u64| Told::Spent(Duration::from_secs(seconds));
        assert_eq!(wait(&[("retry-after", "7"), ("x-ratelimit-reset", "5000")]), after(7));
        assert_eq!(wait(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1090")]), spent(90));
        assert_eq!(wait(&[("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", "1090")]), Told::Untold);
        assert_eq!(wait(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "10")]), spent(1));
        assert_eq!(wait(&[("retry-after", "999999999999")]), after(WAIT_MAX_SECONDS.into()));
        assert_eq!(wait(&[("retry-after", "-5")]), after(1));
        assert_eq!(wait(&[("retry-after", "soon")]), Told::Untold);
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
