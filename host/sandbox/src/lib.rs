//! pawl-sandbox.
