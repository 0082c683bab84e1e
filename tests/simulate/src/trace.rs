//! The trace: what happened, line by line, and one hash over all of it. The same seed gives the same hash.

use crate::bounds;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Lines that are kept for whoever must understand a failure.
const LINES: usize = 4_000;

/// What happened so far.
#[derive(Debug)]
pub struct Trace {
    begun: Instant,
    hash: DefaultHasher,
    lines: VecDeque<String>,
    count: u64,
    /// As many as any story needs.
    most: u64,
    is_long: Arc<Notify>,
}

impl Trace {
    /// An empty trace that begins now.
    #[must_use]
    pub fn begin() -> Self {
        // A fresh hasher of this kind is always the same one, unlike those of maps.
        Self {
            begun: Instant::now(),
            hash: DefaultHasher::new(),
            lines: VecDeque::new(),
            count: 0,
            most: bounds::LINES,
            is_long: Arc::default(),
        }
    }

    /// Adds a line, and `more` to the hash: bytes that nobody wants to read.
    pub fn note(&mut self, line: &str, more: &[u8]) {
        let at = self.begun.elapsed();
        at.as_micros().hash(&mut self.hash);
        line.hash(&mut self.hash);
        more.hash(&mut self.hash);
        self.count += 1;
        if self.count == self.most {
            self.is_long.notify_one();
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        let more = if more.is_empty() { String::new() } else { format!(" ({:08x} after it)", self.hash.finish() >> 32) };
        self.lines.push_back(format!("{:>10.3} {line}{more}", at.as_secs_f64()));
    }

    /// This story needs so many times the lines of others.
    pub(crate) fn expect(&mut self, times: u64) {
        self.most = bounds::LINES * times;
    }

    /// The hash over everything so far.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash.finish()
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
