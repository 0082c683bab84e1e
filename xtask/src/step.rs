//! One step of a chore: announced before, named when it fails.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// The step that failed, and how.
#[derive(Debug)]
pub struct Failed {
    step: String,
    how: String,
    code: u8,
}

impl Failed {
    /// A step that failed by itself.
    pub fn new(step: impl Into<String>, how: impl fmt::Display) -> Self {
        Self { step: step.into(), how: how.to_string(), code: 1 }
    }

    /// What the whole chore exits with.
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed at: {} ({})", self.step, self.how)
    }
}

/// Says what comes next, on standard error.
pub fn say(line: &str) {
    eprintln!("xtask: {line}");
}

/// The workspace's root folder; xtask is one folder below it.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

/// The folder that holds the profiles' folders: this binary lies in `<target>/<profile>`.
///
/// # Errors
/// When this binary cannot be found.
pub fn target_folder() -> Result<PathBuf, Failed> {
    let own = std::env::current_exe().map_err(|error| Failed::new("finding the build folder", error))?;
    own.ancestors().nth(2).map(Path::to_owned).ok_or_else(|| Failed::new("finding the build folder", "this binary has no folder"))
}

/// Announces and runs cargo, the one that runs this program, at the workspace's root, with this program's own output and no
/// input.
///
/// # Errors
/// When it cannot be started or fails; its output tells the rest.
pub fn cargo(arguments: &[&str]) -> Result<(), Failed> {
    cargo_with(&[], arguments)
}

/// The same with some variables of its environment set.
///
/// # Errors
/// As those of [`cargo`].
pub fn cargo_with(variables: &[(&str, &Path)], arguments: &[&str]) -> Result<(), Failed> {
    let line = format!("cargo {}", arguments.join(" "));
    say(&line);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(arguments).envs(variables.iter().copied()).current_dir(root()).stdin(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failed::new(line, status)),
        Err(error) => Err(Failed::new(line, error)),
    }
}

/// The failure of a program whose own exit code is worth handing on.
pub fn handed_on(line: &str, status: ExitStatus) -> Failed {
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Failed { code, ..Failed::new(line, status) }
}

/// Makes sure that policies can be built.
///
/// # Errors
/// When no toolchain is there and none could be installed; the message names every way out.
pub fn setup() -> Result<(), Failed> {
    let toolchain = pawl_builder::install(&mut say).map_err(|missing| Failed::new("setup", missing))?;
    say(&format!("policies are built by the {} toolchain", toolchain.word()));
    Ok(())
}
