//! What must hold of everything that is read, whatever the bytes were. Shared by the targets.
#![forbid(unsafe_code)]

use hmac::{Hmac, KeyInit, Mac};
use pawl_core::Timestamp;
use pawl_core::comment::{ARGS_CHARS, COMMANDS, Patterns};
use pawl_core::facts::Setting;
use pawl_core::label::LABEL_CHARS;
use pawl_core::manifest::{Capabilities, Manifest, Needs, SettingKind, SettingSpec, Value, Wakes};
use pawl_core::news::{Actor, Event, NEWS_BYTES, News};
use pawl_core::record::{Appended, RECORD_BYTES, Record};
use pawl_core::subject::{Repository, Subject};
use pawl_github::webhook::{BadPayload, Reading, Verifier, read};
use sha2::Sha256;
use std::sync::LazyLock;

/// The secret of every signed body.
pub const SECRET: &str = "the webhook's secret";
/// Events that are read, and one that is not.
pub const EVENTS: [&str; 12] = [
    "push",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "issue_comment",
    "issues",
    "check_run",
    "label",
    "repository",
    "ping",
    "star",
];
/// Longest login that is believed, in characters.
const LOGIN_CHARS: usize = 100;
/// Most subjects of one delivery.
const SUBJECTS: usize = 20;
/// Longest natural id, in bytes.
const ID_BYTES: usize = 160;
/// Longest complaint about a body, in bytes.
const COMPLAINT_BYTES: usize = 1_500;
/// Longest complaint about a fixture or what carries it, in characters: its path is told whole.
const FIXTURE_COMPLAINT_CHARS: usize = 2_000;

/// The same for every input, so that a crash can be repeated.
#[must_use]
pub fn arrived() -> Timestamp {
    Timestamp::from_second(1_772_366_430).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// One policy's patterns, compiled once: a fuzzer has better to do.
#[must_use]
pub fn patterns() -> &'static Patterns {
    static PATTERNS: LazyLock<Patterns> = LazyLock::new(compiled);
    &PATTERNS
}

/// What is told of a fixture, or of what carries it, is short, and nothing in it moves a terminal.
///
/// # Panics
/// When it is not.
pub fn check_complaint(told: &str) {
    assert!(told.chars().count() <= FIXTURE_COMPLAINT_CHARS, "{told}");
    assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "{told:?}");
}

fn compiled() -> Patterns {
    let pattern = |name: &str, text: &str| SettingSpec {
        name: name.into(),
        kind: SettingKind::Pattern,
        default: Value::Text(text.into()),
        description: String::new(),
    };
    let manifest = Manifest {
        name: "greeter".into(),
        version: "1.0.0".into(),
        description: String::new(),
        owns: vec![],
        heeds: vec![],
        needs: Needs::default(),
        wakes_on: Wakes::default(),
        wants: Capabilities::default(),
        settings: vec![pattern("feedback", "(?i)required changes"), pattern("anything", "(a|b)*c")],
        memory_version: 1,
        reads_memory: vec![1],
        states: vec![],
        commands: vec![],
    };
    let mut patterns = Patterns::default();
    patterns.add(&manifest, &[] as &[Setting]);
    patterns
}

/// `X-Hub-Signature-256` of a body.
///
/// # Panics
/// Never: HMAC takes keys of any length.
#[must_use]
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// As the host takes a delivery: nothing is read whose signature is not right.
pub fn deliver(verifier: &Verifier, signature: &str, event: &str, id: &str, body: &[u8]) -> Option<Result<Reading, BadPayload>> {
    verifier.verify(Some(signature), body).ok()?;
    Some(read(event, id, body, arrived(), patterns()))
}

/// Whatever was read is within limits, and can be written down and read again.
///
/// # Panics
/// When it is not: that is what is looked for.
pub fn check(reading: &Result<Reading, BadPayload>) {
    match reading {
        Ok(Reading::Subjects { subjects, news }) => {
            assert!((1..=SUBJECTS).contains(&subjects.len()), "{} subjects", subjects.len());
            assert!(news.len() <= COMMANDS + 1, "{} news", news.len());
            for subject in subjects {
                check_repository(&subject.repository);
                assert!(subject.number > 0);
                check_record(subject, news);
            }
        }
        Ok(Reading::Branch(branch)) => {
            check_repository(&branch.repository);
            check_commit(&branch.commit);
            assert!(branch.branch.as_ref().is_none_or(|name| !name.is_empty() && name.len() <= 255 && is_plain(name)));
            check_news(&branch.news);
        }
        Ok(Reading::Labels { repository } | Reading::Repository { repository, .. }) => check_repository(repository),
        Ok(Reading::Ping) => {}
        Ok(Reading::Ignored { reason }) => assert!(!reason.is_empty() && reason.len() <= COMPLAINT_BYTES && is_plain(reason)),
        Err(error) => {
            let complaint = error.to_string();
            assert!((20..=COMPLAINT_BYTES).contains(&complaint.len()) && is_plain(&complaint), "{complaint:?}");
        }
    }
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn check_repository(repository: &Repository) {
    assert!(repository.has_honest_names(), "{repository}");
}

fn check_commit(commit: &str) {
    assert!(matches!(commit.len(), 40 | 64) && commit.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{commit}");
}

fn check_actor(actor: Option<&Actor>) {
    let Some(Actor { login, .. }) = actor else { return };
    assert!(!login.is_empty() && login.chars().count() <= LOGIN_CHARS && is_plain(login), "{login:?}");
}

/// One piece of news.
///
/// # Panics
/// When it is not within its limits.
pub fn check_news(news: &News) {
    assert!(!news.id.is_empty() && news.id.len() <= ID_BYTES, "{}", news.id);
    assert_eq!(news.arrived, arrived());
    check_actor(news.actor.as_ref());
    match &news.event {
        Event::Pushed { commit, .. } => check_commit(commit),
        Event::Labelled { label } | Event::Unlabelled { label } => {
            assert!((1..=LABEL_CHARS).contains(&label.chars().count()) && is_plain(label), "{label:?}");
        }
        Event::Reviewed(review) => {
            check_actor(review.author.as_ref());
            review.commit.iter().for_each(|commit| check_commit(commit));
        }
        Event::Commented(comment) => check_actor(comment.author.as_ref()),
        Event::Command { verb, args, .. } => {
            assert!((1..=30).contains(&verb.len()) && args.chars().count() <= ARGS_CHARS && is_plain(args), "{verb:?} {args:?}");
        }
        Event::Checked(check) => check_commit(&check.commit),
        _ => {}
    }
    let text = serde_json::to_string(news).expect("news can be written");
    assert_eq!(serde_json::from_str::<News>(&text).expect("and read again"), *news);
}

/// In a record it stays within the record's limits, and told twice it is one.
fn check_record(subject: &Subject, news: &[News]) {
    let mut record = Record::new(subject.clone());
    for one in news {
        check_news(one);
        let first = record.append("d", one.clone());
        let size = serde_json::to_string(one).map_or(0, |text| text.len());
        assert!(first != Appended::TooLarge || size > NEWS_BYTES, "{size}");
        let before = record.inbox.len();
        let second = record.append("e", one.clone());
        assert!(!matches!(second, Appended::Accepted(_)), "told twice it is one: {first:?}, then {second:?}");
        assert_eq!(record.inbox.len(), before);
    }
    assert!(serde_json::to_string(&record).is_ok_and(|text| text.len() <= RECORD_BYTES));
}
