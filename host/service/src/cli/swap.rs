//! `pawl policy rollback` and `pawl policy activate`: which component of a policy a running pawl uses.

use super::admin::ChangeArgs;
use super::{Exit, Output, say, text};
use serde_json::Value;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The policy.
    name: String,
    /// Subjects whose memory it cannot read start from their labels.
    #[arg(long)]
    forget_memory: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Leads back to what ran before.
pub async fn rollback(args: &Args, output: Output) -> anyhow::Result<Exit> {
    ask(args, "rollback", output).await
}

/// Lets what the source holds take over now.
pub async fn activate(args: &Args, output: Output) -> anyhow::Result<Exit> {
    ask(args, "activate", output).await
}

async fn ask(args: &Args, verb: &str, output: Output) -> anyhow::Result<Exit> {
    let is_name = !args.name.is_empty() && args.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    anyhow::ensure!(is_name, "{:?} is no name of a policy; `pawl status` lists those that run", args.name);
    let path = format!("/v1/admin/policies/{}/{verb}?forget-memory={}", args.name, args.forget_memory);
    let body = args.change.ask(&path).await?;
    let exit = if args.change.confirm { Exit::Done } else { Exit::Differs };
    if output == Output::Json {
        say(&body);
        return Ok(exit);
    }
    let digest = |value: &Value| text(value).chars().take(12).collect::<String>();
    if args.change.confirm {
        let now = &body["did"]["runs"];
        say(format_args!("{} {} ({}) decides from now on", args.name, text(&now["version"]), digest(&now["digest"])));
    } else {
        let would = &body["would"];
        say(format_args!("{} would go from {} to {}", args.name, digest(&would["from"]), digest(&would["to"]["digest"])));
        say("nothing was changed; add --confirm to do it");
    }
    Ok(exit)
}
