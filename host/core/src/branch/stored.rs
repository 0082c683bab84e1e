//! The stored form of branch news, and the one before it, in which a branch had one commit only.

use super::{HeldBranch, HeldNews};
use crate::Timestamp;
use crate::news::News;
use crate::subject::Repository;
use serde::Deserialize;

/// Either form. What is neither is no branch news, and is set aside by whoever reads it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Form {
    /// Several commits, each piece of news with its delivery.
    Present { repository: Repository, branch: Option<String>, news: Vec<HeldNews>, attempts: u32, next_at: Option<Timestamp> },
    /// One commit, and one delivery for all its news.
    Former {
        repository: Repository,
        branch: Option<String>,
        commit: String,
        delivery: String,
        news: Vec<News>,
        attempts: u32,
        next_at: Timestamp,
    },
}

impl From<Form> for HeldBranch {
    fn from(form: Form) -> Self {
        match form {
            Form::Present { repository, branch, news, attempts, next_at } => Self { repository, branch, news, attempts, next_at },
            Form::Former { repository, branch, commit, delivery, news, attempts, next_at } => {
                let held = |news| HeldNews { commit: commit.clone(), delivery: delivery.clone(), news };
                Self { repository, branch, news: news.into_iter().map(held).collect(), attempts, next_at: Some(next_at) }
            }
        }
    }
}
