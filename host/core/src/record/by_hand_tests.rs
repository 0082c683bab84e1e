//! Trying again and giving up: what a record says of it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::plan::{Ask, Request};
use crate::record::tests::{at, commit, record, signal};
use crate::record::{Appended, INBOX_NEWS, OpenRequest, Parked};

const BOTH: [&str; 2] = ["count", "other"];

#[test]
fn q8_a_retry_gives_open_requests_their_tries_back() {
    let mut record = record();
    let open = OpenRequest { request: Request { key: "c".into(), ask: Ask::Comment { body: "hello".into() } }, attempts: 9 };
    let part = Part { digest: "d".into(), requests: vec![open], ..Part::default() };
    Commit { parts: BTreeMap::from([("count".to_owned(), part)]), ..commit(&record, "o") }.apply(&mut record).unwrap();
    let retry = record.retry(&["count"], "retry-1", at(2)).unwrap();
    assert!(retry.lifted.is_empty() && retry.is_unsettled);
    retry.commit.apply(&mut record).unwrap();
    assert_eq!(record.parts["count"].requests[0].attempts, 0);
}

#[test]
fn q8_news_that_no_policy_ever_decided_on_is_given_up_and_later_news_is_not() {
    let mut record = record();
    record.append("d", signal("1"));
    let (commit, given_up) = record.discard(&BOTH, "discard-1", at(2)).unwrap();
    assert_eq!(given_up.news[0].by, BOTH);
    record.append("d", signal("2"));
    commit.apply(&mut record).unwrap();
    assert_eq!(record.inbox.iter().map(|e| e.news.id.as_str()).collect::<Vec<_>>(), ["signal:2"]);
    assert!(record.has_unread(&BOTH) && record.parts.values().all(|part| !part.has_decided()));
}

#[test]
fn q8_a_full_inbox_takes_news_again_after_a_discard() {
    let mut record = record();
    for n in 0..INBOX_NEWS {
        record.append("d", signal(&n.to_string()));
    }
    assert_eq!(record.append("d", signal("more")), Appended::Full);
    let (commit, given_up) = record.discard(&["count"], "discard-1", at(2)).unwrap();
    assert_eq!(given_up.news.len(), INBOX_NEWS);
    commit.apply(&mut record).unwrap();
    assert!(matches!(record.append("d", signal("more")), Appended::Accepted(_)));
}

#[test]
fn q8_what_is_settled_held_or_over_says_so() {
    let mut record = record();
    assert_eq!(record.retry(&["count"], "o", at(1)), Err(NothingToDo::Settled));
    assert_eq!(record.discard(&["count"], "o", at(1)).unwrap_err(), NothingToDo::Settled);
    let held = Part { digest: "d".into(), held: true, reason: "held by wait".into(), ..Part::default() };
    record.parts.insert("count".into(), held);
    let held = record.retry(&["count"], "o", at(1)).unwrap_err();
    assert_eq!(held, NothingToDo::Held("count: held by wait".into()));
    assert!(held.to_string().contains("take the label away"), "{held}");
    record.ended = Some("deleted".into());
    assert_eq!(record.retry(&["count"], "o", at(1)), Err(NothingToDo::Ended("deleted".into())));
    assert_eq!(record.discard(&["count"], "o", at(1)).unwrap_err(), NothingToDo::Ended("deleted".into()));
}

#[test]
fn q8_a_policy_that_is_not_deployed_is_left_as_it_is() {
    let mut record = record();
    let parked = Parked { reason: "trap".into(), at: at(0), question: 1, asked_up_to: 0 };
    record.parts.insert("gone".into(), Part { digest: "d".into(), parked: Some(parked), ..Part::default() });
    assert_eq!(record.retry(&["count"], "o", at(1)), Err(NothingToDo::Settled));
    assert!(record.outstanding(&["count"]).is_empty());
}
