//! What an agent or a workflow tells about a subject: read and checked. Knows no HTTP and no store.

use pawl_core::Timestamp;
use pawl_core::news::{Actor, ActorKind, Event, News, SIGNAL_PARAMETERS};
use pawl_core::subject::{Repository, SubjectKind};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most signals in one list.
pub const SIGNALS: usize = 100;
/// Longest login, in characters.
const LOGIN_CHARS: usize = 100;

/// One signal, as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// `owner/name#number`.
    subject: String,
    /// The sender's own id: the same id is the same signal.
    id: String,
    /// What is told, such as `build_finished`.
    name: String,
    /// When it happened; now when absent.
    #[serde(default)]
    at: Option<String>,
    /// Who tells it.
    #[serde(default)]
    actor: Option<String>,
    /// What belongs to it.
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    /// Whether the subject is an issue rather than a pull request.
    #[serde(default)]
    issue: bool,
}

/// What a body holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// One signal, not read yet.
    One(Value),
    /// Several, each to be read and answered for itself.
    List(Vec<Value>),
}

/// Why a body holds nothing that could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// Not JSON.
    #[error("the body is not JSON ({0}); send one signal, or a list of them")]
    NotJson(String),
    /// Too many at once.
    #[error("{0} signals at once, the limit is {SIGNALS}; send them in several lists")]
    TooMany(usize),
}

/// A signal that makes sense. Whose the names are is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Owner of the repository.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// The subject's number.
    pub number: u32,
    /// Pull request or issue.
    pub kind: SubjectKind,
    /// What is told.
    pub news: News,
}

/// One signal or a list.
///
/// # Errors
/// When it is neither, or too long a list.
pub fn told(body: &[u8]) -> Result<Told, Bad> {
    match serde_json::from_slice(body).map_err(|error| Bad::NotJson(error.to_string()))? {
        Value::Array(list) if list.len() > SIGNALS => Err(Bad::TooMany(list.len())),
        Value::Array(list) => Ok(Told::List(list)),
        one => Ok(Told::One(one)),
    }
}

/// Reads one signal that arrived at that time.
///
/// # Errors
/// One sentence for whoever sent it: sending it again cannot help.
pub fn read(told: Value, arrived: Timestamp) -> Result<Signal, String> {
    let body: Body = serde_json::from_value(told).map_err(|error| {
        let complaint: String = error.to_string().chars().take(300).collect();
        format!("the signal does not read: {complaint}")
    })?;
    let news = news_of(&body, arrived)?;
    let bad = "subject must be owner/name#number, such as acme/shop#12";
    let (full_name, number) = body.subject.split_once('#').ok_or(bad)?;
    let (owner, name) = full_name.split_once('/').ok_or(bad)?;
    let number: u32 = number.parse().map_err(|_| bad)?;
    let named = Repository { id: 0, owner: owner.to_owned(), name: name.to_owned() };
    if number == 0 || !named.has_honest_names() {
        return Err(bad.into());
    }
    let kind = if body.issue { SubjectKind::Issue } else { SubjectKind::PullRequest };
    Ok(Signal { owner: named.owner, name: named.name, number, kind, news })
}

fn news_of(signal: &Body, arrived: Timestamp) -> Result<News, String> {
    let is_word = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'/'))
    };
    if !is_word(&signal.id, 120) {
        return Err("id must be 1 to 120 of A-Z a-z 0-9 _ - . : /; give every signal its own, so that a retry is told apart".into());
    }
    if !is_word(&signal.name, 60) {
        return Err("name must be 1 to 60 of A-Z a-z 0-9 _ - . : /".into());
    }
    if signal.parameters.len() > SIGNAL_PARAMETERS {
        return Err(format!("{} parameters, the limit is {SIGNAL_PARAMETERS}; send what matters", signal.parameters.len()));
    }
    if let Some((name, _)) = signal.parameters.iter().find(|(k, v)| k.len() > 60 || v.len() > 500) {
        let shown: String = name.chars().take(60).collect();
        return Err(format!("parameter {shown:?} is longer than 60 bytes in its name or 500 in its value"));
    }
    let at = match &signal.at {
        None => arrived,
        Some(text) => text.parse::<Timestamp>().map_err(|_| "at is no time; write one like 2026-11-20T12:00:00Z")?,
    };
    let actor = match &signal.actor {
        Some(login) if login.is_empty() || login.chars().count() > LOGIN_CHARS || login.chars().any(char::is_control) => {
            return Err(format!("actor must be a login of 1 to {LOGIN_CHARS} characters without control characters, or be left out"));
        }
        login => login.clone().map(|login| Actor { login, id: None, kind: ActorKind::Bot, permission: None }),
    };
    let event = Event::Signal { name: signal.name.clone(), parameters: signal.parameters.clone() };
    Ok(News { id: News::signal_id(&signal.id), at, arrived, actor, event })
}
