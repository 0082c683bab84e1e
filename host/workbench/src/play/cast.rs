//! Who acts: two people, and whoever the policy's settings name.

use pawl_core::facts::Setting;
use pawl_core::manifest::{Manifest, SettingKind, Value};
use pawl_core::news::{Actor, ActorKind};
use std::fmt;

/// The account that the host writes as.
pub(super) const HOST: &str = "pawl[bot]";
/// A person who may push.
pub(super) const PERSON: &str = "ann";
/// A person who may only read.
pub(super) const STRANGER: &str = "eve";
/// The kind of runs of a policy that reads runs and wants to stop none.
const ANY_KIND: &str = "Run";

/// Somebody who acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Who {
    /// What they are to the policy: the name of the setting that lists them; empty for people.
    pub role: String,
    /// Their login.
    pub login: String,
}

impl Who {
    fn person(login: &str) -> Self {
        Self { role: String::new(), login: login.into() }
    }

    /// The account as GitHub tells it.
    #[must_use]
    pub fn account(&self) -> Actor {
        let kind = if self.role.is_empty() { ActorKind::Human } else { ActorKind::Bot };
        Actor { login: self.login.clone(), id: None, kind, permission: None }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.role.as_str() {
            "" => f.write_str(&self.login),
            role => write!(f, "{} ({role})", self.login),
        }
    }
}

/// Everybody and everything that a policy may hear of, read from its manifest and its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    /// May push.
    pub person: Who,
    /// May only read.
    pub stranger: Who,
    /// The first login of each setting that lists texts; the others of a list are the same to a policy.
    pub bots: Vec<Who>,
    /// Slugs of Apps that make checks: the bots' logins, and one that nobody configured.
    pub apps: Vec<String>,
    /// Kinds of runs.
    pub kinds: Vec<String>,
    /// Agents of runs: what the settings list in lower case, as runs name them.
    pub agents: Vec<String>,
    /// Names of signals.
    pub signals: Vec<String>,
    /// Names of pattern settings that a comment may match, as the host flags them.
    pub patterns: Vec<String>,
}

impl Cast {
    /// Who acts in plays with a policy.
    pub(super) fn of(manifest: &Manifest, settings: &[Setting], more_signals: &[String]) -> Self {
        let (mut bots, mut agents, mut signals) = (Vec::<Who>::new(), Vec::new(), more_signals.to_vec());
        for setting in settings {
            let names_signals = setting.name.contains("signal");
            match &setting.value {
                Value::Texts(texts) => {
                    let is_signal = |text: &&String| names_signals || !is_login(text);
                    signals.extend(texts.iter().filter(is_signal).cloned());
                    let logins: Vec<&String> = texts.iter().filter(|text| !is_signal(text)).collect();
                    if let Some(login) = logins.first().filter(|login| !bots.iter().any(|bot| bot.login == ***login)) {
                        bots.push(Who { role: setting.name.clone(), login: (**login).clone() });
                    }
                    agents.extend(logins.into_iter().filter(|text| **text == text.to_lowercase() && !text.contains('[')).cloned());
                }
                Value::Text(text) if names_signals => signals.push(text.clone()),
                _ => {}
            }
        }
        let is_pattern = |setting: &&Setting| manifest.settings.iter().any(|s| s.name == setting.name && s.kind == SettingKind::Pattern);
        let patterns = settings.iter().filter(is_pattern).map(|setting| format!("{}/{}", manifest.name, setting.name)).collect();
        let mut kinds = manifest.wants.stops.clone();
        if kinds.is_empty() && manifest.needs.runs {
            kinds.push(ANY_KIND.into());
        }
        let slug = |bot: &Who| bot.login.trim_end_matches("[bot]").to_owned();
        let apps = bots.iter().map(slug).chain(["ci".to_owned()]).collect();
        for list in [&mut agents, &mut signals] {
            let mut seen = std::collections::BTreeSet::new();
            list.retain(|text| seen.insert(text.clone()));
        }
        if agents.is_empty() {
            agents.push("agent".into());
        }
        Self { person: Who::person(PERSON), stranger: Who::person(STRANGER), bots, apps, kinds, agents, signals, patterns }
    }

    /// Who pushed first: the first bot, where the settings name one.
    pub(super) fn author(&self) -> &Who {
        self.bots.first().unwrap_or(&self.person)
    }
}

/// GitHub allows letters, digits and hyphens in logins; Apps carry `[bot]` behind.
fn is_login(text: &str) -> bool {
    let bare = text.strip_suffix("[bot]").unwrap_or(text);
    (1..=39).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::is_login;

    #[test]
    fn what_github_would_not_have_as_a_login_is_a_signal() {
        assert!(is_login("acme-builder") && is_login("renovate[bot]"));
        assert!(!is_login("build_finished") && !is_login("") && !is_login(&"x".repeat(40)));
    }
}
