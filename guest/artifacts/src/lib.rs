//! pawl-artifacts.
