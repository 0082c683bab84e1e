//! What is installed is what was built: everything under `deploy/` is rendered as kustomize would, read into the types of those who
//! will read it, and held against the code.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "deploy/argo.rs"]
mod argo;
#[path = "deploy/delivered.rs"]
mod delivered;
#[path = "deploy/fields.rs"]
mod fields;
#[path = "deploy/image.rs"]
mod image;
#[path = "deploy/kinds.rs"]
mod kinds;
#[path = "deploy/missing.rs"]
mod missing;
#[path = "deploy/pod.rs"]
mod pod;
#[path = "deploy/render.rs"]
mod render;
#[path = "deploy/role.rs"]
mod role;
#[path = "deploy/runs.rs"]
mod runs;
#[path = "deploy/settings.rs"]
mod settings;
#[path = "deploy/words.rs"]
mod words;
