//! The parts that several payloads share, read tolerantly: only fields that are needed, unknown ones skipped.

use super::read::BadPayload;
use pawl_core::Timestamp;
use pawl_core::news::{Actor, ActorKind};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use serde::{Deserialize, Deserializer};

/// Longest login, in characters; GitHub allows 39, and Apps and enterprise accounts add suffixes.
pub(super) const LOGIN_CHARS: usize = 100;
/// Longest branch name in bytes that is believed; GitHub refuses longer references.
pub(super) const BRANCH_BYTES: usize = 255;
/// Longest name of a check run and slug of an App that is kept, in characters.
pub(super) const NAME_CHARS: usize = 200;
/// Longest node id in bytes that is believed.
pub(super) const NODE_ID_BYTES: usize = 100;

/// A point in time, if it is one: GitHub writes RFC 3339, and seconds since 1970 in `push`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Time(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Spelled {
            Seconds(i64),
            Text(String),
            Other(serde::de::IgnoredAny),
        }
        Ok(Self(match Spelled::deserialize(d)? {
            Spelled::Seconds(seconds) => Timestamp::from_second(seconds).ok(),
            Spelled::Text(text) => text.parse().ok(),
            Spelled::Other(_) => None,
        }))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Account {
    pub(super) login: Option<String>,
    pub(super) name: Option<String>,
    pub(super) id: Option<u64>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

impl Account {
    /// The account as an actor; none without a login that can be one.
    pub(super) fn actor(&self) -> Option<Actor> {
        let login = identity(self.login.as_deref().or(self.name.as_deref())?, LOGIN_CHARS)?;
        let is_bot = self.kind.as_deref() == Some("Bot") || login.ends_with("[bot]");
        let kind = if is_bot { ActorKind::Bot } else { ActorKind::Human };
        Some(Actor { login, id: self.id, kind, permission: None })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct RepositoryPart {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) owner: Option<Account>,
    pub(super) full_name: Option<String>,
    #[serde(default)]
    pub(super) pushed_at: Time,
}

impl RepositoryPart {
    /// The repository, if its names may be put into a path and shown.
    pub(super) fn checked(&self) -> Result<Repository, BadPayload> {
        let owner = self
            .owner
            .as_ref()
            .and_then(|owner| owner.login.clone().or_else(|| owner.name.clone()))
            .or_else(|| self.full_name.as_ref()?.split_once('/').map(|(owner, _)| owner.to_owned()))
            .ok_or(BadPayload::Missing { field: "repository.owner.login" })?;
        let repository = Repository { id: self.id, owner, name: self.name.clone() };
        if repository.has_honest_names() { Ok(repository) } else { Err(BadPayload::Names { shown: bounded(&repository.to_string(), 80) }) }
    }

    /// The subject of that number.
    pub(super) fn subject(&self, number: u32, kind: SubjectKind) -> Result<Subject, BadPayload> {
        if number == 0 {
            return Err(BadPayload::Missing { field: "number" });
        }
        Ok(Subject { repository: self.checked()?, number, kind })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct LabelPart {
    pub(super) name: Option<String>,
}

/// At most `chars` characters of `text`, without control characters.
pub(super) fn bounded(text: &str, chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars).collect()
}

/// A text by which somebody is recognised: as it is, or not at all. One that was cleaned could become somebody else's.
pub(super) fn identity(text: &str, chars: usize) -> Option<String> {
    let is_honest = !text.is_empty() && !text.chars().any(char::is_control) && text.chars().count() <= chars;
    is_honest.then(|| text.to_owned())
}

/// A commit id: 40 or 64 hexadecimal digits, lower case, and not the zeros that stand for "no commit".
pub(super) fn commit(text: &str) -> Option<String> {
    let is_commit = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit()) && text.bytes().any(|b| b != b'0');
    is_commit.then(|| text.to_lowercase())
}

/// A branch name that can be recorded and asked for.
pub(super) fn branch(text: &str) -> Option<String> {
    let is_branch = (1..=BRANCH_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
    is_branch.then(|| text.to_owned())
}
