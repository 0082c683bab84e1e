//! The truth about what people, agents and workflows did, to judge the service by.

use crate::model::Model;
use crate::table::Happened;
use std::collections::BTreeMap;

/// A push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// When.
    pub at: i64,
    /// The new head.
    pub commit: String,
    /// Whether it was the implementation agent's.
    pub is_agent: bool,
}

/// A run that somebody made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// When it was made.
    pub created_at: i64,
    /// The commit that it names.
    pub commit: Option<String>,
    /// Whether it is certainly of this pull request.
    pub is_ours: bool,
    /// Whether it is a QA agent's.
    pub is_qa: bool,
    /// Whether it has ended by itself.
    pub has_finished: bool,
}

/// One pull request.
#[derive(Debug, Clone)]
pub struct Truth {
    /// What its workflow comes to.
    pub model: Model,
    /// Its pushes.
    pub pushes: Vec<Push>,
    /// What the count may be at most: one more for each time QA asked for changes, whether it counted or not, and no less than what a
    /// person set it to, or one where a person wants it tried again.
    pub most: u32,
    /// Runs made because of it, its own and others', by their names.
    pub runs: BTreeMap<String, Run>,
    /// What has happened to it, by kind.
    pub happened: Happened,
    /// Labels that hold everything, and are set.
    pub holds: Vec<&'static str>,
}
