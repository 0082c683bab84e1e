//! What a Role has to allow, and nothing else.

/// One rule of a Role: API group, plural of the resource, verbs.
pub type Verbs = (&'static str, &'static str, &'static [&'static str]);

/// What claims use.
pub const CLAIM_VERBS: &[Verbs] = &[("coordination.k8s.io", "leases", &["create", "delete", "get", "list", "update", "watch"])];

/// What reading, watching and stopping runs uses, for each candidate of the default settings. A deployment with other candidates grants
/// the same verbs on those. One that stops no runs can do without `delete`; one that does without `watch` hears of runs only when it
/// looks.
pub const RUN_VERBS: &[Verbs] = &[
    ("agents.platform", "coderuns", &["delete", "get", "list", "watch"]),
    ("platform.5dlabs.com", "coderuns", &["delete", "get", "list", "watch"]),
];
