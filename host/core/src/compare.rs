//! Comparing two answers to the same question: what another version of a policy would have done.

use crate::label::Label;
use crate::plan::Plan;
use crate::turn::Verdict;
use serde::Serialize;
use std::collections::BTreeSet;

/// Longest text of one side, in characters.
const SHOWN: usize = 300;

/// Something in which two answers differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What: `answer`, `state`, `labels`, `stops`, `requests`, `held`, `refused`, `keeps`, `revisit` or `memory`.
    pub field: &'static str,
    /// As the one says it.
    pub one: String,
    /// As the other says it.
    pub other: String,
}

/// In what two answers differ, in the order in which a person would ask. The reason is not compared, it is words; memory is only when both
/// write the same version of it.
#[must_use]
pub fn answers(one: &Verdict, other: &Verdict, is_same_memory: bool) -> Vec<Difference> {
    match (one, other) {
        (Verdict::Plan(one), Verdict::Plan(other)) => plans(one, other, is_same_memory),
        (one, other) if one == other => Vec::new(),
        (one, other) => vec![difference("answer", told(one), told(other))],
    }
}

fn plans(one: &Plan, other: &Plan, is_same_memory: bool) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut note = |field, one: String, other: String| {
        if one != other {
            differences.push(difference(field, one, other));
        }
    };
    note("state", one.state.clone(), other.state.clone());
    note("labels", labels(&one.labels), labels(&other.labels));
    let stops = |plan: &Plan| list(plan.stops.iter().map(|stop| format!("{} {} ({})", stop.kind, stop.name, stop.uid)));
    note("stops", stops(one), stops(other));
    let requests = |plan: &Plan| list(plan.requests.iter().map(|request| format!("{} {}", request.ask.word(), request.key)));
    note("requests", requests(one), requests(other));
    note("held", one.held.to_string(), other.held.to_string());
    let refused = |plan: &Plan| list(plan.refused.iter().map(|refused| refused.news_id.clone()));
    note("refused", refused(one), refused(other));
    note("keeps", list(one.keeps.iter().cloned()), list(other.keeps.iter().cloned()));
    let revisit = |plan: &Plan| plan.revisit_after_seconds.map_or_else(|| "never".to_owned(), |seconds| format!("after {seconds} s"));
    note("revisit", revisit(one), revisit(other));
    if is_same_memory {
        note("memory", memory(one), memory(other));
    }
    differences
}

fn difference(field: &'static str, one: String, other: String) -> Difference {
    let shown = |text: String| if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text };
    Difference { field, one: shown(one), other: shown(other) }
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Plan(plan) => format!("the state {} with {}", plan.state, labels(&plan.labels)),
        Verdict::Refusal(refusal) => format!("refused: {}", refusal.reason),
        Verdict::Failed(error) => error.clone(),
    }
}

fn labels(labels: &[Label]) -> String {
    list(labels.iter().map(ToString::to_string))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: BTreeSet<String> = items.collect();
    if items.is_empty() { "none".to_owned() } else { items.into_iter().collect::<Vec<_>>().join(", ") }
}

/// Memory is a policy's own: how much of it there is, and that it is the same, is all that anybody else can say.
fn memory(plan: &Plan) -> String {
    let Some(bytes) = &plan.memory else { return "none".to_owned() };
    let digest = crate::record::id_hash(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    format!("{} bytes, {digest:016x}", bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Refusal;

    fn plan(state: &str, labels: &[&str]) -> Plan {
        Plan {
            labels: labels.iter().map(|label| Label::new(*label)).collect(),
            stops: Vec::new(),
            requests: Vec::new(),
            memory: None,
            state: state.into(),
            reason: state.into(),
            held: false,
            refused: Vec::new(),
            keeps: Vec::new(),
            revisit_after_seconds: None,
        }
    }

    fn fields(one: Plan, other: Plan) -> Vec<&'static str> {
        answers(&Verdict::Plan(one), &Verdict::Plan(other), true).into_iter().map(|difference| difference.field).collect()
    }

    #[test]
    fn h5_answers_that_differ_in_words_or_order_only_are_the_same() {
        let (one, other) = (plan("a", &["x", "y"]), Plan { reason: "in other words".into(), ..plan("a", &["y", "x"]) });
        assert_eq!(fields(one, other), Vec::<&str>::new());
    }

    #[test]
    fn h5_each_difference_is_named_with_both_sides() {
        let other = Plan { held: true, memory: Some(vec![1]), revisit_after_seconds: Some(60), ..plan("b", &["x"]) };
        assert_eq!(fields(plan("a", &[]), other.clone()), ["state", "labels", "held", "revisit", "memory"]);
        let found = answers(&Verdict::Plan(plan("a", &[])), &Verdict::Plan(other), false);
        let labels = found.iter().find(|difference| difference.field == "labels");
        assert_eq!(labels.map(|labels| (labels.one.as_str(), labels.other.as_str())), Some(("none", "x")));
        assert!(found.iter().all(|difference| difference.field != "memory"), "memory of another version is not compared");
    }

    #[test]
    fn h5_a_refusal_and_a_failure_differ_from_a_plan_as_a_whole() {
        let refusal = Verdict::Refusal(Refusal { reason: "two heads".into() });
        let found = answers(&Verdict::Plan(plan("a", &[])), &refusal, true);
        assert_eq!(
            found.iter().map(|difference| (difference.field, difference.other.as_str())).collect::<Vec<_>>(),
            [("answer", "refused: two heads")]
        );
        assert!(answers(&refusal, &refusal, true).is_empty());
    }
}
