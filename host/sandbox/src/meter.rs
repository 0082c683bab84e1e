//! The store of one decision: fuel, time and memory, and what each way of running out of them is called.

use crate::error::DecideError;
use crate::limits::{ANSWER_BYTES, PolicyLimits};
use wasmtime::{Engine, PoolConcurrencyLimitError, ResourceLimiter, Store, Trap};

/// The data of a store: its memory limit, and how much of it was taken.
pub(crate) struct Meter {
    memory_bytes: usize,
    grown_to: usize,
}

impl Meter {
    /// Bytes of linear memory that were taken; a memory never shrinks.
    pub(crate) fn grown_to(&self) -> usize {
        self.grown_to
    }
}

/// Memory beyond the limit was asked for. An error of its own, because a plain refusal would reach the guest, whose
/// allocator would then abort with a trap like any other.
#[derive(Debug, thiserror::Error)]
#[error("beyond the memory limit")]
struct Beyond;

/// Most entries of a table; a policy's table holds its functions.
const TABLE_ELEMENTS: usize = 20_000;

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        // A component has one memory at most (the pool's setting), so this one is all there is.
        if desired > self.memory_bytes {
            return Err(wasmtime::Error::new(Beyond));
        }
        self.grown_to = self.grown_to.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

/// A fresh store with full limits.
pub(crate) fn store(engine: &Engine, limits: &PolicyLimits) -> Store<Meter> {
    let mut store = Store::new(engine, Meter { memory_bytes: limits.memory_bytes, grown_to: 0 });
    store.limiter(|meter| meter);
    store.set_fuel(limits.fuel).expect("the engine counts fuel");
    // The tick that is under way counts as none.
    store.set_epoch_deadline(limits.time_ms.saturating_add(1));
    store.epoch_deadline_trap();
    store.set_hostcall_fuel(ANSWER_BYTES);
    store
}

/// What wasmtime's error means here.
pub(crate) fn meaning(error: &wasmtime::Error, limits: &PolicyLimits, decisions: u32) -> DecideError {
    if error.is::<PoolConcurrencyLimitError>() {
        return DecideError::Busy { limit: decisions };
    }
    if error.is::<Beyond>() {
        return DecideError::OutOfMemory { limit: limits.memory_bytes };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => return DecideError::OutOfFuel { limit: limits.fuel },
        Some(Trap::Interrupt) => return DecideError::OutOfTime { limit_ms: limits.time_ms },
        Some(trap) => return DecideError::Trap(trap.to_string()),
        None => {}
    }
    // The one error that wasmtime gives no public type; a test holds its words.
    let text = format!("{error:#}");
    if text.contains("fuel allocated for hostcalls has been exhausted") {
        return DecideError::OversizedAnswer(format!("the answer holds more than {ANSWER_BYTES} bytes"));
    }
    DecideError::Trap(format!("the answer cannot be read: {text}"))
}
