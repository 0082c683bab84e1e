//! What two worlds have in common that are taken for one.

use crate::play::World;
use pawl_core::facts::SubjectState;
use sha2::{Digest, Sha256};

/// Numbers of a numbered label that are told apart; higher ones are alike.
const TOLD_APART: u32 = 2;

/// What a world is like, apart from what the policy remembers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The policy's state.
    pub state: String,
    /// Owned labels; of numbered ones 1 and 2 are told apart from the rest.
    pub owned: Vec<String>,
    /// Open, draft, merged or closed.
    pub subject: &'static str,
    /// Whether a heeded label holds the policy.
    pub held: bool,
    /// Heeded labels.
    pub heeded: Vec<String>,
    /// Whether somebody has reviewed the head.
    pub reviewed: bool,
    /// Whether a run is at work.
    pub running: bool,
    /// Whether nothing has happened for long.
    pub idle: bool,
}

impl Key {
    /// The key of a world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let head = world.hub.head();
        let at_work = |kind: &String| world.candidate().cast().agents.iter().any(|agent| world.hub.active_run(kind, agent).is_some());
        Self {
            state: world.state().to_owned(),
            owned: world.owned().iter().map(|label| folded(label.as_str())).collect(),
            subject: match world.hub.state {
                SubjectState::Open => "open",
                SubjectState::Draft => "draft",
                SubjectState::Merged => "merged",
                SubjectState::Closed => "closed",
            },
            held: world.is_held(),
            heeded: world.heeded().iter().map(|label| folded(label.as_str())).collect(),
            reviewed: world.hub.reviews.iter().any(|review| review.commit.as_deref() == Some(head)),
            idle: world.is_idle(),
            running: world.candidate().cast().kinds.iter().any(at_work),
        }
    }
}

/// What the policy remembers in a world, hashed.
pub(super) fn memory(world: &World) -> Vec<u8> {
    let memory = world.part().and_then(|part| part.memory.as_ref());
    Sha256::digest(memory.map_or(&[][..], |memory| &memory.bytes)).to_vec()
}

/// `round-7` as `round-{n}`.
fn folded(name: &str) -> String {
    let lower = name.to_lowercase();
    match lower.rsplit_once('-') {
        Some((prefix, digits)) if digits.parse::<u32>().is_ok_and(|n| n > TOLD_APART) => format!("{prefix}-{{n}}"),
        _ => lower,
    }
}
