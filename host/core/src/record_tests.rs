//! What a record takes in, what it lets go, and who may commit.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::news::{ActorKind, Event};
use crate::subject::{Repository, SubjectKind};

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(super) fn record() -> Record {
    let repository = Repository { id: 1, owner: "acme".into(), name: "shop".into() };
    Record::new(Subject { repository, number: 7, kind: SubjectKind::PullRequest })
}

pub(super) fn signal(id: &str) -> News {
    let event = Event::Signal { name: "tick".into(), parameters: BTreeMap::new() };
    News { id: News::signal_id(id), at: at(0), arrived: at(0), actor: None, event }
}

fn signal_of_bytes(id: &str, bytes: usize) -> News {
    let of = |padding: usize| {
        let parameters = BTreeMap::from([("p".into(), "x".repeat(padding))]);
        News { event: Event::Signal { name: "tick".into(), parameters }, ..signal(id) }
    };
    let bare = json_bytes(&of(0));
    of(bytes - bare)
}

pub(super) fn commit(record: &Record, operation: &str) -> Commit {
    Commit {
        operation: operation.into(),
        generation: record.generation,
        subject: record.subject.clone(),
        parts: record.parts.clone(),
        labels_outstanding: false,
        writes: Vec::new(),
        viewer: None,
        timeline: None,
        pushes: Vec::new(),
        head: None,
        state: None,
        ended: None,
        past: Vec::new(),
        stopped: Vec::new(),
        at: at(1),
    }
}

fn part(cursor: u64) -> Part {
    Part { digest: "d".into(), cursor, ..Part::default() }
}

fn parked(cursor: u64) -> Part {
    Part { parked: Some(Parked { reason: "trap".into(), at: at(0), question: 1, asked_up_to: cursor }), ..part(cursor) }
}

#[test]
fn q1_one_thing_told_twice_is_one_news() {
    let mut record = record();
    assert_eq!(record.append("webhook", signal("1")), Appended::Accepted(1));
    assert_eq!(record.append("sensor", signal("1")), Appended::Duplicate);
    assert_eq!(record.append("webhook", signal("2")), Appended::Accepted(2));
    assert_eq!(record.inbox.len(), 2);
    assert_eq!(record.generation, 0, "an append never raises the generation");
}

#[test]
fn q1_a_duplicate_is_known_after_its_news_was_consumed() {
    let mut record = record();
    record.append("d", signal("1"));
    let parts = BTreeMap::from([("p".to_owned(), part(1))]);
    Commit { parts, ..commit(&record, "o") }.apply(&mut record).unwrap();
    assert!(record.inbox.is_empty());
    assert_eq!(record.append("d", signal("1")), Appended::Duplicate);
}

#[test]
fn q1_the_seen_window_holds_so_many_ids_and_forgets_the_oldest() {
    let mut record = record();
    for n in 0..=SEEN_IDS {
        assert!(matches!(record.append("d", signal(&n.to_string())), Appended::Accepted(_)));
        record.inbox.clear();
    }
    assert_eq!(record.seen.len(), SEEN_IDS);
    assert_eq!(record.append("d", signal("1")), Appended::Duplicate, "the last of the window");
    assert!(matches!(record.append("d", signal("0")), Appended::Accepted(_)), "out of the window");
}

#[test]
fn q1_news_older_than_the_window_only_causes_a_look() {
    let window = SEEN_HOURS * 3600;
    let mut record = record();
    let late = |seconds: i64, id: &str| News { arrived: at(seconds), ..signal(id) };
    assert_eq!(record.append("d", late(window + 1, "1")), Appended::Old);
    assert!(record.inbox.is_empty() && record.seen.is_empty());
    assert_eq!(record.append("d", late(window, "2")), Appended::Accepted(1));
}

#[test]
fn a_full_inbox_takes_nothing_more_and_forgets_nothing() {
    let mut record = record();
    for n in 0..INBOX_NEWS {
        assert!(matches!(record.append("d", signal(&n.to_string())), Appended::Accepted(_)));
    }
    assert_eq!(record.append("d", signal("more")), Appended::Full);
    assert_eq!(record.append("d", signal("more")), Appended::Full, "it was not noted as seen, so the sender may come again");
    assert_eq!(record.inbox.len(), INBOX_NEWS);
}

#[test]
fn a_full_inbox_makes_room_of_what_only_a_parked_policy_holds_back() {
    let mut record = record();
    for n in 0..INBOX_NEWS {
        record.append("d", signal(&n.to_string()));
    }
    let parts = BTreeMap::from([("awake".to_owned(), part(150)), ("parked".to_owned(), parked(0))]);
    Commit { parts, ..commit(&record, "o") }.apply(&mut record).unwrap();
    assert_eq!(record.inbox.len(), INBOX_NEWS, "the parked policy holds all of it");
    assert!(matches!(record.append("d", signal("more")), Appended::Accepted(_)));
    assert_eq!(record.inbox.len(), INBOX_NEWS - 150 + 1);
}

