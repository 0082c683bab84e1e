//! Replicas that share records at one API server.
#![allow(dead_code, reason = "each test file uses its part")]

use super::{NAMESPACE, server};
use pawl_apiserver::Server;
use pawl_cluster::{Cluster, Records};
use pawl_core::Timestamp;
use pawl_core::news::{Event, News};
use pawl_core::record::{Commit, Part, Record};
use pawl_core::store::Append;
use pawl_core::subject::{Repository, Subject, SubjectId, SubjectKind};

/// Where the ConfigMaps are, as a path.
pub const MAPS: &str = "/api/v1/namespaces/agents/configmaps";

/// One replica's view, by an account that may do everything.
pub fn replica(server: &Server) -> Records {
    of(server, server.admin_token())
}

/// One replica's view, by the account of this token.
pub fn of(server: &Server, token: &str) -> Records {
    Records::new(&Cluster::of(kube::Client::new(server.service_of(token), NAMESPACE), NAMESPACE))
}

/// A server and one replica that already knows the repository's name, so that only the record is still to be written.
pub async fn at_home() -> (Server, Records) {
    let server = server();
    let records = replica(&server);
    records.confirm_name(&subject(1).repository).await.unwrap();
    server.forget_requests();
    (server, records)
}

pub fn subject(number: u32) -> Subject {
    let repository = Repository { id: 7, owner: "acme".into(), name: "shop".into() };
    Subject { repository, number, kind: SubjectKind::PullRequest }
}

pub fn id(number: u32) -> SubjectId {
    subject(number).id()
}

pub fn append(number: u32, id: &str) -> Append {
    let at = Timestamp::from_second(1_790_000_000).unwrap();
    let news = News { id: id.into(), at, arrived: at, actor: None, event: Event::Opened };
    Append { subject: subject(number), delivery: format!("delivery of {id}"), news: vec![news] }
}

/// A commit by which a policy has read everything that `record` holds.
pub fn commit(record: &Record, operation: &str) -> Commit {
    let mut commit = record.unchanged(operation, Timestamp::from_second(1_790_000_002).unwrap());
    commit.parts.insert("p".into(), Part { cursor: record.next_seq - 1, digest: "d".into(), ..Part::default() });
    commit
}

/// The verbs of all requests since they were forgotten last.
pub fn verbs(server: &Server) -> Vec<&'static str> {
    server.requests().iter().map(|seen| seen.verb).collect()
}
