//! Everything that must hold before a change goes in.

use crate::descriptions;
use crate::step::{Failed, cargo, cargo_with, say, setup};
use std::num::NonZero;
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
/// process and says at the end which failed; it runs no doc tests, so they come after. At the end the checks against what GitHub
/// publishes, which need npm and a network once; without them the run says what was left out.
///
/// # Errors
/// The first step that fails.
pub fn test(with_lints: bool) -> Result<(), Failed> {
    setup()?;
    if with_lints {
        lint()?;
    }
    let descriptions = descriptions::have();
    let has_nextest = has_nextest();
    if has_nextest {
        // Stories with replicas as processes mostly wait: twice as many tests as cores keep those busy.
        let threads = (2 * std::thread::available_parallelism().map_or(1, NonZero::get)).to_string();
        cargo(&["nextest", "run", "--workspace", "--locked", "--test-threads", &threads])?;
        cargo(&["test", "--doc", "--workspace", "--locked"])?;
    } else {
        say("cargo-nextest is not installed, so cargo's own runner is used");
        cargo(&["test", "--workspace", "--locked"])?;
    }
    if let Ok(folder) = &descriptions {
        // The whole workspace, filtered, so that nothing is built with other features than before.
        let arguments: &[&str] = if has_nextest {
            &["nextest", "run", "--workspace", "--locked", "--run-ignored", "only", "-E", "binary(=published)"]
        } else {
            &["test", "--workspace", "--locked", "--test", "published", "--", "--ignored"]
        };
        cargo_with(&[("PAWL_DESCRIPTIONS", folder)], arguments)?;
    }
    say(if with_lints { "all is well" } else { "all tests pass; lints were left out" });
    if let Err(why) = descriptions {
        say(&format!("not checked: whether REST, webhooks and GraphQL are as GitHub publishes them ({why})"));
        say("cargo xtask descriptions fetches what that needs, with npm and a network");
    }
    Ok(())
}

fn has_nextest() -> bool {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version =
        Command::new(cargo).args(["nextest", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
