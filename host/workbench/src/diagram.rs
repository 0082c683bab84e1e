//! Diagrams of the states and transitions that were found: Mermaid for pages, DOT for everything else. The same exploration gives the same
//! text.

use crate::explore::{Explored, examples};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Happenings that stand at one arrow.
const AT_AN_ARROW: usize = 2;
/// Longest text at an arrow, in characters.
const ARROW_CHARS: usize = 100;

/// A diagram in Mermaid's language, a `stateDiagram-v2`.
#[must_use]
pub fn mermaid(found: &Explored) -> String {
    let mut out = String::from("stateDiagram-v2\n");
    let ids = ids(found);
    // Writing to a text cannot fail.
    let mut line = |line: String| {
        let _ = writeln!(out, "    {line}");
    };
    for (name, sentence, _) in shown(found) {
        line(format!("state {:?} as {}", format!("{}: {}", plain(name), plain(sentence)), ids[name.as_str()]));
    }
    if let Some(first) = ids.get(found.first.as_str()) {
        line(format!("[*] --> {first}"));
    }
    for ((from, to), happenings) in &found.transitions {
        if let (Some(from), Some(to)) = (ids.get(from.as_str()), ids.get(to.as_str())) {
            line(format!("{from} --> {to}: {}", at_arrow(happenings)));
        }
    }
    for (name, _, _) in shown(found).filter(|(_, _, terminal)| *terminal) {
        line(format!("{} --> [*]", ids[name.as_str()]));
    }
    out
}

/// A diagram in Graphviz' language.
#[must_use]
pub fn dot(found: &Explored) -> String {
    let mut out = format!("digraph {:?} {{\n    rankdir=LR;\n    node [shape=box, style=rounded];\n", found.policy);
    let mut line = |line: String| {
        let _ = writeln!(out, "    {line}");
    };
    for (name, sentence, terminal) in shown(found) {
        let shape = if *terminal { ", peripheries=2" } else { "" };
        line(format!("{name:?} [label={:?}, tooltip={sentence:?}{shape}];", plain(name)));
    }
    line("\"\" [shape=point];".into());
    line(format!("\"\" -> {:?};", found.first));
    for ((from, to), happenings) in &found.transitions {
        line(format!("{from:?} -> {to:?} [label={:?}];", at_arrow(happenings)));
    }
    out.push_str("}\n");
    out
}

/// States that were reached; the others are no part of what the policy does.
fn shown(found: &Explored) -> impl Iterator<Item = &(String, String, bool)> {
    found.states.iter().filter(|(name, ..)| found.reached.contains(name))
}

/// Names without what Mermaid's language means something by.
fn ids(found: &Explored) -> BTreeMap<&str, String> {
    shown(found).enumerate().map(|(place, (name, ..))| (name.as_str(), format!("s{place}"))).collect()
}

fn at_arrow(happenings: &BTreeSet<String>) -> String {
    let text = plain(&examples(happenings, AT_AN_ARROW));
    if text.chars().count() <= ARROW_CHARS { text } else { text.chars().take(ARROW_CHARS - 1).chain(['…']).collect() }
}

/// Without characters that end a label in either language.
fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        ';' => ',',
        '"' | ':' | '\\' | '#' | '<' | '>' => ' ',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().map(shown).collect()
}
