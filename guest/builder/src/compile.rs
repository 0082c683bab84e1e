//! Compiling one guest crate with a cargo of its own.

use crate::command::tail;
use crate::component::{NotAComponent, component};
use crate::toolchain::{TARGET, Toolchain};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The cargo profile that guests are compiled with.
const PROFILE: &str = "guest";

/// Guests get a stack of 64 KiB, so their memory starts at two pages instead of seventeen.
const STACK: [&str; 2] = ["-C", "link-arg=-zstack-size=65536"];

/// What an outer cargo, clippy or build script leaves in the environment and a nested cargo must not see.
const CLEANED: [&str; 12] = [
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_LINKER",
    "RUSTC_BOOTSTRAP",
    "RUSTDOC",
    "CLIPPY_ARGS",
    "MAKEFLAGS",
    "MFLAGS",
    "__CARGO_DEFAULT_LIB_METADATA",
];

/// Of cargo's own variables, those that say how this machine reaches registries stay.
const KEPT: [&str; 6] = ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_", "CARGO_TERM_"];

/// What the profile is where a workspace has none of that name: small, fast, no unwinding.
const PROFILE_SETTINGS: [&str; 6] = [
    "profile.guest.inherits=\"release\"",
    "profile.guest.opt-level=3",
    "profile.guest.lto=\"fat\"",
    "profile.guest.codegen-units=1",
    "profile.guest.panic=\"abort\"",
    "profile.guest.strip=true",
];

/// How far cargo may go for what a guest depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Exactly what the lock file says.
    Locked,
    /// What this machine has already; a lock file is written where there is none.
    Offline,
    /// The registries too.
    Network,
}

impl Reach {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Locked => &["--locked"],
            Self::Offline => &["--offline"],
            Self::Network => &[],
        }
    }
}

/// A guest crate of a workspace.
#[derive(Debug, Clone, Copy)]
pub struct Guest<'a> {
    /// Name of the package; it must have a `cdylib`.
    pub package: &'a str,
    /// The folder of the workspace's `Cargo.toml` and `Cargo.lock`.
    pub workspace: &'a Path,
    /// How far cargo may go for what it depends on.
    pub reach: Reach,
    /// Where to compile. Never the target folder of a cargo that is running: both would wait for its lock for ever.
    pub target_dir: &'a Path,
}

/// Why a guest was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Cargo could not be started.
    #[error("cannot run cargo of the {toolchain} toolchain for guest {package}: {error}; check the toolchain by `cargo xtask setup`")]
    Cargo {
        /// The guest.
        package: String,
        /// Which toolchain.
        toolchain: &'static str,
        /// Why.
        error: std::io::Error,
    },
    /// The guest does not compile.
    #[error("guest {package} does not compile with the {toolchain} toolchain:\n{output}")]
    Compile {
        /// The guest.
        package: String,
        /// Which toolchain.
        toolchain: &'static str,
        /// The end of what cargo said.
        output: String,
    },
    /// Cargo left no module where it should.
    #[error("guest {package} compiled, but {} cannot be read: {error}; it needs crate-type = [\"cdylib\"]", path.display())]
    Module {
        /// The guest.
        package: String,
        /// Where the module should be.
        path: PathBuf,
        /// Why it cannot be read.
        error: std::io::Error,
    },
    /// The module is no policy.
    #[error("guest {package}: {error}")]
    Component {
        /// The guest.
        package: String,
        /// Why.
        error: NotAComponent,
    },
}

/// Compiles a guest and wraps it: the bytes of its component. A second call without changes is quick.
///
/// Every guest is compiled with one set of flags, because each other set would build the standard library again.
///
/// # Errors
/// See [`BuildError`].
pub fn build(toolchain: &Toolchain, guest: &Guest<'_>) -> Result<Vec<u8>, BuildError> {
    let package = guest.package.to_owned();
    // Each toolchain has its own folder: both in one would throw away each other's work.
    let target_dir = guest.target_dir.join(toolchain.word());
    let mut cargo = toolchain.cargo();
    clean(&mut cargo, std::env::vars_os().map(|(name, _)| name));
    cargo.current_dir(guest.workspace).env("CARGO_ENCODED_RUSTFLAGS", flags(guest.workspace).join("\u{1f}"));
    cargo.arg("build").args(toolchain.arguments());
    cargo.args(["--quiet", "--lib", "--profile", PROFILE, "--target", TARGET, "--package", guest.package]).args(guest.reach.arguments());
    if !has_profile(guest.workspace) {
        cargo.args(PROFILE_SETTINGS.iter().flat_map(|setting| ["--config", setting]));
    }
    cargo.arg("--target-dir").arg(&target_dir).stdin(Stdio::null());

    let output = cargo.output().map_err(|error| BuildError::Cargo { package: package.clone(), toolchain: toolchain.word(), error })?;
    if !output.status.success() {
        return Err(BuildError::Compile { package, toolchain: toolchain.word(), output: tail(&output.stderr, 80) });
    }
    let path = target_dir.join(TARGET).join(PROFILE).join(guest.package.replace('-', "_")).with_extension("wasm");
    let module = std::fs::read(&path).map_err(|error| BuildError::Module { package: package.clone(), path, error })?;
    component(&module).map_err(|error| BuildError::Component { package, error })
}

