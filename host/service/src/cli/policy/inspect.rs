//! `pawl policy inspect`: looks into a component, alone or beside another.

use crate::cli::{Exit, Output, say};
use pawl_workbench::inspect::{Inspection, against, plain};
use serde_json::json;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The component file, or `builtin:<name>` for a bundled policy.
    policy: String,
    /// Another component: what differs from it to this one, and what an operator has to do about it.
    #[arg(long, value_name = "OLD")]
    against: Option<String>,
}

/// Inspects it.
pub fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let bytes = super::component(&args.policy)?;
    let policy = super::load(&bytes, &args.policy)?;
    let source = if args.policy.starts_with("builtin:") { "builtin" } else { args.policy.as_str() };
    let inspection = Inspection::of(&policy, &bytes, source);
    let Some(old) = &args.against else {
        match output {
            Output::Json => say(serde_json::to_string(&inspection)?),
            Output::Table => say(inspection.table().trim_end()),
        }
        return Ok(Exit::Done);
    };
    let old_policy = super::load(&super::component(old)?, old)?;
    let changes = against(old_policy.manifest(), policy.manifest());
    match output {
        Output::Json => say(json!({ "old": old_policy.digest(), "new": policy.digest(), "changes": changes, "inspection": inspection })),
        Output::Table => {
            let short = |digest: &str| digest.chars().take(12).collect::<String>();
            let (from, to) = (old_policy.manifest(), policy.manifest());
            say(format_args!("from {} {} ({})", from.name, from.version, short(old_policy.digest())));
            say(format_args!("to   {} {} ({})", to.name, to.version, short(policy.digest())));
            for change in &changes {
                say(format_args!("  {:<10} {}", change.part, plain(&change.what)));
                if let Some(to_do) = &change.to_do {
                    say(format_args!("             {}", plain(to_do)));
                }
            }
            let grants = changes.iter().filter(|change| change.to_do.as_deref().is_some_and(|to_do| to_do.contains("new grant"))).count();
            say(match (changes.len(), grants) {
                (0, _) => "both say the same of themselves".to_owned(),
                (_, 0) => "no new grant is needed".to_owned(),
                (_, 1) => "1 of these needs a new grant".to_owned(),
                (_, n) => format!("{n} of these need a new grant"),
            });
        }
    }
    Ok(Exit::Done)
}
