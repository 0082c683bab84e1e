//! Builds every bundled policy to a component that carries its fixtures, and lists them for `src/lib.rs` to embed.

use pawl_builder::{CHOICE_VARIABLE, Guest, Reach, build, embed, find, gather, guest_target_dir};
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The bundled policies: name, package, folder.
const POLICIES: &[(&str, &str, &str)] = &[("remediation", "pawl-remediation", "guest/remediation")];

/// For tests only, behind the feature `hostile`.
const HOSTILE: (&str, &str, &str) = ("hostile", "pawl-hostile", "guest/artifacts/hostile");

/// For tests only, behind the feature `planted`. Its sources are the bundled policy's.
const PLANTED: (&str, &str, &str) = ("planted", "pawl-planted", "guest/artifacts/planted");

/// The README's first policy, for the same tests: the smallest there is.
const WELCOME: (&str, &str, &str) = ("welcome", "pawl-welcome", "guest/welcome");

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The message itself, not its debug form: it ends with the way out.
            eprintln!("\n{error}\n");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let out_dir = PathBuf::from(variable("OUT_DIR")?);
    let workspace = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    println!("cargo::rerun-if-env-changed={CHOICE_VARIABLE}");
    for source in ["Cargo.toml", "Cargo.lock", "wit", "guest/sdk", "guest/artifacts/build.rs"] {
        rerun_if_changed(&workspace.join(source));
    }

    let toolchain = find()?;
    let target_dir = guest_target_dir(&out_dir);
    let component = |(name, package, folder): (&str, &str, &str)| -> Result<PathBuf, Box<dyn Error>> {
        rerun_if_changed(&workspace.join(folder));
        let bytes = build(&toolchain, &Guest { package, workspace: &workspace, reach: Reach::Locked, target_dir: &target_dir })?;
        let bytes = embed(&bytes, &gather(&workspace.join(folder).join("fixtures"))?)?;
        let path = out_dir.join(name).with_extension("wasm");
        std::fs::write(&path, bytes)?;
        Ok(path)
    };

    let mut list = String::from("&[\n");
    for &policy in POLICIES {
        let path = component(policy)?;
        writeln!(list, "    Artifact {{ name: {:?}, component: include_bytes!({path:?}) }},", policy.0)?;
    }
    list.push(']');
    std::fs::write(out_dir.join("policies.rs"), list)?;
    if std::env::var_os("CARGO_FEATURE_HOSTILE").is_some() {
        component(HOSTILE)?;
    }
    if std::env::var_os("CARGO_FEATURE_PLANTED").is_some() {
        component(PLANTED)?;
        component(WELCOME)?;
    }
    Ok(())
}

fn rerun_if_changed(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    std::env::var(name).map_err(|error| format!("{name}: {error}; cargo sets it for build scripts").into())
}
