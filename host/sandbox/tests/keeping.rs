//! Compiled policies are kept between starts, and nothing that somebody else could have written is run.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{AMPLE, dummy, sandbox, titled};
use pawl_sandbox::{LoadError, LoadedPolicy, Origin};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// What one start of the host does.
fn start(folder: &Path) -> LoadedPolicy {
    sandbox().keeping_compiled_in(folder).load_within(pawl_artifacts::hostile(), AMPLE).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A folder with one kept policy.
fn kept() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("compiled");
    assert_eq!(*start(&folder).origin(), Origin::Compiled);
    let [file] = files(&folder).try_into().unwrap();
    (data, folder, file)
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn why_not_kept(policy: &LoadedPolicy) -> &str {
    match policy.origin() {
        Origin::NotKept(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_kept_policy_is_the_same_policy() {
    let (_data, folder, file) = kept();
    let compiled = sandbox().load_within(pawl_artifacts::hostile(), AMPLE).unwrap();
    let again = start(&folder);
    assert_eq!((*compiled.origin()).clone(), Origin::Compiled);
    assert_eq!(*again.origin(), Origin::Kept);
    assert_eq!((again.manifest(), again.digest()), (compiled.manifest(), compiled.digest()));
    let facts = titled("a plain title");
    assert_eq!(again.decide(&facts).unwrap(), compiled.decide(&facts).unwrap(), "its answer, and its fuel to the unit");
    assert_eq!(files(&folder), [file], "nothing is written twice");
}

#[test]
fn the_folder_and_its_files_are_for_this_user_alone() {
    let (_data, folder, file) = kept();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
}

#[test]
fn a_broken_file_is_compiled_anew_and_mended_wherever_it_is_broken() {
    let (_data, folder, file) = kept();
    let whole = fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let spots = [0, 30, 100, 160, whole.len() / 2, whole.len() - 1];
    let broken = spots.map(flipped).into_iter().chain([Vec::new(), whole[..90].to_vec(), whole[..whole.len() - 1].to_vec()]);
    for bytes in broken {
        fs::write(&file, &bytes).unwrap();
        assert_eq!(*start(&folder).origin(), Origin::Compiled, "{} bytes", bytes.len());
        assert_eq!(fs::read(&file).unwrap(), whole, "mended");
    }
    assert_eq!(*start(&folder).origin(), Origin::Kept);
}

#[test]
fn a_file_of_another_policy_is_not_mistaken_for_this_one() {
    let (_data, folder, file) = kept();
    let other = sandbox().keeping_compiled_in(&folder).load(pawl_artifacts::policy("remediation").unwrap()).unwrap();
    let others = files(&folder).into_iter().find(|path| *path != file).unwrap();
    fs::copy(&others, &file).unwrap();
    let policy = start(&folder);
    assert_eq!(*policy.origin(), Origin::Compiled);
    assert_ne!(policy.manifest().name, other.manifest().name);
}

#[test]
fn what_others_could_have_written_is_not_run() {
    let (_data, folder, file) = kept();
    chmod(&file, 0o620);
    assert_eq!(*start(&folder).origin(), Origin::Compiled, "a file that the group may write");
    assert_eq!(*start(&folder).origin(), Origin::Kept, "it was replaced by one that only we may write");
    for mode in [0o770, 0o702] {
        chmod(&folder, mode);
        let policy = start(&folder);
        let why = why_not_kept(&policy);
        assert!(why.contains("others may write it") && why.contains("this user alone"), "{why}");
    }
    chmod(&folder, 0o700);
    let (data, link) = (tempfile::tempdir().unwrap(), "link");
    symlink(&folder, data.path().join(link)).unwrap();
    let policy = start(&data.path().join(link));
    assert!(why_not_kept(&policy).contains("symbolic link"));
}

#[test]
fn without_a_usable_folder_policies_run_all_the_same() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("a-file");
    fs::write(&file, "").unwrap();
    let policy = start(&file);
    assert!(why_not_kept(&policy).starts_with("compiled policies are not kept in"), "{policy:?}");
    assert!(policy.decide(&titled("a plain title")).is_ok());
}

#[test]
fn h1_what_is_refused_is_not_kept() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("compiled");
    let importing = dummy("package a:b; world w { import f: func(); }");
    for _ in 0..2 {
        let refused = sandbox().keeping_compiled_in(&folder).load(&importing).unwrap_err();
        assert!(matches!(refused, LoadError::Imports(_)), "{refused}");
    }
    assert!(files(&folder).is_empty());
}

#[test]
fn at_most_sixteen_policies_are_kept_and_the_oldest_go_first() {
    let (_data, folder, file) = kept();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    for number in 0..20 {
        let old = folder.join(format!("{number:02}.compiled"));
        fs::write(&old, "old").unwrap();
        fs::File::options().write(true).open(&old).unwrap().set_modified(long_ago + std::time::Duration::from_secs(number)).unwrap();
    }
    fs::write(&file, "broken, so that it is written again").unwrap();
    start(&folder);
    let left: Vec<String> = files(&folder).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(left.len(), 16);
    assert!(left.contains(&"19.compiled".to_owned()) && !left.contains(&"04.compiled".to_owned()), "{left:?}");
    assert_eq!(*start(&folder).origin(), Origin::Kept);
}
