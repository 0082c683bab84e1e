//! Which toolchain builds guests: the active one when it has the target, else Debian's with its standard library built along.

use crate::command::output;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target that guests are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The environment variable that picks a toolchain: `active` or `debian`; unset or empty takes the first that works.
pub const CHOICE_VARIABLE: &str = "PAWL_GUEST_TOOLCHAIN";

/// Debian packages that together can build guests; see [`Toolchain::Debian`].
pub(crate) const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// A toolchain that can build guests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Toolchain {
    /// The toolchain that runs this program has the target's standard library.
    Active {
        /// Cargo, as the outer cargo names itself.
        cargo: PathBuf,
        /// The compiler, as the outer cargo names it.
        rustc: PathBuf,
    },
    /// Debian's `rustc-web` with its sources. It lacks the target's standard library, which is therefore built along
    /// (`-Z build-std`), and brings no linker, for which LLVM's `lld` stands in.
    Debian {
        /// Path of `lld`.
        linker: PathBuf,
    },
}

/// No toolchain can build guests; says what was found and every way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no Rust toolchain here can build WebAssembly policies ({found}); run `cargo xtask setup`, or install one yourself: \
     `rustup target add {TARGET}`, or on Debian `apt-get install --no-install-recommends {}`",
    DEBIAN_PACKAGES.join(" ")
)]
pub struct NoToolchain {
    /// What is missing of each way, in a few words.
    pub found: String,
}

/// Looks for a toolchain and installs nothing.
///
/// # Errors
/// When neither way is complete, or [`CHOICE_VARIABLE`] asks for one that is not or that does not exist.
pub fn find() -> Result<Toolchain, NoToolchain> {
    let choice = std::env::var(CHOICE_VARIABLE).unwrap_or_default();
    choose(&choice, active, debian)
}

fn choose(
    choice: &str,
    active: impl FnOnce() -> Result<Toolchain, String>,
    debian: impl FnOnce() -> Result<Toolchain, String>,
) -> Result<Toolchain, NoToolchain> {
    let found = match choice {
        "active" => match active() {
            Ok(toolchain) => return Ok(toolchain),
            Err(missing) => format!("{CHOICE_VARIABLE}=active, but {missing}"),
        },
        "debian" => match debian() {
            Ok(toolchain) => return Ok(toolchain),
            Err(missing) => format!("{CHOICE_VARIABLE}=debian, but {missing}"),
        },
        "" => match active() {
            Ok(toolchain) => return Ok(toolchain),
            Err(missing_active) => match debian() {
                Ok(toolchain) => return Ok(toolchain),
                Err(missing_debian) => format!("{missing_active}; {missing_debian}"),
            },
        },
        other => format!("{CHOICE_VARIABLE} is {other:?}, it can be active or debian"),
    };
    Err(NoToolchain { found })
}

/// The toolchain this program was started by, if the standard library of the target lies in its sysroot.
fn active() -> Result<Toolchain, String> {
    let named = |variable: &str, default: &str| PathBuf::from(std::env::var_os(variable).unwrap_or_else(|| OsString::from(default)));
    let (cargo, rustc) = (named("CARGO", "cargo"), named("RUSTC", "rustc"));
    let mut probe = Command::new(&rustc);
    probe.args(["--print", "target-libdir", "--target", TARGET]);
    let Ok(libraries) = output(&mut probe) else {
        return Err(format!("{} does not know {TARGET}", rustc.display()));
    };
    if has_standard_library(Path::new(libraries.trim())) {
        Ok(Toolchain::Active { cargo, rustc })
    } else {
        Err(format!("{} has no standard library for {TARGET}", rustc.display()))
    }
}

