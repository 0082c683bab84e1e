//! What is left of GitHub's limits and of the write budget, as people and programs are shown it.

use pawl_github::{AccountBudget, Limit};
use serde_json::{Value, json};

/// For `GET /api/v1/state`: one entry per installation of the App, or the one of the token.
#[must_use]
pub fn json(budgets: &[AccountBudget]) -> Value {
    let limit = |limit: Option<Limit>| {
        limit.map(|l| json!({ "remaining": l.remaining, "limit": l.limit, "resets_at": l.resets_at.map(|at| at.to_string()) }))
    };
    let of = |budget: &AccountBudget| {
        json!({
            "installation": budget.installation,
            "owner": budget.owner,
            "rest": limit(budget.limits.rest),
            "graphql": limit(budget.limits.graphql),
            "writes_left": { "at_once": budget.writes.at_once, "minute": budget.writes.minute, "hour": budget.writes.hour },
            "closed_for_seconds": budget.closed_for_seconds,
        })
    };
    budgets.iter().map(of).collect()
}

/// One of them, as [`json`] tells it, in a line.
#[must_use]
pub fn line(budget: &Value) -> String {
    let left = |name: &str| match (&budget[name]["remaining"], &budget[name]["limit"]) {
        (Value::Null, _) => "not yet asked".to_owned(),
        (remaining, Value::Null) => format!("{remaining} left"),
        (remaining, limit) => format!("{remaining} of {limit} left"),
    };
    let writes = &budget["writes_left"];
    let who = match (&budget["owner"], &budget["installation"]) {
        (Value::String(owner), _) => format!(" {}", owner.chars().filter(|c| !c.is_control()).collect::<String>()),
        (_, Value::Null) => String::new(),
        (_, installation) => format!(" installation {installation}"),
    };
    let closed = budget["closed_for_seconds"].as_u64().map_or_else(String::new, |s| format!("; GitHub asks for silence for {s} s"));
    format!(
        "github{who}: rest {}, graphql {}; writes left {} at once, {} this minute, {} this hour{closed}",
        left("rest"),
        left("graphql"),
        writes["at_once"],
        writes["minute"],
        writes["hour"]
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use pawl_github::{Limits, WritesLeft};

    #[test]
    fn g4_the_remaining_budget_reads_as_json_and_as_a_line() {
        let told = Limit { remaining: 4_990, limit: Some(5_000), resets_at: Some("2026-03-01T12:00:00Z".parse().unwrap()) };
        let mut budget = AccountBudget {
            installation: Some(7),
            owner: Some("acme".into()),
            writes: WritesLeft { at_once: 20, minute: 80, hour: 500 },
            limits: Limits { rest: Some(told), graphql: None },
            closed_for_seconds: Some(61),
        };
        let shown = json(&[budget.clone()]);
        assert_eq!(shown[0]["rest"]["resets_at"], "2026-03-01T12:00:00Z");
        assert_eq!(
            line(&shown[0]),
            "github acme: rest 4990 of 5000 left, graphql not yet asked; writes left 20 at once, 80 this minute, 500 this hour; GitHub asks for silence for 61 s"
        );
        (budget.owner, budget.installation, budget.closed_for_seconds) = (None, None, None);
        assert!(line(&json(&[budget])[0]).starts_with("github: rest "), "of a plain token");
    }
}
