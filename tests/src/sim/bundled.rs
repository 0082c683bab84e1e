//! The bundled policy, compiled and loaded as the host does it.

use pawl_core::facts::Facts;
use pawl_core::grant::Grant;
use pawl_core::label::{Family, Label};
use pawl_core::manifest::Value;
use pawl_core::turn::{Member, Verdict};
use pawl_sandbox::{LoadedPolicy, PolicyLimits, Sandbox, SandboxLimits};
use std::sync::LazyLock;

/// The policy and how it is deployed.
#[derive(Debug, Clone)]
pub struct Bundled {
    /// Manifest, digest, grant and settings.
    pub member: Member,
    policy: LoadedPolicy,
}

/// Wall-clock time is no part of the story: a slow machine must not change how it ends.
const PATIENCE_MS: u64 = 60_000;

static BUNDLED: LazyLock<Bundled> = LazyLock::new(|| {
    let sandbox = Sandbox::new(SandboxLimits::default()).expect("this machine can run policies");
    let limits = PolicyLimits { time_ms: PATIENCE_MS, ..PolicyLimits::default() };
    let policy = sandbox.load_within(pawl_artifacts::remediation(), limits).expect("the bundled policy passes every check");
    let manifest = policy.manifest().clone();
    let grant = Grant {
        labels: vec![Family::new("*")],
        stops: manifest.wants.stops.clone(),
        dispatches: Vec::new(),
        comments: true,
        reactions: true,
        notices: true,
    };
    grant.covers(&manifest).expect("the bundled policy wants no more than it is granted here");
    let settings = manifest.settle_settings(&Default::default()).expect("defaults always fit");
    Bundled { member: Member { manifest, digest: policy.digest().to_owned(), grant, settings, is_shadow: false, forgets: false }, policy }
});

/// The bundled policy with its default settings.
#[must_use]
pub fn bundled() -> &'static Bundled {
    &BUNDLED
}

impl Bundled {
    /// The same policy with another number for a setting.
    #[must_use]
    pub fn with_number(&self, name: &str, number: i64) -> Self {
        let mut bundled = self.clone();
        let setting = bundled.member.settings.iter_mut().find(|s| s.name == name).expect("the policy has this setting");
        setting.value = Value::Number(number);
        bundled
    }

    /// Asks it.
    #[must_use]
    pub fn ask(&self, facts: &Facts) -> Verdict {
        match self.policy.decide(facts) {
            Ok(decision) => decision.answer.map_or_else(Verdict::Refusal, Verdict::Plan),
            Err(error) => Verdict::Failed(error.to_string()),
        }
    }

    /// Whether it owns this label.
    #[must_use]
    pub fn owns(&self, label: &Label) -> bool {
        self.member.manifest.owns(label)
    }
}
