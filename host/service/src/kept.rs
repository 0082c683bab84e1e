//! Components that ran here before, kept so that there is a way back: the last few of each policy, newest first.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many of each policy are kept, the present one among them.
const EACH: usize = 5;
/// The list, in the folder of a policy.
const LIST: &str = "history.json";

/// The folder of them.
#[derive(Debug, Clone)]
pub struct Kept(PathBuf);

/// One that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Was {
    /// Its digest.
    pub digest: String,
    /// The version that its manifest told.
    pub version: String,
    /// When it began to run here.
    pub since: String,
}

/// The digest of a component: its SHA-256 in hexadecimal.
#[must_use]
pub fn digest(component: &[u8]) -> String {
    hex::encode(Sha256::digest(component))
}

impl Kept {
    /// In this folder, which need not be there yet.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Names of policies are letters, digits and hyphens: the contract has it so.
    fn folder(&self, policy: &str) -> PathBuf {
        self.0.join(policy)
    }

    fn file(&self, policy: &str, digest: &str) -> PathBuf {
        self.folder(policy).join(digest).with_extension("wasm")
    }

    /// What ran under this name, newest first; nothing where nothing can be read.
    #[must_use]
    pub fn history(&self, policy: &str) -> Vec<Was> {
        let text = fs::read(self.folder(policy).join(LIST)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Keeps what begins to run now. What ran longest ago goes.
    ///
    /// # Errors
    /// When the folder cannot be written: then there is no way back to it, and nothing else is lost.
    pub fn keep(&self, policy: &str, was: Was, component: &[u8]) -> io::Result<()> {
        let mut history = self.history(policy);
        let path = self.file(policy, &was.digest);
        if history.first().is_some_and(|first| first.digest == was.digest) && path.exists() {
            return Ok(());
        }
        fs::create_dir_all(self.folder(policy))?;
        whole(&path, component)?;
        history.retain(|earlier| earlier.digest != was.digest);
        history.insert(0, was);
        let gone = history.split_off(history.len().min(EACH));
        whole(&self.folder(policy).join(LIST), &serde_json::to_vec_pretty(&history)?)?;
        for old in gone {
            // A file too many hurts nobody.
            fs::remove_file(self.file(policy, &old.digest)).ok();
        }
        Ok(())
    }

    /// The component of this digest, if it was kept and is whole.
    #[must_use]
    pub fn component(&self, policy: &str, wanted: &str) -> Option<Vec<u8>> {
        let is_digest = wanted.len() == 64 && wanted.bytes().all(|byte| byte.is_ascii_hexdigit());
        fs::read(self.file(policy, wanted)).ok().filter(|bytes| is_digest && digest(bytes) == wanted)
    }
}

/// Appears whole or not at all.
fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn was(component: &[u8]) -> Was {
        Was { digest: digest(component), version: "1.0.0".into(), since: "2026-01-01T00:00:00Z".into() }
    }

    #[test]
    fn h6_the_last_five_components_are_kept_newest_first_and_only_whole_ones_are_given_out() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::in_folder(folder.path());
        assert_eq!(kept.history("p"), []);
        for n in 0..7_u8 {
            kept.keep("p", was(&[n]), &[n]).unwrap();
        }
        kept.keep("p", was(&[6]), &[6]).unwrap();
        assert_eq!(kept.history("p"), (2..7).rev().map(|n| was(&[n])).collect::<Vec<_>>());
        assert_eq!((kept.component("p", &digest(&[2])), kept.component("p", &digest(&[1]))), (Some(vec![2]), None));
        fs::write(kept.file("p", &digest(&[2])), [9]).unwrap();
        assert_eq!(kept.component("p", &digest(&[2])), None, "it was changed on disk");
        kept.keep("p", was(&[3]), &[3]).unwrap();
        assert_eq!(kept.history("p").len(), 5, "one that comes back is not kept twice");
        assert_eq!(kept.component("p", "../../../etc/passwd"), None);
    }
}
