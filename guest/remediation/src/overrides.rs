//! Overrides: labels with which people restrain automation (requirement A4).

use crate::ledger::Ledger;
use pawl_sdk::facts::{Facts, LabelChange};
use pawl_sdk::label;
use pawl_sdk::manifest::HeededLabel;
use pawl_sdk::plan::{Plan, Severity};

/// One override.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Override {
    /// Its label, which is also its type.
    pub label: &'static str,
    /// How much it restrains.
    pub severity: Severity,
    /// What it does, for machines.
    pub action: &'static str,
    /// What it does, for people.
    pub message: &'static str,
    /// The label's colour.
    pub colour: &'static str,
}

/// All overrides, highest severity first.
pub const OVERRIDES: [Override; 3] = [
    Override {
        label: "skip-automation",
        severity: Severity::High,
        action: "halt_all_automation",
        message: "All automation disabled by skip-automation label",
        colour: "000000",
    },
    Override {
        label: "manual-review-required",
        severity: Severity::Medium,
        action: "pause_until_review",
        message: "Manual review required before automation continues",
        colour: "e99695",
    },
    Override {
        label: PAUSE,
        severity: Severity::Low,
        action: "pause_remediation_only",
        message: "Remediation temporarily paused",
        colour: "c5def5",
    },
];

/// The override that only pauses remediation; the others hold everything.
pub const PAUSE: &str = "pause-remediation";

impl Override {
    /// Whether it holds everything, and not only remediation.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.label != PAUSE
    }

    /// The word for its severity.
    #[must_use]
    pub fn severity_word(&self) -> &'static str {
        match self.severity {
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
        }
    }

    /// As the manifest names it.
    pub(crate) fn heeded(&self) -> HeededLabel {
        HeededLabel {
            name: self.label.into(),
            interrupts: true,
            severity: self.severity,
            action: self.action.into(),
            message: self.message.into(),
            colour: self.colour.into(),
            create: true,
        }
    }
}

/// The overrides on a subject: the answer to "is this held, and by what?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideStatus {
    /// Whether there is any.
    pub has_override: bool,
    /// The most severe one's type.
    pub override_type: Option<&'static str>,
    /// The most severe one's message.
    pub message: Option<&'static str>,
    /// All of them, highest severity first.
    pub overrides: Vec<Override>,
}

/// Reads the overrides from a subject's labels.
#[must_use]
pub fn override_status(labels: &[String]) -> OverrideStatus {
    let present = |o: &Override| labels.iter().any(|name| label::same(name, o.label));
    let overrides: Vec<Override> = OVERRIDES.into_iter().filter(present).collect();
    OverrideStatus {
        has_override: !overrides.is_empty(),
        override_type: overrides.first().map(|first| first.label),
        message: overrides.first().map(|first| first.message),
        overrides,
    }
}

impl OverrideStatus {
    /// Whether everything is held.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.overrides.iter().any(Override::holds)
    }

    /// As JSON: `{hasOverride, overrideType, message, overrides[{type, severity, message, action}]}`. Every text in it is
    /// one of this file's constants, none of which needs an escape.
    #[must_use]
    pub fn to_json(&self) -> String {
        let text = |text: Option<&str>| text.map_or_else(|| "null".to_owned(), |text| format!("\"{text}\""));
        let one = |o: &Override| {
            let (kind, severity) = (o.label, o.severity_word());
            format!(r#"{{"type":"{kind}","severity":"{severity}","message":"{}","action":"{}"}}"#, o.message, o.action)
        };
        let all: Vec<String> = self.overrides.iter().map(one).collect();
        let (kind, message) = (text(self.override_type), text(self.message));
        format!(r#"{{"hasOverride":{},"overrideType":{kind},"message":{message},"overrides":[{}]}}"#, self.has_override, all.join(","))
    }
}

/// An override that people have been told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appearance {
    /// When its label was set, or first seen where nobody says.
    pub since: i64,
}

/// The overrides that appeared since the last decision. Each is told once; one that was taken away and set again is told
/// again, also when both happened between two decisions.
pub(crate) fn appeared(ledger: &mut Ledger, facts: &Facts) -> Vec<(Override, Appearance)> {
    let mut appeared = Vec::new();
    for (seen, one) in ledger.appearances.iter_mut().zip(OVERRIDES) {
        if !facts.has_label(one.label) {
            *seen = None;
            continue;
        }
        let of_it = |name: &str, change: LabelChange| change == LabelChange::Added && label::same(name, one.label);
        let events = facts.label_history.iter().chain(&facts.edits);
        let newest = events.filter(|event| of_it(&event.label, event.change)).map(|event| event.at).max();
        if seen.is_none_or(|seen| newest.is_some_and(|at| at > seen.since)) {
            let appearance = Appearance { since: newest.unwrap_or(facts.now) };
            *seen = Some(appearance);
            appeared.push((one, appearance));
        }
    }
    appeared
}

/// The notice of an override.
pub(crate) fn tell(plan: Plan, one: &Override, appearance: Appearance, subject: &str, task: &str) -> Plan {
    let fields =
        [("subject", subject), ("task", task), ("overrideType", one.label), ("message", one.message), ("severity", one.severity_word())];
    plan.telling(format!("override:{}:{}", one.label, appearance.since), "override", one.severity, one.message, &fields)
}
