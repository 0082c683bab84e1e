//! Durable acceptance: signed webhooks of 26 KB per second, until each is answered 202, against a handler that only verifies and parses.

use crate::effort::Effort;
use crate::line::{Line, webhook};
use crate::micro::Micro;
use crate::payload::{BYTES, Payload};
use crate::process::{Process, SECRET, configure};
use crate::report::{Goal, Quantity, Row, Section, Unit};
use crate::stats::Samples;
use anyhow::Context;
use pawl_core::comment::Patterns;
use pawl_github::webhook::{Verifier, read};
use pawl_world::World;
use std::hint::black_box;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;

/// Connections that send at once.
const CONNECTIONS: usize = 64;
/// No turns: GitHub never answers the one worker, and the reconciler stays away.
const IDLE: &str = "workers = 1\nqueue_subjects = 1000000\nreconcile_seconds = 86400";

/// Measures it.
///
/// # Errors
/// When a server does not start, or answers anything but 202.
pub async fn measure(effort: &Effort, micro: &mut Micro, pawl: &Path, folder: &Path, sync_ms: Option<f64>) -> anyhow::Result<Section> {
    let world = World::start_with(pawl_world::Settings { time_runs: true, ..Default::default() }).await?;
    let payload = Payload::of(&world)?;
    drop(world);
    let silence = Silence::start().await?;
    let config = configure(&folder.join("acceptance"), &silence.url, "no-token", IDLE)?;
    let subject = Process::pawl(pawl, &config).await?;
    let mut command = Command::new(std::env::current_exe()?);
    let baseline = Process::start(command.arg("bare"), &folder.join("bare.log")).await?;
    let mut sent = 0;
    let mut batch = |count: usize| {
        sent += count;
        let numbers = sent - count..sent;
        Arc::new(numbers.map(|n| request(&payload, n)).collect::<Vec<_>>())
    };
    // The first, half round is for warmth.
    let warm = batch(effort.deliveries / 2);
    for server in [&baseline, &subject] {
        send(server.http, warm.clone(), CONNECTIONS).await?;
    }
    let (mut accepted, mut bare, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
    let (mut together, mut alone, mut alone_bare) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..effort.rounds {
        let requests = batch(effort.deliveries);
        let of_baseline = send(baseline.http, requests.clone(), CONNECTIONS).await?;
        let of_subject = send(subject.http, requests, CONNECTIONS).await?;
        bare.add(of_baseline.per_second);
        accepted.add(of_subject.per_second);
        ratios.add(of_subject.per_second / of_baseline.per_second);
        together.add(of_subject.times.quantile(0.99) / 1e3);
        let requests = batch(effort.single_deliveries);
        alone_bare.add(send(baseline.http, requests.clone(), 1).await?.times.median() / 1e3);
        alone.add(send(subject.http, requests, 1).await?.times.median() / 1e3);
    }
    subject.end().await?;
    baseline.end().await?;
    let body = payload.copy(0);
    let (typed, value) = reading(micro, &body)?;
    let sync = sync_ms.map_or_else(String::new, |sync| format!("one fsync {}", Quantity(sync, Unit::Ms)));
    let rows = vec![
        Row::of_rounds("webhooks accepted durably", &accepted, Unit::PerSecond)
            .beside(format!("bare handler {}", Quantity(bare.median(), Unit::PerSecond))),
        Row::of_rounds("acceptance against the bare handler", &ratios, Unit::Times).goal(Goal::AtLeast(0.6)),
        Row::of_rounds("acceptance, p99 of 64 at once", &together, Unit::Ms),
        Row::of_rounds("acceptance, one at a time, p50", &alone, Unit::Ms)
            .beside(format!("bare handler {}", Quantity(alone_bare.median(), Unit::Ms)))
            .beside(sync),
        Row::new("verify and read a webhook", typed, Unit::Us)
            .beside(format!("verify and parse as the bare handler does {}", Quantity(value, Unit::Us))),
    ];
    let how = format!(
        "Two processes with the same runtime: `pawl serve` with its store on disk, every acceptance durable by `fsync`, and an axum handler that \
         takes the bytes, verifies the signature and parses them to a `serde_json::Value`. The same {} signed `pull_request` webhooks of {BYTES} \
         bytes go to both in each round, over {CONNECTIONS} kept connections, each about another pull request and under an id of its own; all \
         must be answered 202. Turns do not distort it: the one worker waits for a GitHub that takes calls and never answers. One at a time: \
         {} more per round over one connection, so each pays for its own `fsync`.",
        effort.deliveries, effort.single_deliveries
    );
    Ok(Section { title: "Durable acceptance", how, rows, notes: &[] })
}

fn request(payload: &Payload, n: usize) -> Vec<u8> {
    let number = u32::try_from(n).unwrap_or(0);
    webhook(SECRET, "pull_request", &format!("bench-{n}"), &payload.copy(number))
}

/// Pawl's own reading against the bare handler's, without any server, in microseconds.
fn reading(micro: &mut Micro, body: &[u8]) -> anyhow::Result<(f64, f64)> {
    let signature = pawl_world::signature(SECRET, body);
    let verifier = Verifier::new(Some(SECRET.into()), None);
    let patterns = Patterns::default();
    let now = pawl_core::Timestamp::now();
    anyhow::ensure!(verifier.verify(Some(&signature), body).is_ok() && crate::bare::is_signed(&signature, body), "the signature is good");
    let typed = micro.measure("webhook", "verified and read", || {
        let verified = verifier.verify(Some(black_box(&signature)), body).is_ok();
        drop(black_box((verified, read("pull_request", "d", black_box(body), now, &patterns))));
    })?;
    let value = micro.measure("webhook", "verified and parsed", || {
        let verified = crate::bare::is_signed(black_box(&signature), body);
        drop(black_box((verified, serde_json::from_slice::<serde_json::Value>(black_box(body)))));
    })?;
    Ok((typed, value))
}

struct Sent {
    per_second: f64,
    /// Of each request, in microseconds.
    times: Samples,
}

/// Sends all requests over so many connections, each taking the next as soon as it is free.
async fn send(to: SocketAddr, requests: Arc<Vec<Vec<u8>>>, connections: usize) -> anyhow::Result<Sent> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut lines = Vec::with_capacity(connections);
    for _ in 0..connections {
        lines.push(Line::connect(to).await?);
    }
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    for mut line in lines {
        let (next, requests) = (next.clone(), requests.clone());
        senders.spawn(async move {
            let mut times = Vec::new();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let begun = Instant::now();
                let answer = line.ask(request).await?;
                anyhow::ensure!(answer.status == 202, "answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
                times.push(begun.elapsed());
            }
            Ok(times)
        });
    }
    let mut times = Samples::default();
    while let Some(sender) = senders.join_next().await {
        times.extend(sender.context("a sender ended")??.into_iter().map(|time: Duration| time.as_secs_f64() * 1e6));
    }
    Ok(Sent { per_second: requests.len() as f64 / begun.elapsed().as_secs_f64(), times })
}

/// A GitHub that takes connections and calls, and answers none.
struct Silence {
    url: String,
    task: tokio::task::JoinHandle<()>,
}

impl Silence {
    async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                kept.push(stream);
            }
        });
        Ok(Self { url, task })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        self.task.abort();
    }
}
