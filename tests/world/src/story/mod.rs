//! How tests tell a story: people, bots, repositories, pull requests.

mod app;
mod limits;
mod pull;
mod repo;
mod subject;
mod world;

pub use app::Time;
pub use pull::Pull;
pub use repo::Repo;
pub use subject::Subject;
pub use world::{Settings, World};
