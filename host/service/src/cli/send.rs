//! `pawl send`: a signed delivery, as GitHub would send it.

use super::{Exit, read_input, say};
use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::path::PathBuf;
use std::time::Duration;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The payload; `-` for stdin.
    payload: PathBuf,
    /// The event, as in X-GitHub-Event.
    #[arg(long)]
    event: String,
    /// Where to.
    #[arg(long, default_value = "http://127.0.0.1:8080/v1/events/github")]
    url: String,
    /// File with the webhook secret; else PAWL_WEBHOOK_SECRET.
    #[arg(long)]
    secret_file: Option<PathBuf>,
    /// The delivery id; a new one unless given.
    #[arg(long)]
    delivery: Option<String>,
    /// Wait this long for the outcome, such as 5s.
    #[arg(long)]
    wait: Option<String>,
    /// Really send it.
    #[arg(long)]
    confirm: bool,
}

/// Signs and sends, or says what would be sent.
pub async fn run(args: &Args) -> anyhow::Result<Exit> {
    let body = read_input(&args.payload)?;
    let secret = match &args.secret_file {
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("cannot read the secret file {}", file.display()))?,
        None => std::env::var("PAWL_WEBHOOK_SECRET").context("no secret; give --secret-file or set PAWL_WEBHOOK_SECRET")?,
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.trim().as_bytes()).context("the secret cannot be used")?;
    mac.update(&body);
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let delivery = args.delivery.clone().unwrap_or_else(|| format!("send-{:016x}", fastrand::u64(..)));
    let url = match &args.wait {
        Some(wait) => format!("{}?wait={wait}", args.url),
        None => args.url.clone(),
    };
    if !args.confirm {
        say(format_args!("would POST {} bytes to {url}", body.len()));
        say(format_args!("  X-GitHub-Event: {}\n  X-GitHub-Delivery: {delivery}\n  X-Hub-Signature-256: {signature}", args.event));
        say("nothing was sent; add --confirm to send it");
        return Ok(Exit::Differs);
    }
    let client = reqwest::Client::builder().timeout(Duration::from_secs(40)).build()?;
    let answer = client
        .post(&url)
        .header("content-type", "application/json")
        .header("x-github-event", &args.event)
        .header("x-github-delivery", &delivery)
        .header("x-hub-signature-256", signature)
        .body(body)
        .send()
        .await
        .with_context(|| format!("cannot reach {}; is `pawl serve` running there?", args.url))?;
    let status = answer.status();
    say(answer.text().await?);
    if status.is_success() { Ok(Exit::Done) } else { Err(anyhow::anyhow!("answered {status}")) }
}
