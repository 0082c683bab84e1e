//! The limits of the contract. The host refuses an answer beyond any of them as a whole.
//!
//! ```
//! assert_eq!(pawl_sdk::limits::MEMORY_BYTES, 8192);
//! ```

use std::ops::RangeInclusive;

/// Most bytes of memory per policy and subject.
pub const MEMORY_BYTES: usize = 8192;
/// Most labels in a plan; GitHub allows 100 on an item.
pub const LABELS: usize = 100;
/// Longest label name in characters.
pub const LABEL_CHARS: usize = 50;
/// Most stops in a plan.
pub const STOPS: usize = 200;
/// Most requests in a plan.
pub const REQUESTS: usize = 20;
/// Most news in a plan's `keeps`.
pub const KEEPS: usize = 100;
/// Most refused news in a plan; also the most news in one decision.
pub const REFUSED: usize = 200;
/// Longest request key in bytes.
pub const KEY_BYTES: usize = 120;
/// Longest reason, message or state in bytes.
pub const SENTENCE_BYTES: usize = 1000;
/// Longest comment in bytes.
pub const COMMENT_BYTES: usize = 16_384;
/// Most inputs of a dispatch.
pub const INPUTS: usize = 32;
/// Shortest and longest revisit in seconds.
pub const REVISIT_SECONDS: RangeInclusive<u32> = 10..=604_800;
