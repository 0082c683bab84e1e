//! `pawl check`: everything that can be known to be wrong before anything is received.

use super::{Exit, Output, say};
use crate::config::Config;
use crate::notify::Notifier;
use crate::policies::Policies;
use crate::serve;
use serde_json::json;
use std::path::Path;

/// Checks configuration, secrets and policies. No network.
pub fn run(path: &Path, output: Output) -> anyhow::Result<Exit> {
    let config = Config::read(path)?;
    let secrets = config.webhook_secrets()?.len();
    let signal_tokens = config.signal_tokens()?.len();
    let policies = Policies::load(&config, None)?;
    // The client starts a background task, so it is made where tasks can run.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async { serve::github(&config).map(drop) })?;
    Notifier::new(config.notices.webhook_url.as_deref())?;
    let labels = policies.labels();
    match output {
        Output::Json => {
            let members: Vec<_> = policies
                .deployment
                .members
                .iter()
                .map(|m| json!({ "name": m.manifest.name, "version": m.manifest.version, "digest": m.digest, "grant": m.grant, "settings": m.settings }))
                .collect();
            say(json!({ "ok": true, "webhook_secrets": secrets, "signal_tokens": signal_tokens, "policies": members, "labels": labels }));
        }
        Output::Table => {
            say(format_args!("{} is good", path.display()));
            say(format_args!("  receives on {}, shown on {}", config.http.listen, config.admin.listen));
            say(format_args!("  {secrets} webhook secret(s); signals {}", if signal_tokens == 0 { "off" } else { "on" }));
            for member in &policies.deployment.members {
                let manifest = &member.manifest;
                say(format_args!("  policy {} {} ({})", manifest.name, manifest.version, &member.digest[..12]));
                say(format_args!("    {}", manifest.description));
                let owned: Vec<&str> = manifest.owns.iter().map(|o| o.family.as_str()).collect();
                let heeded: Vec<&str> = manifest.heeds.iter().map(|h| h.family.as_str()).collect();
                say(format_args!("    writes {}", owned.join(", ")));
                say(format_args!("    heeds  {}", heeded.join(", ")));
            }
            say(format_args!("  {} labels are created in a repository before first use", labels.len()));
        }
    }
    Ok(Exit::Done)
}
