//! What GitHub publishes of itself, fetched from npm into the build folder: never a part of this repository, and never needed to
//! build anything.

use crate::step::{Failed, say, target_folder};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// One package: what it is called, which version, and which of its files is used.
struct Package {
    name: &'static str,
    version: &'static str,
    file: &'static str,
}

/// REST as OpenAPI 3.0.
const OPENAPI: Package = Package { name: "openapi", version: "23.0.2", file: "generated/api.github.com.json" };
/// Webhooks as OpenAPI 3.1.
const WEBHOOKS: Package = Package { name: "openapi-webhooks", version: "12.1.0", file: "generated/api.github.com.json" };
/// GraphQL in the schema language.
const GRAPHQL: Package = Package { name: "graphql-schema", version: "15.26.1", file: "schema.graphql" };
/// All of them; npm knows them as `@octokit/<name>`.
const PACKAGES: [Package; 3] = [OPENAPI, WEBHOOKS, GRAPHQL];

/// How long npm may take for one package; the largest has 29 MB.
const FETCH_SECONDS: u64 = 180;
/// How long unpacking one file may take.
const UNPACK_SECONDS: u64 = 60;
/// How often a program is asked whether it has ended.
const LOOK_MILLISECONDS: u64 = 50;
/// Most of what a failed program wrote that is told, in characters.
const MOST_TOLD: usize = 300;

/// Says which packages the folder holds; written last.
const STAMP: &str = "versions";

/// Fetches the descriptions, unless they are there at the versions named here.
///
/// # Errors
/// When they cannot be had.
pub fn descriptions() -> Result<(), Failed> {
    let folder = have().map_err(|why| Failed::new("fetching GitHub's descriptions", why))?;
    say(&format!("GitHub's descriptions are in {}", folder.display()));
    Ok(())
}

/// The folder with the descriptions, which are fetched when they are not there; else a sentence on why they cannot be had.
pub fn have() -> Result<PathBuf, String> {
    let target = target_folder().map_err(|error| error.to_string())?;
    let folder = target.join("descriptions");
    if is_current(&folder) {
        return Ok(folder);
    }
    // A folder that is there is finished: it is made under another name and renamed.
    let new = target.join(format!("descriptions.{}.new", std::process::id()));
    let made = fetch(&new).and_then(|()| put(&new, &folder).map_err(|error| format!("{}: {error}", folder.display())));
    // After a rename there is nothing left to remove.
    let _ = fs::remove_dir_all(&new);
    made.map(|()| folder)
}

fn stamp() -> String {
    PACKAGES.iter().map(|one| format!("@octokit/{} {}\n", one.name, one.version)).collect()
}

fn is_current(folder: &Path) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|text| text == stamp())
}

fn put(new: &Path, folder: &Path) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    match fs::rename(new, folder) {
        // Somebody else was faster with the same.
        Err(_) if is_current(folder) => Ok(()),
        done => done,
    }
}

fn fetch(new: &Path) -> Result<(), String> {
    let told = |error: io::Error| format!("{}: {error}", new.display());
    fs::create_dir_all(new).map_err(told)?;
    for package in &PACKAGES {
        let exact = format!("@octokit/{}@{}", package.name, package.version);
        say(&format!("npm pack {exact}"));
        let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        // Without a network it would try for minutes.
        npm.args(["pack", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--pack-destination"])
            .arg(new)
            .arg(&exact);
        run("npm", npm, Duration::from_secs(FETCH_SECONDS))?;
        let archive = new.join(format!("octokit-{}-{}.tgz", package.name, package.version));
        let folder = new.join(package.name);
        fs::create_dir_all(&folder).map_err(told)?;
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(&archive).arg("-C").arg(&folder).arg("--strip-components=1").arg(format!("package/{}", package.file));
        run("tar", tar, Duration::from_secs(UNPACK_SECONDS))?;
        fs::remove_file(&archive).map_err(told)?;
    }
    fs::write(new.join(STAMP), stamp()).map_err(told)
}

/// Runs a program to its end, or to the deadline.
fn run(name: &str, mut command: Command, within: Duration) -> Result<(), String> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| format!("{name} cannot be run ({error})"))?;
    let complaint = complaint(&mut child);
    let deadline = Instant::now() + within;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(LOOK_MILLISECONDS)),
            _ => {
                // It is of no use any more, whether it hears this or not.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{name} did not end within {} seconds", within.as_secs()));
            }
        }
    };
    if status.success() {
        return Ok(());
    }
    let told = complaint.and_then(|reader| reader.join().ok()).unwrap_or_default();
    let told: String = told.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MOST_TOLD).collect();
    Err(format!("{name} failed with {status}: {told}"))
}

/// Reads what a program writes on standard error while it runs, so that it never waits for a reader.
fn complaint(child: &mut Child) -> Option<thread::JoinHandle<String>> {
    let mut stderr = child.stderr.take()?;
    Some(thread::spawn(move || {
        let mut told = Vec::new();
        let _ = stderr.read_to_end(&mut told);
        String::from_utf8_lossy(&told).into_owned()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_that_is_missing_fails_or_does_not_end_is_told_in_one_line() {
        let long = Duration::from_secs(60);
        assert_eq!(run("sh", shell("true"), long), Ok(()));
        let failed = run("sh", shell("echo no >&2; echo network >&2; exit 3"), long).expect_err("it failed");
        assert!(failed.contains("no network") && failed.contains('3') && !failed.contains('\n'), "{failed}");
        let missing = run("nowhere", Command::new("a-program-that-is-nowhere"), long).expect_err("it is missing");
        assert!(missing.starts_with("nowhere cannot be run"), "{missing}");
        let endless = run(
            "tail",
            {
                let mut tail = Command::new("tail");
                tail.args(["-f", "/dev/null"]);
                tail
            },
            Duration::ZERO,
        );
        assert_eq!(endless, Err("tail did not end within 0 seconds".to_owned()));
    }

    #[test]
    fn a_folder_counts_only_with_these_very_versions() {
        let folder = std::env::temp_dir().join(format!("pawl-descriptions-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        assert!(!is_current(&folder), "unfinished");
        fs::write(folder.join(STAMP), stamp().replace("23.", "22.")).expect("a file");
        assert!(!is_current(&folder), "older");
        fs::write(folder.join(STAMP), stamp()).expect("a file");
        assert!(is_current(&folder));
        fs::remove_dir_all(&folder).expect("a folder of our own");
    }
}
