//! The source tree: every text file of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Endings of files that are read by people or by us.
const TEXT: [&str; 13] = ["rs", "wit", "toml", "md", "yaml", "yml", "json", "html", "css", "js", "sh", "txt", "svg"];
/// Folders that hold nothing of ours.
const FOREIGN: [&str; 5] = ["target", ".git", "node_modules", "corpus", "artifacts"];

/// One file, by its path from the root with `/`.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// Whether the file is a test and nothing else.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name == "tests.rs" || name.ends_with("_tests.rs") || self.path.split('/').any(|part| part == "tests" || part.ends_with("_tests"))
    }

    /// The text without the unit tests at its end.
    pub fn product(&self) -> &str {
        let end = self.text.find("#[cfg(test)]\nmod ").unwrap_or(self.text.len());
        &self.text[..end]
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the package lies in the repository").to_owned()
}

/// Every text file below `folder`, sorted by path.
pub fn sources(folder: &str) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    walk(&root, &root.join(folder), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "nothing lies in {folder:?}: a check that reads nothing proves nothing");
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        let name = entry.file_name().to_string_lossy().into_owned();
        // In a linked work tree `.git` is a file.
        if FOREIGN.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            walk(root, &path, found);
        }
        let is_text = path.extension().is_none_or(|ending| TEXT.iter().any(|text| ending == *text));
        if kind.is_file()
            && is_text
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}
