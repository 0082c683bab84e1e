//! `pawl labels sync`: the labels of all policies in a repository, created and repaired.

use super::{Exit, Output, say};
use crate::config::Config;
use crate::policies::Policies;
use crate::serve;
use anyhow::Context;
use pawl_github::Drift;
use serde_json::json;
use std::path::Path;

/// Commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create missing labels and repair drifted ones. Dry unless --confirm.
    Sync {
        /// The repository, as owner/name.
        repository: String,
        /// Really change them.
        #[arg(long)]
        confirm: bool,
    },
}

/// Runs it against GitHub with the configured token.
pub async fn run(path: &Path, command: &Command, output: Output) -> anyhow::Result<Exit> {
    let Command::Sync { repository, confirm } = command;
    let config = Config::read(path)?;
    let policies = Policies::load(&config, None)?;
    let github = serve::github(&config)?;
    let (owner, name) = repository.split_once('/').with_context(|| format!("{repository:?} is no repository; write owner/name"))?;
    let repository = github.repository_by_name(owner, name).await?;
    let wanted = policies.labels();
    let difference = github.compare_labels(&repository, &wanted).await?;
    let (missing, drifted) = (&difference.missing, &difference.drifted);
    if *confirm {
        let report = github.ensure_labels(&repository, &wanted).await?;
        for drift in &report.drifted {
            github.repair_label(&repository, drift).await?;
        }
    }
    let is_same = missing.is_empty() && drifted.is_empty();
    match output {
        Output::Json => say(json!({ "repository": repository.to_string(), "missing": missing, "drifted": drifted, "applied": confirm })),
        Output::Table => {
            let done = if *confirm { ("created", "repaired") } else { ("would create", "would repair") };
            for spec in missing {
                say(format_args!("{} {} #{} {}", done.0, spec.name, spec.colour, spec.description));
            }
            for Drift { has, wants } in drifted {
                say(format_args!(
                    "{} {}: #{} {:?} -> #{} {:?}",
                    done.1, has.name, has.colour, has.description, wants.colour, wants.description
                ));
            }
            say(format_args!("{repository}: {} labels, {} missing, {} drifted", wanted.len(), missing.len(), drifted.len()));
            if !is_same && !*confirm {
                say("nothing was changed; add --confirm to change it");
            }
        }
    }
    Ok(if is_same || *confirm { Exit::Done } else { Exit::Differs })
}
