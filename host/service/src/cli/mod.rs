//! The command line: one file per command. Data goes to stdout, talk to stderr; exit codes are documented in [`Exit`].

mod admin;
mod ask;
mod bench;
mod check;
mod cleanup;
mod decide;
mod diagram;
mod discard;
mod explore;
mod init;
mod labels;
mod policy;
mod replay;
mod retry;
mod send;
mod serve;
mod storm;
mod swap;
mod tried;

use clap::{Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It failed; the message says why and the way out.
    Failed = 1,
    /// The command line is wrong (clap's own code). [`Self::CHANGED`] is the same number.
    Usage = 2,
    /// It would change something and was not told to: dry run with differences.
    Differs = 3,
}

impl Exit {
    /// `pawl replay`: decisions changed. It has the number that clap exits with on a wrong command line; the two are told apart by stdout,
    /// where a replay always says how many decisions there were and a wrong command line says nothing.
    pub const CHANGED: Self = Self::Usage;
}

/// Steers a pull-request workflow by labels: policies decide, pawl watches, locks, asks and carries out.
#[derive(Debug, Parser)]
#[command(
    name = "pawl",
    version,
    propagate_version = true,
    after_help = "exit codes: 0 done, 1 failed, 2 wrong usage or a replay that changed decisions, 3 a dry run found differences"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The configuration file.
    #[arg(long, global = true, env = "PAWL_CONFIG", default_value = "pawl.toml")]
    config: PathBuf,
    /// How to print.
    #[arg(long, global = true, value_enum, default_value_t = Output::Table)]
    output: Output,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive deliveries and signals, and carry out what policies decide.
    Serve(serve::Args),
    /// Print a configuration to start from.
    Init,
    /// Check the configuration, the secrets and the policies, without network.
    Check,
    /// Ask a policy about facts, without network.
    Decide(decide::Args),
    /// Walk a compiled policy over its states: what it reaches, and what it does wrong, by the shortest way.
    Explore(explore::Args),
    /// Tell a compiled policy the same happenings well and badly: both must end the same.
    Storm(storm::Args),
    /// Ask a policy again what a journal says was decided, and say what changed.
    Replay(replay::Args),
    /// What a decision of a compiled policy costs: fuel, memory, time.
    Bench(bench::Args),
    /// Draw the states and transitions of a compiled policy.
    Diagram(diagram::Args),
    /// Send a signed delivery, as GitHub would. Dry unless --confirm.
    Send(send::Args),
    /// What a running pawl does, or one subject.
    Status(ask::StatusArgs),
    /// Why something is as it is: a delivery, a subject, an operation.
    Explain(ask::ExplainArgs),
    /// Ask the parked policies of a subject again, at once. Dry unless --confirm.
    Retry(retry::Args),
    /// Give up what is outstanding for a subject: news, requests, stops, parking. Its labels stay. Dry unless --confirm.
    Discard(discard::Args),
    /// Have working labels taken off what needs none any more. Dry unless --confirm.
    Cleanup(cleanup::Args),
    /// The labels of the policies in a repository.
    #[command(subcommand)]
    Labels(labels::Command),
    /// Write, build, test and inspect a policy, without network.
    #[command(subcommand)]
    Policy(policy::Command),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    main_with(std::env::args_os())
}

/// Runs a command line, the program's name first. Once in a process: it sets up TLS and the log for all of it.
#[must_use]
pub fn main_with(line: impl IntoIterator<Item = OsString>) -> ExitCode {
    // A second provider in the process would make rustls ask which one to use; the first line settles it.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("error: another TLS provider is installed already");
        return ExitCode::from(Exit::Failed as u8);
    }
    let cli = Cli::parse_from(line);
    match run(cli) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(Exit::Failed as u8)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    let (config, output) = (cli.config.as_path(), cli.output);
    match cli.command {
        Command::Serve(args) => serve::run(config, &args),
        Command::Init => init::run(),
        Command::Check => check::run(config, output),
        Command::Decide(args) => decide::run(&args, output),
        Command::Explore(args) => explore::run(&args, output),
        Command::Storm(args) => storm::run(&args, output),
        Command::Replay(args) => replay::run(&args, output),
        Command::Bench(args) => bench::run(&args, output),
        Command::Diagram(args) => diagram::run(&args),
        Command::Send(args) => block_on(send::run(&args)),
        Command::Status(args) => block_on(ask::status(&args, output)),
        Command::Explain(args) => block_on(ask::explain(&args, output)),
        Command::Retry(args) => block_on(retry::run(&args, output)),
        Command::Discard(args) => block_on(discard::run(&args, output)),
        Command::Cleanup(args) => block_on(cleanup::run(&args, output)),
        Command::Labels(command) => block_on(labels::run(config, &command, output)),
        Command::Policy(command) => policy::run(&command, output),
    }
}

fn block_on(future: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}

/// Prints a line to stdout; a closed pipe is no error.
fn say(text: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A value of an answer as text for people: control characters must not steer a terminal.
fn text(value: &serde_json::Value) -> String {
    let plain = value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned);
    plain.chars().filter(|c| !c.is_control()).collect()
}

/// Reads a file, or stdin for `-`.
fn read_input(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    use anyhow::Context;
    use std::io::Read;
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("cannot read stdin")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
