//! The store: one record, kept as the text that a real store would keep.

use pawl_core::news::News;
use pawl_core::record::{Appended, Commit, Conflict, Record};
use pawl_core::subject::{Subject, SubjectId};
use std::collections::BTreeMap;

/// Records as JSON, by subject.
#[derive(Debug, Clone, Default)]
pub struct Store {
    records: BTreeMap<SubjectId, String>,
    /// Commits that changed something.
    pub commits: u32,
}

impl Store {
    /// Reads a record; a subject that nobody has told of has an empty one.
    #[must_use]
    pub fn load(&self, subject: &Subject) -> Record {
        self.records
            .get(&subject.id())
            .map_or_else(|| Record::new(subject.clone()), |json| serde_json::from_str(json).expect("what was stored can be read again"))
    }

    /// Appends news.
    pub fn append(&mut self, subject: &Subject, delivery: &str, news: News) -> Appended {
        let mut record = self.load(subject);
        let appended = record.append(delivery, news);
        self.save(&record);
        appended
    }

    /// Commits.
    ///
    /// # Errors
    /// When another turn committed in between.
    pub fn commit(&mut self, commit: Commit) -> Result<Record, Conflict> {
        let mut record = self.load(&commit.subject);
        let generation = record.generation;
        commit.apply(&mut record)?;
        self.commits += u32::from(record.generation > generation);
        self.save(&record);
        Ok(record)
    }

    fn save(&mut self, record: &Record) {
        let json = serde_json::to_string(record).expect("a record is plain data with text keys");
        self.records.insert(record.subject.id(), json);
    }
}
