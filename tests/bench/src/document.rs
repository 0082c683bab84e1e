//! The table for the terminal, and the document. Both say only what this run measured.

use crate::machine::Machine;
use crate::report::Section;
use std::fmt::Write;

const HEADS: [&str; 5] = ["figure", "measured", "goal", "", "beside"];

const INTRODUCTION: &str = "\
# Benchmarks

Written by `cargo xtask bench`; do not edit. Every number on this page comes from one run, and what it is compared with was measured
in the same run, in turns with it. Medians of rounds; the spread stands beside them. Clients, servers and the stand-in for GitHub share the
machine's cores, so rates are lower bounds.
";

/// The rows as lines of aligned columns.
#[must_use]
pub fn table(sections: &[Section]) -> String {
    let rows: Vec<[String; 5]> = sections.iter().flat_map(|s| &s.rows).map(crate::report::Row::columns).collect();
    let width = |n: usize| rows.iter().map(|r| r[n].chars().count()).chain([HEADS[n].len()]).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    let mut text = String::new();
    let heads = HEADS.map(str::to_owned);
    for row in std::iter::once(&heads).chain(&rows) {
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", row[4]);
    }
    text
}

/// The document.
#[must_use]
pub fn document(machine: &Machine, sections: &[Section]) -> String {
    let mut text = format!("{INTRODUCTION}\n{machine}\n");
    let missed: Vec<&str> = sections.iter().flat_map(|s| &s.rows).filter(|r| r.is_missed()).map(|r| r.figure).collect();
    let _ = match missed.as_slice() {
        [] => writeln!(text, "\nEvery goal is met."),
        some => writeln!(text, "\nMissed: {}. What was tried stands with them.", some.join("; ")),
    };
    for section in sections {
        let _ = write!(text, "\n## {}\n\n{}\n\n", section.title, section.how.trim());
        for cells in [HEADS.map(str::to_owned), ["---"; 5].map(str::to_owned)]
            .iter()
            .chain(&section.rows.iter().map(crate::report::Row::columns).collect::<Vec<_>>())
        {
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        for note in section.notes.iter().filter(|note| missed.contains(&note.figure)) {
            let _ = write!(text, "\n**{}.** {}\n", note.figure, note.text.trim());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Goal, Note, Row, Unit};

    fn section(value: f64) -> Section {
        let rows = vec![Row::new("decision, p50", value, Unit::Us).goal(Goal::AtMost(15.0)).beside("natively 1.00 us")];
        Section { title: "Deciding", how: "By asking.".into(), rows, notes: &[Note { figure: "decision, p50", text: "It waits." }] }
    }

    #[test]
    fn a_figure_can_be_found_in_the_document_by_its_name() {
        let text = document(&Machine::here(), &[section(12.3)]);
        assert!(text.contains("\n| decision, p50 | 12.3 us | <= 15 us | met | natively 1.00 us |\n"), "{text}");
        assert!(text.contains("Every goal is met.") && !text.contains("It waits."), "{text}");
    }

    #[test]
    fn a_missed_goal_is_named_first_and_explained_where_it_stands() {
        let text = document(&Machine::here(), &[section(15.1)]);
        assert!(text.contains("Missed: decision, p50.") && text.contains("**decision, p50.** It waits."), "{text}");
    }

    #[test]
    fn the_table_is_aligned() {
        let text = table(&[section(12.3)]);
        let columns: Vec<Option<usize>> = text.lines().map(|l| l.find("<=").or(l.find("goal"))).collect();
        assert_eq!(columns[0], columns[1], "{text}");
    }
}
