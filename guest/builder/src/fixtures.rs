//! Fixtures: gathered from a policy's folder, and embedded in its component as a custom section that nothing executes.
//!
//! The form of the section is told in `pawl_workbench::embed`, which reads it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The section's name.
const SECTION: &str = "pawl:fixtures";
/// Most bytes of the section.
const SECTION_BYTES: usize = 2 * 1024 * 1024;
/// Most files in it.
const FILES: usize = 1_000;
/// Most bytes of a file's path within the folder.
const PATH_BYTES: usize = 255;
/// Most folders within one another.
const DEPTH: usize = 8;
/// The version of its form.
const VERSION: u8 = 1;
/// Magic, version and layer come before the first section.
const PREAMBLE_BYTES: usize = 8;
/// Files that are gathered: fixtures, and the payloads that they name.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Files by their paths within a folder, with `/`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Why fixtures are not gathered or embedded.
#[derive(Debug, thiserror::Error)]
pub enum BadFixtures {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Unread {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// More than a component carries.
    #[error("the fixtures have {has} {what}, the limit is {limit}; leave some out, or cut the payloads to what the stories need")]
    TooMuch {
        /// Files, bytes or folders within one another.
        what: &'static str,
        /// How many there are.
        has: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A path that no component carries.
    #[error("the path {0:?} of a fixture is longer than {PATH_BYTES} bytes or has control characters; call it otherwise")]
    OddPath(String),
    /// The bytes are no component.
    #[error("fixtures can only be embedded in WebAssembly, and this is none; build the policy again")]
    NotWasm,
}

/// The fixtures in a folder, and the payloads beside them: files that end in `.yaml`, `.yml` or `.json`, in it and in the folders below.
/// Without the folder there are none. Hidden files and links to folders are left out.
///
/// # Errors
/// See [`BadFixtures`].
pub fn gather(folder: &Path) -> Result<Files, BadFixtures> {
    let mut files = Files::new();
    if folder.is_dir() {
        walk(folder, "", 0, &mut files)?;
    }
    let bytes = files.values().map(Vec::len).sum::<usize>();
    if bytes > SECTION_BYTES {
        return Err(BadFixtures::TooMuch { what: "bytes", has: bytes, limit: SECTION_BYTES });
    }
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, depth: usize, files: &mut Files) -> Result<(), BadFixtures> {
    if depth > DEPTH {
        return Err(BadFixtures::TooMuch { what: "folders within one another", has: depth, limit: DEPTH });
    }
    let unread = |path: &Path, error| BadFixtures::Unread { path: path.to_owned(), error };
    for entry in std::fs::read_dir(folder).map_err(|error| unread(folder, error))? {
        let entry = entry.map_err(|error| unread(folder, error))?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if name.starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(|error| unread(&path, error))?;
        if kind.is_dir() {
            walk(&path, &format!("{prefix}{name}/"), depth + 1, files)?;
        } else if path.is_file() && path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
            if files.len() == FILES {
                return Err(BadFixtures::TooMuch { what: "files or more", has: FILES + 1, limit: FILES });
            }
            let size = std::fs::metadata(&path).map_err(|error| unread(&path, error))?.len();
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if size > SECTION_BYTES {
                return Err(BadFixtures::TooMuch { what: "bytes", has: size, limit: SECTION_BYTES });
            }
            let within = format!("{prefix}{name}");
            if within.len() > PATH_BYTES || within.chars().any(char::is_control) {
                return Err(BadFixtures::OddPath(within));
            }
            let content = std::fs::read(&path).map_err(|error| unread(&path, error))?;
            files.insert(within, content);
        }
    }
    Ok(())
}

/// The component with these fixtures in it, and without those that it had. No files leave no section.
///
/// # Errors
/// See [`BadFixtures`].
pub fn embed(component: &[u8], files: &Files) -> Result<Vec<u8>, BadFixtures> {
    let mut out = without(component)?;
    if files.is_empty() {
        return Ok(out);
    }
    let mut content = number(SECTION.len());
    content.extend_from_slice(SECTION.as_bytes());
    let head = content.len();
    content.push(VERSION);
    for (path, file) in files {
        for block in [path.as_bytes(), file] {
            let too_much = || BadFixtures::TooMuch { what: "bytes", has: block.len(), limit: SECTION_BYTES };
            content.extend_from_slice(&u32::try_from(block.len()).map_err(|_| too_much())?.to_le_bytes());
            content.extend_from_slice(block);
        }
    }
    let bytes = content.len() - head;
    if bytes > SECTION_BYTES {
        return Err(BadFixtures::TooMuch { what: "bytes", has: bytes, limit: SECTION_BYTES });
    }
    out.push(0);
    out.extend(number(content.len()));
    out.append(&mut content);
    Ok(out)
}

/// The component without its fixtures.
fn without(component: &[u8]) -> Result<Vec<u8>, BadFixtures> {
    if !component.starts_with(b"\0asm") || component.len() < PREAMBLE_BYTES {
        return Err(BadFixtures::NotWasm);
    }
    let (preamble, mut rest) = component.split_at(PREAMBLE_BYTES);
    let mut out = preamble.to_vec();
    while let [id, after @ ..] = rest {
        let mut content = after;
        let size = read_number(&mut content).ok_or(BadFixtures::NotWasm)?;
        let (content, next) = content.split_at_checked(size).ok_or(BadFixtures::NotWasm)?;
        let whole = &rest[..rest.len() - next.len()];
        let mut named = content;
        let name = read_number(&mut named).and_then(|length| named.get(..length));
        if *id != 0 || name != Some(SECTION.as_bytes()) {
            out.extend_from_slice(whole);
        }
        rest = next;
    }
    Ok(out)
}

/// A number in LEB128.
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn read_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut value: u64 = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn w3_a_path_that_no_component_carries_is_refused_when_it_is_gathered() {
        let folder = std::env::temp_dir().join(format!("pawl-odd-{}", std::process::id()));
        let deep = folder.join("a".repeat(200)).join("b".repeat(60));
        std::fs::create_dir_all(&deep).unwrap();
        for path in [folder.join("a\u{1b}[2J.yaml"), deep.join("c.yaml")] {
            std::fs::write(&path, "about: a").unwrap();
            let told = gather(&folder).unwrap_err().to_string();
            std::fs::remove_file(&path).unwrap();
            assert!(told.contains("longer than 255 bytes or has control characters") && !told.contains('\u{1b}'), "{told}");
        }
        assert!(gather(&folder).unwrap().is_empty());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn w3_fixtures_are_gathered_with_their_payloads_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("pawl-gather-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("rounds")).unwrap();
        for (name, text) in [("a.yaml", "about: a"), ("rounds/p.json", "{}"), ("notes.txt", "-"), (".hidden.yaml", "-")] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let files = gather(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(files.unwrap().into_keys().collect::<Vec<_>>(), ["a.yaml", "rounds/p.json"]);
        assert!(gather(&folder).unwrap().is_empty(), "without the folder there are none");
    }

    #[test]
    fn w3_fixtures_beyond_the_limit_are_refused() {
        let component = b"\0asm\x0d\0\x01\0";
        let fits = Files::from([("a.json".into(), vec![b' '; SECTION_BYTES - 15])]);
        assert!(embed(component, &fits).is_ok());
        let large = Files::from([("a.json".into(), vec![b' '; SECTION_BYTES - 14])]);
        assert!(embed(component, &large).unwrap_err().to_string().contains("the limit is 2097152"));
        assert!(embed(b"text", &fits).unwrap_err().to_string().contains("WebAssembly"));
    }

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for value in [0, 1, 127, 128, 16_383, 16_384, 2_097_152, 268_435_456] {
            assert_eq!(read_number(&mut number(value).as_slice()), Some(value));
        }
    }
}
