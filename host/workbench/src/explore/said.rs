//! What was found, for people.

use super::Explored;
use std::fmt::Write;

/// Happenings that are told of one transition.
const EXAMPLES: usize = 3;

/// What was found, as text of several lines.
#[must_use]
pub fn text(found: &Explored) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = said(found, &mut text);
    text
}

fn said(found: &Explored, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "{}: {} of {} states reached, {} transitions; {} worlds, {} decisions",
        found.policy,
        found.reached.len(),
        found.states.len(),
        found.transitions.len(),
        found.worlds,
        found.decisions
    )?;
    for (name, sentence, terminal) in &found.states {
        let mark = match (found.reached.contains(name), terminal) {
            (false, _) => "unreachable",
            (true, true) => "end",
            (true, false) => "",
        };
        writeln!(out, "  {mark:<11} {name}: {sentence}")?;
    }
    writeln!(out, "transitions")?;
    for ((from, to), happenings) in &found.transitions {
        writeln!(out, "  {from} -> {to}: {}", examples(happenings, EXAMPLES))?;
    }
    for cut in &found.cut {
        writeln!(out, "cut {cut}")?;
    }
    if found.violations.is_empty() {
        return writeln!(out, "no violations");
    }
    writeln!(out, "{} violations", found.violations.len())?;
    for one in &found.violations {
        writeln!(out, "\n{}", one.violation)?;
        for line in &one.trace {
            writeln!(out, "  {line}")?;
        }
    }
    if found.left_out > 0 {
        writeln!(out, "\n{} more happenings end in a violation like these", found.left_out)?;
    }
    Ok(())
}

/// The first happenings of a transition, and how many more there are.
pub(crate) fn examples(happenings: &std::collections::BTreeSet<String>, most: usize) -> String {
    let shown: Vec<&str> = happenings.iter().take(most).map(String::as_str).collect();
    let more = happenings.len().saturating_sub(most);
    if more == 0 { shown.join("; ") } else { format!("{}; and {more} more", shown.join("; ")) }
}
