//! The Role and the code: one allows exactly what the other uses.

use crate::render::{one, rendered};
use crate::settings::shared;
use pawl_apiserver::{Rule, Server};
use pawl_cluster::{CLAIM_VERBS, Candidate, Claims, Cluster, Identity, Pace, RECORD_VERBS, RUN_VERBS};
use pawl_core::subject::SubjectId;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// Group, plural, verb.
pub type Permission = (String, String, String);

pub fn allowed(role: &Value) -> BTreeSet<Permission> {
    let texts = |list: &Value| list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut allowed = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        assert!(rule.get("resourceNames").is_none(), "names are not known beforehand");
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                for verb in texts(&rule["verbs"]) {
                    let is_new = allowed.insert((group.clone(), resource.clone(), verb.clone()));
                    assert!(is_new, "{verb} {resource} is allowed twice");
                }
            }
        }
    }
    allowed
}

/// What the code's own tables say that it uses with these runs.
pub fn used(runs: &[Candidate]) -> BTreeSet<Permission> {
    let is_looked_for = |group: &str, plural: &str| runs.iter().any(|run| (run.group.as_str(), run.plural.as_str()) == (group, plural));
    let of_runs = RUN_VERBS.iter().filter(|(group, plural, _)| is_looked_for(group, plural));
    assert_eq!(of_runs.clone().count(), runs.len(), "the tables know all runs that are looked for");
    let rules = CLAIM_VERBS.iter().chain(RECORD_VERBS).chain(of_runs);
    let all = rules.flat_map(|(group, of, verbs)| verbs.iter().map(|verb| ((*group).to_owned(), (*of).to_owned(), (*verb).to_owned())));
    all.collect()
}

#[test]
fn k10_the_role_allows_exactly_the_verbs_that_the_code_uses() {
    for folder in ["base", "example"] {
        let objects = rendered(folder);
        assert_eq!(allowed(one(&objects, "Role")), used(&shared(&objects).runs.candidates), "{folder}");
    }
}

/// An apply creates where there is nothing, whatever version it names, and a patch without a version overwrites: neither is a
/// compare-and-swap, and the API server of these tests refuses the first.
#[test]
fn k7_k10_nothing_is_patched_or_applied() {
    let tables = CLAIM_VERBS.iter().chain(RUN_VERBS).chain(RECORD_VERBS);
    assert_eq!(tables.filter(|(_, _, verbs)| verbs.contains(&"patch")).collect::<Vec<_>>(), Vec::<&pawl_cluster::Verbs>::new());
}

#[test]
fn k10_the_role_is_bound_to_the_account_of_the_pod_and_to_nobody_else() {
    for folder in ["base", "example"] {
        let objects = rendered(folder);
        let (binding, account) = (one(&objects, "RoleBinding"), one(&objects, "ServiceAccount"));
        assert_eq!(
            (&binding["roleRef"]["kind"], &binding["roleRef"]["name"]),
            (&"Role".into(), &one(&objects, "Role")["metadata"]["name"])
        );
        let [subject] = binding["subjects"].as_array().unwrap().as_slice() else { panic!("one account") };
        assert_eq!((&subject["kind"], &subject["name"]), (&"ServiceAccount".into(), &account["metadata"]["name"]));
        assert_eq!(subject["namespace"], account["metadata"]["namespace"]);
    }
}

/// An account that may do what the Role says, and a claim that it takes and gives back.
async fn claim(role: &Value) -> Result<(), String> {
    let server = Server::new();
    server.namespace("agents");
    let token = server.account("pawl", Rule::of_role(role));
    let listening = server.listen().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig");
    std::fs::write(&path, listening.kubeconfig(&token, "agents")).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cluster = Cluster::connect(Some(&path), None).await.map_err(|error| error.to_string())?;
    let identity = Identity { pod: "pod-a".into(), boot: "boot".into() };
    let claims = Claims::new(&cluster, identity, Pace::default()).map_err(|error| error.to_string())?;
    let subject = SubjectId { repository: 4711, number: 12 };
    let claim = claims.take(subject, "op-1", Duration::from_secs(1)).await.map_err(|error| error.to_string())?;
    claim.release().await;
    claims.sweep().await.map_err(|error| error.to_string())?;
    Ok(())
}

#[tokio::test]
async fn k10_the_role_is_enough_for_claims_and_without_one_of_its_verbs_they_say_what_is_missing() {
    let objects = rendered("base");
    let role = one(&objects, "Role");
    claim(role).await.unwrap();
    for verb in ["get", "create"] {
        let mut role = role.clone();
        role["rules"][0]["verbs"].as_array_mut().unwrap().retain(|one| one != verb);
        let error = claim(&role).await.unwrap_err();
        assert!(error.contains("leases") && error.contains(verb), "{error}");
    }
}
