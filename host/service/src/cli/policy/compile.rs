//! From a policy's crate to its component: where the crate is, and cargo, offline first.

use anyhow::{Context, bail};
use pawl_builder::{BuildError, Guest, Reach, build, find};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A policy's crate.
#[derive(Debug)]
pub struct Crate {
    /// Its folder.
    pub folder: PathBuf,
    /// Its package.
    pub package: String,
    workspace: PathBuf,
    target: PathBuf,
}

impl Crate {
    /// The crate in a folder.
    pub fn at(folder: &Path) -> anyhow::Result<Self> {
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            bail!("{} holds no crate: there is no Cargo.toml; `pawl policy new <name>` writes one", folder.display());
        }
        let manifest = manifest.canonicalize().with_context(|| format!("cannot read {}", manifest.display()))?;
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut asked = Command::new(cargo);
        asked.args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"]).arg(&manifest);
        let told = asked
            .stdin(Stdio::null())
            .output()
            .context("cannot run cargo, which compiles policies; install Rust from https://rustup.rs")?;
        if !told.status.success() {
            bail!("cargo cannot read {}:\n{}", manifest.display(), String::from_utf8_lossy(&told.stderr).trim_end());
        }
        let metadata: Value = serde_json::from_slice(&told.stdout).context("cargo's metadata does not read")?;
        let path = |field: &str| metadata[field].as_str().map(PathBuf::from).with_context(|| format!("cargo's metadata has no {field}"));
        let is_ours = |package: &&Value| {
            let path = package["manifest_path"].as_str().map(PathBuf::from).and_then(|path| path.canonicalize().ok());
            path.as_deref() == Some(manifest.as_path())
        };
        let package = metadata["packages"].as_array().into_iter().flatten().find(is_ours);
        let package = package.with_context(|| format!("{} is no package; name the folder of a policy's crate", manifest.display()))?;
        let kinds = package["targets"].as_array().into_iter().flatten().filter_map(|target| target["crate_types"].as_array()).flatten();
        if !kinds.into_iter().any(|kind| kind == "cdylib") {
            bail!("{} makes no component: add [lib] with crate-type = [\"cdylib\", \"rlib\"]", manifest.display());
        }
        let package = package["name"].as_str().context("cargo's metadata has no name")?.to_owned();
        Ok(Self { folder: folder.to_owned(), package, workspace: path("workspace_root")?, target: path("target_directory")? })
    }

    /// The folder of its fixtures.
    pub fn fixtures(&self) -> PathBuf {
        self.folder.join("fixtures")
    }

    /// Compiles it; each step is told on stderr.
    pub fn compile(&self) -> anyhow::Result<Vec<u8>> {
        let toolchain = find()?;
        let target_dir = self.target.join("guest");
        let guest = |reach| Guest { package: &self.package, workspace: &self.workspace, reach, target_dir: &target_dir };
        eprintln!("compiling {} for WebAssembly, offline", self.package);
        match build(&toolchain, &guest(Reach::Offline)) {
            Err(BuildError::Compile { output, .. }) if wants_network(&output) => {
                eprintln!("this machine lacks something that it needs; compiling with the registry");
                Ok(build(&toolchain, &guest(Reach::Network))?)
            }
            built => Ok(built?),
        }
    }
}

/// Whether cargo failed only because it might not fetch anything.
fn wants_network(output: &str) -> bool {
    output.contains("--offline") || output.contains("offline mode")
}
