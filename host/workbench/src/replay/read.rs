//! Reading decisions: from the folder of a journal, from one of its files, or from a corpus. A line that cannot be read is counted and
//! named, and the others are read all the same.
//!
//! Each line of a journal ends in a hash over the line before it and itself. A chain that does not fit says that a line was changed, added
//! or taken out; what stands there is read, and it is said. Each process begins a chain of its own with a file of its own, and old files go,
//! so the first line of a file may continue what is no longer there: only that it begins or continues is asked.

use super::compare::Answer;
use pawl_core::facts::Facts;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Longest line that is read; the host writes none that is longer.
const LINE_BYTES: u64 = 2 * 1024 * 1024;
/// Most decisions that are read.
const DECISIONS: usize = 200_000;
/// Broken lines that are named.
const NAMED: usize = 20;
/// Before the hash on a line.
const CHAIN: &str = ",\"chain\":\"";
/// Bytes of the hash, and its digits.
const CHAIN_BYTES: usize = 16;

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// When it was written down.
    #[serde(default)]
    pub at: String,
    /// The subject, as people know it.
    #[serde(default)]
    pub shown: String,
    /// The policy.
    pub policy: String,
    /// Its digest.
    #[serde(default)]
    pub digest: String,
    /// What it was asked.
    pub facts: Facts,
    /// What it answered.
    pub answer: Answer,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    /// The decisions, oldest first.
    pub decided: Vec<Decided>,
    /// Decisions whose line was too long for the journal, so that it only says that there was one.
    pub omitted: usize,
    /// Lines that could not be read.
    pub broken: usize,
    /// Where the chain does not fit.
    pub unchained: usize,
    /// The first of both, by place.
    pub troubles: Vec<Trouble>,
}

/// Something that is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// File and line.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file or folder cannot be opened.
    #[error("cannot read {}: {error}; it takes a journal's folder, one of its files, or an exported corpus", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// There is nothing in the folder.
    #[error("{} holds no file journal-*.jsonl; a host keeps its journal in the folder `journal` of its data folder", .0.display())]
    Empty(PathBuf),
    /// There is too much.
    #[error("there are more than {DECISIONS} decisions; replay single files of the journal")]
    TooMany,
}

/// Reads every decision in `path`.
///
/// # Errors
/// See [`ReadError`]. Single lines that cannot be read are no error: see [`Corpus::troubles`].
pub fn read(path: &Path) -> Result<Corpus, ReadError> {
    let mut corpus = Corpus::default();
    let mut chain = String::new();
    for file in files(path)? {
        chain = of_file(&file, chain, &mut corpus)?;
    }
    Ok(corpus)
}

fn files(path: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let open = |error| ReadError::Open { path: path.to_owned(), error };
    if !std::fs::metadata(path).map_err(open)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let is_journal = |name: &str| name.starts_with("journal-") && name.ends_with(".jsonl");
    let mut files: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(open)?
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(is_journal))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    if files.is_empty() { Err(ReadError::Empty(path.to_owned())) } else { Ok(files) }
}

/// Reads one file after a line with this hash; answers the hash of its last line.
fn of_file(path: &Path, before: String, corpus: &mut Corpus) -> Result<String, ReadError> {
    let open = |error| ReadError::Open { path: path.to_owned(), error };
    let mut reader = BufReader::new(File::open(path).map_err(open)?);
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut chain = Chain { last: before, is_first: true };
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        let read = (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut line).map_err(open)?;
        if read == 0 {
            break;
        }
        let place = || format!("{name}:{number}");
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if text.is_empty() {
            continue;
        }
        if let Some(what) = chain.broken_by(text) {
            corpus.unchained += 1;
            corpus.tell(place(), what);
        }
        match of_line(text) {
            Ok(Line::Decided(one)) if corpus.decided.len() < DECISIONS => corpus.decided.push(*one),
            Ok(Line::Decided(_)) => return Err(ReadError::TooMany),
            Ok(Line::Omitted) => corpus.omitted += 1,
            Ok(Line::Other) => {}
            Err(error) => {
                corpus.broken += 1;
                corpus.tell(place(), error);
            }
        }
    }
    Ok(chain.last)
}

impl Corpus {
    fn tell(&mut self, place: String, what: String) {
        if self.troubles.len() < NAMED {
            self.troubles.push(Trouble { place, what });
        }
    }
}

struct Chain {
    last: String,
    is_first: bool,
}

impl Chain {
    /// What is wrong with the line's hash, if it has one; a corpus has none.
    fn broken_by(&mut self, line: &str) -> Option<String> {
        let is_first = std::mem::take(&mut self.is_first);
        let (body, told) = line.rsplit_once(CHAIN)?;
        let told = told.strip_suffix("\"}")?;
        let hash = |before: &str| {
            let digest = Sha256::new().chain_update(before).chain_update(body).chain_update("}").finalize();
            digest.iter().take(CHAIN_BYTES).map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let fits = hash(&self.last) == told || (is_first && (self.last.is_empty() || hash("") == told));
        told.clone_into(&mut self.last);
        (!fits).then(|| "the chain is broken: a line was changed, added or taken out here or right before".to_owned())
    }
}

enum Line {
    Decided(Box<Decided>),
    Omitted,
    Other,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    omitted_bytes: Option<u64>,
}

fn of_line(text: &str) -> Result<Line, String> {
    let unreadable = |error: serde_json::Error| format!("the line cannot be read: {error}");
    let head: Head = serde_json::from_str(text).map_err(unreadable)?;
    match head {
        // A corpus holds decisions alone, and does not say so on each line.
        Head { kind: Some(kind), .. } if kind != "decided" => Ok(Line::Other),
        Head { omitted_bytes: Some(_), .. } => Ok(Line::Omitted),
        _ => serde_json::from_str(text).map(|decided| Line::Decided(Box::new(decided))).map_err(unreadable),
    }
}
