//! Telling a person that a policy was parked: it will not be asked again for the subject until something changes, or somebody says so.

use crate::host::Host;
use crate::notify::Notice;
use pawl_core::plan::Severity;
use pawl_core::record::Record;
use std::collections::BTreeMap;

/// Tells of every policy that a commit parked for a reason it was not parked for before. A notice that cannot be sent is logged: the
/// parking shows in the state as well.
pub async fn tell(host: &Host, before: &Record, after: &Record, operation: &str) {
    let fields = BTreeMap::new();
    for (policy, reason) in newly(before, after) {
        let subject = &after.subject;
        let message = format!(
            "policy {policy} is parked on {subject}: {reason}; it is asked again when something changes there, by pawl retry {subject}, or pawl discard {subject} gives up what it has not read"
        );
        let key = format!("{operation}:{policy}");
        let notice = Notice {
            subject,
            from: "pawl",
            operation,
            key: &key,
            topic: "parked",
            message: &message,
            severity: Severity::High,
            fields: &fields,
        };
        if let Err(trouble) = host.notifier.tell(&notice).await {
            tracing::warn!(%subject, operation, "a notice could not be sent: {}", trouble.message);
        }
    }
}

fn newly<'a>(before: &'a Record, after: &'a Record) -> impl Iterator<Item = (&'a str, &'a str)> {
    let reason =
        |record: &'a Record, policy: &str| record.parts.get(policy).and_then(|part| part.parked.as_ref()).map(|p| p.reason.as_str());
    after.parts.keys().filter_map(move |policy| {
        let now = reason(after, policy)?;
        (reason(before, policy) != Some(now)).then_some((policy.as_str(), now))
    })
}
