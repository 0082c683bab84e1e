//! Wrapping a core module as a component.

/// A core module that cannot be made a component.
#[derive(Debug, thiserror::Error)]
#[error("this core module is no policy: {0}; build it with the author's crate pawl-sdk, or with wit-bindgen for world pawl:policy/policy")]
pub struct NotAComponent(String);

/// Wraps a core module, with the component type that wit-bindgen left in its custom section, as a valid component.
///
/// # Errors
/// When the module lacks that section, or does not export what its world asks for, or imports what its world lacks.
pub fn component(core_module: &[u8]) -> Result<Vec<u8>, NotAComponent> {
    let refused = |error| NotAComponent(format!("{error:#}"));
    wit_component::ComponentEncoder::default().module(core_module).map_err(refused)?.validate(true).encode().map_err(refused)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn what_is_no_core_module_is_refused_with_the_way_out() {
        let message = component(b"not wasm").unwrap_err().to_string();
        assert!(message.contains("is no policy") && message.contains("pawl-sdk"), "{message}");
    }
}
