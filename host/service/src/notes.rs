//! Notes: of every record the little that a pass of the reconciler needs, kept from what a watch tells. So a pass reads nothing, however
//! many subjects there are.
//!
//! They are believed only while the watch has told everything and has not broken since. Else records are read page by page, as they are
//! where there is no watch.

use crate::host::Host;
use crate::policies::Policies;
use crate::reconciler::is_over;
use pawl_cluster::Written;
use pawl_core::Timestamp;
use pawl_core::record::Record;
use pawl_core::subject::{Subject, SubjectId};
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

/// What a pass needs of a record.
#[derive(Debug, Clone)]
pub struct Note {
    /// The subject.
    pub subject: Subject,
    /// Whether it has ended: nothing is ever to be done.
    pub is_ended: bool,
    /// Whether nothing is left to do.
    pub is_settled: bool,
    /// Whether only news can change what is to be done.
    pub is_over: bool,
    /// Whether the policies that ran when this was noted have all decided about it, and no earlier versions of them.
    pub is_of_today: bool,
    /// When a policy wants to look again.
    pub revisit_at: Option<Timestamp>,
    /// When it was read last, by whomever.
    pub looked_at: Option<Timestamp>,
}

impl Note {
    /// What is to be known of this record.
    #[must_use]
    pub fn of(policies: &Policies, record: &Record) -> Self {
        Self {
            subject: record.subject.clone(),
            is_ended: record.ended.is_some(),
            is_settled: record.is_settled(&policies.names()),
            is_of_today: policies.have_decided(record),
            is_over: is_over(policies, record),
            revisit_at: record.revisit_at(),
            looked_at: record.looked_at,
        }
    }
}

/// Notes of records.
#[derive(Debug, Default)]
struct All {
    notes: BTreeMap<SubjectId, Note>,
    /// Records that cannot be read: whoever lists them says why, and sets them aside.
    unreadable: BTreeSet<SubjectId>,
}

impl All {
    fn hear(&mut self, policies: &Policies, written: Written) {
        match written {
            Written::Record(record) => {
                let id = record.subject.id();
                self.unreadable.remove(&id);
                self.notes.insert(id, Note::of(policies, &record));
            }
            Written::Unreadable(id) => {
                self.notes.remove(&id);
                self.unreadable.insert(id);
            }
            Written::Gone(id) => {
                self.notes.remove(&id);
                self.unreadable.remove(&id);
            }
            Written::Anew | Written::Everything | Written::Broken => {}
        }
    }
}

/// What is known of all records.
#[derive(Debug, Default)]
pub struct Notes {
    all: All,
    /// What is being told anew, until everything was.
    anew: Option<All>,
    is_whole: bool,
    /// Since when the policies run by which all of it was judged; nothing when some of it was by others.
    judged: Option<Instant>,
}

impl Notes {
    /// Takes in what happened to records.
    pub fn hear(&mut self, host: &Host, written: Written) {
        let policies = host.policies();
        match written {
            Written::Anew => {
                self.anew = Some(All::default());
                self.judged = Some(policies.since);
            }
            Written::Everything => {
                if let Some(anew) = self.anew.take() {
                    self.all = anew;
                    self.is_whole = true;
                }
            }
            Written::Broken => {
                self.anew = None;
                self.is_whole = false;
            }
            written => {
                self.judged = self.judged.filter(|since| *since == policies.since);
                self.anew.as_mut().unwrap_or(&mut self.all).hear(&policies, written);
            }
        }
    }

    /// Notes of all records; nothing while some may be missing or out of date, one cannot be read, or some were judged by other policies
    /// than these.
    #[must_use]
    pub fn believed(&self, policies: &Policies) -> Option<impl Iterator<Item = &Note>> {
        let is_good = self.is_whole && self.all.unreadable.is_empty() && self.judged == Some(policies.since);
        is_good.then(|| self.all.notes.values())
    }

    /// All records were read and judged by these policies. What was heard is not newer; what is not yet heard will be.
    pub fn judge(&mut self, policies: &Policies, notes: Vec<Note>) {
        if self.is_whole && self.anew.is_none() {
            self.all.notes = notes.into_iter().map(|note| (note.subject.id(), note)).collect();
            self.judged = Some(policies.since);
        }
    }
}
