//! What is wrong with a plan, whatever the policy: the laws that hold for all of them.

use pawl_core::facts::Facts;
use pawl_core::grant::Beyond;
use pawl_core::label::Label;
use pawl_core::plan::Plan;
use pawl_core::turn::{Member, Verdict};
use std::fmt;

/// A kind of violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A plan with a label that the policy does not own or was not granted; the host parks it.
    ForeignLabel,
    /// A plan beyond the contract or beyond what the manifest wants; the host parks the policy.
    Parked,
    /// It refused facts that make sense.
    Refused,
    /// It gave no answer: a trap, or a limit of the sandbox.
    Trap,
    /// A state that its manifest does not know.
    UnknownState,
    /// Two labels that name two of its states are wished at once.
    TwoStatuses,
    /// Asked again without news it answers otherwise.
    DoesNotSettle,
    /// The same news told again changes its answer.
    CountsTwice,
    /// Nothing that was explored leads out of a state which is no end.
    DeadEnd,
    /// What was told badly ends otherwise than what was told well.
    Diverges,
}

impl Fault {
    /// As it stands in messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ForeignLabel => "foreign label",
            Self::Parked => "parked",
            Self::Refused => "refused",
            Self::Trap => "trap",
            Self::UnknownState => "unknown state",
            Self::TwoStatuses => "two statuses",
            Self::DoesNotSettle => "does not settle",
            Self::CountsTwice => "counts twice",
            Self::DeadEnd => "dead end",
            Self::Diverges => "ends otherwise",
        }
    }
}

/// A law that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub fault: Fault,
    /// What was seen, one sentence.
    pub how: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.fault.word(), self.how)
    }
}

pub(super) fn violation(fault: Fault, how: impl Into<String>) -> Violation {
    Violation { fault, how: how.into() }
}

/// What can be seen of one answer. The turn parks on most of it, by the same checks.
pub(super) fn answer(member: &Member, facts: &Facts, verdict: &Verdict) -> Result<(), Violation> {
    let plan = match verdict {
        Verdict::Plan(plan) => plan,
        Verdict::Refusal(refusal) => return Err(violation(Fault::Refused, refusal.reason.clone())),
        Verdict::Failed(error) => return Err(violation(Fault::Trap, error.clone())),
    };
    match member.grant.allows(&member.manifest, plan) {
        Err(beyond @ Beyond::Foreign { .. }) => return Err(violation(Fault::ForeignLabel, beyond.to_string())),
        Err(Beyond::Ungranted(ungranted)) => {
            let want = format!("it wants to {}, which its manifest does not ask for; add it to what the manifest wants", ungranted.what);
            return Err(violation(Fault::Parked, want));
        }
        Ok(()) => {}
    }
    plan.check_limits().map_err(|error| violation(Fault::Parked, format!("it answered beyond the contract: {error}")))?;
    if let Some(unknown) = plan.keeps.iter().find(|id| !facts.news.iter().any(|news| news.id == **id)) {
        return Err(violation(Fault::Parked, format!("it wants to keep the news {unknown:?}, which it was not shown")));
    }
    let is_state = |name: &str| member.manifest.states.iter().any(|state| state.name.eq_ignore_ascii_case(name));
    if !member.manifest.states.iter().any(|state| state.name == plan.state) {
        return Err(violation(Fault::UnknownState, format!("it named {:?}; add it to the manifest with a sentence", plan.state)));
    }
    let statuses: Vec<&str> = plan.labels.iter().map(Label::as_str).filter(|label| is_state(label)).collect();
    match statuses.as_slice() {
        [first, second, ..] => Err(violation(Fault::TwoStatuses, format!("it wishes {first} and {second} at once"))),
        _ => Ok(()),
    }
}

/// What a second plan says otherwise than the first, where nothing happened between. A reason may be told in other words.
pub(super) fn difference(first: &Plan, then: &Plan) -> Option<String> {
    let moved = |what: &str, from: String, to: String| Some(format!("{what} went from {from} to {to}"));
    if sorted(&first.labels) != sorted(&then.labels) {
        return moved("its labels", list(&first.labels), list(&then.labels));
    }
    if first.state != then.state {
        return moved("its state", first.state.clone(), then.state.clone());
    }
    if first.held != then.held {
        return moved("its hold", first.held.to_string(), then.held.to_string());
    }
    if first.memory != then.memory {
        let bytes = |plan: &Plan| plan.memory.as_ref().map_or_else(|| "nothing".to_owned(), |memory| format!("{} bytes", memory.len()));
        let place = first.memory.iter().flatten().zip(then.memory.iter().flatten()).position(|(a, b)| a != b);
        let place = place.map_or_else(String::new, |place| format!(", the first difference at byte {place}"));
        return Some(format!("its memory went from {} to {}{place}", bytes(first), bytes(then)));
    }
    if let Some(stop) = then.stops.iter().find(|stop| !first.stops.contains(stop)) {
        return Some(format!("it wants to stop {} {} too", stop.kind, stop.name));
    }
    let is_new = |key: &str| !first.requests.iter().any(|known| known.key == key);
    then.requests.iter().find(|request| is_new(&request.key)).map(|request| format!("it asks for {} too", request.key))
}

fn sorted(labels: &[Label]) -> Vec<&Label> {
    let mut labels: Vec<&Label> = labels.iter().collect();
    labels.sort();
    labels
}

/// Labels as people read them.
pub(crate) fn list(labels: &[Label]) -> String {
    let names: Vec<&str> = sorted(labels).into_iter().map(Label::as_str).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
