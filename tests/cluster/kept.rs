//! What a replica keeps while nothing is left to do.

use super::house::House;
use super::replica::read_json;
use std::path::PathBuf;

/// Memory and handles are none where the system does not say.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Megabytes of memory.
    pub memory_mb: f64,
    /// Open files, among them its connections.
    pub handles: usize,
    /// Tasks of its runtime.
    pub tasks: u64,
}

impl Kept {
    /// Of each replica, all of which live.
    pub async fn by_each(house: &House) -> Vec<Self> {
        let mut all = Vec::new();
        for (process, admin) in house.processes().into_iter().zip(house.admins()) {
            let state = read_json(&house.client, &format!("{admin}/api/v1/state")).await.unwrap_or_default();
            let process = PathBuf::from(format!("/proc/{process}"));
            let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
            let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().split(' ').next()?.parse::<f64>().ok());
            let memory_mb = kilobytes.unwrap_or_default() * 1024.0 / 1e6;
            let handles = std::fs::read_dir(process.join("fd")).map_or(0, Iterator::count);
            all.push(Self { memory_mb, handles, tasks: state["tasks"].as_u64().expect("it says how many there are") });
        }
        all
    }

    /// The most of each that any of them keeps.
    pub fn most(of: &[Self]) -> Self {
        let one = |most: Self, each: &Self| Self {
            memory_mb: most.memory_mb.max(each.memory_mb),
            handles: most.handles.max(each.handles),
            tasks: most.tasks.max(each.tasks),
        };
        of.iter().fold(Self { memory_mb: 0.0, handles: 0, tasks: 0 }, one)
    }

    /// Whether it is more than `before` and something on top, in any respect.
    pub fn exceeds(&self, before: &Self, more: &Self) -> bool {
        self.memory_mb > before.memory_mb + more.memory_mb
            || self.handles > before.handles + more.handles
            || self.tasks > before.tasks + more.tasks
    }
}