#[test]
fn news_longer_than_the_limit_is_refused_for_good() {
    let mut record = record();
    assert_eq!(record.append("d", signal_of_bytes("1", NEWS_BYTES)), Appended::Accepted(1));
    assert_eq!(record.append("d", signal_of_bytes("2", NEWS_BYTES + 1)), Appended::TooLarge);
}

#[test]
fn an_inbox_of_the_longest_news_still_fits_in_a_record() {
    let mut record = record();
    let mut taken = 0;
    while record.append("d", signal_of_bytes(&taken.to_string(), NEWS_BYTES)) != Appended::Full {
        taken += 1;
    }
    assert!((40..INBOX_NEWS).contains(&taken), "{taken}");
    assert!(json_bytes(&record) < RECORD_BYTES / 2);
}

#[test]
fn a_policy_that_no_longer_runs_holds_no_news_back_and_wakes_nobody() {
    let mut record = record();
    record.parts.insert("gone".into(), Part { revisit_at: Some(at(5)), ..part(0) });
    record.append("d", signal("1"));
    let parts = BTreeMap::from([("p".to_owned(), part(1))]);
    Commit { parts, ..commit(&record, "o") }.apply(&mut record).unwrap();
    assert!(record.inbox.is_empty());
    assert_eq!(record.revisit_at(), None);
    assert_eq!(record.parts["gone"].digest, "d", "its memory stays for its return");
}

#[test]
fn k8_a_commit_with_a_stale_generation_conflicts_and_changes_nothing() {
    let mut record = record();
    let stale = commit(&record, "stale");
    commit(&record, "first").apply(&mut record).unwrap();
    let before = record.clone();
    let conflict = stale.apply(&mut record).unwrap_err();
    assert_eq!((conflict.has, conflict.wants), (1, 0));
    assert_eq!(conflict.to_string(), "record 1#7 has generation 1, not 0: another turn committed in between; this one starts over");
    assert_eq!(record, before);
}

#[test]
fn k8_news_that_arrived_meanwhile_is_no_conflict_and_stays() {
    let mut record = record();
    record.append("d", signal("1"));
    let ours = Commit { parts: BTreeMap::from([("p".to_owned(), part(1))]), ..commit(&record, "o") };
    record.append("d", signal("2"));
    ours.apply(&mut record).unwrap();
    assert_eq!(record.inbox.iter().map(|e| e.seq).collect::<Vec<_>>(), [2]);
}

#[test]
fn q5_a_commit_whose_reply_was_lost_is_recognised_by_its_operation() {
    let mut record = record();
    let ours = commit(&record, "turn 1.1");
    ours.clone().apply(&mut record).unwrap();
    let once = record.clone();
    ours.apply(&mut record).unwrap();
    assert_eq!(record, once);
}

#[test]
fn the_history_keeps_the_newest() {
    let mut record = record();
    for n in 0..HISTORY + 5 {
        let past =
            Past { at: at(0), policy: "p".into(), from: String::new(), to: n.to_string(), reason: String::new(), operation: String::new() };
        Commit { past: vec![past], ..commit(&record, &n.to_string()) }.apply(&mut record).unwrap();
    }
    assert_eq!(record.history.len(), HISTORY);
    assert_eq!(record.history.last().unwrap().to, (HISTORY + 4).to_string());
}

#[test]
fn g7_an_own_label_event_is_no_news_whoever_brings_it() {
    let mut record = record();
    let app = Actor { login: "pawl[bot]".into(), id: None, kind: ActorKind::Bot, permission: None };
    record.viewer = Some(app.clone());
    let told = |login: &str, kind| {
        let event = Event::Labelled { label: "A".into() };
        News { id: format!("label:{login}"), actor: Some(Actor { login: login.into(), kind, ..app.clone() }), event, ..signal("x") }
    };
    assert_eq!(record.append("d", told("Pawl", ActorKind::Bot)), Appended::Own, "an App's account is the host, with or without suffix");
    assert_eq!(record.append("d", told("alice", ActorKind::Human)), Appended::Accepted(1));
}

#[test]
fn q1_the_stored_form_says_the_same_and_memory_is_hexadecimal() {
    let mut record = record();
    record.append("d", signal("1"));
    let memory = Some(Memory { version: 3, bytes: vec![0, 255] });
    record.parts.insert("p".into(), Part { memory, ..parked(0) });
    let json = serde_json::to_string(&record).unwrap();
    assert!(json.contains("\"00ff\""), "{json}");
    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
}
