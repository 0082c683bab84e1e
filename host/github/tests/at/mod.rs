//! A world, and our client in it.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_core::label::{Label, LabelSpec};
use pawl_core::manifest::Needs;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_github::{GitHub, Settings};
use pawl_world::{Pull, Repo, World};
use secrecy::SecretString;

pub const ALL: Needs =
    Needs { reviews: true, comments: true, threads: true, reactions: true, checks: true, runs: true, label_history: true };

pub struct Place {
    pub world: World,
    pub github: GitHub,
    pub shop: Repo,
}

/// A world with the repository `acme/shop`.
pub async fn place() -> Place {
    let world = World::start().await;
    let github = client(&world, &world.token());
    let shop = world.repository("acme/shop");
    Place { world, github, shop }
}

pub fn client(world: &World, token: &str) -> GitHub {
    GitHub::new(&Settings { api_url: world.url().to_owned(), ..Settings::new(SecretString::from(token)) }).unwrap()
}

pub fn repository(repo: &Repo) -> Repository {
    Repository { id: repo.id(), owner: repo.owner(), name: repo.name() }
}

pub fn subject(pull: &Pull) -> Subject {
    Subject { repository: repository(&pull.repo()), number: pull.number(), kind: SubjectKind::PullRequest }
}

pub fn issue(issue: &pawl_world::Subject) -> Subject {
    Subject { repository: repository(&issue.repo()), number: issue.number(), kind: SubjectKind::Issue }
}

pub fn labels(names: &[&str]) -> Vec<Label> {
    names.iter().map(|name| Label::new(*name)).collect()
}

pub fn sorted(mut labels: Vec<Label>) -> Vec<Label> {
    labels.sort();
    labels
}

pub fn spec(name: &str, colour: &str, description: &str) -> LabelSpec {
    LabelSpec { name: Label::new(name), colour: colour.into(), description: description.into() }
}
