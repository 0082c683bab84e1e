//! The demo: a GitHub on loopback in this process, `pawl serve` in another, and a story between them over signed HTTP.
//!
//! `pawl-demo --pawl <binary> --folder <folder>`. Ends by itself: 0 when the final labels are as they must be, else 1.
#![forbid(unsafe_code)]

mod server;
mod stage;
mod story;
mod timeline;

use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<bool> {
    let mut pawl = None;
    let mut folder = PathBuf::from("target/demo");
    let mut args = std::env::args_os().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().map(PathBuf::from);
        match (arg.to_str(), value) {
            (Some("--pawl"), Some(path)) => pawl = Some(path),
            (Some("--folder"), Some(path)) => folder = path,
            _ => anyhow::bail!("usage: pawl-demo --pawl <binary> [--folder <folder>]; `cargo xtask demo` gives both"),
        }
    }
    let pawl = pawl.context("which pawl? give --pawl <binary>; `cargo xtask demo` does")?;
    let mut stage = stage::Stage::set(pawl, folder).await?;
    let is_right = story::tell(&mut stage).await?;
    stage.clear().await?;
    Ok(is_right)
}
