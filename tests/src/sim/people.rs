//! The accounts of the stories, and what they are to the bundled policy by its default settings.

use pawl_core::news::{Actor, ActorKind};

/// An account by its login.
#[must_use]
pub fn account(login: &str) -> Actor {
    let kind = if login.ends_with("[bot]") { ActorKind::Bot } else { ActorKind::Human };
    Actor { login: login.into(), id: None, kind, permission: None }
}

/// A person who may push.
pub const PERSON: &str = "alice";
/// A person who may only read.
pub const STRANGER: &str = "mallory";
/// The implementation agent.
pub const IMPLEMENTER: &str = "5DLabs-Rex[bot]";
/// The QA agent.
pub const QA: &str = "5DLabs-Tess[bot]";
/// The quality agent.
pub const QUALITY: &str = "5DLabs-Cleo[bot]";
/// A bot that nobody configured.
pub const UNKNOWN_BOT: &str = "renovate[bot]";
/// The account that the host writes as.
pub const HOST: &str = "pawl[bot]";
