//! Every request that reached the world, and what became of it.

use crate::World;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With this HTTP status.
    Answered(u16),
    /// The connection was cut.
    Cut,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// HTTP method.
    pub method: String,
    /// Path as sent.
    pub path: String,
    /// Name of the GraphQL operation, where it has one.
    pub operation: Option<String>,
    /// Fields at the top of the GraphQL operation.
    pub fields: Vec<String>,
    /// Login behind the token; absent without a good one.
    pub account: Option<String>,
    /// Whether it could have changed something.
    pub write: bool,
    /// Whether it did change something.
    pub applied: bool,
    /// What the client saw.
    pub outcome: Outcome,
}

impl World {
    /// Every request so far, in the order in which they ended.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.log().clone()
    }

    /// Requests that could have changed something, refused ones included.
    #[must_use]
    pub fn writes(&self) -> Vec<Seen> {
        self.shared.log().iter().filter(|seen| seen.write).cloned().collect()
    }

    /// How many requests used this method.
    #[must_use]
    pub fn count(&self, method: &str) -> usize {
        self.shared.log().iter().filter(|seen| seen.method.eq_ignore_ascii_case(method)).count()
    }

    /// Forgets the requests so far, so that a test can ask what happens from here on.
    pub fn forget_requests(&self) {
        self.shared.log().clear();
    }
}