/// `rustc --print target-libdir` names the folder whether or not it exists, so the library itself is looked for.
fn has_standard_library(libraries: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(libraries) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

/// Debian's toolchain, if compiler, cargo, sources and linker are all there and new enough for this workspace.
fn debian() -> Result<Toolchain, String> {
    if !Path::new(DEBIAN_RUSTC).exists() || !Path::new(DEBIAN_CARGO).exists() {
        return Err(format!("{DEBIAN_RUSTC} or {DEBIAN_CARGO} is not installed"));
    }
    let version = output(Command::new(DEBIAN_RUSTC).arg("--version").env_remove("LD_LIBRARY_PATH")).unwrap_or_default();
    if minor_of(&version) < minor_of(concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"))) {
        return Err(format!("{DEBIAN_RUSTC} is {:?}, older than {}", version.trim(), env!("CARGO_PKG_RUST_VERSION")));
    }
    if !Path::new("/usr/lib/rustlib/src/rust/library/std/Cargo.toml").exists() {
        return Err("the standard library's sources are not under /usr/lib/rustlib/src".into());
    }
    match newest_lld(Path::new("/usr/lib")) {
        Some(linker) => Ok(Toolchain::Debian { linker }),
        None => Err("no lld under /usr/lib/llvm-*/bin".into()),
    }
}

/// The minor version in `rustc 1.<minor>.…`, zero when there is none to read.
fn minor_of(version: &str) -> u32 {
    version
        .strip_prefix("rustc 1.")
        .and_then(|rest| rest.split(['.', ' ', '-']).next())
        .and_then(|minor| minor.trim().parse().ok())
        .unwrap_or(0)
}

/// The `lld` of the highest LLVM under `lib`. It must be called `lld`: rustc tells the flavour to speak from the name.
fn newest_lld(lib: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(lib).ok()?;
    let version = |entry: &std::fs::DirEntry| entry.file_name().to_str()?.strip_prefix("llvm-")?.parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((version(&entry)?, entry.path().join("bin/lld"))))
        .filter(|(_, lld)| lld.exists())
        .collect();
    found.sort();
    found.pop().map(|(_, lld)| lld)
}

impl Toolchain {
    /// A cargo command that compiles guests with this toolchain. Its environment is not yet cleaned.
    pub(crate) fn cargo(&self) -> Command {
        match self {
            Self::Active { cargo, rustc } => {
                let mut command = Command::new(cargo);
                command.env("RUSTC", rustc);
                command
            }
            Self::Debian { linker } => {
                let mut command = Command::new(DEBIAN_CARGO);
                // The library path that an outer cargo sets leads to its own compiler's libraries.
                command.env_remove("LD_LIBRARY_PATH").env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                command
            }
        }
    }

    /// Arguments that come after `cargo build`.
    pub(crate) fn arguments(&self) -> &'static [&'static str] {
        match self {
            Self::Active { .. } => &[],
            Self::Debian { .. } => &["-Z", "build-std=std,panic_abort"],
        }
    }

    /// One word, for messages and for the name of the build folder.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Active { .. } => "active",
            Self::Debian { .. } => "debian",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn active() -> Toolchain {
        Toolchain::Active { cargo: "cargo".into(), rustc: "rustc".into() }
    }

    fn debian() -> Toolchain {
        Toolchain::Debian { linker: "/usr/lib/llvm-22/bin/lld".into() }
    }

    #[test]
    fn the_active_toolchain_comes_first_and_debians_stands_in() {
        assert_eq!(choose("", || Ok(active()), || Ok(debian())), Ok(active()));
        assert_eq!(choose("", || Err("no".into()), || Ok(debian())), Ok(debian()));
        assert_eq!(choose("debian", || Ok(active()), || Ok(debian())), Ok(debian()));
        assert!(choose("active", || Err("no".into()), || Ok(debian())).is_err());
    }

    #[test]
    fn without_a_toolchain_the_message_names_every_way_out() {
        let message = choose("", || Err("nothing active".into()), || Err("nothing from Debian".into())).unwrap_err().to_string();
        for part in [
            "nothing active",
            "nothing from Debian",
            "cargo xtask setup",
            "rustup target add wasm32-unknown-unknown",
            "rustc-web cargo-web rust-web-src lld-22",
        ] {
            assert!(message.contains(part), "{part:?} is missing in: {message}");
        }
        let message = choose("nightly", || Ok(active()), || Ok(debian())).unwrap_err().to_string();
        assert!(message.contains("PAWL_GUEST_TOOLCHAIN is \"nightly\""), "{message}");
    }

    #[test]
    fn versions_are_read_as_rustc_prints_them() {
        assert_eq!(minor_of("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"), 96);
        assert_eq!(minor_of("rustc 1.95"), 95);
        assert_eq!(minor_of(""), 0);
    }

    #[test]
    fn a_folder_without_the_library_is_no_standard_library() {
        assert!(!has_standard_library(Path::new("/nonexistent")));
        assert!(!has_standard_library(Path::new(env!("CARGO_MANIFEST_DIR"))));
    }
}
