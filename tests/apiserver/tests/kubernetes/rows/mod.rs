//! The table of answers, as a real API server (1.36 with etcd) gives them.
//!
//! Status, reason and effect of these were measured on one: duplicates, stale and missing versions, PUT of missing Leases and ConfigMaps,
//! merge patches, requests that change nothing, times, labels, the size of ConfigMaps, deletes with preconditions and finalizers, watches,
//! status as a subresource. Whatever else stands here, and the sentences, are by its source.

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
