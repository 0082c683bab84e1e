//! Webhooks: is a delivery really from GitHub, and what does it say.
//!
//! Knows nothing of HTTP servers, records or policies: bytes and header texts come in, words of the core go out.

mod checks;
mod comments;
mod payload;
mod pulls;
mod push;
mod read;
mod repositories;
mod verify;

pub use read::{BadPayload, BranchNews, PAYLOAD_BYTES, Reading, RepositoryChange, read};
pub use verify::{BadSignature, Verifier};
