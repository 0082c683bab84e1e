//! Writing a corpus: one decision on each line, without what only the host that wrote them can use.

use super::read::Decided;
use std::io::Write;

/// Writes the decisions. Correlation ids and the chain are left out; nothing else of a decision is anybody's secret.
///
/// # Errors
/// When it cannot be written.
pub fn export(decided: &[Decided], out: &mut dyn Write) -> std::io::Result<()> {
    for one in decided {
        serde_json::to_writer(&mut *out, one)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
