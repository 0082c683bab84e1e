//! The trace: what happened, line by line, and one hash over all of it. The same seed gives the same hash.

use crate::bounds;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Lines that are kept for whoever must understand a failure.
const LINES: usize = 4_000;

/// One line: most are never read, so it becomes text when somebody does.
#[derive(Debug)]
struct Line {
    at: Duration,
    line: String,
    /// The hash behind it, where more went into that than the line.
    after: Option<u64>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.3} {}", self.at.as_secs_f64(), self.line)?;
        self.after.map_or(Ok(()), |hash| write!(f, " ({:08x} after it)", hash >> 32))
    }
}

/// Mixes bytes into a hash, and how many there were. Whole bodies go through it, so it takes eight at a time; whoever would want two traces
/// to collide could edit them as well.
fn mixed(hash: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(hash, |hash, word| step(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    step(step(hash, u64::from_le_bytes(last)), bytes.len() as u64)
}

/// What happened so far.
#[derive(Debug)]
pub struct Trace {
    begun: Instant,
    hash: u64,
    lines: VecDeque<Line>,
    count: u64,
    /// As many as any story needs.
    most: u64,
    is_long: Arc<Notify>,
}

impl Trace {
    /// An empty trace that begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self { begun: Instant::now(), hash: 0, lines: VecDeque::new(), count: 0, most: bounds::LINES, is_long: Arc::default() }
    }

    /// Adds a line, and `more` to the hash: bytes that nobody wants to read.
    pub fn note(&mut self, line: &str, more: &[u8]) {
        let at = self.begun.elapsed();
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        self.hash = mixed(mixed(mixed(self.hash, &micros.to_le_bytes()), line.as_bytes()), more);
        self.count += 1;
        if self.count == self.most {
            self.is_long.notify_one();
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(Line { at, line: line.to_owned(), after: (!more.is_empty()).then_some(self.hash) });
    }

    /// This story needs so many times the lines of others.
    pub(crate) fn expect(&mut self, times: u64) {
        self.most = bounds::LINES * times;
    }

    /// The hash over everything so far.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Told once, when the trace has as many lines as it may have.
    pub(crate) fn is_long(&self) -> Arc<Notify> {
        Arc::clone(&self.is_long)
    }

    /// How many lines there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The last lines.
    #[must_use]
    pub fn tail(&self, lines: usize) -> String {
        let skipped = self.lines.len().saturating_sub(lines);
        self.lines.iter().skip(skipped).map(|line| format!("{line}\n")).collect()
    }
}
