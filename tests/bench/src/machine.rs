//! What the numbers were measured on, as far as it matters and names nobody: cores, memory, and how long one `fsync` takes.

use crate::report::{Quantity, Unit};
use crate::stats::Samples;
use anyhow::Context;
use std::fmt;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

/// Times that a byte is made durable to learn what that costs.
const SYNCS: usize = 50;
/// What is made durable: about a page, as a small record is.
const SYNC_BYTES: usize = 4096;

/// From this load on it is worth saying that the machine was not idle.
const BUSY: f64 = 0.7;

/// The machine.
#[derive(Debug, Clone)]
pub struct Machine {
    cores: usize,
    processor: Option<String>,
    memory_gb: Option<u64>,
    /// Programs that ran or waited to run as this one began, on average over a minute.
    load: Option<f64>,
    /// Median milliseconds of one appended page and its `fsync`, where it was measured.
    pub sync_ms: Option<f64>,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Self {
        let line = |file: &str, name: &str| {
            let text = std::fs::read_to_string(file).ok()?;
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim_start_matches([':', ' ', '\t']).trim().to_owned())
        };
        let kilobytes = line("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: line("/proc/cpuinfo", "model name"),
            memory_gb: kilobytes.map(|k| k * 1024 / 1_000_000_000),
            load: std::fs::read_to_string("/proc/loadavg").ok().and_then(|text| text.split(' ').next()?.parse().ok()),
            sync_ms: None,
        }
    }

    /// Measures what one durable page costs in `folder`, where the stores of the benchmarks will lie.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn with_sync(self, folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("sync");
        let mut file = std::fs::File::create(&path).with_context(|| format!("cannot write to {}", folder.display()))?;
        // A store writes where it has written before; making room first is another cost.
        file.write_all(&[0; SYNC_BYTES])?;
        file.sync_all()?;
        let mut samples = Samples::default();
        for n in 0..SYNCS {
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&[n.to_le_bytes()[0]; SYNC_BYTES])?;
            let begun = Instant::now();
            file.sync_data()?;
            samples.add_ms(begun.elapsed());
        }
        std::fs::remove_file(&path)?;
        Ok(Self { sync_ms: Some(samples.median()), ..self })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Measured on {} cores ({}, {})",
            self.cores,
            self.processor.as_deref().unwrap_or(std::env::consts::ARCH),
            std::env::consts::OS
        )?;
        if let Some(memory) = self.memory_gb {
            write!(f, " with {memory} GB of memory")?;
        }
        if let Some(sync) = self.sync_ms {
            write!(f, ", where writing {SYNC_BYTES} bytes and making them durable (`fsync`) takes {}", Quantity(sync, Unit::Ms))?;
        }
        write!(f, ".")?;
        match self.load {
            Some(load) if load >= BUSY => write!(f, " Others used it too: a load of {load:.1} as the run began."),
            _ => Ok(()),
        }
    }
}
