//! pawl-remediation.
