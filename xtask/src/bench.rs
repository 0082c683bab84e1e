//! The benchmarks: release builds of `pawl` and of what measures it, side by side.

use crate::step::{Failed, cargo, handed_on, root, say, setup};
use std::path::PathBuf;
use std::process::Command;

/// Builds both and runs the benchmark. A quick run measures little and leaves the document alone.
///
/// # Errors
/// The step that fails.
pub fn bench(quick: bool, arguments: &[String]) -> Result<(), Failed> {
    setup()?;
    say("building in release; the first time takes some minutes");
    cargo(&["build", "--release", "--locked", "--package", "pawl-service", "--package", "pawl-bench", "--bins"])?;
    let (pawl, bench) = (release("pawl")?, release("pawl-bench")?);
    let mut command = Command::new(&bench);
    command.arg("--pawl").arg(&pawl).arg("--folder").arg(bench.with_file_name("bench")).args(arguments);
    if quick {
        command.arg("--quick");
    } else if arguments.is_empty() {
        command.arg("--document").arg(root().join("docs").join("benchmarks.md"));
    }
    say(&format!("{command:?}"));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(handed_on("pawl-bench", status)),
        Err(error) => Err(Failed::new(bench.display().to_string(), error)),
    }
}

/// A release binary; this program lies in `<target>/<profile>`.
fn release(name: &str) -> Result<PathBuf, Failed> {
    let own = std::env::current_exe().map_err(|error| Failed::new("finding the build folder", error))?;
    let target = own.ancestors().nth(2).ok_or_else(|| Failed::new("finding the build folder", "this binary has no folder"))?;
    Ok(target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}
