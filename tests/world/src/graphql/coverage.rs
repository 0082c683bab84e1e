//! Every field of every type in the schema is answered: found by walking from `Query` wherever data leads.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::schema::{Named, Schema, base};
use crate::{Verdict, World};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};

/// Types that are reached by mutations only, or that this world never makes.
const ELSEWHERE: [&str; 7] = [
    "Mutation",
    "AddLabelsToLabelablePayload",
    "RemoveLabelsFromLabelablePayload",
    "AddCommentPayload",
    "AddReactionPayload",
    "CreateLabelPayload",
    "StatusContext",
];

/// A field as it is called, with what it needs.
fn call(schema: &Schema, on: &str, field: &str, node_id: &str) -> String {
    let arguments = &schema.field(on, field).unwrap().arguments;
    let value = |name: &str| match name {
        "first" => Some("first: 50".to_owned()),
        "owner" => Some("owner: \"acme\"".to_owned()),
        "name" if on == "Query" => Some("name: \"shop\"".to_owned()),
        "name" => Some("name: \"pause\"".to_owned()),
        "number" => Some(format!("number: {}", if field == "issue" { 2 } else { 1 })),
        "id" => Some(format!("id: \"{node_id}\"")),
        "ids" => Some(format!("ids: [\"{node_id}\"]")),
        _ => None,
    };
    let given: Vec<String> = arguments.keys().filter_map(|name| value(name)).collect();
    if given.is_empty() { field.to_owned() } else { format!("{field}({})", given.join(", ")) }
}

/// Every object at the end of a path of field names, through lists.
fn at<'v>(value: &'v Value, path: &[String]) -> Vec<&'v Value> {
    match (value, path) {
        (Value::Array(items), _) => items.iter().flat_map(|item| at(item, path)).collect(),
        (one, []) => vec![one],
        (one, [key, rest @ ..]) => one.get(key).map(|inner| at(inner, rest)).unwrap_or_default(),
    }
}

async fn story() -> (World, String) {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("alice", "feature-x");
    shop.open_issue("bob", "slow", "It is slow.").label_by("bob", "pause").comment("bob", "Really.");
    pull.label_by("bob", "pause").unlabel_by("bob", "pause").label_by("bob", "pause").react_by("acme-qa[bot]", "eyes");
    let comment = pull.comment("carol", "Looks fine.");
    pull.react_to_comment_by("alice", comment, "+1");
    pull.review("acme-qa[bot]", Verdict::Approved);
    let thread = pull.open_thread("acme-qa[bot]", "Why?");
    pull.resolve_thread_by("alice", &thread);
    pull.check_by("acme-tests", "unit", "success");
    pull.close_by("alice").reopen_by("alice");
    pull.describe_by("alice", "Fixes #2.");
    pull.merge_by("alice");
    shop.check_by("acme-tests", "unit", &shop.head_of("main").unwrap(), "failure");
    let id = pull.node_id();
    (world, id)
}

#[tokio::test]
async fn every_field_of_the_schema_is_answered() {
    let (world, node_id) = story().await;
    let schema = super::schema::schema();
    let mut known: BTreeSet<String> = BTreeSet::from(["Query".to_owned()]);
    let mut queue: VecDeque<(Vec<String>, Vec<String>, String)> = VecDeque::from([(Vec::new(), Vec::new(), "Query".to_owned())]);
    while let Some((calls, keys, on)) = queue.pop_front() {
        let Some(Named::Object { fields, .. }) = schema.named(&on) else { panic!("{on} is no object") };
        let mut selection = "__typename".to_owned();
        for (field, shape) in fields {
            let call = call(schema, &on, field, &node_id);
            let inner = if schema.is_composite(base(&shape.result)) { " { __typename }" } else { "" };
            selection = format!("{selection} {call}{inner}");
        }
        let document = calls.iter().rev().fold(selection, |inner, call| format!("{call} {{ {inner} }}"));
        let request = world.shared.client().post(format!("{}/graphql", world.url())).bearer_auth(world.token());
        let answer: Value =
            request.json(&json!({ "query": format!("query {{ {document} }}") })).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer.get("errors"), None, "asked {on} by {document}");
        for object in at(&answer["data"], &keys) {
            for field in fields.keys() {
                for found in at(object, std::slice::from_ref(field)) {
                    let Some(kind) = found.get("__typename").and_then(Value::as_str) else { continue };
                    if known.insert(kind.to_owned()) {
                        let (mut calls, mut keys) = (calls.clone(), keys.clone());
                        calls.push(call(schema, &on, field, &node_id));
                        calls.push(format!("... on {kind}"));
                        keys.push(field.clone());
                        queue.push_back((calls, keys, kind.to_owned()));
                    }
                }
            }
        }
    }
    let missed: Vec<&str> = schema.objects().filter(|name| !known.contains(*name) && !ELSEWHERE.contains(name)).collect();
    assert_eq!(missed, Vec::<&str>::new(), "the story leads to no object of these types");
}
