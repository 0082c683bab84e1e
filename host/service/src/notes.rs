//! Notes: of every record the little that a pass of the reconciler needs, kept from what a watch tells. So a pass reads nothing, however
//! many subjects there are.
//!
//! They are believed only while the watch has told everything and has not broken since. Else records are read page by page, as they are
//! where there is no watch.

use crate::host::Host;
use crate::reconciler::is_over;
use pawl_cluster::Written;
use pawl_core::Timestamp;
use pawl_core::record::Record;
use pawl_core::subject::{Subject, SubjectId};
use std::collections::{BTreeMap, BTreeSet};

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
    /// When a policy wants to look again.
    pub revisit_at: Option<Timestamp>,
    /// When it was read last, by whomever.
    pub looked_at: Option<Timestamp>,
}

impl Note {
    /// What is to be known of this record.
    #[must_use]
    pub fn of(host: &Host, record: &Record) -> Self {
        Self {
            subject: record.subject.clone(),
            is_ended: record.ended.is_some(),
            is_settled: record.is_settled(&host.policies.names()),
            is_over: is_over(host, record),
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
    fn hear(&mut self, host: &Host, written: Written) {
        match written {
            Written::Record(record) => {
                let id = record.subject.id();
                self.unreadable.remove(&id);
                self.notes.insert(id, Note::of(host, &record));
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
}

impl Notes {
    /// Takes in what happened to records.
    pub fn hear(&mut self, host: &Host, written: Written) {
        match written {
            Written::Anew => self.anew = Some(All::default()),
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
            written => self.anew.as_mut().unwrap_or(&mut self.all).hear(host, written),
        }
    }

    /// Notes of all records; nothing while some may be missing or out of date, or one cannot be read.
    #[must_use]
    pub fn believed(&self) -> Option<impl Iterator<Item = &Note>> {
        (self.is_whole && self.all.unreadable.is_empty()).then(|| self.all.notes.values())
    }
}
