//! Watching files: what is there and when it was changed last, looked at twice a second.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often files are looked at.
const PERIOD: Duration = Duration::from_millis(500);
/// Most files that are watched; what is beyond that is not seen to change.
const FILES: usize = 10_000;
/// Most folders within one another.
const DEPTH: usize = 16;

/// Files as they were at one look.
#[derive(Debug, PartialEq, Eq)]
pub struct Watched {
    path: PathBuf,
    files: BTreeMap<PathBuf, (Option<SystemTime>, u64)>,
}

impl Watched {
    /// Looks at a file, or at all files of a folder but hidden ones and what is built.
    pub fn look(path: &Path) -> Self {
        let mut files = BTreeMap::new();
        add(path, 0, &mut files);
        Self { path: path.to_owned(), files }
    }

    /// Waits until something is different.
    pub fn wait(&self) {
        while Self::look(&self.path) == *self {
            std::thread::sleep(PERIOD);
        }
    }
}

fn add(path: &Path, depth: usize, files: &mut BTreeMap<PathBuf, (Option<SystemTime>, u64)>) {
    // What is gone or cannot be read is seen as a change when it comes back.
    let Ok(about) = std::fs::metadata(path) else { return };
    if about.is_file() {
        if files.len() < FILES {
            files.insert(path.to_owned(), (about.modified().ok(), about.len()));
        }
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return };
    for entry in entries.flatten().filter(|_| depth < DEPTH) {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_built = name == "target" || name == "Cargo.lock" || name.ends_with(".wasm");
        if !name.starts_with('.') && !is_built {
            add(&entry.path(), depth + 1, files);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn w3_what_is_written_is_seen_and_what_is_built_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("fixtures")).unwrap();
        std::fs::create_dir_all(path("target")).unwrap();
        let before = Watched::look(folder.path());
        std::fs::write(path("target/x"), "built").unwrap();
        std::fs::write(path("hello.wasm"), "built").unwrap();
        assert_eq!(Watched::look(folder.path()), before);
        std::fs::write(path("fixtures/a.yaml"), "about: a").unwrap();
        let after = Watched::look(folder.path());
        assert_ne!(after, before);
        std::fs::write(path("fixtures/a.yaml"), "about: a longer story").unwrap();
        assert_ne!(Watched::look(folder.path()), after);
        before.wait();
    }
}