/// A stable folder for guests beside the outer build: `<target>/guest`, told from a build script's `OUT_DIR`.
#[must_use]
pub fn guest_target_dir(out_dir: &Path) -> PathBuf {
    // `<target>[/<triple>]/<profile>/build/<package>-<hash>/out`
    let build = out_dir.ancestors().find(|folder| folder.file_name() == Some(OsStr::new("build")));
    build.and_then(|build| build.ancestors().nth(2)).unwrap_or(out_dir).join("guest")
}

/// Whether a workspace says itself how guests are compiled.
fn has_profile(workspace: &Path) -> bool {
    let manifest = std::fs::read_to_string(workspace.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.trim() == "[profile.guest]")
}

/// The compiler's flags. Paths of this machine would stand in the messages of panics, and by that change a component's
/// digest from one machine to the next.
fn flags(workspace: &Path) -> Vec<String> {
    let mut flags: Vec<String> = STACK.map(str::to_owned).into();
    flags.push(format!("--remap-path-prefix={}=/pawl", workspace.display()));
    let home = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    if let Some(cargo_home) = home("CARGO_HOME").or_else(|| home("HOME").map(|home| home.join(".cargo"))) {
        flags.push(format!("--remap-path-prefix={}=/cargo", cargo_home.display()));
    }
    flags
}

/// Takes the outer build's variables away, except those that the toolchain has set itself.
fn clean(cargo: &mut Command, inherited: impl Iterator<Item = std::ffi::OsString>) {
    let own: Vec<_> = cargo.get_envs().map(|(name, _)| name.to_owned()).collect();
    for name in inherited.filter(|name| !own.contains(name)) {
        let text = name.to_string_lossy();
        let is_outer = CLEANED.contains(&text.as_ref()) || text.starts_with("CARGO");
        if is_outer && !KEPT.iter().any(|kept| text.starts_with(kept)) {
            cargo.env_remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::ffi::OsString;

    #[test]
    fn the_nested_cargo_sees_nothing_of_the_outer_one_but_the_way_to_the_registry() {
        let toolchain = Toolchain::Active { cargo: "cargo".into(), rustc: "rustc".into() };
        let mut cargo = toolchain.cargo();
        let outer = [
            "CARGO",
            "CARGO_MAKEFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_PKG_NAME",
            "RUSTFLAGS",
            "RUSTC",
            "RUSTC_WORKSPACE_WRAPPER",
            "CLIPPY_ARGS",
        ];
        let kept = ["CARGO_HOME", "CARGO_HTTP_PROXY", "CARGO_REGISTRIES_OURS_INDEX", "PATH", "RUSTUP_TOOLCHAIN"];
        clean(&mut cargo, outer.iter().chain(&kept).map(OsString::from));
        let set: BTreeMap<_, _> = cargo.get_envs().collect();
        for name in outer {
            let value = set.get(OsStr::new(name)).copied();
            if name == "RUSTC" {
                assert_eq!(value, Some(Some(OsStr::new("rustc"))), "the toolchain's own compiler stays");
            } else {
                assert_eq!(value, Some(None), "{name} is taken away");
            }
        }
        for name in kept {
            assert_eq!(set.get(OsStr::new(name)), None, "{name} is left as it is");
        }
    }

    #[test]
    fn guests_are_compiled_beside_the_outer_build_and_never_within_it() {
        let dir = |out: &str| guest_target_dir(Path::new(out));
        assert_eq!(dir("/w/target/debug/build/pawl-artifacts-1f/out"), Path::new("/w/target/guest"));
        assert_eq!(dir("/w/target/x86_64-unknown-linux-gnu/release/build/p-1/out"), Path::new("/w/target/x86_64-unknown-linux-gnu/guest"));
        assert_eq!(dir("/elsewhere/out"), Path::new("/elsewhere/out/guest"));
    }
}
