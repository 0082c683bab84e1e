//! The policy's settings, read once per decision.

use crate::guard::Guard;
use pawl_sdk::facts::{Actor, Facts, Run};
use pawl_sdk::plan::Refusal;

/// Names and defaults, in the manifest's order.
pub mod name {
    pub const LIMIT: &str = "limit";
    pub const IMPLEMENTATION_AGENTS: &str = "implementation-agents";
    pub const QUALITY_AGENTS: &str = "quality-agents";
    pub const QA_AGENTS: &str = "qa-agents";
    pub const QA_CHECKS: &str = "qa-checks";
    pub const STOP_AGENTS: &str = "stop-agents";
    pub const IMPLEMENTATION_RUNS: &str = "implementation-runs";
    pub const QUALITY_RUNS: &str = "quality-runs";
    pub const FEEDBACK_MARKER: &str = "feedback-marker";
    pub const QA_GATE: &str = "qa-gate";
    pub const QUALITY_SIGNALS: &str = "quality-completed-signals";
    pub const FAILURE_GUARD: &str = "failure-guard";
    pub const ABANDONED_DAYS: &str = "abandoned-after-days";
}

/// The settings of one decision.
pub struct Settings<'a> {
    /// Most cycles; the feedback that would start one more fails.
    pub limit: u32,
    /// When `max_iterations_reached` counts.
    pub failure_guard: Guard,
    /// After so many days without a touch it counts as abandoned; never without.
    pub abandoned_after_days: Option<u32>,
    /// Whether quality completion, and not remediation completion, makes it ready for QA.
    pub gated: bool,
    /// Signals that say quality completed.
    pub quality_signals: &'a [String],
    implementation: &'a [String],
    quality: &'a [String],
    qa: &'a [String],
    qa_checks: &'a [String],
    stop_agents: &'a [String],
    implementation_runs: &'a [String],
    quality_runs: &'a [String],
}

impl<'a> Settings<'a> {
    /// From the facts.
    ///
    /// # Errors
    /// A refusal that says which setting is wrong and what it may be.
    pub fn of(facts: &'a Facts) -> Result<Self, Refusal> {
        let limit = facts.number(name::LIMIT)?;
        let limit = u32::try_from(limit).ok().filter(|limit| (1..=999_999_999).contains(limit));
        let limit =
            limit.ok_or_else(|| Refusal::because("setting limit must be 1 to 999999999; correct it in the policy's configuration"))?;
        let gated = match facts.text(name::QA_GATE)? {
            "none" => false,
            "cleo" => true,
            _ => return Err(Refusal::because("setting qa-gate must be none or cleo; correct it in the policy's configuration")),
        };
        let days = facts.number(name::ABANDONED_DAYS)?;
        let days = u32::try_from(days).ok().filter(|days| *days <= 36_500);
        let days = days
            .ok_or_else(|| Refusal::because("setting abandoned-after-days must be 0 to 36500; correct it in the policy's configuration"))?;
        Ok(Self {
            limit,
            abandoned_after_days: (days > 0).then_some(days),
            failure_guard: Guard::parse(facts.text(name::FAILURE_GUARD)?, limit).map_err(|e| Refusal::because(e.to_string()))?,
            gated,
            quality_signals: facts.texts(name::QUALITY_SIGNALS)?,
            implementation: facts.texts(name::IMPLEMENTATION_AGENTS)?,
            quality: facts.texts(name::QUALITY_AGENTS)?,
            qa: facts.texts(name::QA_AGENTS)?,
            qa_checks: facts.texts(name::QA_CHECKS)?,
            stop_agents: facts.texts(name::STOP_AGENTS)?,
            implementation_runs: facts.texts(name::IMPLEMENTATION_RUNS)?,
            quality_runs: facts.texts(name::QUALITY_RUNS)?,
        })
    }

    /// Whether an account is an implementation agent.
    pub fn implements(&self, actor: Option<&Actor>) -> bool {
        actor.is_some_and(|actor| actor.is_one_of(self.implementation))
    }

    /// Whether an account is a quality agent.
    pub fn checks_quality(&self, actor: Option<&Actor>) -> bool {
        actor.is_some_and(|actor| actor.is_one_of(self.quality))
    }

    /// Whether an account is a QA agent.
    pub fn is_qa(&self, actor: Option<&Actor>) -> bool {
        actor.is_some_and(|actor| actor.is_one_of(self.qa))
    }

    /// Whether check runs of an App are QA feedback.
    pub fn is_qa_app(&self, slug: &str) -> bool {
        pawl_sdk::who::is_listed(slug, self.qa_checks)
    }

    /// Whether a run is an implementation agent's.
    pub fn is_implementation_run(&self, run: &Run) -> bool {
        runs(run, self.implementation_runs)
    }

    /// Whether a run is a quality agent's.
    pub fn is_quality_run(&self, run: &Run) -> bool {
        runs(run, self.quality_runs)
    }

    /// Whether a run is one that a push supersedes. An implementation agent's run never is, whatever is configured.
    pub fn may_stop(&self, run: &Run) -> bool {
        runs(run, self.stop_agents) && !self.is_implementation_run(run)
    }
}

fn runs(run: &Run, agents: &[String]) -> bool {
    run.agent.as_ref().is_some_and(|agent| agents.iter().any(|name| name.eq_ignore_ascii_case(agent)))
}
