//! Everything that must hold before a change goes in.

use crate::step::{Failed, cargo, say, setup};
use std::process::{Command, Stdio};

/// Formatting and lints.
///
/// # Errors
/// The first step that fails.
pub fn lint() -> Result<(), Failed> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
}

/// Setup, lints unless told otherwise, and all tests. By nextest where it is installed, which runs each test in its own
/// process and says at the end which failed; it runs no doc tests, so they come after.
///
/// # Errors
/// The first step that fails.
pub fn test(with_lints: bool) -> Result<(), Failed> {
    setup()?;
    if with_lints {
        lint()?;
    }
    if has_nextest() {
        cargo(&["nextest", "run", "--workspace", "--locked"])?;
        cargo(&["test", "--doc", "--workspace", "--locked"])?;
    } else {
        say("cargo-nextest is not installed, so cargo's own runner is used");
        cargo(&["test", "--workspace", "--locked"])?;
    }
    say(if with_lints { "all is well" } else { "all tests pass; lints were left out" });
    Ok(())
}

fn has_nextest() -> bool {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version =
        Command::new(cargo).args(["nextest", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
