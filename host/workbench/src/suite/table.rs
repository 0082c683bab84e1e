//! A report for people.

use super::{Coverage, Difference, Failure, Report, Told};
use pawl_core::text::plain;
use std::fmt::Write;

/// Longest text that is shown in one line, in characters.
const SHOWN_CHARS: usize = 300;

/// One line on a fixture, such as `ok    rounds/first     3 steps`.
#[must_use]
pub fn line(told: &Told) -> String {
    let word = if told.failure.is_some() { "FAIL" } else { "ok" };
    let steps = if told.steps == 1 { "1 step".to_owned() } else { format!("{} steps", told.steps) };
    let about = told.about.as_deref().map_or_else(String::new, |about| format!("  {}", shown(about)));
    format!("{word:<5} {:<32} {steps:<9}{about}", told.name).trim_end().to_owned()
}

/// What is wrong, at how many lines it takes. `folder` is what the fixture's file is told with, such as `fixtures/`.
#[must_use]
pub fn failure(told: &Told, failure: &Failure, folder: &str) -> String {
    let mut text = String::new();
    let file = format!("{folder}{}", told.file);
    let about = failure.about.as_deref().map_or_else(String::new, |about| format!(": {}", shown(about)));
    if failure.step > 0 {
        let _ = writeln!(text, "      step {} ({file}:{}){about}", failure.step, failure.line);
    }
    if let Some(broken) = &failure.broken {
        let _ = writeln!(text, "        {} ({file}:{})", shown(broken), failure.line);
    }
    for difference in &failure.differences {
        let line = if difference.line == 0 { failure.line } else { difference.line };
        let _ = writeln!(text, "        {} ({file}:{line})", difference.field);
        sides(&mut text, difference);
    }
    if let Some(reason) = failure.reason.as_ref().filter(|_| !failure.differences.iter().any(|d| d.field == "reason")) {
        let _ = writeln!(text, "        because, the policy says: {}", shown(reason));
    }
    text
}

/// Both sides of a difference; of lists, also what is missing and what is too much.
fn sides(text: &mut String, difference: &Difference) {
    let all = |side: &[String]| if side.is_empty() { "(none)".to_owned() } else { shown(&side.join(", ")) };
    let _ = writeln!(text, "          expected  {}", all(&difference.expected));
    let _ = writeln!(text, "          got       {}", all(&difference.got));
    for missing in &difference.missing {
        let _ = writeln!(text, "          - {}", shown(missing));
    }
    for surplus in &difference.surplus {
        let _ = writeln!(text, "          + {}", shown(surplus));
    }
}

/// States and transitions.
#[must_use]
pub fn coverage(coverage: &Coverage) -> String {
    let mut text = String::new();
    let all = coverage.reached.len() + coverage.unreached.len();
    let _ = writeln!(text, "states       {} of {all} reached ({} %)", coverage.reached.len(), coverage.percent());
    for state in &coverage.unreached {
        let _ = writeln!(text, "             no fixture reaches {}", shown(state));
    }
    let _ = writeln!(text, "transitions  {} seen", coverage.transitions.len());
    for seen in &coverage.transitions {
        let from = seen.from.as_deref().unwrap_or("(start)");
        let _ = writeln!(text, "             {} -> {} ({})", shown(from), shown(&seen.to), seen.times);
    }
    text
}

/// The last line, such as `3 passed, 1 failed`.
#[must_use]
pub fn totals(report: &Report) -> String {
    let failed = report.failed();
    format!("{} passed, {failed} failed", report.fixtures.len() - failed)
}

/// A text from a policy or a fixture in one line that steers no terminal.
fn shown(text: &str) -> String {
    plain(text, SHOWN_CHARS)
}
