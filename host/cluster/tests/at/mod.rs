//! Replicas at one API server, each over a line of its own.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub mod line;
pub mod records;
pub mod runs;
pub mod stops;

use line::{Line, Weather};
use pawl_apiserver::{Server, Service, Settings, Time};
use pawl_cluster::{Claims, Cluster, Identity, Pace, Wall};
use pawl_core::subject::SubjectId;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Where the claims are.
pub const NAMESPACE: &str = "agents";
/// Where the Leases are, as a path.
pub const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/agents/leases";

pub fn subject(number: u32) -> SubjectId {
    SubjectId { repository: 4711, number }
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A server whose time goes with tokio's.
pub fn server() -> Server {
    let server = Server::with(&Settings { time: Time::Simulated, ..Settings::default() });
    server.namespace(NAMESPACE);
    server
}

/// One process.
pub struct Replica {
    pub claims: Claims,
    pub line: Line<Service>,
    operations: AtomicU64,
}

impl Replica {
    pub fn new(server: &Server, pod: &str) -> Self {
        Self::over(server.service(), pod, 1, 0)
    }

    /// A replica whose clock on the wall goes wrong by `skew_seconds`.
    pub fn over(service: Service, pod: &str, seed: u64, skew_seconds: i64) -> Self {
        let line = Line::new(service, seed);
        let start = tokio::time::Instant::now();
        let wall = Wall::from(move || {
            let now = 1_800_000_000 + skew_seconds + i64::try_from(start.elapsed().as_secs()).unwrap();
            jiff::Timestamp::from_second(now).unwrap()
        });
        let cluster = Cluster::of(kube::Client::new(line.clone(), NAMESPACE), NAMESPACE).with_wall(wall);
        let identity = Identity { pod: pod.to_owned(), boot: "boot".to_owned() };
        Self { claims: Claims::new(&cluster, identity, Pace::default()).unwrap(), line, operations: AtomicU64::new(0) }
    }

    /// An operation id that was not there before.
    pub fn operation(&self) -> String {
        format!("op-{}", self.operations.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub async fn take(&self, number: u32, patience: Duration) -> Result<pawl_cluster::Claim, pawl_cluster::ClusterError> {
        self.claims.take(subject(number), &self.operation(), patience).await
    }

    /// Nothing it sends arrives any more, and nothing that is sent to it: to everybody else it is dead.
    pub fn cut(&self) {
        self.line.set(Weather { is_cut: true, ..Weather::default() });
    }

    pub fn mend(&self) {
        self.line.set(Weather::default());
    }
}
