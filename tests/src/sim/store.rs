//! The store: records that went through the text that a real store keeps.

use pawl_core::news::News;
use pawl_core::record::{Appended, Commit, Conflict, Record};
use pawl_core::subject::{Subject, SubjectId};
use std::collections::BTreeMap;

/// Records by subject, each as it came back from its stored form.
#[derive(Debug, Clone, Default)]
pub struct Store {
    records: BTreeMap<SubjectId, Record>,
    /// Commits that changed something.
    pub commits: u32,
}

impl Store {
    /// Reads a record; a subject that nobody has told of has an empty one.
    #[must_use]
    pub fn load(&self, subject: &Subject) -> Record {
        self.records.get(&subject.id()).cloned().unwrap_or_else(|| Record::new(subject.clone()))
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
        let stored = serde_json::from_str(&json).expect("what was stored can be read again");
        assert_eq!(&stored, record, "the stored form says the same");
        self.records.insert(record.subject.id(), stored);
    }
}
