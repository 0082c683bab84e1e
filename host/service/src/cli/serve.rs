//! `pawl serve`.

use super::{Exit, say};
use crate::config::Config;
use crate::serve;
use clap::ValueEnum;
use std::io::IsTerminal;
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Move a store that cannot be read out of the way and begin with an empty one.
    #[arg(long)]
    set_aside_store: bool,
    /// How to log, on stderr. PAWL_LOG sets levels, such as `info,pawl_service=debug`.
    #[arg(long, value_enum, default_value_t = Log::Text)]
    log: Log,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    Text,
    Json,
}

/// Serves until SIGTERM or SIGINT.
pub fn run(config: &Path, args: &Args) -> anyhow::Result<Exit> {
    start_log(args.log)?;
    let config = Config::read(config)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let running = serve::start(config, args.set_aside_store).await?;
        for member in &running.host().policies().deployment.members {
            tracing::info!(policy = member.manifest.name, version = member.manifest.version, digest = member.digest, "enforcing");
        }
        say(format_args!("listening http=http://{} admin=http://{}", running.outside, running.inside));
        wait_for_signal().await?;
        tracing::info!("draining: running turns end, nothing new is taken");
        running.shutdown().await;
        tracing::info!("ended");
        Ok(Exit::Done)
    })
}

/// What it tells with every try, pawl tells once. Whoever names it in `PAWL_LOG` hears it all the same.
const QUIET: &str = "kube_runtime=error";

fn start_log(log: Log) -> anyhow::Result<()> {
    let wanted = std::env::var("PAWL_LOG").ok().filter(|wanted| !wanted.trim().is_empty());
    let filter = |levels: &str| EnvFilter::try_new(format!("{QUIET},{levels}"));
    let filter = filter(wanted.as_deref().unwrap_or("info")).or_else(|_| filter("info"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let is_colourful = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    match log {
        Log::Text => builder.with_ansi(is_colourful).with_target(false).init(),
        Log::Json => builder.json().with_current_span(false).init(),
    }
    Ok(())
}

async fn wait_for_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    Ok(())
}
