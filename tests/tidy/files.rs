//! Files: short, without paths of anybody's machine, and safe.

use super::tree::{Source, sources};
use super::walls::packages;
use std::fs;

/// Most lines of a file that people read from top to bottom.
const LINES: usize = 400;

/// Longer files, each with the reason.
const LONG: [(&str, &str); 3] = [
    ("Cargo.lock", "written by cargo"),
    ("ARCHITECTURE.md", "a document is read by its headings"),
    ("README.md", "a document is read by its headings"),
];

/// Crates of ours that hold unsafe code, each with the reason.
const UNSAFE: [(&str, &str); 4] = [
    ("pawl-sandbox", "loading machine code that an earlier start compiled is unsafe; one call, in a crate that denies it elsewhere"),
    ("pawl-sdk", "the allocator of a guest and the generated exports are unsafe code; the first is one file, the second nobody writes"),
    ("pawl-welcome", "the README shows it whole, and only what every policy needs"),
    ("pawl-hostile", "the exports of a component are unsafe code"),
];

fn is_code(source: &Source) -> bool {
    [".rs", ".wit", ".toml", ".html", ".css", ".js", ".sh", ".md", ".yaml"].iter().any(|ending| source.path.ends_with(ending))
}

#[test]
fn every_file_can_be_read_in_one_sitting() {
    let too_long: Vec<String> = sources("")
        .iter()
        .filter(|s| is_code(s) && !LONG.iter().any(|(path, _)| *path == s.path))
        .map(|s| (s.text.lines().count(), &s.path))
        .filter(|(lines, _)| *lines > LINES)
        .map(|(lines, path)| format!("{path} has {lines} lines"))
        .collect();
    assert!(too_long.is_empty(), "at most {LINES} lines; split by idea, or list a data file with its reason:\n{}", too_long.join("\n"));
}

#[test]
fn no_file_names_a_path_of_somebodys_machine() {
    // Put together here, so that this file does not name them either.
    let machine = [["/", "work/"], ["/", "home/"], ["/", "root/"], ["/", "Users/"], ["C:", "\\"]].map(|parts| parts.concat());
    let is_path_start = |before: Option<char>| before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | '/')));
    let mut found = Vec::new();
    for source in sources("").iter().filter(|s| s.path != "Cargo.lock") {
        for (number, line) in source.text.lines().enumerate() {
            for path in &machine {
                let starts = line.match_indices(path.as_str()).any(|(i, _)| is_path_start(line[..i].chars().next_back()));
                if starts {
                    found.push(format!("{}:{}: {path}", source.path, number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "a repository belongs to no machine:\n{}", found.join("\n"));
}

#[test]
fn every_crate_of_ours_forbids_unsafe_code() {
    let mut open = Vec::new();
    for package in packages() {
        let is_listed = UNSAFE.iter().any(|(name, _)| *name == package.name.as_str());
        for target in package.targets.iter().filter(|t| !t.is_test() && !t.is_custom_build() && !t.is_example() && !t.is_bench()) {
            let forbids = fs::read_to_string(&target.src_path).unwrap().contains("#![forbid(unsafe_code)]");
            if forbids == is_listed {
                open.push(format!("{}: {}", package.name, target.src_path));
            }
        }
    }
    assert!(
        open.is_empty(),
        "#![forbid(unsafe_code)] is missing, or stands although an exception is listed, at the top of:\n{}",
        open.join("\n")
    );
}
