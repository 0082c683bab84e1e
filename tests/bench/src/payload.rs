//! A `pull_request` webhook of 26 KB: GitHub's shape and GitHub's size, most of which is addresses.

use anyhow::Context;
use pawl_world::World;
use serde_json::{Value, json};

/// What GitHub's own payloads of this event have, in bytes.
pub const BYTES: usize = 26 * 1024;
/// Stands where the number of the pull request goes; as many digits as every number there.
const NUMBER: u32 = 7_777_777;
/// The first number that a copy is given.
const FIRST: u32 = 1_000_000;

/// The addresses that GitHub lists with every repository.
const ADDRESSES: [&str; 37] = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "clone",
];

/// A payload that can be copied for any number of pull requests.
pub struct Payload(String);

impl Payload {
    /// What the world sends when a pull request is opened, with what it leaves out put back in.
    ///
    /// # Errors
    /// When the world sends nothing of the kind.
    pub fn of(world: &World) -> anyhow::Result<Self> {
        world.repository("acme/shop").open_pull("5DLabs-Rex[bot]", "umbrellas");
        let sent = world.deliveries().into_iter().rfind(|d| d.event == "pull_request").context("the world announces what it opens")?;
        let mut payload: Value = serde_json::from_slice(&sent.body)?;
        let mut repository = payload["repository"].clone();
        let base = repository["url"].as_str().unwrap_or_default().to_owned();
        for name in ADDRESSES {
            repository[format!("{name}_url")] = json!(format!("{base}/{name}{{/sha,number}}"));
        }
        for place in [&["repository"][..], &["pull_request", "head", "repo"], &["pull_request", "base", "repo"]] {
            let at = place.iter().fold(&mut payload, |at, name| &mut at[*name]);
            *at = repository.clone();
        }
        payload["number"] = json!(NUMBER);
        payload["pull_request"]["number"] = json!(NUMBER);
        payload["pull_request"]["body"] = json!("");
        let missing = BYTES.checked_sub(payload.to_string().len()).context("the payload is larger than it should be")?;
        payload["pull_request"]["body"] = json!("What it does, and why. ".chars().cycle().take(missing).collect::<String>());
        Ok(Self(payload.to_string()))
    }

    /// The bytes for the `n`th pull request.
    #[must_use]
    pub fn copy(&self, n: u32) -> Vec<u8> {
        self.0.replace(&NUMBER.to_string(), &(FIRST + n).to_string()).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[tokio::test]
    async fn every_copy_has_its_size_and_is_about_another_pull_request() {
        let world = World::start().await;
        let payload = Payload::of(&world).unwrap();
        let subject = |n| {
            let body = payload.copy(n);
            assert_eq!(body.len(), BYTES);
            let patterns = pawl_core::comment::Patterns::default();
            let reading = pawl_github::webhook::read("pull_request", "d", &body, pawl_core::Timestamp::now(), &patterns).unwrap();
            let pawl_github::webhook::Reading::Subjects { subjects, news } = reading else { panic!("{reading:?}") };
            assert_eq!(news.len(), 1);
            subjects[0].number
        };
        assert_eq!((subject(0), subject(1)), (FIRST, FIRST + 1));
    }
}
