//! Hostile deliveries: what somebody could send who knows the secret, or who sits between GitHub and pawl. One corpus for the
//! stories (each is answered and changes nothing), for measuring how long answers take, and for fuzzing to start from.
//!
//! Nothing in it justifies a write: nobody who acts in it is known to a policy, however much some try to look like it.

mod bases;
mod heads;
mod senders;
mod shapes;
mod texts;

pub use heads::{Head, heads};

use serde_json::Value;

/// What the payloads are about. Only the numbers and names of a subject that exists meet everything behind the reader.
#[derive(Debug, Clone)]
pub struct Target {
    /// The repository's id.
    pub repository_id: u64,
    /// Its owner.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// The pull request's number.
    pub number: u32,
    /// Its branch.
    pub branch: String,
    /// Its head commit.
    pub head: String,
}

impl Default for Target {
    fn default() -> Self {
        let head = "6dcb09b5b57875f334f61aebed695e2e4193db5e".to_owned();
        Self { repository_id: 186_853_002, owner: "acme".into(), name: "shop".into(), number: 2, branch: "umbrellas".into(), head }
    }
}

/// What makes a payload hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Not JSON at all, or cut off.
    NotJson,
    /// Thousands of lists or objects in each other.
    DeepNesting,
    /// Texts of a hundred thousand characters and more.
    HugeString,
    /// Another type than GitHub's in one place.
    WrongType,
    /// One field less.
    MissingField,
    /// One key twice.
    DuplicateKey,
    /// Bytes that are no UTF-8, and escapes of half a character.
    InvalidUtf8,
    /// Numbers beyond every integer.
    StrangeNumber,
    /// Names that would be a path, a query, a command or a picture.
    HostileName,
    /// Senders, installations and repositories that contradict each other or only look like somebody.
    ForgedSender,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 10] = [
        Self::NotJson,
        Self::DeepNesting,
        Self::HugeString,
        Self::WrongType,
        Self::MissingField,
        Self::DuplicateKey,
        Self::InvalidUtf8,
        Self::StrangeNumber,
        Self::HostileName,
        Self::ForgedSender,
    ];
}

/// One hostile payload.
#[derive(Debug, Clone)]
pub struct Payload {
    /// What makes it hostile.
    pub class: Class,
    /// Says which one it is, when a test fails.
    pub name: String,
    /// For `X-GitHub-Event`.
    pub event: &'static str,
    /// To be signed as it is.
    pub body: Vec<u8>,
}

impl Payload {
    fn new(class: Class, name: impl Into<String>, event: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { class, name: name.into(), event, body: body.into() }
    }

    fn json(class: Class, name: impl Into<String>, event: &'static str, body: &Value) -> Self {
        Self::new(class, name, event, body.to_string())
    }
}

/// Ordinary payloads of nobody in particular, one of each event, that the hostile ones are made from.
#[must_use]
pub fn ordinary(target: &Target) -> Vec<(&'static str, Value)> {
    bases::all(target)
}

/// Several hundred payloads, every class among them, always the same ones in the same order.
#[must_use]
pub fn payloads(target: &Target) -> Vec<Payload> {
    let mut all = Vec::new();
    for (event, base) in bases::all(target) {
        shapes::add(&mut all, event, &base);
        texts::add(&mut all, event, &base);
    }
    senders::add(&mut all, target);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashMap};

    #[test]
    fn every_class_is_there_and_no_payload_is_there_twice() {
        let all = payloads(&Target::default());
        let mut counts: BTreeMap<Class, usize> = BTreeMap::new();
        for payload in &all {
            *counts.entry(payload.class).or_default() += 1;
        }
        for class in Class::ALL {
            assert!(counts.get(&class).is_some_and(|n| *n >= 10), "{class:?}: {counts:?}");
        }
        let mut seen = HashMap::new();
        for payload in &all {
            let before = seen.insert((payload.event, &payload.body), &payload.name);
            assert!(before.is_none(), "{}: {before:?} and {}", payload.event, payload.name);
        }
        assert!(all.len() >= 2_000, "{}", all.len());
    }
}
