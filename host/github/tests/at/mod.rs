//! A world, and our client in it.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_core::Timestamp;
use pawl_core::label::{Label, LabelSpec};
use pawl_core::manifest::Needs;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_github::{Clock, Credentials, GitHub, Settings, WriteBudget};
use pawl_world::{Pull, Repo, World};
use secrecy::SecretString;
use std::task::Poll;

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
    GitHub::new(&settings(world, SecretString::from(token))).unwrap()
}

/// In the world's time, with a write budget that is in nobody's way.
pub fn settings(world: &World, credentials: impl Into<Credentials>) -> Settings {
    let time = world.time();
    Settings {
        api_url: world.url().to_owned(),
        write_budget: WriteBudget { per_second: 1_000, per_minute: 100_000, per_hour: 1_000_000 },
        clock: Clock::following(move || Timestamp::from_second(time.now()).unwrap()),
        ..Settings::new(credentials)
    }
}

/// A client that is the world's App.
pub fn app(world: &World) -> GitHub {
    GitHub::new(&settings(world, app_credentials(world))).unwrap()
}

pub fn app_credentials(world: &World) -> Credentials {
    Credentials::App { app_id: world.app_id(), private_key_pem: SecretString::from(world.app_key()) }
}

/// All of them at once; the answers in their order.
pub async fn at_once<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, answer) in &mut all {
            if answer.is_none()
                && let Poll::Ready(now) = future.as_mut().poll(cx)
            {
                *answer = Some(now);
            }
        }
        if all.iter().all(|(_, answer)| answer.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    all.into_iter().map(|(_, answer)| answer.unwrap()).collect()
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
