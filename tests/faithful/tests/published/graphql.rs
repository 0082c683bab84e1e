//! GraphQL: the world's schema is a part of GitHub's, and its answers are what GitHub's schema promises.

use crate::client::Client;
use pawl_faithful::{Descriptions, GraphQl};
use pawl_world::{Verdict, World};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};

const SDL: &str = include_str!("../../../world/src/graphql/schema.graphql");

/// Types that are reached by mutations only, or that the world never makes.
const ELSEWHERE: [&str; 7] = [
    "Mutation",
    "AddLabelsToLabelablePayload",
    "RemoveLabelsFromLabelablePayload",
    "AddCommentPayload",
    "AddReactionPayload",
    "CreateLabelPayload",
    "StatusContext",
];

async fn story() -> (World, String) {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("ada", "apples");
    shop.open_issue("bob", "Sell pears", "Soon.").label_by("bob", "pause").comment("bob", "Really.");
    pull.label_by("bob", "pause")
        .unlabel_by("bob", "pause")
        .label_by("bob", "pause")
        .react_by("acme-qa[bot]", "eyes")
        .react_by("bob", "+1");
    let comment = pull.comment("carol", "Looks fine.");
    pull.react_to_comment_by("ada", comment, "+1");
    for verdict in [Verdict::Approved, Verdict::ChangesRequested, Verdict::Commented] {
        pull.review("acme-qa[bot]", verdict);
    }
    let dismissed = pull.review("bob", Verdict::Approved);
    pull.dismiss_review_by("ada", dismissed);
    let thread = pull.open_thread("acme-qa[bot]", "Why?");
    pull.resolve_thread_by("ada", &thread);
    for conclusion in ["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"] {
        pull.check_by("acme-tests", conclusion, conclusion);
    }
    shop.start_check_by("acme-tests", "slow", &pull.head());
    pull.close_by("ada").reopen_by("ada");
    pull.describe_by("ada", "Fixes #2.");
    pull.merge_by("ada");
    shop.open_draft("ada", "draft");
    shop.check_by("acme-tests", "unit", &shop.head_of("main").unwrap(), "failure");
    let id = pull.node_id();
    (world, id)
}

/// A field as it is called, with what it needs.
fn call(on: &str, field: &str, arguments: &[String], node_id: &str) -> String {
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
    let given: Vec<String> = arguments.iter().filter_map(|name| value(name)).collect();
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

#[test]
#[ignore = "needs GitHub's published descriptions: cargo xtask descriptions"]
fn the_worlds_schema_is_a_part_of_githubs() {
    let whole = Descriptions::usual().graphql().unwrap();
    let wrong = whole.subset_mistakes(&GraphQl::new(SDL).unwrap());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
#[ignore = "needs GitHub's published descriptions: cargo xtask descriptions"]
async fn every_field_is_answered_as_githubs_schema_promises() {
    let whole = Descriptions::usual().graphql().unwrap();
    let part = GraphQl::new(SDL).unwrap();
    let (world, node_id) = story().await;
    let client = Client::of(&world);
    let mut known = BTreeSet::from(["Query".to_owned()]);
    let mut queue = VecDeque::from([(Vec::<String>::new(), Vec::<String>::new(), "Query".to_owned())]);
    let mut wrong = BTreeSet::new();
    while let Some((calls, keys, on)) = queue.pop_front() {
        let fields = part.fields(&on);
        let mut selection = "__typename".to_owned();
        for (field, arguments, result) in &fields {
            let inner = if part.is_composite(result) { " { __typename }" } else { "" };
            selection = format!("{selection} {}{inner}", call(&on, field, arguments, &node_id));
        }
        let inner = calls.iter().rev().fold(selection, |inner, call| format!("{call} {{ {inner} }}"));
        let document = format!("query {{ {inner} }}");
        let answer = client.graphql(&document, json!({})).await;
        assert_eq!(answer.get("errors"), None, "asked {on} by {document}");
        wrong.extend(whole.mistakes(&document, &json!({})));
        wrong.extend(whole.answer_mistakes(&document, &answer["data"]));
        for object in at(&answer["data"], &keys) {
            for (field, arguments, _) in &fields {
                for found in at(object, std::slice::from_ref(field)) {
                    let Some(kind) = found.get("__typename").and_then(Value::as_str) else { continue };
                    if known.insert(kind.to_owned()) {
                        let (mut calls, mut keys) = (calls.clone(), keys.clone());
                        calls.extend([call(&on, field, arguments, &node_id), format!("... on {kind}")]);
                        keys.push(field.clone());
                        queue.push_back((calls, keys, kind.to_owned()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    let missed: Vec<String> =
        part.objects().into_iter().filter(|name| !known.contains(name) && !ELSEWHERE.contains(&name.as_str())).collect();
    assert_eq!(missed, Vec::<String>::new(), "the story leads to no object of these types");
}

#[tokio::test]
#[ignore = "needs GitHub's published descriptions: cargo xtask descriptions"]
async fn every_mutation_is_answered_as_githubs_schema_promises() {
    let whole = Descriptions::usual().graphql().unwrap();
    let part = GraphQl::new(SDL).unwrap();
    let (world, subject) = story().await;
    let shop = world.repository("acme/shop");
    let (label, repository) = (shop.label_node_id("pause").unwrap(), shop.node_id());
    let labelable =
        "clientMutationId labelable { __typename labels(first: 9) { totalCount nodes { id name } } ... on PullRequest { id state } }";
    let client = Client::of(&world);
    let mut wrong = Vec::new();
    let mut reached = Vec::new();
    for (field, input, selection) in [
        ("addLabelsToLabelable", json!({ "labelableId": subject, "labelIds": [label] }), labelable),
        ("removeLabelsFromLabelable", json!({ "labelableId": subject, "labelIds": [label] }), labelable),
        (
            "addComment",
            json!({ "subjectId": subject, "body": "Hello" }),
            "commentEdge { cursor node { id fullDatabaseId body } } subject { id }",
        ),
        ("addReaction", json!({ "subjectId": subject, "content": "EYES" }), "reaction { id databaseId content createdAt user { login } }"),
        (
            "createLabel",
            json!({ "repositoryId": repository, "name": "new", "color": "ededed" }),
            "label { id name color description isDefault url }",
        ),
    ] {
        let kind = format!("{}Input!", field[..1].to_uppercase() + &field[1..]);
        let document = format!("mutation($input: {kind}) {{ {field}(input: $input) {{ {selection} }} }}");
        let variables = json!({ "input": input });
        let answer = client.graphql(&document, variables.clone()).await;
        assert_eq!(answer.get("errors"), None, "asked by {document}");
        wrong.extend(whole.mistakes(&document, &variables));
        wrong.extend(whole.answer_mistakes(&document, &answer["data"]));
        reached.push(field.to_owned());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(reached, part.fields("Mutation").into_iter().map(|(field, _, _)| field).collect::<Vec<_>>(), "every mutation is tried");
}
