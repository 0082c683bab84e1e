//! Criterion, for what takes microseconds: it repeats until the median stands.

use anyhow::Context;
use criterion::Criterion;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where criterion's measurements lie.
pub struct Micro {
    criterion: Criterion,
    folder: PathBuf,
}

impl Micro {
    /// Measures for about `time` each; what criterion writes goes below `folder`.
    #[must_use]
    pub fn new(folder: &Path, time: Duration) -> Self {
        let folder = folder.join("criterion");
        let criterion =
            Criterion::default().without_plots().output_directory(&folder).sample_size(30).warm_up_time(time / 4).measurement_time(time);
        Self { criterion, folder }
    }

    /// The median of one call, in microseconds.
    ///
    /// # Errors
    /// When criterion's estimate cannot be read back.
    pub fn measure(&mut self, group: &str, name: &str, mut act: impl FnMut()) -> anyhow::Result<f64> {
        let mut benchmarks = self.criterion.benchmark_group(group);
        benchmarks.bench_function(name, |bencher| bencher.iter(&mut act));
        benchmarks.finish();
        let path = self.folder.join(group).join(name).join("new/estimates.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("criterion left no {}", path.display()))?;
        let estimates: serde_json::Value = serde_json::from_str(&text)?;
        let nanoseconds = estimates["median"]["point_estimate"].as_f64().context("criterion's estimates have a median")?;
        Ok(nanoseconds / 1e3)
    }
}
