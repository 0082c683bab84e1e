//! The table of answers, as a real API server (1.36 with etcd) gives them.
//!
//! Status, reason and effect of these were measured on one: duplicates, stale and missing versions, PUT of missing Leases and ConfigMaps,
//! merge patches, requests that change nothing, times, labels, the size of ConfigMaps, deletes with preconditions and finalizers, watches,
//! status as a subresource. Whatever else stands here, and the sentences, are by its source.
//!
//! Of what was measured this is not in the table:
//! - apply with a stale version (409), and on a missing object (201, it creates, so that it is no compare-and-swap). They are why nothing here
//!   is applied: no Role of ours has the verb `patch`. The server refuses apply (415; 404 where there is nothing), so that nobody relies on it unseen: `left_out.rs`.
//! - a watch from a version that is forgotten (200, then an event that says 410), and an overloaded server (429 in plain text, with
//!   `Retry-After`). A real one cannot be made to do either when a test wants it. That ours does is tested in `watches.rs` and `faults.rs`.

mod deletes;
mod leases;
mod limits;
mod reads;
mod watches;
mod writes;

use crate::table::Row;

pub fn all() -> Vec<Row> {
    [writes::rows(), leases::rows(), limits::rows(), deletes::rows(), reads::rows(), watches::rows()].into_iter().flatten().collect()
}
