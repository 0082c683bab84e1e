//! What can go wrong, by what happens next.

use std::time::Duration;

/// Why a call to the API server, or what it was for, did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// Somebody else holds the claim: come again soon.
    #[error("{holder} holds the claim on {subject}; it is tried again")]
    Held {
        /// The subject, as `<repository id>#<number>`.
        subject: String,
        /// Who holds it: pod, process and operation.
        holder: String,
    },
    /// Whether it was carried out is not known, or it was not: back off, read, and try again.
    #[error("the Kubernetes API server is unavailable: {0}; it is tried again")]
    Unavailable(String),
    /// The server asks for patience; nothing was done.
    #[error("the Kubernetes API server is overloaded: {message}; it is tried again after {} s", .retry_after.as_secs())]
    Overloaded {
        /// What it said.
        message: String,
        /// How long it wants to be left alone.
        retry_after: Duration,
    },
    /// What was read has changed since; nothing was done. Read again.
    #[error("somebody else has changed {0} meanwhile; it is read again")]
    Conflict(String),
    /// It will be refused again: a person has to change permissions or configuration.
    #[error("the Kubernetes API server refuses to {verb} {resource}: {message}{}", way_out(*code, verb, resource, message))]
    Refused {
        /// HTTP status.
        code: u16,
        /// Kubernetes' verb: get, create, update, delete, list, watch.
        verb: &'static str,
        /// The resource, with its group: `leases.coordination.k8s.io`.
        resource: String,
        /// What the server said.
        message: String,
    },
    /// There is more than is ever read at once: a person has to clean up.
    #[error("there are too many {resource} in the namespace: {limit}; delete finished ones, or give them a time to live")]
    TooMany {
        /// The resource, with its group.
        resource: String,
        /// The limit that was met.
        limit: String,
    },
}

/// What a person can do: most often the rule that a Role lacks, as one would write it.
fn way_out(code: u16, verb: &str, resource: &str, message: &str) -> String {
    let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
    match code {
        401 => "; its credentials are no longer good: check the kubeconfig or the service account's token".to_owned(),
        403 if message.contains("exceeded quota") => "; raise the namespace's quota, or delete what fills it".to_owned(),
        403 if message.contains("admission webhook") || message.contains("ValidatingAdmissionPolicy") => {
            "; a rule of the cluster denies it: ask who runs the cluster".to_owned()
        }
        403 => format!("; add to its Role: {{apiGroups: [\"{group}\"], resources: [\"{plural}\"], verbs: [\"{verb}\"]}}"),
        404 if group.contains('.') && !group.ends_with(".k8s.io") => {
            format!("; check that the CustomResourceDefinition {resource} is still installed")
        }
        404 => "; check that the namespace exists".to_owned(),
        _ => "; please report this".to_owned(),
    }
}

impl ClusterError {
    /// Whether trying again may help without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::TooMany { .. })
    }

    /// How long to wait before the next try, when somebody said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Overloaded { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}

/// Why there is no connection to a cluster. A person has to change the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotConnected {
    /// Neither a kubeconfig nor a service account.
    #[error("no cluster is to be found: {0}; run inside a pod with a service account, set KUBECONFIG, or name a kubeconfig file")]
    NoCluster(String),
    /// TLS, a certificate, a command for credentials.
    #[error("the connection to the cluster cannot be set up: {0}; check the kubeconfig's certificates and credentials")]
    Client(String),
    /// Times that contradict each other.
    #[error("the pace of claims cannot be kept: {0}")]
    Pace(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k10_a_missing_permission_is_named_with_the_rule_that_grants_it() {
        let refused = ClusterError::Refused {
            code: 403,
            verb: "update",
            resource: "leases.coordination.k8s.io".into(),
            message: "leases is forbidden".into(),
        };
        let text = refused.to_string();
        assert!(text.contains(r#"{apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["update"]}"#), "{text}");
        assert!(!refused.is_transient());
    }

    #[test]
    fn k10_what_is_forbidden_for_another_reason_is_not_mended_by_a_rule() {
        let refused = |message: &str| {
            let (verb, resource, message) = ("create", "configmaps".to_owned(), message.to_owned());
            ClusterError::Refused { code: 403, verb, resource, message }.to_string()
        };
        let quota = refused(r#"configmaps "a" is forbidden: exceeded quota: small, requested: count/configmaps=1, used: 9, limited: 9"#);
        assert!(quota.ends_with("raise the namespace's quota, or delete what fills it"), "{quota}");
        let denied = refused(r#"admission webhook "policy.example.com" denied the request: no"#);
        assert!(denied.ends_with("ask who runs the cluster") && !denied.contains("verbs"), "{denied}");
    }
}
