//! `pawl policy new`: writes a policy's crate. Nothing is overwritten.

use crate::cli::{Exit, Output, say};
use anyhow::{Context, bail};
use pawl_workbench::template;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The policy's name: 1 to 40 of a-z, 0-9 and -. A folder of this name is made here.
    name: String,
    /// Use the author's crate pawl-sdk in this folder, instead of bringing its sources.
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

/// Writes it.
pub fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let folder = PathBuf::from(template::checked(&args.name)?);
    let sdk = match &args.sdk {
        Some(path) => {
            let whole = path.canonicalize().with_context(|| format!("there is no author's crate at {}", path.display()))?;
            if !whole.join("Cargo.toml").is_file() {
                bail!("{} holds no crate; --sdk wants the folder of pawl-sdk, which has a Cargo.toml", path.display());
            }
            Some(whole.to_string_lossy().into_owned())
        }
        None => None,
    };
    let files = template::files(&args.name, sdk.as_deref())?;
    if folder.exists() {
        bail!("{} is there already, and nothing is overwritten; take another name, or move it away", folder.display());
    }
    for (path, text) in &files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(&folder);
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
        let written = OpenOptions::new().write(true).create_new(true).open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    match output {
        Output::Json => say(json!({ "policy": args.name, "folder": folder, "files": files.len() })),
        Output::Table => {
            let brought = if sdk.is_none() { " and the author's crate" } else { "" };
            say(format_args!("{}/ is a policy, with its fixtures{brought}", folder.display()));
            say("");
            say(format_args!("  cd {}", folder.display()));
            say("  cargo test             # the laws, natively");
            say("  pawl policy test .     # its fixtures, told to the component");
            say("");
            say("Then change src/lib.rs, and see what differs.");
        }
    }
    Ok(Exit::Done)
}
