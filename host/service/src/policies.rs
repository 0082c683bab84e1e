//! The policies of this deployment, checked against each other. One set of them decides at a time: whoever begins something takes the set
//! that runs then, and keeps it to the end.

use crate::candidate::{Candidate, Examiner, component};
use crate::config::Config;
use anyhow::{Context, bail};
use pawl_core::comment::Patterns;
use pawl_core::facts::Facts;
use pawl_core::label::{Family, LabelSpec};
use pawl_core::record::Record;
use pawl_core::turn::{Deployment, Member, Trouble, Verdict};
use std::path::Path;
use std::sync::Arc;
use tokio::time::Instant;

/// The policies that run. Cheap to clone: what is compiled is shared.
#[derive(Debug, Clone)]
pub struct Policies {
    /// What the core knows of them.
    pub deployment: Arc<Deployment>,
    /// The patterns of all of them, for comments and reviews.
    pub patterns: Patterns,
    /// Since when these run, here.
    pub since: Instant,
    /// In the order of the deployment's members.
    candidates: Vec<Candidate>,
    /// Those that are only asked beside the live one of their name.
    twins: Vec<Candidate>,
}

impl Policies {
    /// Loads every configured policy and checks it. What is compiled for that is kept in the folder `keep`, if there is one, for the next
    /// start.
    ///
    /// # Errors
    /// The first thing that is wrong, with the configuration line that would mend it where there is one.
    pub fn load(config: &Config, keep: Option<&Path>) -> anyhow::Result<Self> {
        Self::examined(config, &Examiner::new(keep)?, |name, source| component(source, name))
    }

    /// The same with an examiner that is there, and with components from elsewhere than their sources: `of` is asked for each policy's,
    /// by its name and source.
    ///
    /// # Errors
    /// As [`Policies::load`].
    pub fn examined(config: &Config, examiner: &Examiner, of: impl Fn(&str, &str) -> anyhow::Result<Vec<u8>>) -> anyhow::Result<Self> {
        let (mut candidates, mut twins) = (Vec::new(), Vec::new());
        for (name, policy) in &config.policy {
            candidates.push(examiner.examine(name, policy, &policy.source, &of(name, &policy.source)?)?);
            if let Some(twin) = &policy.shadow {
                let bytes = component(&twin.source, name).with_context(|| format!("the shadow of policy {name:?}"))?;
                twins.push(examiner.examine_twin(name, policy, twin, &bytes)?);
            }
        }
        Self::together(config, candidates, twins)
    }

    /// Puts candidates together, unless two whose answers are carried out own a label together (H4).
    fn together(config: &Config, candidates: Vec<Candidate>, twins: Vec<Candidate>) -> anyhow::Result<Self> {
        let mut patterns = Patterns::default();
        for (n, one) in candidates.iter().enumerate() {
            candidates[..n].iter().try_for_each(|other| check_apart(&other.member, &one.member))?;
        }
        // A twin is shown what the live one's patterns matched: its own must not change what the live one is shown.
        for one in &candidates {
            patterns.add(&one.member.manifest, &one.member.settings);
        }
        let members = candidates.iter().map(|one| one.member.clone()).collect();
        let holds = config.holds.iter().map(|l| Family::new(l.as_str())).collect();
        let deployment = Arc::new(Deployment { members, holds });
        Ok(Self { deployment, patterns, since: Instant::now(), candidates, twins })
    }

    /// The same policies, this one in the place of that of its name.
    ///
    /// # Errors
    /// When it owns a label together with another (H4).
    pub fn with(&self, config: &Config, candidate: Candidate) -> anyhow::Result<Self> {
        let mut candidates = self.candidates.clone();
        for one in candidates.iter_mut().filter(|one| one.member.manifest.name == candidate.member.manifest.name) {
            *one = candidate.clone();
        }
        Self::together(config, candidates, self.twins.clone())
    }

    /// The same policies, this one as the twin of that of its name.
    #[must_use]
    pub fn with_twin(&self, twin: Candidate) -> Self {
        let mut policies = self.clone();
        policies.twins.retain(|one| one.member.manifest.name != twin.member.manifest.name);
        policies.twins.push(twin);
        policies
    }

    /// Asks a policy.
    ///
    /// # Errors
    /// When this machine is too busy to ask, or there is no such member.
    pub fn decide(&self, member: usize, facts: &Facts) -> Result<Verdict, Trouble> {
        let nobody = || Trouble { message: format!("no policy {member} is loaded"), transient: true, retry_after_seconds: None };
        self.candidates.get(member).ok_or_else(nobody)?.decide(facts)
    }

    /// What runs under this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Candidate> {
        self.candidates.iter().find(|one| one.member.manifest.name == name)
    }

    /// What is asked beside the policy of this name.
    #[must_use]
    pub fn twin(&self, name: &str) -> Option<&Candidate> {
        self.twins.iter().find(|one| one.member.manifest.name == name)
    }

    /// Every label that must exist in a repository before first use.
    #[must_use]
    pub fn labels(&self) -> Vec<LabelSpec> {
        let mut specs: Vec<LabelSpec> = Vec::new();
        for member in self.deployment.enforcing() {
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

    /// Whether each of them has decided last about this record's subject, and not an earlier version of it.
    #[must_use]
    pub fn have_decided(&self, record: &Record) -> bool {
        let is_its = |member: &Member| record.parts.get(&member.manifest.name).is_some_and(|part| part.digest == member.digest);
        self.deployment.members.iter().all(is_its)
    }
}

fn check_apart(one: &Member, other: &Member) -> anyhow::Result<()> {
    if one.is_shadow || other.is_shadow {
        return Ok(());
    }
    for a in &one.manifest.owns {
        if let Some(b) = other.manifest.owns.iter().find(|b| a.family.overlaps(&b.family)) {
            bail!(
                "policies {:?} and {:?} both own the label {}, so they would undo each other; run one of them only, give one another label, \
                 or let one be a shadow by mode = \"shadow\"",
                one.manifest.name,
                other.manifest.name,
                b.family
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use pawl_core::grant::Grant;
    use pawl_core::manifest::Manifest;
    use pawl_sandbox::{Origin, Sandbox, SandboxLimits};

    #[test]
    fn h4_two_policies_that_own_one_label_are_refused_together_unless_one_is_a_shadow() {
        let bundled = pawl_artifacts::POLICIES[0];
        let loaded = Sandbox::new(SandboxLimits::default()).unwrap().load(bundled.component).unwrap();
        let manifest = loaded.manifest().clone();
        let member = |manifest: Manifest, is_shadow| Member {
            manifest,
            digest: loaded.digest().into(),
            grant: Grant::default(),
            settings: Vec::new(),
            is_shadow,
            forgets: false,
        };
        let twin = Manifest { name: "twin".into(), ..manifest.clone() };
        let error = check_apart(&member(manifest.clone(), false), &member(twin.clone(), false)).unwrap_err().to_string();
        assert!(error.contains("\"twin\" both own the label") && error.contains("run one of them only"), "{error}");
        assert!(check_apart(&member(manifest.clone(), false), &member(twin.clone(), true)).is_ok());
        assert!(check_apart(&member(manifest, false), &member(Manifest { owns: Vec::new(), ..twin }, false)).is_ok());
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
            policies.candidates.iter().map(|one| one.component.origin().clone()).collect()
        };
        assert_eq!((origins(), origins()), (vec![Origin::Compiled], vec![Origin::Kept]));
    }
}
