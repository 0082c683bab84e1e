//! What was, and when: the eye judges a request by what stood when it was sent.

use pawl_core::record::Record;
use std::sync::Arc;
use tokio::time::Instant;

/// A moment: what happens at the eye has one after the other.
pub(crate) type Moment = u64;

/// What a replica's readings of a record showed, and when it committed there.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    pub(crate) commits: Vec<Moment>,
    pub(crate) shown: Vec<(Moment, Arc<Record>)>,
}

impl Readings {
    /// How many commits there were by then, and the readings since the last of them.
    pub(crate) fn by(&self, moment: Moment) -> (usize, impl Iterator<Item = &Record>) {
        let commits = self.commits.partition_point(|at| *at <= moment);
        let since = commits.checked_sub(1).map_or(0, |last| self.commits[last]);
        let (from, to) = (self.shown.partition_point(|(at, _)| *at <= since), self.shown.partition_point(|(at, _)| *at <= moment));
        (commits, self.shown[from..to.max(from)].iter().map(|(_, record)| record.as_ref()))
    }
}

/// What something was at each moment, oldest first.
#[derive(Debug)]
pub(crate) struct History<T>(pub(crate) Vec<(Moment, T)>);

impl<T> Default for History<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> History<T> {
    pub(crate) fn at(&self, moment: Moment) -> Option<&T> {
        self.0[..self.0.partition_point(|(at, _)| *at <= moment)].last().map(|(_, it)| it)
    }
}

/// The effects of one kind that a replica sends one after the other: it looks at the record before each batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) commits: usize,
    pub(crate) is_stops: bool,
    /// The first reading that counts for this batch, and the first that counts for the next.
    pub(crate) from: usize,
    pub(crate) next: usize,
}

/// A lease as the server has it.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) holder: Option<String>,
    pub(crate) written: Instant,
}
