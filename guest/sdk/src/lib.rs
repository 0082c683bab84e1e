//! pawl-sdk.
