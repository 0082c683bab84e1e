//! pawl-store.
