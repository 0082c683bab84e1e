//! Who this policy is.

use crate::overrides::OVERRIDES;
use crate::settings::name;
use crate::state::State;
use crate::{memory, runs};
use pawl_sdk::facts::Value;
use pawl_sdk::manifest::{HeededLabel, Manifest, Needs, OwnedLabel, Wakes};
use pawl_sdk::plan::Severity;

/// The state of a held subject.
pub const MANUAL_OVERRIDE: &str = "manual-override";
/// The state of a merged subject.
pub const MERGED: &str = "merged";
/// The state of a closed subject.
pub const CLOSED: &str = "closed";
/// The state of a subject that was cleaned up because nobody had touched it for long.
pub const DORMANT: &str = "dormant";

fn texts(texts: &[&str]) -> Value {
    Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// The manifest.
pub fn manifest() -> Manifest {
    let mut manifest =
        Manifest::named("remediation", env!("CARGO_PKG_VERSION"), "Leads a pull request through rounds of QA and remediation.")
            .owning("needs-remediation", "d93f0b", "QA found issues")
            .owning("remediation-in-progress", "fbca04", "Fixes are being made")
            .owning("ready-for-qa", "0e8a16", "Waiting for QA")
            .owning("approved", "0e8a16", "Final success")
            .owning("failed-remediation", "b60205", "Iteration limit reached")
            .needing(Needs::REVIEWS | Needs::COMMENTS | Needs::CHECKS | Needs::RUNS | Needs::LABEL_HISTORY)
            .waking_on(
                Wakes::LIFECYCLE
                    | Wakes::PUSHES
                    | Wakes::LABELS
                    | Wakes::REVIEWS
                    | Wakes::COMMENTS
                    | Wakes::COMMANDS
                    | Wakes::CHECKS
                    | Wakes::RUNS
                    | Wakes::SIGNALS,
            );
    manifest.owns.push(OwnedLabel {
        name: "iteration-{n}".into(),
        create_up_to: 10,
        create_up_to_setting: Some(name::LIMIT.into()),
        colour: "5319e7".into(),
        description: "Current remediation cycle".into(),
    });
    manifest.heeds.push(HeededLabel {
        name: "task-{n}".into(),
        interrupts: false,
        severity: Severity::Low,
        action: String::new(),
        message: "Task association".into(),
        colour: "1d76db".into(),
        create: false,
    });
    manifest.heeds.extend(OVERRIDES.iter().map(crate::overrides::Override::heeded));
    manifest.wants.stops.push(runs::KIND.into());
    manifest.wants.notices = true;
    manifest.memory_version = memory::VERSION;
    manifest.reads_memory = vec![memory::VERSION];
    manifest.commands = vec!["reset".into(), "remediate".into()];
    states(settings(manifest))
}

fn settings(manifest: Manifest) -> Manifest {
    manifest
        .with_setting(name::LIMIT, Value::Number(10), "Most remediation cycles; the feedback that would begin one more fails.")
        .with_setting(name::IMPLEMENTATION_AGENTS, texts(&["5DLabs-Rex", "rex-5dlabs"]), "Logins or ids of implementation agents.")
        .with_setting(name::QUALITY_AGENTS, texts(&["5DLabs-Cleo", "cleo-5dlabs"]), "Logins or ids of quality agents.")
        .with_setting(name::QA_AGENTS, texts(&["5DLabs-Tess", "tess-5dlabs"]), "Logins or ids of QA agents.")
        .with_setting(name::QA_CHECKS, texts(&["5DLabs-Tess", "tess-5dlabs"]), "Slugs of the Apps whose failed checks are QA feedback.")
        .with_setting(name::STOP_AGENTS, texts(&["cleo", "tess"]), "Agents whose runs a push by an implementation agent stops.")
        .with_setting(name::IMPLEMENTATION_RUNS, texts(&["rex"]), "Agents whose runs are remediation; they are never stopped.")
        .with_setting(name::QUALITY_RUNS, texts(&["cleo"]), "Agents whose runs are quality checks.")
        .with_pattern(name::FEEDBACK_MARKER, "(?i)required changes", "What makes a QA agent's comment feedback.")
        .with_setting(
            name::QA_GATE,
            Value::Text("none".into()),
            "With cleo, quality completed and not remediation completed makes it ready for QA; else none.",
        )
        .with_setting(name::QUALITY_SIGNALS, texts(&["quality_completed", "cleo_quality_completed"]), "Signals that say quality completed.")
        .with_setting(
            name::FAILURE_GUARD,
            Value::Text("iteration >= limit".into()),
            "When the signal max_iterations_reached counts: iteration, one of >= <= > < ==, and limit or a number.",
        )
        .with_setting(
            name::ABANDONED_DAYS,
            Value::Number(30),
            "Days without push, review, comment or label by others after which a cleanup takes the working labels off; 0 for never.",
        )
}

fn states(manifest: Manifest) -> Manifest {
    manifest
        .knowing(State::Initial.name(), "No round of QA has ended yet.", false)
        .knowing(State::Needs.name(), "QA found issues; an implementation agent should take them up.", false)
        .knowing(State::InProgress.name(), "An implementation agent is fixing what QA found.", false)
        .knowing(State::Ready.name(), "The fixes are made; QA should look again.", false)
        .knowing(State::Approved.name(), "QA approved this head.", false)
        .knowing(State::Failed.name(), "The iteration limit is reached; a person must decide.", false)
        .knowing(MANUAL_OVERRIDE, "A person holds all automation by a label; nothing moves until it is removed.", false)
        .knowing(MERGED, "It is merged; working labels are cleaned up.", true)
        .knowing(CLOSED, "It is closed without a merge; working labels are cleaned up.", true)
        .knowing(DORMANT, "Nobody touched it for long; working labels are cleaned up until somebody does.", true)
}
