//! The table of answers, as a real API server (1.36 with etcd) gives them.

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
