//! The policies of this deployment: loaded, granted, checked against each other.

use crate::config::Config;
use anyhow::{Context, bail};
use pawl_core::Timestamp;
use pawl_core::comment::Patterns;
use pawl_core::facts::{Facts, Head, Setting, SubjectState};
use pawl_core::label::{Family, LabelSpec};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_core::turn::Trouble;
use pawl_core::turn::{Deployment, Member, Verdict};
use pawl_sandbox::{DecideError, Decision, LoadedPolicy, Origin, PolicyLimits, Sandbox, SandboxLimits};
use std::path::Path;
use std::sync::Arc;

/// Longest that one decision may take, in milliseconds. Fuel bounds what a policy does; this bounds a machine that is too busy to let
/// it, so it is generous.
const DECISION_MS: u64 = 1_000;
/// Largest component file, in bytes.
const COMPONENT_BYTES: u64 = 8 * 1024 * 1024;

/// The policies that run. Cheap to clone: what is compiled is shared.
#[derive(Debug, Clone)]
pub struct Policies {
    /// What the core knows of them.
    pub deployment: Arc<Deployment>,
    /// The patterns of all of them, for comments and reviews.
    pub patterns: Patterns,
    loaded: Vec<LoadedPolicy>,
}

impl Policies {
    /// Loads every configured policy and checks it: the contract (H1), its name, its grant (H3), its settings, and that no two
    /// own a label together (H4). What is compiled for that is kept in the folder `keep`, if there is one, for the next start.
    ///
    /// # Errors
    /// The first thing that is wrong, with the configuration line that would mend it where there is one.
    pub fn load(config: &Config, keep: Option<&Path>) -> anyhow::Result<Self> {
        let sandbox = Sandbox::new(SandboxLimits::default()).context("cannot set up the sandbox")?;
        let sandbox = match keep {
            Some(folder) => sandbox.keeping_compiled_in(folder),
            None => sandbox,
        };
        let mut members: Vec<Member> = Vec::new();
        let mut loaded = Vec::new();
        let mut patterns = Patterns::default();
        for (name, policy) in &config.policy {
            let bytes = component(&policy.source, name)?;
            let component = sandbox
                .load_within(&bytes, PolicyLimits { time_ms: DECISION_MS, ..PolicyLimits::default() })
                .with_context(|| format!("policy {name:?} ({}) cannot be loaded", policy.source))?;
            match component.origin() {
                Origin::NotKept(why) => tracing::warn!(policy = name, "{why}; until then every start compiles it"),
                origin => tracing::debug!(policy = name, ?origin, "loaded"),
            }
            let manifest = component.manifest().clone();
            if manifest.name != *name {
                bail!(
                    "the table [policy.{name}] loads {}, which calls itself {:?}; name the table [policy.{}]",
                    policy.source,
                    manifest.name,
                    manifest.name
                );
            }
            let grant = policy.grant();
            grant.covers(&manifest)?;
            let settings = manifest.settle_settings(&policy.settings)?;
            probe(&component, &settings).with_context(|| format!("policy {name:?} does not work with its settings"))?;
            patterns.add(&manifest, &settings);
            for other in &members {
                check_apart(other, &manifest)?;
            }
            members.push(Member { manifest, digest: component.digest().to_owned(), grant, settings });
            loaded.push(component);
        }
        let holds = config.holds.iter().map(|l| Family::new(l.as_str())).collect();
        Ok(Self { deployment: Arc::new(Deployment { members, holds }), patterns, loaded })
    }

    /// Asks a policy. What fails by the policy's own doing is its verdict and parks it; what passes by itself is asked again once,
    /// and then is trouble of this machine.
    ///
    /// # Errors
    /// When this machine is too busy to ask.
    pub fn decide(&self, member: usize, facts: &Facts) -> Result<Verdict, Trouble> {
        let trouble = |message: String| Trouble { message, transient: true, retry_after_seconds: None };
        let policy = self.loaded.get(member).ok_or_else(|| trouble(format!("no policy {member} is loaded")))?;
        let answer = policy.decide(facts).or_else(|error| if error.is_passing() { policy.decide(facts) } else { Err(error) });
        match answer {
            Ok(Decision { answer: Ok(plan), .. }) => Ok(Verdict::Plan(plan)),
            Ok(Decision { answer: Err(refusal), .. }) => Ok(Verdict::Refusal(refusal)),
            Err(DecideError::Busy { .. }) => Err(trouble("too many decisions at once".into())),
            Err(error) => Ok(Verdict::Failed(error.to_string())),
        }
    }

