//! Ids in GitHub's shapes, drawn from one counter, so that two runs of a test see the same ones.

use sha2::{Digest, Sha256};

/// The counter behind every id of a world.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    next: u64,
}

/// What GitHub writes for "no commit" in pushes that create or delete a branch.
pub(crate) const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

impl Ids {
    pub(crate) fn new() -> Self {
        Self { next: 1_000 }
    }

    /// A numeric id (databaseId).
    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A node id such as `PR_kwDOAAAAAAAD6Q`: opaque to clients, unlike the numeric id.
    pub(crate) fn node(&mut self, prefix: &str) -> String {
        let number = self.number();
        format!("{prefix}_kwDO{number:010X}")
    }

    /// A commit id of 40 hexadecimal digits.
    pub(crate) fn commit(&mut self) -> String {
        self.digest("commit")[..40].to_owned()
    }

    /// A delivery id in the form of a UUID.
    pub(crate) fn guid(&mut self) -> String {
        let hex = self.digest("delivery");
        format!("{}-{}-{}-{}-{}", &hex[0..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
    }

    /// The id of one request, as in `x-github-request-id`.
    pub(crate) fn request(&mut self) -> String {
        let hex = self.digest("request").to_uppercase();
        format!("{}:{}:{}", &hex[0..4], &hex[4..10], &hex[10..16])
    }

    fn digest(&mut self, kind: &str) -> String {
        let number = self.number();
        hex::encode(Sha256::digest(format!("{kind} {number}")))
    }
}
