//! Plans and refusals, as a policy answered them.

use crate::contract::plan as wit;
use pawl_core::label::Label;
use pawl_core::plan::{Ask, Plan, Refusal, RefusedNews, Request, Severity, Stop};

/// A plan, with its limits not yet checked. Of two entries with one name in a dispatch's inputs or a notice's fields the
/// later one counts.
pub(crate) fn plan_from(plan: wit::Plan) -> Plan {
    let wit::Plan { labels, stops, requests, memory, state, reason, held, refused, keeps, revisit_after_seconds } = plan;
    Plan {
        labels: labels.into_iter().map(Label::new).collect(),
        stops: stops.into_iter().map(stop).collect(),
        requests: requests.into_iter().map(request).collect(),
        memory,
        state,
        reason,
        held,
        refused: refused.into_iter().map(refused_news).collect(),
        keeps,
        revisit_after_seconds,
    }
}

/// A refusal.
pub(crate) fn refusal_from(refusal: wit::Refusal) -> Refusal {
    let wit::Refusal { reason } = refusal;
    Refusal { reason }
}

fn stop(stop: wit::Stop) -> Stop {
    let wit::Stop { kind, name, uid } = stop;
    Stop { kind, name, uid }
}

fn request(request: wit::Request) -> Request {
    let wit::Request { key, ask: of } = request;
    Request { key, ask: ask(of) }
}

fn ask(ask: wit::Ask) -> Ask {
    match ask {
        wit::Ask::Dispatch(wit::Dispatch { target, inputs }) => Ask::Dispatch { target, inputs: inputs.into_iter().collect() },
        wit::Ask::Comment(body) => Ask::Comment { body },
        wit::Ask::Reaction(wit::ReactionRequest { comment_id, content }) => Ask::Reaction { comment: comment_id, content },
        wit::Ask::Notice(wit::Notice { topic, message, severity: of, fields }) => {
            Ask::Notice { topic, message, severity: severity(of), fields: fields.into_iter().collect() }
        }
    }
}

/// How much a person should care; manifests use it too.
pub(super) fn severity(severity: wit::Severity) -> Severity {
    match severity {
        wit::Severity::Low => Severity::Low,
        wit::Severity::Medium => Severity::Medium,
        wit::Severity::High => Severity::High,
    }
}

fn refused_news(refused: wit::RefusedNews) -> RefusedNews {
    let wit::RefusedNews { news_id, reason } = refused;
    RefusedNews { news_id, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_field_of_a_plan_and_every_kind_of_request_comes_through() {
        let text = str::to_owned;
        let pair = |name: &str, value: &str| (text(name), text(value));
        let asks = vec![
            wit::Ask::Dispatch(wit::Dispatch { target: text("build"), inputs: vec![pair("a", "1"), pair("b", "2"), pair("a", "3")] }),
            wit::Ask::Comment(text("body")),
            wit::Ask::Reaction(wit::ReactionRequest { comment_id: Some(9), content: text("+1") }),
            wit::Ask::Reaction(wit::ReactionRequest { comment_id: None, content: text("eyes") }),
            wit::Ask::Notice(wit::Notice {
                topic: text("t"),
                message: text("m"),
                severity: wit::Severity::Medium,
                fields: vec![pair("task", "7")],
            }),
        ];
        let requests = asks.into_iter().enumerate().map(|(n, ask)| wit::Request { key: format!("key-{n}"), ask }).collect();
        let plan = plan_from(wit::Plan {
            labels: vec![text("one")],
            stops: vec![wit::Stop { kind: text("Kind"), name: text("name"), uid: text("uid") }],
            requests,
            memory: Some(vec![1, 2, 255]),
            state: text("state"),
            reason: text("reason"),
            held: true,
            refused: vec![wit::RefusedNews { news_id: text("news"), reason: text("why") }],
            keeps: vec![text("kept")],
            revisit_after_seconds: Some(60),
        });
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| pair(name, value)).collect::<BTreeMap<_, _>>();
        let asks = [
            Ask::Dispatch { target: text("build"), inputs: map(&[("a", "3"), ("b", "2")]) },
            Ask::Comment { body: text("body") },
            Ask::Reaction { comment: Some(9), content: text("+1") },
            Ask::Reaction { comment: None, content: text("eyes") },
            Ask::Notice { topic: text("t"), message: text("m"), severity: Severity::Medium, fields: map(&[("task", "7")]) },
        ];
        assert_eq!(
            plan,
            Plan {
                labels: vec![Label::new("one")],
                stops: vec![Stop { kind: text("Kind"), name: text("name"), uid: text("uid") }],
                requests: asks.into_iter().enumerate().map(|(n, ask)| Request { key: format!("key-{n}"), ask }).collect(),
                memory: Some(vec![1, 2, 255]),
                state: text("state"),
                reason: text("reason"),
                held: true,
                refused: vec![RefusedNews { news_id: text("news"), reason: text("why") }],
                keeps: vec![text("kept")],
                revisit_after_seconds: Some(60),
            }
        );
        assert_eq!(refusal_from(wit::Refusal { reason: text("no") }), Refusal { reason: text("no") });
    }

    #[test]
    fn severities_keep_their_order() {
        let all = [wit::Severity::Low, wit::Severity::Medium, wit::Severity::High].map(severity);
        assert_eq!(all, [Severity::Low, Severity::Medium, Severity::High]);
    }
}
