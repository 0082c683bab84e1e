//! `pawl policy build`: a crate becomes a component that carries its fixtures.

use super::compile::Crate;
use crate::cli::{Exit, Output, say};
use anyhow::Context;
use pawl_builder::{embed, gather};
use pawl_workbench::embed::fixtures;
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder of the policy's crate.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Where to write the component; `<the policy's name>.wasm` in the folder otherwise.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Builds it, and loads it as the host would.
pub fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let one = Crate::at(&args.folder)?;
    let bare = one.compile()?;
    let component = embed(&bare, &gather(&one.fixtures())?)?;
    let carried = fixtures(&component)?.len();
    let policy = super::load(&component, &one.package)?;
    let manifest = policy.manifest();
    let out = args.out.clone().unwrap_or_else(|| one.folder.join(format!("{}.wasm", manifest.name)));
    let shown = out.strip_prefix(".").unwrap_or(&out).display().to_string();
    std::fs::write(&out, &component).with_context(|| format!("cannot write {}", out.display()))?;
    match output {
        Output::Json => say(json!({
            "policy": manifest.name, "version": manifest.version, "file": out, "digest": policy.digest(), "bytes": component.len(),
            "fixtures": carried,
        })),
        Output::Table => {
            say(&shown);
            say(format_args!("  policy    {} {}", manifest.name, manifest.version));
            say(format_args!("  digest    {}", policy.digest()));
            say(format_args!("  size      {} bytes, {} of them fixtures", component.len(), component.len() - bare.len()));
            say(format_args!("  fixtures  {carried}"));
        }
    }
    Ok(Exit::Done)
}
