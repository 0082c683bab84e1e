//! The journal: what arrived, what was decided on which facts, what was carried out. Append-only JSON lines in rotated files,
//! apart from the records; `explain` and `replay` read it. Recovery never does: a record alone says what is outstanding.
//!
//! Each line carries `chain`, a hash over the line before it and itself, so a line that was changed or taken out shows.

use crate::wall::Wall;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A file is closed and a new one begun at this size.
const FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Files that are kept.
const FILES: usize = 8;
/// Longest line; a larger one is replaced by a line that says so.
const LINE_BYTES: usize = 1024 * 1024;

/// The journal of one process.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    wall: Wall,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    bytes: u64,
    number: u64,
    chain: String,
}

impl Journal {
    /// Opens the journal in `folder` and begins a new file there: one chain per process.
    ///
    /// # Errors
    /// When the folder or the file cannot be made.
    pub fn open(folder: &Path, wall: Wall) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let number = numbers(folder)?.last().map_or(1, |n| n + 1);
        let state = State { file: begin(folder, number)?, bytes: 0, number, chain: String::new() };
        Ok(Self { folder: folder.to_owned(), wall, state: Mutex::new(state) })
    }

    /// Writes one line. `kind` says what it is; `fields` must be an object. A full disk is logged and stops nothing: the records
    /// are what counts.
    pub fn write(&self, kind: &str, fields: Value) {
        let mut line = json!({ "at": self.wall.now().to_string(), "kind": kind });
        if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
            line.extend(fields);
        }
        let mut text = line.to_string();
        if text.len() > LINE_BYTES {
            let subject = line.get("subject").cloned().unwrap_or_default();
            text = json!({ "at": line["at"], "kind": kind, "subject": subject, "omitted_bytes": text.len() }).to_string();
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = state.append(&self.folder, text) {
            tracing::error!(%error, "the journal cannot be written; deciding goes on without it");
        }
    }

    /// The lines that `wanted` picks, newest first, at most `limit`.
    #[must_use]
    pub fn find(folder: &Path, limit: usize, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut found = Vec::new();
        for number in numbers(folder).unwrap_or_default().into_iter().rev() {
            let Ok(file) = File::open(path(folder, number)) else { continue };
            let lines = BufReader::new(file).lines().map_while(Result::ok);
            let mut of_file: Vec<Value> = lines.filter_map(|l| serde_json::from_str(&l).ok()).filter(|v| wanted(v)).collect();
            of_file.reverse();
            found.extend(of_file);
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        found
    }

    /// The folder of the files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl State {
    fn append(&mut self, folder: &Path, mut line: String) -> std::io::Result<()> {
        if self.bytes > FILE_BYTES {
            self.number += 1;
            self.file = begin(folder, self.number)?;
            self.bytes = 0;
            let numbers = numbers(folder)?;
            for old in numbers.iter().rev().skip(FILES) {
                std::fs::remove_file(path(folder, *old))?;
            }
        }
        let digest = Sha256::new().chain_update(&self.chain).chain_update(&line).finalize();
        self.chain = hex::encode(&digest[..16]);
        line.pop();
        line.push_str(&format!(",\"chain\":\"{}\"}}\n", self.chain));
        self.bytes += line.len() as u64;
        self.file.write_all(line.as_bytes())
    }
}

fn begin(folder: &Path, number: u64) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path(folder, number))
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("journal-{number:08}.jsonl"))
}

fn numbers(folder: &Path) -> std::io::Result<Vec<u64>> {
    let mut numbers: Vec<u64> = std::fs::read_dir(folder)?
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("journal-")?.strip_suffix(".jsonl")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn lines_are_found_newest_first_and_across_processes() {
        let folder = tempfile::tempdir().unwrap();
        let first = Journal::open(folder.path(), Wall::system()).unwrap();
        first.write("delivery", json!({ "subject": "1#1", "n": 1 }));
        first.write("delivery", json!({ "subject": "1#2", "n": 2 }));
        let second = Journal::open(folder.path(), Wall::system()).unwrap();
        second.write("delivery", json!({ "subject": "1#1", "n": 3 }));
        let found = Journal::find(folder.path(), 10, |v| v["subject"] == "1#1");
        assert_eq!(found.iter().map(|v| v["n"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 1]);
    }

    #[test]
    fn the_chain_shows_a_changed_line() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), Wall::system()).unwrap();
        journal.write("a", json!({ "n": 1 }));
        journal.write("b", json!({ "n": 2 }));
        let text = std::fs::read_to_string(path(folder.path(), 1)).unwrap();
        let mut chain = String::new();
        for line in text.lines() {
            let (body, stored) = line.rsplit_once(",\"chain\":\"").unwrap();
            let digest = Sha256::new().chain_update(&chain).chain_update(format!("{body}}}")).finalize();
            chain = hex::encode(&digest[..16]);
            assert_eq!(stored.trim_end_matches("\"}"), chain);
        }
    }

    #[test]
    fn a_line_over_the_limit_is_replaced_by_one_that_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), Wall::system()).unwrap();
        journal.write("decide", json!({ "subject": "1#1", "facts": "x".repeat(LINE_BYTES) }));
        let found = Journal::find(folder.path(), 1, |_| true);
        assert!(found[0]["omitted_bytes"].as_u64().unwrap() > LINE_BYTES as u64 && found[0]["subject"] == "1#1");
    }
}
