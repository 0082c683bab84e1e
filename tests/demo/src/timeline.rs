//! The timeline that the demo prints: who did what, what pawl was told, what it answered, and why.

use pawl_world::{Attempt, World};
use serde_json::Value;
use std::io::IsTerminal;
use std::time::Instant;

/// One act of the story, from what somebody did to the labels afterwards.
pub struct Act {
    started: Instant,
    before: Vec<String>,
    calls_before: usize,
}

fn paint(code: &str, text: &str) -> String {
    let is_colourful = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if is_colourful { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Sorted and joined.
pub fn shown(labels: &[String]) -> String {
    let mut labels = labels.to_vec();
    labels.sort();
    if labels.is_empty() { "(none)".into() } else { labels.join("  ") }
}

impl Act {
    /// Somebody does something.
    pub fn begin(number: u32, what: &str, world: &World, before: Vec<String>) -> Self {
        println!("\n{} {}", paint("1", &format!("{number:>2}.")), paint("1", what));
        Self { started: Instant::now(), before, calls_before: world.requests().len() }
    }

    /// A line about what happens.
    pub fn note(&self, what: &str) {
        println!("    {}", paint("33", what));
    }

    /// A webhook was delivered.
    pub fn delivered(&self, world: &World, attempt: &Attempt) {
        let delivery = world.deliveries().into_iter().find(|d| d.guid == attempt.guid);
        let event = delivery.map_or_else(String::new, |d| format!("{} {}", d.event, d.action.unwrap_or_default()));
        let answer: Value = serde_json::from_str(&attempt.answer).unwrap_or_default();
        let status = answer["status"].as_str().unwrap_or("no answer");
        let outcome = answer["outcomes"][0]["outcome"].as_str().map(|o| format!(", {o}")).unwrap_or_default();
        println!("    delivery {}  {event:<32} {status}{outcome}", &attempt.guid[..attempt.guid.len().min(8)]);
    }

    /// A signal was answered.
    pub fn signalled(&self, id: &str, name: &str, answer: &Value) {
        let outcome = answer["outcomes"][0]["outcome"].as_str().unwrap_or("pending");
        println!("    signal   {id:<8}  {name:<32} {}, {outcome}", answer["status"].as_str().unwrap_or("?"));
    }

    /// How it ended.
    pub fn end(self, world: &World, after: &[String], reason: &str) {
        let requests = world.requests();
        let new = &requests[self.calls_before.min(requests.len())..];
        let writes = new.iter().filter(|r| r.write).count();
        let took = self.started.elapsed().as_millis();
        if shown(&self.before) == shown(after) {
            println!("    labels   {}  (unchanged)", shown(after));
        } else {
            println!("    labels   {}  ->  {}", shown(&self.before), paint("32", &shown(after)));
        }
        println!("    because  {reason}");
        println!("    cost     {} reads, {writes} writes to GitHub, {took} ms", new.len() - writes);
    }
}
