//! How tests tell a story: people, bots, repositories, pull requests.

mod pull;
mod repo;
mod subject;
mod world;

pub use pull::Pull;
pub use repo::Repo;
pub use subject::Subject;
pub use world::{Settings, World};
