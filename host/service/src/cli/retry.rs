//! `pawl retry`: a subject that got stuck is tried again at once.

use super::admin::{ChangeArgs, path_of};
use super::{Exit, Output, say, text};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The subject, as owner/name#number.
    subject: String,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Asks the running pawl to do it, or what it would do.
pub async fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let body = args.change.ask(&format!("/v1/admin/subjects/{}/retry", path_of(&args.subject)?)).await?;
    let exit = if args.change.confirm { Exit::Done } else { Exit::Differs };
    if output == Output::Json {
        say(&body);
        return Ok(exit);
    }
    let (done, what) = if args.change.confirm { ("asked", &body["did"]) } else { ("would ask", &body["would"]) };
    for (policy, reason) in what["parked"].as_object().into_iter().flatten() {
        say(format_args!("{done} {policy} again, which is parked: {}", text(reason)));
    }
    if what["unsettled"] == true {
        say(format_args!("{done} for what is outstanding of {} at once", args.subject));
    }
    if args.change.confirm {
        say(format_args!("{}: {}", text(&body["turn"]["outcome"]), text(&body["turn"]["reason"])));
    } else {
        say("nothing was changed; add --confirm to do it");
    }
    Ok(exit)
}
