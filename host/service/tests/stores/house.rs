//! Where a store lives, and what a person with bad intentions can do there.

use pawl_apiserver::{Server, Settings, Time};
use pawl_cluster::Records;
use pawl_core::subject::SubjectId;
use pawl_service::store::Store;
use redb::{Database, ReadableDatabase, TableDefinition};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const RECORDS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("records");
const MAPS: &str = "/api/v1/namespaces/agents/configmaps";

/// Where a store lives.
pub trait House: Send {
    /// One more handle on it; in a cluster, one more replica.
    fn store(&mut self) -> Arc<dyn Store>;

    /// The stored form of a record. All handles must have been dropped.
    fn stored(&mut self, id: SubjectId) -> Option<String>;

    /// Writes something else in its place. All handles must have been dropped.
    fn spoil(&mut self, id: SubjectId, content: &str);

    /// Lets as much time pass as it takes until every handle has seen what the others did.
    fn settle(&self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// A local file.
pub struct File {
    folder: tempfile::TempDir,
    open: Option<pawl_store::Store>,
}

impl File {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), open: None }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("pawl.redb")
    }

    /// The file without pawl: it closes its own handle, and opens it again when it is asked for one.
    fn database(&mut self) -> Database {
        self.open = None;
        Database::open(self.path()).unwrap()
    }
}

impl House for File {
    fn store(&mut self) -> Arc<dyn Store> {
        let path = self.path();
        Arc::new(self.open.get_or_insert_with(|| pawl_store::Store::open(&path).unwrap()).clone())
    }

    fn stored(&mut self, id: SubjectId) -> Option<String> {
        let tx = self.database().begin_read().unwrap();
        let table = tx.open_table(RECORDS).unwrap();
        let bytes = table.get((id.repository, id.number)).unwrap();
        bytes.map(|bytes| String::from_utf8(bytes.value().to_vec()).unwrap())
    }

    fn spoil(&mut self, id: SubjectId, content: &str) {
        let tx = self.database().begin_write().unwrap();
        tx.open_table(RECORDS).unwrap().insert((id.repository, id.number), content.as_bytes()).unwrap();
        tx.commit().unwrap();
    }

    fn settle(&self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// An API server. Every request and every answer is on its way for a while.
pub struct Cluster {
    pub server: Server,
}

impl Cluster {
    pub fn new() -> Self {
        let server = Server::with(&Settings { time: Time::Simulated, ..Settings::default() });
        server.namespace("agents");
        server.slow(Duration::from_millis(1)..=Duration::from_millis(6), 7);
        Self { server }
    }

    fn map(&self, id: SubjectId) -> Option<Value> {
        let is_it = |map: &Value| {
            let metadata = &map["metadata"];
            metadata["annotations"]["pawl/about"] == json!(id.to_string()) && metadata["labels"]["app.kubernetes.io/component"] == "record"
        };
        self.server.list(MAPS).into_iter().find(is_it)
    }
}

impl House for Cluster {
    fn store(&mut self) -> Arc<dyn Store> {
        let client = kube::Client::new(self.server.service(), "agents");
        Arc::new(Records::new(&pawl_cluster::Cluster::of(client, "agents")))
    }

    fn stored(&mut self, id: SubjectId) -> Option<String> {
        Some(self.map(id)?["data"]["content"].as_str().unwrap().to_owned())
    }

    fn spoil(&mut self, id: SubjectId, content: &str) {
        let mut map = self.map(id).unwrap();
        map["data"]["content"] = content.into();
        let path = format!("{MAPS}/{}", map["metadata"]["name"].as_str().unwrap());
        assert_eq!(self.server.call("PUT", &path, &map).status, 200);
    }

    fn settle(&self) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        // The clock is paused: this costs nothing.
        Box::pin(tokio::time::sleep(Duration::from_secs(10)))
    }
}
