//! A Kubernetes API server of one's own: one store with two faces, for tests.
//!
//! The store answers as a real API server does (1.36): one growing resourceVersion, compare-and-swap, finalizers, preconditions,
//! watches with their history, Kubernetes' `Status` with its reasons and sentences. One mutex goes round each transaction. One face is
//! a tower service to put under a client in the same process, on a paused clock and without sockets; the other is HTTP on loopback, for
//! processes. Faults meet single requests, or all of them.
//!
//! It has namespaces, ConfigMaps, Leases, events (`events.k8s.io`), definitions of custom resources, and what they define. Times stand,
//! uids and generated names are counted: the same story gives the same objects.
//!
//! `kubectl` can talk to it through [`Server::listen_for`], with `--validate=false` and where it sends JSON.
//!
//! What it leaves out, because nothing here uses it: server-side apply and strategic merge patches (415), `managedFields` (dropped),
//! tables, protobuf (415), OpenAPI, conversion between versions of a custom resource (they are stored as they come), admission by webhooks,
//! dependents of owner references, and in schemas patterns, formats and rules in CEL. What is left out is refused rather than ignored,
//! where a client could tell the difference.
//!
//! It knows no other crate of this workspace, and so cannot share their mistakes.
//!
//! ```
//! use pawl_apiserver::Server;
//! use serde_json::json;
//!
//! let server = Server::new();
//! let path = "/api/v1/namespaces/default/configmaps";
//! let made = server.create(path, &json!({ "metadata": { "name": "a" }, "data": { "k": "v" } }));
//! assert_eq!(made["metadata"]["resourceVersion"], "5");
//! assert_eq!(server.call("POST", path, &made).status, 500, "an object with a resourceVersion is not new");
//! assert_eq!(server.list(path).len(), 1);
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod access;
pub mod agents;
mod ask;
mod board;
mod body;
mod clock;
mod controllers;
mod decode;
mod definition;
mod faults;
mod follow;
mod gate;
mod json_patch;
mod kind;
mod listen;
mod log;
mod metadata;
mod misfortune;
mod names;
mod reply;
mod schema;
mod selector;
mod serve;
mod server;
mod service;
mod shared;
mod status;
mod store;
mod stream;
mod verbs;

pub use crate::access::Rule;
pub use crate::body::Body;
pub use crate::clock::DAWN;
pub use crate::faults::{Fault, When};
pub use crate::follow::{Changed, Follow};
pub use crate::gate::Gate;
pub use crate::listen::Listening;
pub use crate::log::{Outcome, Seen};
pub use crate::reply::Reply;
pub use crate::server::{Server, Settings, Time, Told};
pub use crate::service::Service;
