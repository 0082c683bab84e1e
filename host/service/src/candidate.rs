//! A candidate: a policy that passed every check but those against its neighbours and against what is remembered.

use crate::config::{Mode, PolicyConfig, TwinConfig};
use anyhow::{Context, anyhow, bail};
use pawl_core::Timestamp;
use pawl_core::facts::{Facts, Head, Setting};
use pawl_core::grant::Grant;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_core::turn::{Member, Trouble, Verdict};
use pawl_sandbox::{DecideError, Decision, LoadError, LoadedPolicy, Origin, PolicyLimits, Sandbox, SandboxLimits};
use pawl_workbench::{embed, suite};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest that one decision may take, in milliseconds: some thousand times what one takes. Fuel bounds what a policy does; this bounds
/// what fuel does not count, and a machine that is too busy.
const DECISION_MS: u64 = 100;
/// Largest component file, in bytes.
const COMPONENT_BYTES: u64 = 8 * 1024 * 1024;
/// What stands for the component that this binary carries.
pub const BUILTIN: &str = "builtin";

/// A policy that could be asked. Cheap to clone: what is compiled is shared.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What the core knows of it.
    pub member: Member,
    /// The policy itself.
    pub component: LoadedPolicy,
}

/// Examines components.
#[derive(Clone)]
pub struct Examiner {
    sandbox: Sandbox,
}

impl std::fmt::Debug for Examiner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Examiner")
    }
}

impl Examiner {
    /// Prepares the sandbox. What is compiled is kept in the folder `keep`, if there is one, for the next start.
    ///
    /// # Errors
    /// When this machine cannot run it.
    pub fn new(keep: Option<&Path>) -> anyhow::Result<Self> {
        let sandbox = Sandbox::new(SandboxLimits::default()).context("cannot set up the sandbox")?;
        let sandbox = match keep {
            Some(folder) => sandbox.keeping_compiled_in(folder),
            None => sandbox,
        };
        Ok(Self { sandbox })
    }

    /// Examines a policy: the contract (H1), its name, its grant (H3), its settings. `source` is what errors call it.
    ///
    /// # Errors
    /// The first thing that is wrong, with the configuration line that would mend it where there is one.
    pub fn examine(&self, name: &str, policy: &PolicyConfig, source: &str, bytes: &[u8]) -> anyhow::Result<Candidate> {
        let component = self.load(name, source, bytes)?;
        let manifest = component.manifest().clone();
        let grant = policy.grant(&manifest);
        grant.covers(&manifest)?;
        let settings = manifest.settle_settings(&policy.settings)?;
        probe(&component, &settings).with_context(|| format!("policy {name:?} does not work with its settings"))?;
        let (is_shadow, forgets) = (policy.mode == Mode::Shadow, policy.forget_memory);
        let member = Member { manifest, digest: component.digest().to_owned(), grant, settings, is_shadow, forgets };
        Ok(Candidate { member, component })
    }

    /// Examines a policy that is only asked beside the live one of its name. Nothing of it is carried out, so it needs no grant.
    ///
    /// # Errors
    /// As [`Examiner::examine`].
    pub fn examine_twin(&self, name: &str, policy: &PolicyConfig, twin: &TwinConfig, bytes: &[u8]) -> anyhow::Result<Candidate> {
        let component = self.load(name, &twin.source, bytes)?;
        let manifest = component.manifest().clone();
        let settings = manifest.settle_settings(twin.settings.as_ref().unwrap_or(&policy.settings))?;
        probe(&component, &settings).with_context(|| format!("the shadow of policy {name:?} does not work with its settings"))?;
        let grant = Grant::of(&manifest);
        let member = Member { manifest, digest: component.digest().to_owned(), grant, settings, is_shadow: true, forgets: false };
        Ok(Candidate { member, component })
    }

    fn load(&self, name: &str, source: &str, bytes: &[u8]) -> anyhow::Result<LoadedPolicy> {
        let limits = PolicyLimits { time_ms: DECISION_MS, ..PolicyLimits::default() };
        let component = self.sandbox.load_within(bytes, limits).with_context(|| format!("policy {name:?} ({source}) cannot be loaded"))?;
        match component.origin() {
            Origin::NotKept(why) => tracing::warn!(policy = name, "{why}; until then every start compiles it"),
            origin => tracing::debug!(policy = name, ?origin, "loaded"),
        }
        let called = &component.manifest().name;
        if called != name {
            bail!("the table [policy.{name}] loads {source}, which calls itself {called:?}; name the table [policy.{called}]");
        }
        Ok(component)
    }
}

