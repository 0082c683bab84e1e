//! What `pawl policy new` carries: the author's crate, the contract, and the lock file's part for them, so that an author needs nothing but
//! the binary and what cargo has already.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The author's crate, as cargo calls it.
const SDK: &str = "pawl-sdk";
/// What it depends on, whose version its own manifest must say.
const BINDINGS: &str = "wit-bindgen";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    for source in ["Cargo.lock", "wit", "guest/sdk/src", "host/workbench/build.rs"] {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let mut files = BTreeMap::new();
    gather(&root.join("guest/sdk/src"), "src", &mut files)?;
    gather(&root.join("wit"), "wit", &mut files)?;
    let mut list = String::from("&[\n");
    for (name, path) in &files {
        writeln!(list, "    ({name:?}, include_str!({path:?})),")?;
    }
    list.push(']');
    let lock = std::fs::read_to_string(root.join("Cargo.lock"))?;
    let (part, version) = part_of(&lock)?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    std::fs::write(out.join("sdk.rs"), list)?;
    std::fs::write(out.join("lock.toml"), part)?;
    println!("cargo::rustc-env=PAWL_WIT_BINDGEN={version}");
    Ok(())
}

fn gather(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &name, files)?;
        } else {
            files.insert(name, entry.path());
        }
    }
    Ok(())
}

/// The packages that the author's crate needs, as the lock file has them; and the version of the bindings.
fn part_of(lock: &str) -> Result<(String, String), Box<dyn Error>> {
    let blocks: Vec<&str> = lock.split("\n[[package]]\n").skip(1).map(|block| block.split("\n[").next().unwrap_or(block).trim()).collect();
    let field = |block: &str, name: &str| {
        let start = format!("{name} = \"");
        block.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('"').map(str::to_owned))
    };
    let needs = |block: &str| -> Vec<String> {
        let lines = block.lines().skip_while(|line| *line != "dependencies = [").skip(1).take_while(|line| *line != "]");
        lines.map(|line| line.trim().trim_matches(|c| c == '"' || c == ',').to_owned()).collect()
    };
    // A dependency is written as `name`, or as `name version` where there are several.
    let find = |wanted: &str| -> Option<&&str> {
        let (name, version) = wanted.split_once(' ').map_or((wanted, None), |(name, version)| (name, Some(version)));
        let fits = |block: &&&str| {
            field(block, "name").as_deref() == Some(name)
                && version.is_none_or(|version| field(block, "version").as_deref() == Some(version))
        };
        blocks.iter().find(fits)
    };
    let sdk = find(SDK).ok_or("Cargo.lock has no pawl-sdk")?;
    let mut waiting = needs(sdk);
    let bindings = waiting.iter().find(|need| need.split(' ').next() == Some(BINDINGS)).ok_or("pawl-sdk does not need wit-bindgen")?;
    let version = find(bindings).and_then(|block| field(block, "version")).ok_or("Cargo.lock has no wit-bindgen")?;
    let mut found = BTreeSet::new();
    while let Some(need) = waiting.pop() {
        let block = find(&need).ok_or_else(|| format!("Cargo.lock has no {need}"))?;
        if found.insert(*block) {
            waiting.extend(needs(block));
        }
    }
    let mut part = String::from(
        "# What a new policy is locked to: the versions that this Pawl was built with. Cargo takes out what it does not need.\nversion = 4\n",
    );
    for block in found {
        write!(part, "\n[[package]]\n{block}\n")?;
    }
    Ok((part, version))
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    std::env::var(name).map_err(|error| format!("{name}: {error}; cargo sets it for build scripts").into())
}
