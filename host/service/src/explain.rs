//! Explain: what happened because of a delivery, in a turn, or to a subject, from the journal.

use crate::journal::Journal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// The journal lines about `of` (a delivery id, `owner/name#number`, a subject id or an operation id), oldest first, at most `limit`
/// of the newest. A delivery brings along the turns that were shown its news.
#[must_use]
pub fn find(folder: &Path, of: &str, limit: usize) -> Vec<Value> {
    let is_about = |line: &Value| {
        let is = |field: &str| line[field].as_str().is_some_and(|v| v.eq_ignore_ascii_case(of));
        let lists =
            |field: &str| line[field].as_array().is_some_and(|l| l.iter().any(|v| v.as_str().is_some_and(|v| v.eq_ignore_ascii_case(of))));
        ["delivery", "subject", "shown", "operation"].into_iter().any(is) || ["deliveries", "subjects", "shown"].into_iter().any(lists)
    };
    let mut lines = Journal::find(folder, limit, is_about);
    // A delivery is followed to the end of the turns that were shown its news; a subject or a turn is complete already.
    let operations: BTreeSet<&str> = lines.iter().filter_map(|l| l["operation"].as_str()).collect();
    if lines.iter().any(|l| l["delivery"].as_str() == Some(of)) && !operations.is_empty() {
        let belongs = |line: &Value| is_about(line) || line["operation"].as_str().is_some_and(|o| operations.contains(o));
        lines = Journal::find(folder, limit, belongs);
    }
    lines.reverse();
    lines
}

/// The lines as text for people.
#[must_use]
pub fn show(lines: &[Value]) -> String {
    let mut text = String::new();
    for line in lines {
        let at = line["at"].as_str().unwrap_or_default();
        let at = at.split('.').next().unwrap_or(at).trim_end_matches('Z');
        let kind = line["kind"].as_str().unwrap_or_default();
        let _ = writeln!(text, "{at}  {kind:<10} {}", clean(&sentence(kind, line)));
    }
    text
}

fn sentence(kind: &str, line: &Value) -> String {
    let word = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
    let list =
        |value: &Value| value.as_array().map(|l| l.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")).unwrap_or_default();
    match kind {
        "delivery" => {
            let reason = line["reason"].as_str().map(|r| format!(": {r}")).unwrap_or_default();
            format!("{} {} {}{reason}", word("event"), word("delivery"), word("status"))
        }
        "decided" => {
            let news: Vec<String> =
                line["facts"]["news"].as_array().into_iter().flatten().filter_map(|n| n["id"].as_str().map(str::to_owned)).collect();
            let edits: Vec<String> = line["facts"]["edits"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|e| {
                    format!(
                        "{} {} by {}",
                        e["change"].as_str().unwrap_or("?"),
                        e["label"].as_str().unwrap_or("?"),
                        e["by"]["login"].as_str().unwrap_or("?")
                    )
                })
                .collect();
            let plan = &line["answer"]["plan"];
            let answer = if plan.is_object() {
                let held = if plan["held"] == true { " (held)" } else { "" };
                let refused: Vec<String> = plan["refused"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|r| format!("; refused {}: {}", r["news_id"].as_str().unwrap_or("?"), r["reason"].as_str().unwrap_or("?")))
                    .collect();
                format!(
                    "{}{held} [{}] because {}{}",
                    plan["state"].as_str().unwrap_or("?"),
                    list(&plan["labels"]),
                    plan["reason"].as_str().unwrap_or("?"),
                    refused.concat()
                )
            } else {
                line["answer"].to_string()
            };
            let digest: String = word("digest").chars().take(12).collect();
            let told = [news, edits].concat().join(", ");
            format!("{} ({digest}) on [{told}]: {answer}", word("policy"))
        }
        "wrote" => format!("+[{}] -[{}] now [{}]", list(&line["delta"]["add"]), list(&line["delta"]["remove"]), list(&line["labels"])),
        "requested" => match line["failed"].as_str() {
            None => format!("{} {} for {}", word("ask"), word("key"), word("policy")),
            Some(error) => format!("{} {} for {} failed: {error}", word("ask"), word("key"), word("policy")),
        },
        "ended" => {
            format!("{}: {} [{}] -> [{}]", word("ending"), word("reason"), list(&line["labels_before"]), list(&line["labels_after"]))
        }
        "committed" => format!("generation {} by {}", line["generation"], word("commit")),
        "retried" | "discarded" => format!("by {}: {}", word("by"), line["what"]),
        "failed" => format!("{}: {}", word("step"), word("error")),
        _ => word("reason"),
    }
}

/// Text from outside must not steer a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
