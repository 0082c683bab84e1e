//! Deliveries that did not arrive: GitHub does not send them again by itself, but an App may ask for it.

use crate::answer::Asked;
use crate::call::{Call, Spend, Whose};
use crate::client::GitHub;
use crate::error::GitHubError;
use http::Method;
use pawl_core::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

/// Deliveries per page, GitHub's largest.
const PAGE: usize = 100;
/// Most pages read in one go.
const PAGES: usize = 50;
/// Most deliveries asked for in one go; the rest is for the next.
const ASKED_AT_ONCE: usize = 100;
/// A delivery is asked for once in so many seconds: a receiver that fails for good must not be sent to for ever.
const ONCE_IN_SECONDS: i64 = 24 * 3_600;
/// GitHub keeps deliveries for three days.
const KEPT_SECONDS: i64 = 72 * 3_600;
/// Most deliveries remembered as asked for.
const REMEMBERED: usize = 10_000;
/// Longest cursor that is sent back to GitHub, in bytes.
const CURSOR_BYTES: usize = 500;

const LISTING: &str = "list failed deliveries";
const ASKING: &str = "ask for a delivery again";

/// When each delivery was asked for, by its guid.
pub(crate) type Asks = HashMap<String, Timestamp>;

/// A delivery that was asked for again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redelivery {
    /// `X-GitHub-Delivery`, the same each time.
    pub guid: String,
    /// GitHub's number of the attempt that failed last.
    pub id: u64,
    /// `X-GitHub-Event`.
    pub event: String,
    /// When that attempt was made.
    pub delivered_at: Timestamp,
    /// The status that the receiver answered; 0 when there was no answer.
    pub status_code: u16,
}

/// What [`GitHub::redeliver_failed`] found and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryReport {
    /// Attempts that were looked at.
    pub examined: usize,
    /// Deliveries of which no attempt has arrived so far.
    pub failed: usize,
    /// Those of them that were asked for now, oldest first.
    pub asked: Vec<Redelivery>,
    /// How many were asked for within the last day and have to wait.
    pub waiting: usize,
    /// How many GitHub cannot send again.
    pub lost: usize,
    /// Whether the list was read back to `since` and everything due was asked for; if not, the next call goes on.
    pub is_complete: bool,
    /// Where to begin the next time: before the oldest delivery that still has not arrived.
    pub next_since: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
struct Attempt {
    id: u64,
    guid: String,
    delivered_at: Timestamp,
    #[serde(default)]
    redelivery: bool,
    #[serde(default)]
    status_code: u16,
    #[serde(default)]
    event: String,
}

impl Attempt {
    fn arrived(&self) -> bool {
        (200..400).contains(&self.status_code)
    }
}

/// What is known of one delivery: its attempts.
#[derive(Debug, Default)]
struct History {
    arrived: bool,
    asked_at: Option<Timestamp>,
    newest: Option<Attempt>,
    oldest_at: Option<Timestamp>,
}

impl History {
    fn add(&mut self, attempt: Attempt) {
        self.arrived |= attempt.arrived();
        if attempt.redelivery {
            self.asked_at = self.asked_at.max(Some(attempt.delivered_at));
        }
        self.oldest_at = Some(self.oldest_at.map_or(attempt.delivered_at, |at| at.min(attempt.delivered_at)));
        if self.newest.as_ref().is_none_or(|newest| (newest.delivered_at, newest.id) < (attempt.delivered_at, attempt.id)) {
            self.newest = Some(attempt);
        }
    }
}

impl GitHub {
    /// Asks GitHub to send again what failed since `since`, each delivery once a day at most, the oldest first. What arrived in a
    /// later attempt is left alone. Call it every hour with the last report's `next_since`; the first time, three days back,
    /// which is as far as GitHub keeps deliveries.
    ///
    /// # Errors
    /// [`GitHubError::Refused`] with a plain token. After any other error repeating it is harmless: what was asked for is
    /// remembered, and stands in GitHub's own list.
    pub async fn redeliver_failed(&self, since: Timestamp) -> Result<DeliveryReport, GitHubError> {
        let app = self.app(Asked { doing: LISTING, is_write: false })?;
        let now = self.day();
        let kept = Timestamp::from_second(now.as_second() - KEPT_SECONDS).unwrap_or(Timestamp::UNIX_EPOCH);
        let since = since.max(kept);
        let (attempts, saw_all) = self.attempts(since).await?;
        let mut report = DeliveryReport {
            examined: attempts.len(),
            failed: 0,
            asked: Vec::new(),
            waiting: 0,
            lost: 0,
            is_complete: saw_all,
            next_since: attempts.iter().map(|attempt| attempt.delivered_at).max().unwrap_or(since),
        };
        let mut failed = failed(attempts);
        report.failed = failed.len();
        failed.sort_by_key(|(oldest_at, attempt, _)| (*oldest_at, attempt.id));
        for (oldest_at, attempt, asked_at) in failed {
            let asked_at = asked_at.max(self.asks().get(&attempt.guid).copied());
            let is_early = asked_at.is_some_and(|at| now.as_second() - at.as_second() < ONCE_IN_SECONDS);
            if is_early || report.asked.len() >= ASKED_AT_ONCE {
                report.waiting += usize::from(is_early);
                report.is_complete &= is_early;
                report.next_since = report.next_since.min(oldest_at);
                continue;
            }
            let call = Call {
                doing: ASKING,
                whose: Whose::Ours,
                method: Method::POST,
                path: format!("/app/hook/deliveries/{}/attempts", attempt.id),
                body: None,
                spend: Spend::Nothing,
            };
            match self.as_app(app, call).await {
                Ok(_) => {
                    self.remember(attempt.guid.clone(), now);
                    report.next_since = report.next_since.min(oldest_at);
                    let Attempt { id, guid, delivered_at, status_code, event, .. } = attempt;
                    report.asked.push(Redelivery { guid, id, event, delivered_at, status_code });
                }
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => {
                    tracing::warn!(guid = attempt.guid, event = attempt.event, %error, "a failed delivery cannot be sent again");
                    report.lost += 1;
                }
            }
        }
        Ok(report)
    }

