//! A second shell for the turn: one subject, synchronous, in memory, without HTTP, with the bundled policy as it ships.
//!
//! It carries out the same steps as the service does, and can be cut, told twice, told late and interleaved at will, so that what
//! the turn promises about crashes and disorder is checked for every step and not only for those that somebody thought of.
//!
//! Besides, what somebody hostile would send: [`hostile`].
#![forbid(unsafe_code)]

pub mod hostile;
pub mod sim;
