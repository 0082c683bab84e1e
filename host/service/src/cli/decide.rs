//! `pawl decide`: asks a policy about facts from a file, offline.

use super::{Exit, Output, read_input, say};
use crate::candidate;
use anyhow::{Context, bail};
use pawl_core::Timestamp;
use pawl_core::comment::Patterns;
use pawl_core::facts::Facts;
use pawl_core::manifest::Value;
use pawl_github::webhook::{self, Reading};
use pawl_sandbox::{Sandbox, SandboxLimits};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The component file, or `builtin:<name>` for a bundled policy.
    #[arg(long)]
    policy: String,
    /// Facts as JSON, or as YAML where the file ends in .yaml; `-` for JSON on stdin. The fields are those of wit/facts.wit; what is absent is empty, settings have their defaults.
    #[arg(long)]
    facts: PathBuf,
    /// A webhook payload whose news are added to the facts.
    #[arg(long)]
    event: Option<PathBuf>,
    /// The payload's event, as in X-GitHub-Event.
    #[arg(long, requires = "event", default_value = "pull_request_review")]
    event_name: String,
    /// A setting of the policy, as name=value; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
}

/// Prints the plan and its reason.
pub fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let bytes = match args.policy.strip_prefix("builtin:") {
        Some(name) => candidate::component(candidate::BUILTIN, name)?,
        None => candidate::component(&args.policy, "")?,
    };
    let sandbox = Sandbox::new(SandboxLimits::default())?;
    let policy = sandbox.load(&bytes).with_context(|| format!("{} cannot be loaded", args.policy))?;
    let manifest = policy.manifest();
    let text = read_input(&args.facts)?;
    let mut facts = read_facts(&args.facts, &text)?;
    let mut configured: BTreeMap<String, Value> = facts.settings.iter().map(|s| (s.name.clone(), s.value.clone())).collect();
    for setting in &args.settings {
        let (name, value) = setting.split_once('=').with_context(|| format!("--set {setting:?} is not NAME=VALUE"))?;
        let value: Value = serde_json::from_str(value).unwrap_or_else(|_| Value::Text(value.to_owned()));
        configured.insert(name.to_owned(), value);
    }
    facts.settings = manifest.settle_settings(&configured)?;
    if let Some(event) = &args.event {
        let mut patterns = Patterns::default();
        patterns.add(manifest, &facts.settings);
        add_event(&mut facts, &args.event_name, &read_input(event)?, &patterns)?;
    }
    let decision = policy.decide(&facts)?;
    match (&decision.answer, output) {
        (answer, Output::Json) => {
            let answer = match answer {
                Ok(plan) => json!({ "plan": plan }),
                Err(refusal) => json!({ "refusal": refusal.reason }),
            };
            say(json!({ "policy": manifest.name, "digest": policy.digest(), "fuel_used": decision.fuel_used, "answer": answer }));
        }
        (Err(refusal), Output::Table) => say(format_args!("refused: {}", refusal.reason)),
        (Ok(plan), Output::Table) => {
            let labels: Vec<&str> = plan.labels.iter().map(pawl_core::label::Label::as_str).collect();
            say(format_args!("state    {}{}", plan.state, if plan.held { " (held)" } else { "" }));
            say(format_args!("because  {}", plan.reason));
            say(format_args!("labels   {}", labels.join(", ")));
            for stop in &plan.stops {
                say(format_args!("stop     {} {} ({})", stop.kind, stop.name, stop.uid));
            }
            for request in &plan.requests {
                say(format_args!("request  {} {}", request.ask.word(), request.key));
            }
            for refused in &plan.refused {
                say(format_args!("refused  {}: {}", refused.news_id, refused.reason));
            }
            if let Some(seconds) = plan.revisit_after_seconds {
                say(format_args!("revisit  after {seconds} s"));
            }
            say(format_args!("fuel     {}", decision.fuel_used));
        }
    }
    Ok(Exit::Done)
}

/// Facts from YAML where the file is called so, else from JSON.
fn read_facts(path: &Path, text: &[u8]) -> anyhow::Result<Facts> {
    let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let unread = || format!("{} does not read as facts", path.display());
    if is_yaml { serde_saphyr::from_slice(text).with_context(unread) } else { serde_json::from_slice(text).with_context(unread) }
}

fn add_event(facts: &mut Facts, event: &str, body: &[u8], patterns: &Patterns) -> anyhow::Result<()> {
    let arrived: Timestamp = facts.now;
    match webhook::read(event, "offline", body, arrived, patterns)? {
        Reading::Subjects { subjects, news } => {
            if !subjects.iter().any(|s| s.number == facts.subject.number) {
                bail!(
                    "the payload is about {}, the facts about {}",
                    subjects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
                    facts.subject
                );
            }
            facts.news.extend(news);
        }
        Reading::Branch(branch) => facts.news.push(branch.news),
        Reading::Ignored { reason } => bail!("the payload holds no news: {reason}"),
        Reading::Labels { .. } | Reading::Repository { .. } | Reading::Ping => bail!("the payload holds no news of a subject"),
    }
    Ok(())
}
