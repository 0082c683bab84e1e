//! Kubernetes: claims on Leases, so that of several replicas one at a time works on a subject; records in ConfigMaps, which replicas
//! share; and the runs of agents, which are read as facts and stopped when a plan wants it.
//!
//! This is the only crate that sees `kube` and the Kubernetes types; both end at its edge. It knows nothing of GitHub, of policies
//! or of the turn.
#![forbid(unsafe_code)]

mod calls;
mod claim;
mod connect;
mod error;
mod pauses;
mod records;
mod refusals;
mod runs;
mod verbs;
mod watches;

pub use claim::{Claim, Claims, Freed, Held, Identity, Lost, Pace, Purpose, Swept};
pub use connect::{Cluster, Wall};
pub use error::{ClusterError, NotConnected};
pub use records::{Following, RECORD_VERBS, Records, Written};
pub use runs::{BadPlace, Candidate, Change, ChangedRun, Changes, NoRuns, Place, RunSettings, Runs};
pub use verbs::{CLAIM_VERBS, RUN_VERBS, Verbs};
