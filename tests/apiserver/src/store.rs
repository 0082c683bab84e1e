//! All objects, and everything that ever happened to them: one growing version for all, as etcd has it.

use crate::clock::Clock;
use crate::definition;
use crate::kind::{DEFINITIONS, Kind, built_in};
use crate::metadata;
use crate::status::Refusal;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Where an object lies. Ordered as a list shows them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// `leases.coordination.k8s.io`: the same for all versions of a resource.
    pub resource: String,
    /// Empty for what lies in no namespace.
    pub namespace: String,
    pub name: String,
}

impl Key {
    pub(crate) fn new(kind: &Kind, namespace: &str, name: &str) -> Self {
        let namespace = if kind.namespaced { namespace } else { "" };
        Self { resource: kind.resource(), namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// One step of the history.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub revision: u64,
    pub key: Key,
    pub old: Option<Arc<Value>>,
    pub new: Option<Arc<Value>>,
}

/// A view of all objects at one revision.
pub(crate) type Objects = BTreeMap<Key, Arc<Value>>;

/// The letters of generated names: none that could make a word.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The state of the server. Cloning is cheap enough for a dry run.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub clock: Clock,
    /// Whether what the controller-manager does is done at once.
    pub controllers: bool,
    /// How many changes are kept; what is older is compacted.
    pub history_kept: usize,
    pub revision: u64,
    objects: Objects,
    kinds: Vec<Arc<Kind>>,
    history: VecDeque<Change>,
    compacted: u64,
    /// Open watches, each with the revision up to which it has seen everything.
    readers: BTreeMap<u64, u64>,
    /// Objects that are being deleted.
    dying: BTreeSet<Key>,
    made: u64,
    named: u64,
}

impl Store {
    pub(crate) fn new(clock: Clock, controllers: bool, history_kept: usize) -> Self {
        Self {
            clock,
            controllers,
            history_kept,
            revision: 0,
            objects: Objects::new(),
            kinds: built_in(),
            history: VecDeque::new(),
            compacted: 0,
            readers: BTreeMap::new(),
            dying: BTreeSet::new(),
            made: 0,
            named: 0,
        }
    }

    /// Every kind in every served version.
    pub(crate) fn kinds(&self) -> &[Arc<Kind>] {
        &self.kinds
    }

    pub(crate) fn kind(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Kind>> {
        self.kinds.iter().find(|k| k.group == group && k.version == version && k.plural == plural).cloned()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }

    pub(crate) fn dying(&self) -> Vec<Key> {
        self.dying.iter().cloned().collect()
    }

    /// An id that no object had before.
    pub(crate) fn uid(&mut self) -> String {
        self.made += 1;
        format!("{:08x}-0000-4000-8000-{:012x}", self.made, self.made)
    }

    /// The end of a generated name: five letters.
    pub(crate) fn suffix(&mut self) -> String {
        self.named += 1;
        // A fixed odd step through all names, so that neighbours do not look alike.
        let mut rest = self.named.wrapping_mul(9_973_417);
        let base = LETTERS.len() as u64;
        let letters = (0..5).map(|_| {
            let letter = LETTERS[usize::try_from(rest % base).unwrap_or_default()];
            rest /= base;
            char::from(letter)
        });
        letters.collect()
    }

    /// Writes an object under the next version.
    pub(crate) fn put(&mut self, key: &Key, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        metadata::set(&mut object, "resourceVersion", self.revision.to_string());
        if metadata::is_being_deleted(&object) {
            self.dying.insert(key.clone());
        }
        let object = Arc::new(object);
        let old = self.objects.insert(key.clone(), Arc::clone(&object));
        self.remember(key, old, Some(Arc::clone(&object)));
        object
    }

    /// Takes an object away, under the next version.
    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(old) = self.objects.remove(key) {
            self.revision += 1;
            self.dying.remove(key);
            self.remember(key, Some(old), None);
        }
    }

    fn remember(&mut self, key: &Key, old: Option<Arc<Value>>, new: Option<Arc<Value>>) {
        self.history.push_back(Change { revision: self.revision, key: key.clone(), old, new });
        if self.history.len() > self.history_kept {
            let surplus = self.history.len() - self.history_kept;
            self.compact(self.history[surplus - 1].revision);
        }
        if key.resource == DEFINITIONS {
            let defined = self.objects.iter().filter(|(key, _)| key.resource == DEFINITIONS);
            self.kinds = built_in().into_iter().chain(defined.flat_map(|(_, object)| definition::kinds(object))).collect();
        }
    }

    /// Nobody may start from before `revision` any more. Watches that are open go on.
    pub(crate) fn compact(&mut self, revision: u64) {
        self.compacted = self.compacted.max(revision);
        let seen = self.readers.values().copied().min().unwrap_or(u64::MAX).min(self.compacted);
        while self.history.front().is_some_and(|change| change.revision <= seen) {
            self.history.pop_front();
        }
    }

    /// The oldest revision that is not forgotten, where `revision` is.
    pub(crate) fn forgotten(&self, revision: u64) -> Option<u64> {
        (revision < self.compacted).then_some(self.compacted)
    }

    /// All objects as they were at that revision.
    pub(crate) fn at(&self, revision: u64) -> Result<Cow<'_, Objects>, Refusal> {
        if revision > self.revision {
            return Err(Refusal::too_new(revision, self.revision));
        }
        if self.forgotten(revision).is_some() {
            let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without \
                           the continue parameter.";
            return Err(Refusal::gone(message));
        }
        if revision == self.revision {
            return Ok(Cow::Borrowed(&self.objects));
        }
        let mut objects = self.objects.clone();
        for change in self.history.iter().rev().take_while(|change| change.revision > revision) {
            match &change.old {
                Some(old) => objects.insert(change.key.clone(), Arc::clone(old)),
                None => objects.remove(&change.key),
            };
        }
        Ok(Cow::Owned(objects))
    }

    /// What happened after that revision, oldest first.
    pub(crate) fn after(&self, revision: u64) -> impl Iterator<Item = &Change> {
        let first = self.history.partition_point(|change| change.revision <= revision);
        self.history.range(first..)
    }

    /// Every version that objects of a resource had, oldest first, as far as it is remembered.
    pub(crate) fn past(&self, resource: &str) -> Vec<Value> {
        self.after(0).filter(|change| change.key.resource == resource).filter_map(|change| change.new.as_deref().cloned()).collect()
    }

    /// A watch has seen everything up to that revision, and must miss nothing from there.
    pub(crate) fn reads(&mut self, reader: u64, revision: u64) {
        self.readers.insert(reader, revision);
    }

    pub(crate) fn reads_no_more(&mut self, reader: u64) {
        self.readers.remove(&reader);
    }
}
