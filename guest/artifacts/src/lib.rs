//! The bundled policies as components, built along with the workspace, for the host to embed and for tests to load.
//!
//! Who embeds them treats them as any other component: nothing here knows what a policy does.
#![forbid(unsafe_code)]

/// A policy as a component.
#[derive(Clone, Copy)]
pub struct Artifact {
    /// The policy's name, as in its manifest.
    pub name: &'static str,
    /// The bytes of its component.
    pub component: &'static [u8],
}

impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Artifact").field("name", &self.name).field("component_bytes", &self.component.len()).finish()
    }
}

/// Every bundled policy.
pub const POLICIES: &[Artifact] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// The component of the bundled policy of this name.
#[must_use]
pub fn policy(name: &str) -> Option<&'static [u8]> {
    POLICIES.iter().find(|artifact| artifact.name == name).map(|artifact| artifact.component)
}

/// The component of the remediation policy.
#[must_use]
pub fn remediation() -> &'static [u8] {
    policy("remediation").expect("build.rs builds it")
}

/// The remediation policy as another component, one for each `n`: with a custom section that nobody reads.
#[must_use]
pub fn variant(n: u8) -> Vec<u8> {
    let mut bytes = remediation().to_vec();
    // Section 0 of five bytes: a name of three, and one byte of content.
    bytes.extend([0, 5, 3, b'v', b'a', b'r', n]);
    bytes
}

/// A policy that misbehaves as the title of its facts says.
#[cfg(feature = "hostile")]
#[must_use]
pub fn hostile() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/hostile.wasm"))
}

/// The remediation policy, which makes the mistake that its setting `planted-fault` names.
#[cfg(feature = "planted")]
#[must_use]
pub fn planted() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/planted.wasm"))
}

/// The README's first policy.
#[cfg(feature = "planted")]
#[must_use]
pub fn welcome() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/welcome.wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_policy_is_a_component() {
        // The preamble of the component model's binary format: magic, version 13, layer 1.
        let preamble = b"\0asm\x0d\0\x01\0";
        assert!(!POLICIES.is_empty());
        for artifact in POLICIES {
            assert!(artifact.component.starts_with(preamble), "{artifact:?}");
        }
        assert!(policy("nobody's").is_none());
        assert!(!remediation().is_empty());
    }
}