    /// Every label that must exist in a repository before first use.
    #[must_use]
    pub fn labels(&self) -> Vec<LabelSpec> {
        let mut specs: Vec<LabelSpec> = Vec::new();
        for member in &self.deployment.members {
            for spec in member.manifest.labels_to_create(&member.settings) {
                if !specs.iter().any(|s| s.name == spec.name) {
                    specs.push(spec);
                }
            }
        }
        specs
    }

    /// The names of the policies that run.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.deployment.members.iter().map(|m| m.manifest.name.as_str()).collect()
    }
}

/// A policy that refuses a plain open pull request would refuse everything: it says now what is wrong with its settings, not at
/// the first delivery.
fn probe(policy: &LoadedPolicy, settings: &[Setting]) -> anyhow::Result<()> {
    let facts = Facts {
        subject: Subject {
            repository: Repository { id: 1, owner: "probe".into(), name: "probe".into() },
            number: 1,
            kind: SubjectKind::PullRequest,
        },
        now: Timestamp::UNIX_EPOCH,
        title: "A plain pull request".into(),
        state: SubjectState::Open,
        head: Some(Head { branch: "probe".into(), commit: "0".repeat(40), pushed_by: None, pushed_at: Some(Timestamp::UNIX_EPOCH) }),
        labels: Vec::new(),
        edits: Vec::new(),
        reviews: Vec::new(),
        comments: Vec::new(),
        threads: Vec::new(),
        reactions: Vec::new(),
        checks: Vec::new(),
        runs: Vec::new(),
        shared_labels: Vec::new(),
        label_history: Vec::new(),
        settings: settings.to_vec(),
        memory: None,
        news: Vec::new(),
    };
    match policy.decide(&facts)?.answer {
        Ok(_) => Ok(()),
        Err(refusal) => bail!("{}", refusal.reason),
    }
}

fn check_apart(one: &Member, other: &pawl_core::manifest::Manifest) -> anyhow::Result<()> {
    for a in &one.manifest.owns {
        if let Some(b) = other.owns.iter().find(|b| a.family.overlaps(&b.family)) {
            bail!(
                "policies {:?} and {:?} both own the label {}, so they would undo each other; run one of them only, or give one another label",
                one.manifest.name,
                other.name,
                b.family
            );
        }
    }
    Ok(())
}

/// The bytes of a component: bundled, or from a file.
///
/// # Errors
/// When there is no such policy or file, or it is too large.
pub fn component(source: &str, name: &str) -> anyhow::Result<Vec<u8>> {
    if source == "builtin" {
        let known: Vec<&str> = pawl_artifacts::POLICIES.iter().map(|p| p.name).collect();
        let bundled = pawl_artifacts::policy(name).with_context(|| {
            format!(
                "no policy {name:?} is bundled; bundled are: {}. For one of your own set source = \"path/to/policy.wasm\"",
                known.join(", ")
            )
        })?;
        return Ok(bundled.to_vec());
    }
    let path = Path::new(source);
    let size = std::fs::metadata(path).with_context(|| format!("cannot read the component {source}; source is `builtin` or a file"))?.len();
    if size > COMPONENT_BYTES {
        bail!("the component {source} has {size} bytes, the limit is {COMPONENT_BYTES}; build it with --release and strip it");
    }
    std::fs::read(path).with_context(|| format!("cannot read the component {source}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use pawl_core::grant::Grant;
    use pawl_core::manifest::Manifest;

    #[test]
    fn h4_two_policies_that_own_one_label_are_refused_together() {
        let bundled = pawl_artifacts::POLICIES[0];
        let loaded = Sandbox::new(SandboxLimits::default()).unwrap().load(bundled.component).unwrap();
        let manifest = loaded.manifest().clone();
        let member = Member { manifest: manifest.clone(), digest: loaded.digest().into(), grant: Grant::default(), settings: Vec::new() };
        let mut twin = Manifest { name: "twin".into(), ..manifest };
        let error = check_apart(&member, &twin).unwrap_err().to_string();
        assert!(error.contains("\"twin\" both own the label") && error.contains("run one of them only"), "{error}");
        twin.owns.clear();
        assert!(check_apart(&member, &twin).is_ok());
    }
    #[test]
    fn what_was_compiled_for_one_start_is_there_for_the_next() {
        let config = Config::parse(
            "[policy.remediation]\nlabels = [\"*\"]\ncomments = true\nnotices = true\nstops = [\"CodeRun\"]\n",
            Path::new("pawl.toml"),
        );
        let (config, data) = (config.unwrap(), tempfile::tempdir().unwrap());
        let origins = || -> Vec<Origin> {
            let policies = Policies::load(&config, Some(&data.path().join("compiled"))).unwrap();
            policies.loaded.iter().map(|policy| policy.origin().clone()).collect()
        };
        assert_eq!((origins(), origins()), (vec![Origin::Compiled], vec![Origin::Kept]));
    }
}
