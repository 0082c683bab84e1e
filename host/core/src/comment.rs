//! Comments and reviews: their text is reduced to match flags and commands at once, so it is never stored or passed on.

use crate::facts::Setting;
use crate::manifest::{Manifest, SettingKind, Value};
use regex::Regex;

/// Most commands that are read from one comment.
pub const COMMANDS: usize = 5;
/// Longest argument text of a command, in characters.
pub const ARGS_CHARS: usize = 200;
/// A comment is searched this far, in bytes.
pub const SEARCHED_BYTES: usize = 65_536;

/// The patterns of all policies, each flagged as `policy/setting`.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Vec<(String, Regex)>);

impl Patterns {
    /// Adds the pattern settings of a policy. A pattern that does not compile was refused when the policy was loaded.
    pub fn add(&mut self, manifest: &Manifest, settings: &[Setting]) {
        for spec in manifest.settings.iter().filter(|s| s.kind == SettingKind::Pattern) {
            let value = settings.iter().find(|s| s.name == spec.name).map_or(&spec.default, |s| &s.value);
            if let Value::Text(pattern) = value
                && let Ok(regex) = Regex::new(pattern)
            {
                self.0.push((format!("{}/{}", manifest.name, spec.name), regex));
            }
        }
    }

    /// The flags of all patterns that `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> Vec<String> {
        let text = head_of(text);
        self.0.iter().filter(|(_, regex)| regex.is_match(text)).map(|(flag, _)| flag.clone()).collect()
    }
}

/// A `/pawl verb args` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The word after `/pawl`, lower case.
    pub verb: String,
    /// The rest of the line, trimmed.
    pub args: String,
}

/// The commands in a comment: lines that begin with `/pawl` and a verb, outside quotes and code blocks.
#[must_use]
pub fn commands(text: &str) -> Vec<CommandLine> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in head_of(text).lines() {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
            continue;
        }
        let Some(rest) = line.strip_prefix("/pawl").filter(|rest| rest.starts_with([' ', '\t'])) else { continue };
        let mut words = rest.trim().splitn(2, char::is_whitespace);
        let verb = words.next().unwrap_or_default().to_lowercase();
        let is_verb = (1..=30).contains(&verb.len()) && verb.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if fenced || !is_verb || found.len() == COMMANDS {
            continue;
        }
        let args = words.next().unwrap_or_default().trim().chars().filter(|c| !c.is_control()).take(ARGS_CHARS).collect();
        found.push(CommandLine { verb, args });
    }
    found
}

fn head_of(text: &str) -> &str {
    let mut end = text.len().min(SEARCHED_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(verb: &str, args: &str) -> CommandLine {
        CommandLine { verb: verb.into(), args: args.into() }
    }

    #[test]
    fn commands_stand_at_the_start_of_a_line_and_outside_quotes_and_code() {
        let text = "please\n/pawl Reset\n> /pawl reset\n```\n/pawl remediate\n```\n  /pawl bypass  the build is broken \n/pawlreset\ntry /pawl reset\n/pawl\n/pawl ../x";
        assert_eq!(commands(text), [line("reset", ""), line("bypass", "the build is broken")]);
    }

    #[test]
    fn commands_are_limited_in_number_and_length() {
        let text = format!("/pawl a {}\n", "x".repeat(500)).repeat(20);
        let found = commands(&text);
        assert_eq!(found.len(), COMMANDS);
        assert_eq!(found[0].args.chars().count(), ARGS_CHARS);
    }
}
