//! Compiled policies, kept in a folder from one start to the next: compiling takes tens of milliseconds, loading what was compiled
//! less than one.
//!
//! What is kept is machine code, and wasmtime runs it as it lies there: whoever can write the file can do whatever this process can.
//! So a folder or a file is used only when it belongs to this process's own user and nobody else may write it; and nothing else
//! about it is believed either: it carries the key of what it was compiled from and by, and a sum that shows broken bytes. Whatever
//! is not as it should be is compiled anew, which is slower and right.
//!
//! This is the one file of the host with unsafe code.

use sha2::{Digest, Sha256};
use std::fs::{self, File, Metadata, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The first bytes of a kept file; the number changes when what follows does.
const MAGIC: &str = "pawl compiled policy 1\n";
/// The key and the sum behind it, each as hexadecimal SHA-256 and a line break.
const LINE_BYTES: usize = 65;
/// Largest file that is read or written. A component of 8 MiB, the largest there is, compiles to about four times as much.
const FILE_BYTES: usize = 128 << 20;
/// Files that are kept; beyond that those go that were written longest ago.
const FILES: usize = 16;
/// What their names end with.
const ENDING: &str = "compiled";

/// Where the machine code of a loaded policy came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It was compiled just now.
    Compiled,
    /// An earlier start had compiled it.
    Kept,
    /// It was compiled just now, and the next start will have to do so again: why, and the way out.
    NotKept(String),
}

/// The folder of compiled policies.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Why it is not used at all.
    distrust: Option<String>,
}

/// What a compiled policy is found by: the component it was compiled from, and everything about the compiler that matters.
pub(crate) struct Key(String);

impl Key {
    /// Of a component with this digest, for this engine (facts of the processor included).
    pub(crate) fn new(engine: &Engine, digest: &str) -> Self {
        let mut sum = Sum(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut sum);
        sum.0.update(digest);
        Self(hex::encode(sum.0.finalize()))
    }
}

/// Hashing that is the same in every process, which the standard library's own does not promise.
struct Sum(Sha256);

impl Hasher for Sum {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Asked for by nobody here; the digest is taken whole.
        let sum = self.0.clone().finalize();
        u64::from_le_bytes(std::array::from_fn(|i| sum[i]))
    }
}

impl Folder {
    /// Makes the folder when it is missing, for this user alone. One that cannot be trusted is not used.
    pub(crate) fn new(path: &Path) -> Self {
        let distrust = prepare(path).err().map(|error| {
            format!("compiled policies are not kept in {}: {error}; make it a folder that this user alone may write", path.display())
        });
        Self { path: path.to_owned(), distrust }
    }

    /// What was kept under this key, if it can be used.
    pub(crate) fn find(&self, engine: &Engine, key: &Key) -> Option<Component> {
        if self.distrust.is_some() {
            return None;
        }
        let file = File::open(self.place(key)).ok()?;
        let bytes = read(file, &self.path).ok()?;
        let code = content(&bytes, key)?;
        revived(engine, code).ok()
    }

    /// Keeps a compiled policy for the next start. That is worth a warning at most.
    pub(crate) fn keep(&self, component: &Component, key: &Key) -> Result<(), String> {
        if let Some(distrust) = &self.distrust {
            return Err(distrust.clone());
        }
        let failed = |error: &dyn std::fmt::Display| {
            format!(
                "this policy's compiled form cannot be kept in {}: {error}; make room, or give this user the folder",
                self.path.display()
            )
        };
        let code = component.serialize().map_err(|error| failed(&format!("{error:#}")))?;
        if code.len() > FILE_BYTES {
            return Err(failed(&format!("it has {} bytes, the limit is {FILE_BYTES}", code.len())));
        }
        self.write(&code, key).map_err(|error| failed(&error))?;
        // A file too many hurts nobody.
        let _ = self.thin();
        Ok(())
    }

    fn place(&self, key: &Key) -> PathBuf {
        self.path.join(&key.0).with_extension(ENDING)
    }

    /// Appears whole or not at all.
    fn write(&self, code: &[u8], key: &Key) -> io::Result<()> {
        let (mut file, temporary) = fresh(&self.path)?;
        let sum = hex::encode(Sha256::digest(code));
        let head = format!("{MAGIC}{}\n{sum}\n", key.0);
        let written = file.write_all(head.as_bytes()).and_then(|()| file.write_all(code)).and_then(|()| file.sync_all());
        let placed = written.and_then(|()| fs::rename(&temporary, self.place(key)));
        if placed.is_err() {
            // The reason is told; that the rest of it cannot be taken away either adds nothing.
            let _ = fs::remove_file(&temporary);
        }
        placed
    }

