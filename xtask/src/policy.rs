//! A policy crate of this workspace as a component.

use crate::step::{Failed, say, setup, target_folder};
use pawl_builder::{Guest, Reach, build, find};
use std::path::Path;

/// Builds the crate and writes its component to `target/policies/<name>.wasm`; a leading `pawl-` is left out of the name.
///
/// # Errors
/// The step that fails.
pub fn policy(package: &str) -> Result<(), Failed> {
    setup()?;
    let toolchain = find().map_err(|error| Failed::new("finding the toolchain for policies", error))?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = target_folder()?;
    say(&format!("building {package}"));
    let guest = Guest { package, workspace: &workspace, reach: Reach::Locked, target_dir: &target.join("guest") };
    let component = build(&toolchain, &guest).map_err(|error| Failed::new(package, error))?;
    let folder = target.join("policies");
    let path = folder.join(format!("{}.wasm", package.strip_prefix("pawl-").unwrap_or(package)));
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &component));
    written.map_err(|error| Failed::new(format!("writing {}", path.display()), error))?;
    say(&format!("{} has {} bytes", path.display(), component.len()));
    Ok(())
}