impl Candidate {
    /// Asks it. What fails by the policy's own doing is its verdict and parks it; what passes by itself is asked again once, and then is
    /// trouble of this machine.
    ///
    /// # Errors
    /// When this machine is too busy to ask.
    pub fn decide(&self, facts: &Facts) -> Result<Verdict, Trouble> {
        let policy = &self.component;
        let answer = policy.decide(facts).or_else(|error| if error.is_passing() { policy.decide(facts) } else { Err(error) });
        match answer {
            Ok(Decision { answer: Ok(plan), .. }) => Ok(Verdict::Plan(plan)),
            Ok(Decision { answer: Err(refusal), .. }) => Ok(Verdict::Refusal(refusal)),
            Err(DecideError::Busy { .. }) => {
                Err(Trouble { message: "too many decisions at once".into(), transient: true, retry_after_seconds: None })
            }
            Err(error) => Ok(Verdict::Failed(error.to_string())),
        }
    }
}

/// Fixtures were not told to their end, and the policy may not be to blame.
#[derive(Debug, thiserror::Error)]
#[error("the fixtures that it carries could not be told to their end: {0}")]
struct NotTold(String);

/// Whether examining the same component again later may end otherwise: this machine was too busy.
#[must_use]
pub fn may_pass_later(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let asked = cause.downcast_ref::<DecideError>();
        let asked = asked.or_else(|| cause.downcast_ref::<LoadError>().and_then(LoadError::asked));
        asked.is_some_and(DecideError::is_passing) || cause.is::<NotTold>()
    })
}

impl Candidate {
    /// Runs the fixtures that the component carries.
    ///
    /// # Errors
    /// The first that it does not pass, or that they cannot be read or take too long.
    pub fn passes_own_fixtures(&self, component: &[u8], patience: Duration) -> anyhow::Result<()> {
        let fixtures = embed::fixtures(component).context("the fixtures that it carries cannot be read")?;
        let report = suite::run(&self.component, &fixtures, patience);
        let failures = || report.fixtures.iter().filter_map(|told| Some((told, told.failure.as_ref()?)));
        let Some(first) = failures().find(|(_, failure)| !failure.may_pass).or_else(|| failures().next()) else { return Ok(()) };
        if first.1.may_pass {
            return Err(NotTold(first.1.broken.clone().unwrap_or_default()).into());
        }
        bail!(
            "it does not pass {} of the {} fixtures that it carries; the first: {}",
            report.failed(),
            report.fixtures.len(),
            suite::failure_text(first.0, first.1, "").trim()
        )
    }
}

/// A policy that refuses a plain open pull request would refuse everything: it says now what is wrong with its settings, not at
/// the first delivery.
fn probe(policy: &LoadedPolicy, settings: &[Setting]) -> anyhow::Result<()> {
    let repository = Repository { id: 1, owner: "probe".into(), name: "probe".into() };
    let subject = Subject { repository, number: 1, kind: SubjectKind::PullRequest };
    let now = Timestamp::UNIX_EPOCH;
    let head = Head { branch: "probe".into(), commit: "0".repeat(40), pushed_by: None, pushed_at: Some(now) };
    let plain = Facts::plain(subject, "A plain pull request", now);
    let facts = Facts { head: Some(head), settings: settings.to_vec(), ..plain };
    match policy.decide(&facts)?.answer {
        Ok(_) => Ok(()),
        Err(refusal) => bail!("{}", refusal.reason),
    }
}

/// The file that a source names, if it names one: a folder has one for each policy.
#[must_use]
pub fn file(source: &str, name: &str) -> Option<PathBuf> {
    if source == BUILTIN {
        return None;
    }
    let path = PathBuf::from(source);
    Some(if path.is_dir() { path.join(name).with_extension("wasm") } else { path })
}

/// The bytes of a component: bundled, or from a file.
///
/// # Errors
/// When there is no such policy or file, or it is too large.
pub fn component(source: &str, name: &str) -> anyhow::Result<Vec<u8>> {
    let Some(path) = file(source, name) else {
        let known: Vec<&str> = pawl_artifacts::POLICIES.iter().map(|p| p.name).collect();
        let bundled = pawl_artifacts::policy(name).with_context(|| {
            format!(
                "no policy {name:?} is bundled; bundled are: {}. For one of your own set source = \"path/to/policy.wasm\"",
                known.join(", ")
            )
        })?;
        return Ok(bundled.to_vec());
    };
    at(&path).map_err(|error| anyhow!("{error:#}; source is `{BUILTIN}`, a file, or a folder with {name}.wasm in it"))
}

/// The bytes of the component in this file.
///
/// # Errors
/// When there is no such file, or it is too large.
pub fn at(path: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = path.display();
    let unreadable = || format!("cannot read the component {shown}");
    let size = std::fs::metadata(path).with_context(unreadable)?.len();
    if size > COMPONENT_BYTES {
        bail!("the component {shown} has {size} bytes, the limit is {COMPONENT_BYTES}; build it with --release and strip it");
    }
    std::fs::read(path).with_context(unreadable)
}
