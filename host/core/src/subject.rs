//! Subjects: the pull requests and issues that carry labels.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What identifies a subject: the repository's numeric id, which survives renames and transfers, and a number within it.
///
/// Displayed and parsed as `<repository id>#<number>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId {
    /// GitHub's numeric repository id.
    pub repository: u64,
    /// Number of the pull request or issue.
    pub number: u32,
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repository, self.number)
    }
}

/// Why a text is no subject id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no subject id; one looks like 4711#12, repository id and number")]
pub struct BadSubjectId(String);

impl FromStr for SubjectId {
    type Err = BadSubjectId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadSubjectId(text.chars().take(60).collect());
        let (repository, number) = text.split_once('#').ok_or_else(bad)?;
        Ok(Self { repository: repository.parse().map_err(|_| bad())?, number: number.parse().map_err(|_| bad())? })
    }
}

impl Serialize for SubjectId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SubjectId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A repository: its id is its identity, owner and name are what it is called today.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// GitHub's numeric id.
    pub id: u64,
    /// The account that owns it.
    pub owner: String,
    /// Its name.
    pub name: String,
}

impl Repository {
    /// Whether both parts can be put into a URL path and shown: 1 to 100 of `A-Z a-z 0-9 - _ .`, and not `.` or `..`.
    /// GitHub allows no other repository names (<https://docs.github.com/en/repositories>).
    #[must_use]
    pub fn has_honest_names(&self) -> bool {
        [&self.owner, &self.name].into_iter().all(|part| {
            (1..=100).contains(&part.len())
                && part != "."
                && part != ".."
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// Pull request or issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A pull request.
    #[default]
    PullRequest,
    /// An issue that is no pull request.
    Issue,
}

/// A subject with the names people know it by. Displayed as `owner/name#number`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The repository.
    pub repository: Repository,
    /// Number of the pull request or issue.
    pub number: u32,
    /// Pull request or issue.
    #[serde(default)]
    pub kind: SubjectKind,
}

impl Subject {
    /// Its identity.
    #[must_use]
    pub fn id(&self) -> SubjectId {
        SubjectId { repository: self.repository.id, number: self.number }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repository, self.number)
    }
}
