//! Settings: which resource runs are, and where in their objects the facts stand. What they are unless somebody says otherwise is in
//! `defaults.rs`.

use super::place::Place;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// Most candidates that are looked for.
const CANDIDATES: usize = 8;

/// A resource that runs may be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// API group.
    pub group: String,
    /// Version within the group.
    pub version: String,
    /// Plural, as in paths and Roles.
    pub plural: String,
}

impl Candidate {
    pub(crate) fn of(group: &str, version: &str, plural: &str) -> Self {
        Self { group: group.to_owned(), version: version.to_owned(), plural: plural.to_owned() }
    }

    /// The resource with its group, as errors and definitions name it.
    pub(crate) fn resource(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}/{}", self.plural, self.group, self.version)
    }
}

/// Which resource runs are, and where in their objects the facts stand. In each list the first place that holds something readable
/// counts; only of repositories all count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSettings {
    /// Kubernetes kind.
    pub kind: String,
    /// The resources to look for, best first; the first that the server serves is used.
    pub candidates: Vec<Candidate>,
    /// Where the agent stands by its name.
    pub agent: Vec<Place>,
    /// Where it stands as the last part of a name: `Team-Agent` is `agent`.
    pub agent_last_part: Vec<Place>,
    /// Where the stage of a workflow stands, which tells the agent by [`RunSettings::stages`].
    pub stage: Vec<Place>,
    /// The agent of each stage.
    pub stages: BTreeMap<String, String>,
    /// Where the repository stands: as a URL, as `owner/name`, or as `owner-name`.
    pub repository: Vec<Place>,
    /// Hosts of repositories. One at another host is another repository.
    pub hosts: Vec<String>,
    /// Where the pull request stands: its number, or its URL. A URL names a repository as well.
    pub pull_request: Vec<Place>,
    /// Where the task stands, as a text or a whole number.
    pub task: Vec<Place>,
    /// Where the branch stands.
    pub branch: Vec<Place>,
    /// Where the commit stands that a run works on, in full or at least seven digits of it.
    pub commit: Vec<Place>,
    /// Where the phase stands.
    pub phase: Vec<Place>,
    /// Where the time stands at which a run finished.
    pub finished_at: Vec<Place>,
}

impl RunSettings {
    /// Every place that is read.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        let named = [&self.agent, &self.agent_last_part, &self.stage, &self.repository, &self.pull_request];
        let other = [&self.task, &self.branch, &self.commit, &self.phase, &self.finished_at];
        named.into_iter().chain(other).flatten()
    }

    /// Whether the resource can be asked for; what is wrong, for people.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.candidates.is_empty() || self.candidates.len() > CANDIDATES {
            return Err(format!("candidates has {} entries; name 1 to {CANDIDATES}", self.candidates.len()));
        }
        let is_kind = |kind: &str| (1..=63).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_kind(&self.kind) {
            return Err(format!("{:?} is no kind; one looks like CodeRun", clipped(&self.kind)));
        }
        for Candidate { group, version, plural } in &self.candidates {
            if !is_name(group) || !group.contains('.') {
                return Err(format!("{:?} is no API group of a custom resource; one looks like agents.platform", clipped(group)));
            }
            for (what, text) in [("version", version), ("plural", plural)] {
                if !is_name(text) || text.contains('.') {
                    return Err(format!("{:?} is no {what} of a resource; they look like v1 and coderuns", clipped(text)));
                }
            }
        }
        if self.hosts.is_empty() {
            return Err("hosts is empty, so no URL could name a repository; name at least github.com".to_owned());
        }
        if self.phase.is_empty() {
            return Err("phase is empty; name where the phase stands, such as status:phase".to_owned());
        }
        Ok(())
    }
}

/// A text of somebody else, short enough for a sentence.
pub(crate) fn clipped(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Whether an object can have this name (a DNS subdomain of RFC 1123), so that nothing else can be put into a path with it.
pub(crate) fn is_name(text: &str) -> bool {
    let is_edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_label = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().copied().is_some_and(is_edge)
            && bytes.last().copied().is_some_and(is_edge)
            && bytes.iter().all(|b| is_edge(*b) || *b == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn k2_every_default_can_be_asked_for_and_one_key_can_be_changed_alone() {
        assert_eq!(RunSettings::default().check(), Ok(()));
        let read: RunSettings = toml::from_str("commit = [\"label:sha\"]\n[stages]\nsecurity = \"cipher\"").unwrap();
        assert_eq!(read.commit[0].to_string(), "label:sha");
        assert_eq!(read.stages, BTreeMap::from([("security".to_owned(), "cipher".to_owned())]));
        assert_eq!(read.repository, RunSettings::default().repository);
    }

    #[test]
    fn k2_a_misspelt_key_or_place_is_refused() {
        for text in ["agents = []", "agent = [\"agent-type\"]", "[[candidates]]\ngroup = \"a.b\""] {
            assert!(toml::from_str::<RunSettings>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_could_lead_a_path_elsewhere_is_no_resource() {
        for (group, version, plural) in [
            ("agents.platform/../x", "v1", "a"),
            ("a.b", "", "a"),
            ("a.b", "v1", "../a"),
            ("a.b", "v1", "a?x"),
            ("a", "v1", "b"),
            ("a.b", "v1", "b.c"),
        ] {
            let candidates = vec![Candidate::of(group, version, plural)];
            assert!(RunSettings { candidates, ..RunSettings::default() }.check().is_err(), "{group} {version} {plural}");
        }
        for kind in ["", "Code Run", "Ä"] {
            assert!(RunSettings { kind: kind.to_owned(), ..RunSettings::default() }.check().is_err(), "{kind}");
        }
    }
}