    /// Takes the oldest files away, beyond [`FILES`].
    fn thin(&self) -> io::Result<()> {
        let mut kept: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                kept.push((fs::symlink_metadata(&path)?.modified()?, path));
            }
        }
        kept.sort();
        let excess = kept.len().saturating_sub(FILES);
        kept[..excess].iter().try_for_each(|(_, path)| fs::remove_file(path))
    }
}

/// So many more of a component, each with machine code of its own, or fewer where the machine does not give them.
pub(crate) fn copies(engine: &Engine, component: &Component, count: usize) -> Vec<Component> {
    let Ok(code) = component.serialize() else { return Vec::new() };
    (0..count).map_while(|_| revived(engine, &code).ok()).collect()
}

/// A component from its compiled form, which must be from one of the two callers in this file.
fn revived(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: wasmtime asks that these bytes are what `Component::serialize` gave, unchanged. Either it has given them just now, and
    // they were in nobody's hands; or they come from a file that only this user could write, in a folder of which the same holds, and
    // it has this host's form, the key of this component, compiler and processor, and the sum of what was written. Wasmtime itself
    // checks its version and settings once more.
    #[allow(unsafe_code, reason = "there is no safe way to load machine code; the comment says what makes this one sound")]
    unsafe {
        Component::deserialize(engine, code)
    }
}

/// The code in a kept file, when it is one, of this key, and whole.
fn content<'a>(bytes: &'a [u8], key: &Key) -> Option<&'a [u8]> {
    let rest = bytes.strip_prefix(MAGIC.as_bytes())?;
    let (found, rest) = rest.split_at_checked(LINE_BYTES)?;
    let (sum, code) = rest.split_at_checked(LINE_BYTES)?;
    let is_line = |line: &[u8], text: &str| line.strip_suffix(b"\n") == Some(text.as_bytes());
    (is_line(found, &key.0) && is_line(sum, &hex::encode(Sha256::digest(code)))).then_some(code)
}

/// Reads a file that lies in `folder`, if both may be trusted.
fn read(file: File, folder: &Path) -> io::Result<Vec<u8>> {
    let about = file.metadata()?;
    trusted(&about, owner(folder)?)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(FILE_BYTES + MAGIC.len() + 2 * LINE_BYTES).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn prepare(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // What this process makes belongs to whom this process is.
    let (file, probe) = fresh(path)?;
    let ours = file.metadata().map(|about| about.uid());
    fs::remove_file(probe)?;
    trusted(&fs::symlink_metadata(path)?, ours?)
}

#[cfg(unix)]
fn owner(folder: &Path) -> io::Result<u32> {
    use std::os::unix::fs::MetadataExt;
    let about = fs::symlink_metadata(folder)?;
    trusted(&about, about.uid())?;
    Ok(about.uid())
}

/// Refuses what another user owns or may write.
#[cfg(unix)]
fn trusted(about: &Metadata, ours: u32) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let (user, mode) = (about.uid(), about.mode());
    if about.is_symlink() {
        return Err(io::Error::other("it is a symbolic link"));
    }
    if user != ours {
        return Err(io::Error::other(format!("it belongs to user {user}, this process is user {ours}")));
    }
    if mode & 0o022 != 0 {
        return Err(io::Error::other(format!("others may write it (its mode is {:o})", mode & 0o7777)));
    }
    Ok(())
}

/// A new file for this user alone, and its name.
#[cfg(unix)]
fn fresh(folder: &Path) -> io::Result<(File, PathBuf)> {
    use std::os::unix::fs::OpenOptionsExt;
    let path = folder.join(format!("{}.new", std::process::id()));
    // Left behind by a process of the same number that was killed; never by one that lives.
    if let Err(error) = fs::remove_file(&path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    Ok((file, path))
}

/// Who may write a file is not asked here on other systems, so nothing is kept there.
#[cfg(not(unix))]
fn prepare(_: &Path) -> io::Result<()> {
    Err(io::Error::other("who may write a file can be checked on Unix only"))
}

#[cfg(not(unix))]
fn owner(_: &Path) -> io::Result<u32> {
    Err(io::Error::other("who may write a file can be checked on Unix only"))
}

#[cfg(not(unix))]
fn trusted(_: &Metadata, _: u32) -> io::Result<()> {
    Err(io::Error::other("who may write a file can be checked on Unix only"))
}

#[cfg(not(unix))]
fn fresh(folder: &Path) -> io::Result<(File, PathBuf)> {
    let path = folder.join(format!("{}.new", std::process::id()));
    Ok((OpenOptions::new().write(true).create_new(true).open(&path)?, path))
}
