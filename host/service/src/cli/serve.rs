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

/// What these tell with every try, and without what it was for, pawl tells once.
const QUIET: &str = "kube_runtime=error,kube_client::client::builder=off";

/// The levels as they are used: who names the Kubernetes client hears all of it.
fn levels(wanted: &str) -> String {
    if wanted.contains("kube") { wanted.to_owned() } else { format!("{QUIET},{wanted}") }
}

fn start_log(log: Log) -> anyhow::Result<()> {
    let wanted = std::env::var("PAWL_LOG").ok().filter(|wanted| !wanted.trim().is_empty());
    let filter = |wanted: &str| EnvFilter::try_new(levels(wanted));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubernetes_client_is_heard_with_every_try_only_by_who_names_it() {
        assert_eq!(levels("debug"), format!("{QUIET},debug"));
        assert_eq!(levels("info,kube_client=debug"), "info,kube_client=debug");
    }
}
