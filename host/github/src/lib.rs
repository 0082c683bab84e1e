//! pawl-github.
