//! The witness: from everything that was ever written to Leases, whether two held one at a time.

use pawl_apiserver::Server;
use pawl_core::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

const LEASES: &str = "leases.coordination.k8s.io";
/// Who gave a claim back in place of a holder that was gone.
const FREED_BY: &str = "pawl/freed-by";
/// A claim is good for so long after its last renewal; nobody else may have it before.
const GOOD_FOR: Duration = Duration::from_secs(10);
/// And so long nobody else takes it.
pub const LEASE: Duration = Duration::from_secs(15);

/// All versions of all Leases, by their place in history.
#[derive(Default)]
pub struct Witness(BTreeMap<u64, Value>);

impl Witness {
    /// Everything up to now.
    pub fn of(server: &Server) -> Self {
        let mut witness = Self::default();
        witness.hear(server.past(LEASES));
        witness
    }

    /// Lets the server forget its history, and remembers what it was.
    pub fn compact(&mut self, server: &Server) {
        self.hear(server.compact_knowing(LEASES));
    }

    /// Takes note of versions, some of which may be known.
    pub fn hear(&mut self, versions: Vec<Value>) {
        let place = |lease: &Value| lease["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
        self.0.extend(versions.into_iter().map(|lease| (place(&lease), lease)));
    }

    /// When the last renewal of any claim was written that is still held.
    pub fn last_renewal(server: &Server) -> Option<Timestamp> {
        let mut last = BTreeMap::new();
        for lease in Self::of(server).0.into_values() {
            last.insert(lease["metadata"]["name"].to_string(), lease);
        }
        last.into_values().filter(|lease| !holder(lease).is_empty()).map(|lease| time(&lease, "renewTime")).max()
    }

    /// Answers how often a claim went from one holder to the next, or to nobody, without its holder giving it back: that one had died, or
    /// was cut off.
    pub fn one_at_a_time(mut self, server: &Server) -> usize {
        self.hear(server.past(LEASES));
        let mut last: BTreeMap<String, Value> = BTreeMap::new();
        let (mut taken, mut taken_over) = (0, 0);
        for lease in self.0.into_values() {
            let name = lease["metadata"]["name"].as_str().unwrap().to_owned();
            let before = last.insert(name, lease.clone());
            let Some(before) = before.filter(|before| holder(before) != holder(&lease)) else { continue };
            let is_freed = holder(&lease).is_empty();
            if is_freed && freed_by(&lease).is_empty() {
                continue;
            }
            taken += usize::from(!is_freed);
            if holder(&before).is_empty() {
                continue;
            }
            taken_over += 1;
            let when = time(&lease, if is_freed { "renewTime" } else { "acquireTime" });
            let gone_for = when.duration_since(time(&before, "renewTime"));
            let is_over = gone_for.unsigned_abs() > GOOD_FOR && gone_for.is_positive();
            assert!(is_over, "K7: {} had it {gone_for:?} before {} took it: {lease:#}", holder(&before), holder(&lease));
        }
        assert!(taken > 0, "nothing was claimed twice, so nothing is shown");
        taken_over
    }
}

fn holder(lease: &Value) -> &str {
    lease["spec"]["holderIdentity"].as_str().unwrap_or_default()
}

fn freed_by(lease: &Value) -> &str {
    lease["metadata"]["annotations"][FREED_BY].as_str().unwrap_or_default()
}

fn time(lease: &Value, field: &str) -> Timestamp {
    lease["spec"][field].as_str().unwrap().parse().unwrap()
}
