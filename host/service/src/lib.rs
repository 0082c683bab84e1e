//! pawl-service.
