//! Circuits: which upstream is left alone because it fails, and what waits for it. The law is [`pawl_core::breaker`]; each client keeps
//! its own to it. Here is what the rest of the service makes of it: turns are parked, not failed, and go on when the upstream is back.

use crate::host::Host;
use pawl_core::breaker::Circuit;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The upstreams of this process, by name. A turn needs all of them.
#[must_use]
pub fn all(host: &Host) -> Vec<(&'static str, Circuit)> {
    let kubernetes = host.claims.circuit().map(|circuit| ("kubernetes", circuit));
    [("github", host.github.circuit())].into_iter().chain(kubernetes).collect()
}

/// The upstream that is left alone for longest, and for how long; nothing when a turn may go.
#[must_use]
pub fn wait(host: &Host) -> Option<(&'static str, Duration)> {
    all(host).into_iter().filter_map(|(name, circuit)| Some((name, circuit.wait()?))).max_by_key(|(_, wait)| *wait)
}

/// Why a subject waits.
#[must_use]
pub fn why(upstream: &str) -> String {
    format!("parked: {upstream} failed several times in a row and is left alone until one call tries it again")
}

/// As it stands in the state.
#[must_use]
pub fn json(host: &Host) -> Value {
    let shown = |circuit: Circuit| {
        let failures = if let Circuit::Closed { failures } = circuit { Some(failures) } else { None };
        let probe_in =
            if let Circuit::Open { probe_in } | Circuit::HalfOpen { probe_in } = circuit { Some(probe_in.as_secs_f64()) } else { None };
        json!({ "state": circuit.word(), "failures": failures, "probe_in_seconds": probe_in })
    };
    all(host).into_iter().map(|(name, circuit)| (name.to_owned(), shown(circuit))).collect::<serde_json::Map<_, _>>().into()
}

/// One circuit of [`json`] as a line for people.
#[must_use]
pub fn line(upstream: &str, circuit: &Value) -> String {
    let state = circuit["state"].as_str().unwrap_or_default();
    match circuit["probe_in_seconds"].as_f64() {
        Some(seconds) => format!("{upstream} circuit {state}: turns are parked, tried again in {seconds:.0} s"),
        None => format!("{upstream} circuit {state}, {} failures in a row", circuit["failures"].as_u64().unwrap_or_default()),
    }
}

/// Writes every change to the journal, and wakes what was parked as soon as an upstream is back, until the host drains.
pub async fn run(host: Arc<Host>) {
    let mut github = host.github.circuit_changes();
    let mut kubernetes = host.claims.circuit_changes();
    let draining = host.draining();
    loop {
        let of_kubernetes = async {
            match &mut kubernetes {
                Some(changes) => changes.changed().await,
                None => std::future::pending().await,
            }
        };
        let (upstream, changed) = tokio::select! {
            biased;
            () = draining.cancelled() => return,
            changed = github.changed() => ("github", changed),
            changed = of_kubernetes => ("kubernetes", changed),
        };
        if changed.is_err() {
            return;
        }
        host.journal.write("circuit", json!({ "circuits": json(&host), "reason": line(upstream, &json(&host)[upstream]) }));
        if wait(&host).is_none() {
            host.queue.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q4_a_circuit_reads_as_a_line() {
        let open = json!({ "state": "open", "failures": null, "probe_in_seconds": 12.4 });
        assert_eq!(line("github", &open), "github circuit open: turns are parked, tried again in 12 s");
        let closed = json!({ "state": "closed", "failures": 2, "probe_in_seconds": null });
        assert_eq!(line("github", &closed), "github circuit closed, 2 failures in a row");
    }
}
