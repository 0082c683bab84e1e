//! A policy crate of this workspace as a component that carries its fixtures.

use crate::step::{Failed, say, setup, target_folder};
use pawl_builder::{Guest, Reach, build, embed, find, gather};
use std::path::{Path, PathBuf};

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
    let fixtures = match folder_of(package, &workspace.join("guest")) {
        Some(folder) => gather(&folder.join("fixtures")).map_err(|error| Failed::new(format!("the fixtures of {package}"), error))?,
        None => return Err(Failed::new(package, "it is built, but no crate under guest has this name, so its fixtures are not found")),
    };
    let component = embed(&component, &fixtures).map_err(|error| Failed::new(format!("the fixtures of {package}"), error))?;
    let folder = target.join("policies");
    let path = folder.join(format!("{}.wasm", package.strip_prefix("pawl-").unwrap_or(package)));
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &component));
    written.map_err(|error| Failed::new(format!("writing {}", path.display()), error))?;
    say(&format!("{} has {} bytes and carries {} fixture files", path.display(), component.len(), fixtures.len()));
    Ok(())
}

/// The folder of a crate: the one of those under `guest`, or one deeper, whose manifest names it.
fn folder_of(package: &str, guest: &Path) -> Option<PathBuf> {
    let inside = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect()
    };
    let names_it = |folder: &PathBuf| {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().any(|line| line.trim() == format!("name = \"{package}\""))
    };
    let crates = inside(guest);
    crates.iter().flat_map(|folder| inside(folder)).chain(crates.iter().cloned()).find(names_it)
}

#[cfg(test)]
mod tests {
    use super::folder_of;
    use std::path::Path;

    #[test]
    fn the_folder_of_each_policy_is_found_by_its_name() {
        let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest");
        for (package, folder) in [("pawl-remediation", "remediation"), ("pawl-hostile", "artifacts/hostile")] {
            assert_eq!(folder_of(package, &guest), Some(guest.join(folder)));
        }
        assert_eq!(folder_of("pawl-nobody", &guest), None);
    }
}