    /// The attempts since a time, and whether these are all.
    async fn attempts(&self, since: Timestamp) -> Result<(Vec<Attempt>, bool), GitHubError> {
        let app = self.app(Asked { doing: LISTING, is_write: false })?;
        let mut attempts = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES {
            let path = match &cursor {
                None => format!("/app/hook/deliveries?per_page={PAGE}"),
                Some(cursor) => format!("/app/hook/deliveries?per_page={PAGE}&cursor={}", crate::path::encoded(cursor)),
            };
            let call = Call { doing: LISTING, whose: Whose::Ours, method: Method::GET, path, body: None, spend: Spend::Nothing };
            let answer = self.as_app(app, call).await?;
            let page: Vec<Attempt> = answer.json()?;
            // Newest first: behind the first that is too old there are only older ones.
            let is_past = page.iter().any(|attempt| attempt.delivered_at < since);
            attempts.extend(page.into_iter().filter(|attempt| attempt.delivered_at >= since));
            let link = answer.headers.get(http::header::LINK).and_then(|value| value.to_str().ok());
            cursor = link.and_then(next_cursor);
            if is_past || cursor.is_none() {
                return Ok((attempts, true));
            }
        }
        Ok((attempts, false))
    }

    fn asks(&self) -> std::sync::MutexGuard<'_, Asks> {
        self.asks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, guid: String, now: Timestamp) {
        let mut asks = self.asks();
        if asks.len() >= REMEMBERED {
            asks.retain(|_, at| now.as_second() - at.as_second() < ONCE_IN_SECONDS);
        }
        if asks.len() >= REMEMBERED {
            // GitHub's list still tells which were asked for.
            asks.clear();
        }
        asks.insert(guid, now);
    }
}

/// Deliveries without an attempt that arrived: when each was first seen, its newest attempt, and when it was last asked for.
fn failed(attempts: Vec<Attempt>) -> Vec<(Timestamp, Attempt, Option<Timestamp>)> {
    let mut histories: BTreeMap<String, History> = BTreeMap::new();
    for attempt in attempts {
        histories.entry(attempt.guid.clone()).or_default().add(attempt);
    }
    let open = histories.into_values().filter(|history| !history.arrived);
    open.filter_map(|history| Some((history.oldest_at?, history.newest?, history.asked_at))).collect()
}

/// The cursor of the next page, from a `Link` header.
fn next_cursor(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let url = next.trim().strip_prefix('<')?.split('>').next()?;
    let query = url.split_once('?')?.1;
    let cursor = query.split('&').find_map(|pair| pair.strip_prefix("cursor="))?;
    let cursor = percent_encoding::percent_decode_str(cursor).decode_utf8().ok()?;
    (!cursor.is_empty() && cursor.len() <= CURSOR_BYTES).then(|| cursor.into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn attempt(id: u64, guid: &str, second: i64, redelivery: bool, status_code: u16) -> Attempt {
        let delivered_at = Timestamp::from_second(second).unwrap();
        Attempt { id, guid: guid.into(), delivered_at, redelivery, status_code, event: "push".into() }
    }

    #[test]
    fn q6_a_delivery_has_failed_when_no_attempt_of_it_arrived() {
        let all = vec![
            attempt(5, "b", 50, true, 503),
            attempt(4, "a", 40, true, 202),
            attempt(3, "c", 30, false, 200),
            attempt(2, "b", 20, false, 0),
            attempt(1, "a", 10, false, 502),
        ];
        let failed = failed(all);
        assert_eq!(failed.len(), 1);
        let (oldest_at, newest, asked_at) = &failed[0];
        assert_eq!((newest.guid.as_str(), newest.id, oldest_at.as_second(), asked_at.unwrap().as_second()), ("b", 5, 20, 50));
    }

    #[test]
    fn q6_the_cursor_of_the_next_page_is_read_from_the_link() {
        let link = "<https://api.github.com/app/hook/deliveries?per_page=100&cursor=v1_12%3D>; rel=\"next\"";
        assert_eq!(next_cursor(link).as_deref(), Some("v1_12="));
        let first = "<https://x/app?cursor=a>; rel=\"prev\", <https://x/app?cursor=b>; rel=\"next\"";
        assert_eq!(next_cursor(first).as_deref(), Some("b"));
        for none in ["", "<https://x/app?cursor=a>; rel=\"prev\"", "<https://x/app>; rel=\"next\"", "cursor=a; rel=\"next\""] {
            assert_eq!(next_cursor(none), None, "{none}");
        }
        assert_eq!(next_cursor(&format!("<https://x/?cursor={}>; rel=\"next\"", "x".repeat(600))), None);
    }
}
