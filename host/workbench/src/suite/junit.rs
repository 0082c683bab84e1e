//! A report as JUnit XML, which build servers read: one suite, a test case per fixture.

use super::{Report, failure_text};
use std::fmt::Write;

/// The report as JUnit XML. Times are left out: a run says the same twice.
#[must_use]
pub fn junit(report: &Report, folder: &str) -> String {
    let (tests, failures) = (report.fixtures.len(), report.failed());
    let suite = escaped(&report.policy);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(text, "<testsuites tests=\"{tests}\" failures=\"{failures}\">");
    let _ = writeln!(text, "  <testsuite name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">");
    for told in &report.fixtures {
        let file = escaped(&format!("{folder}{}", told.file));
        let head = format!("    <testcase classname=\"{suite}\" name=\"{}\" file=\"{file}\"", escaped(&told.name));
        let Some(failure) = &told.failure else {
            let _ = writeln!(text, "{head}/>");
            continue;
        };
        let fields: Vec<&str> = failure.differences.iter().map(|difference| difference.field).collect();
        let message = failure.broken.clone().unwrap_or_else(|| format!("step {} differs in {}", failure.step, fields.join(", ")));
        let _ = writeln!(text, "{head}>");
        let _ =
            writeln!(text, "      <failure message=\"{}\">{}</failure>", escaped(&message), escaped(&failure_text(told, failure, folder)));
        let _ = writeln!(text, "    </testcase>");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// Text for XML. Characters that XML 1.0 cannot hold become spaces.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
