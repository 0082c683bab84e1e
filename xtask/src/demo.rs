//! The demonstration: the real binary against a world on loopback.

use crate::step::{Failed, cargo, handed_on, say, setup};
use std::path::PathBuf;
use std::process::Command;

/// Builds `pawl` and `pawl-demo`, showing cargo's progress, and runs the demonstration with the path of the one given to
/// the other.
///
/// # Errors
/// The step that fails; of the demonstration itself, with its own exit code.
pub fn demo(arguments: &[String]) -> Result<(), Failed> {
    setup()?;
    say("building; the first time takes some minutes");
    // All binaries rather than two: so features are those of the tests, and what they have built is not built again.
    cargo(&["build", "--locked", "--workspace", "--bins"])?;
    let (pawl, demo) = (beside("pawl")?, beside("pawl-demo")?);
    let folder = pawl.with_file_name("demo");
    say(&format!("pawl-demo --pawl {} --folder {}", pawl.display(), folder.display()));
    let status = Command::new(&demo).arg("--pawl").arg(&pawl).arg("--folder").arg(&folder).args(arguments).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(handed_on("pawl-demo", status)),
        Err(error) => Err(Failed::new(demo.display().to_string(), error)),
    }
}

/// A binary of the same build folder as this one, wherever the caller put that.
fn beside(name: &str) -> Result<PathBuf, Failed> {
    let own = std::env::current_exe().map_err(|error| Failed::new("finding the build folder", error))?;
    Ok(own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}
