//! Every request that reached the server, and what became of it.

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With this HTTP status. A watch is answered when it begins.
    Answered(u16),
    /// The connection was cut.
    Cut,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// As a Role names it: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: &'static str,
    /// HTTP method.
    pub method: String,
    /// Path as sent.
    pub path: String,
    /// Group of the resource; empty for the core group and for what is no resource.
    pub group: String,
    /// Plural of the resource, with its subresource: `coderuns/status`; empty for what is no resource.
    pub resource: String,
    /// Namespace, where the path has one.
    pub namespace: Option<String>,
    /// Name, by the path or for a new object by its body.
    pub name: Option<String>,
    /// Who asked; absent without a good token.
    pub user: Option<String>,
    /// Whether it did change something.
    pub applied: bool,
    /// What the client saw, if it still waited.
    pub outcome: Outcome,
}

impl Seen {
    /// Whether it could have changed something.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !matches!(self.verb, "get" | "list" | "watch")
    }
}
