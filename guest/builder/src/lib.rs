//! pawl-builder.
