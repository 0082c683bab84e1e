//! Limits: how much one decision may use, and how much all of them together.

/// Most bytes that the host copies out of one answer, whatever the answer claims to hold. A list of thousands of entries
/// that all point at one long string costs the guest nothing and would cost the host their sum.
pub const ANSWER_BYTES: usize = 1 << 20;

/// What one decision of one policy may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyLimits {
    /// Units of fuel, about one per WebAssembly instruction. Exactly reproducible: the same question costs the same. Looked
    /// at where functions begin and loops turn.
    pub fuel: u64,
    /// Milliseconds of wall-clock time, to within one. A safety net for a machine that is too slow for the fuel.
    pub time_ms: u64,
    /// Bytes of linear memory, from 64 KiB to [`SandboxLimits::memory_bytes`].
    pub memory_bytes: usize,
}

impl Default for PolicyLimits {
    /// 50 million units of fuel, 100 ms, 16 MiB: a thousand times what a policy of ordinary size needs.
    fn default() -> Self {
        Self { fuel: 50_000_000, time_ms: 100, memory_bytes: 16 << 20 }
    }
}

/// What a sandbox may use for all its policies together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxLimits {
    /// Decisions at one moment; one more is answered by [`crate::DecideError::Busy`].
    pub decisions: u32,
    /// Most bytes of linear memory that any policy may be allowed.
    pub memory_bytes: usize,
    /// Most bytes of a component file.
    pub component_bytes: usize,
}

impl Default for SandboxLimits {
    /// 64 decisions at once, at most 64 MiB for any of them, components of up to 8 MiB.
    fn default() -> Self {
        Self { decisions: 64, memory_bytes: 64 << 20, component_bytes: 8 << 20 }
    }
}

/// The smallest memory that makes sense: one page.
pub(crate) const MEMORY_BYTES_LEAST: usize = 64 << 10;
