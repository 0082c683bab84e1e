//! Orders: what an operator has said about the component of a policy, kept in the store, so that it holds after a restart and for every
//! replica.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// Largest component that travels with its order, in bytes. A ConfigMap holds a mebibyte; replicas find a larger one among those that ran
/// with them.
const CARRIED_BYTES: usize = 700 * 1024;

/// What an operator has said about a policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Order {
    /// A component that is not to run, by its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avoid: Option<String>,
    /// The one that runs in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
    /// That one's bytes, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// A component that may begin without the memory that it cannot read, by its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgets: Option<String>,
    /// Who said so, and when.
    pub by: String,
    /// When.
    pub at: String,
}

impl Order {
    /// Reads what is stored. What cannot be read is no order: a newer pawl may have written it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As it is stored.
    #[must_use]
    pub fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The same, with the component that runs instead.
    #[must_use]
    pub fn carrying(mut self, component: &[u8]) -> Self {
        self.component = (component.len() <= CARRIED_BYTES).then(|| BASE64_STANDARD.encode(component));
        self
    }

    /// The component that runs instead, if it travels with the order and is what it is called.
    #[must_use]
    pub fn component(&self) -> Option<Vec<u8>> {
        let bytes = BASE64_STANDARD.decode(self.component.as_deref()?).ok()?;
        (Some(crate::kept::digest(&bytes)) == self.instead).then_some(bytes)
    }

    /// Whether this component is not to run.
    #[must_use]
    pub fn avoids(&self, digest: &str) -> bool {
        self.avoid.as_deref() == Some(digest)
    }

    /// Whether this component may begin without the memory that it cannot read.
    #[must_use]
    pub fn lets_forget(&self, digest: &str) -> bool {
        self.forgets.as_deref() == Some(digest)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn h6_an_order_carries_its_component_unless_that_is_too_large_and_gives_out_only_what_it_names() {
        let instead = crate::kept::digest(b"component");
        let order = Order { avoid: Some("bad".into()), instead: Some(instead), by: "alice".into(), ..Order::default() };
        let carried = Order::read(&order.clone().carrying(b"component").written()).unwrap();
        assert_eq!(carried.component().as_deref(), Some(&b"component"[..]));
        assert!(carried.avoids("bad") && !carried.avoids("other"));
        assert_eq!(order.clone().carrying(b"another").component(), None);
        assert_eq!(order.carrying(&vec![0; CARRIED_BYTES + 1]).component(), None);
        assert_eq!(Order::read("of another kind"), None);
    }
}
