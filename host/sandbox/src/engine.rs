//! The engine's settings: deterministic, metered, and with a pool of instances that live for one decision.

use crate::error::SandboxError;
use crate::limits::SandboxLimits;
use crate::ticker::Ticker;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Stack of a policy in bytes; deeper recursion traps.
const STACK_BYTES: usize = 256 << 10;
/// Of each memory, this much stays mapped for the next decision and is cleared by hand, which is cheaper than giving it
/// back: a policy with a small stack and the author's allocator fits in.
const RESIDENT_BYTES: usize = 256 << 10;
/// Core instances that one component may consist of: the policy itself and what wraps it.
const CORE_INSTANCES: u32 = 8;
/// Tables that one component may have.
const TABLES: u32 = 4;
/// Address space that wasmtime reserves for one memory, so that it needs no bounds checks.
const RESERVED_GIB: u32 = 4;

/// What all policies of a sandbox share, and what lives as long as the last of them.
pub(crate) struct Shared {
    /// The compiler and its pool.
    pub(crate) engine: Engine,
    /// The clock of decisions.
    pub(crate) ticker: Ticker,
    /// The limits it was made with.
    pub(crate) limits: SandboxLimits,
}

impl Shared {
    pub(crate) fn new(limits: SandboxLimits) -> Result<Self, SandboxError> {
        let refused = |error: String| SandboxError(error, limits.decisions.saturating_mul(RESERVED_GIB));
        let engine = Engine::new(&config(&limits)).map_err(|error| refused(format!("{error:#}")))?;
        let ticker = Ticker::start(engine.weak()).map_err(|error| refused(error.to_string()))?;
        Ok(Self { engine, ticker, limits })
    }
}

fn config(limits: &SandboxLimits) -> Config {
    let mut config = Config::new();
    config
        // Policies are plain functions; without this every store would carry the machinery for tasks and streams.
        .concurrency_support(false)
        .consume_fuel(true)
        .epoch_interruption(true)
        // The same facts give the same answer on every machine.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .max_wasm_stack(STACK_BYTES)
        .wasm_backtrace_max_frames(None)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    config
}

fn pool(limits: &SandboxLimits) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits.decisions)
        .total_core_instances(limits.decisions.saturating_mul(CORE_INSTANCES))
        .total_memories(limits.decisions)
        .total_tables(limits.decisions.saturating_mul(TABLES))
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(1)
        .max_tables_per_component(TABLES)
        .max_memory_size(limits.memory_bytes)
        .linear_memory_keep_resident(RESIDENT_BYTES)
        .table_keep_resident(RESIDENT_BYTES)
        .pagemap_scan(Enabled::Auto);
    pool
}
