//! Documents that GitHub would refuse are refused here, with its words.

use crate::client::Client;
use pawl_world::World;
use serde_json::{Value, json};

async fn refused(query: &str, variables: Value) -> Value {
    let world = World::start().await;
    world.repository("acme/shop").open_pull("alice", "feature-x");
    let answer = Client::of(&world).graphql(query, variables).await;
    assert_eq!(answer.get("data"), None, "a document that is wrong anywhere is not executed: {answer}");
    assert!(world.requests().iter().all(|seen| !seen.applied));
    answer["errors"].clone()
}

#[tokio::test]
async fn mistakes_are_told_before_anything_is_executed() {
    for (query, message) in [
        ("{ viewer { nickname } }", "Field 'nickname' doesn't exist on type 'User'"),
        ("{ repository(owner: \"a\", name: \"b\", colour: 1) { id } }", "Field 'repository' doesn't accept argument 'colour'"),
        ("{ repository(owner: \"a\") { id } }", "Field 'repository' is missing required arguments: name"),
        ("{ viewer }", "Field must have selections (field 'viewer' returns User but has no selections. Did you mean 'viewer { ... }'?)"),
        ("{ viewer { login { x } } }", "Selections can't be made on scalars (field 'login' returns String but has selections)"),
        ("query Q($x: Int) { viewer { login } }", "Variable $x is declared by Q but not used"),
        ("query Q { node(id: $x) { id } }", "Variable $x is used by Q but not declared"),
        ("query Q($x: Int!) { node(id: $x) { id } }", "Type mismatch on variable $x and argument id (Int! / ID!)"),
        ("query Q($x: ID) { node(id: $x) { id } }", "Type mismatch on variable $x and argument id (ID / ID!)"),
        ("{ viewer { ...Who } }", "Fragment Who was used, but not defined"),
        ("{ viewer { login } } fragment Who on User { login }", "Fragment Who was defined, but not used"),
        ("{ viewer { ... on Label { name } } }", "Fragment on Label can't be spread inside User"),
        ("{ node(id: \"x\") { ... on Wish { id } } }", "No such type Wish, so it can't be a fragment condition"),
        (
            "mutation { addLabelsToLabelable(input: { labelableId: \"x\" }) { clientMutationId } }",
            "Argument 'labelIds' on InputObject 'AddLabelsToLabelableInput' is required. Expected type [ID!]!",
        ),
        (
            "{ repository(owner: \"a\", name: \"b\") { pullRequest(number: 1) { timelineItems(first: 1, itemTypes: [LABELLED]) { totalCount } } } }",
            "Argument 'itemTypes' on Field 'timelineItems' has an invalid value (LABELLED). Expected type 'PullRequestTimelineItemsItemType'.",
        ),
    ] {
        let errors = refused(query, json!({})).await;
        assert_eq!(errors[0]["message"], message, "{query}");
        assert_eq!(errors.as_array().unwrap().len(), 1, "{query}: {errors}");
    }
}

#[tokio::test]
async fn variables_are_checked_against_their_types() {
    let query = "query Q($n: Int!) { repository(owner: \"acme\", name: \"shop\") { pullRequest(number: $n) { id } } }";
    for bad in [json!({}), json!({ "n": null }), json!({ "n": "1" }), json!({ "n": 3_000_000_000_u64 })] {
        let errors = refused(query, bad).await;
        assert_eq!(errors[0]["message"], "Variable $n of type Int! was provided invalid value");
    }
}

#[tokio::test]
async fn what_is_no_query_is_refused() {
    let errors = refused("query {", json!({})).await;
    assert!(errors[0]["message"].as_str().unwrap().starts_with("Parse error"));
    let world = World::start().await;
    let client = Client::of(&world);
    let empty = client.post("/graphql", json!({ "question": "?" })).await;
    assert_eq!(empty.json["errors"][0]["message"], "A query attribute must be specified and must be a string.");
    assert_eq!(client.get("/graphql").await.status, 404);
}

#[tokio::test]
async fn connections_want_a_bound_of_at_most_a_hundred() {
    let world = World::start().await;
    world.repository("acme/shop");
    let client = Client::of(&world);
    let ask = async |bound: &str| {
        let query = format!("{{ repository(owner: \"acme\", name: \"shop\") {{ labels{bound} {{ totalCount }} }} }}");
        client.graphql(&query, json!({})).await["errors"][0]["type"].clone()
    };
    assert_eq!(ask("").await, "MISSING_PAGINATION_BOUNDARIES");
    assert_eq!(ask("(first: 101)").await, "EXCESSIVE_PAGINATION");
    assert_eq!(ask("(first: 100)").await, json!(null));
    assert_eq!(ask("(first: 1, after: \"nonsense\")").await, "INVALID_CURSOR_ARGUMENTS");
}

#[tokio::test]
async fn selections_of_one_field_in_several_fragments_are_merged() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    pull.label_by("bob", "pause");
    let query = "{ repository(owner: \"acme\", name: \"shop\") { pullRequest(number: 1) { ...A ...B } } }
        fragment A on PullRequest { labels(first: 1) { nodes { name } } } fragment B on PullRequest { labels(first: 1) { nodes { color } totalCount } }";
    let answer = Client::of(&world).graphql(query, json!({})).await;
    let labels = &answer["data"]["repository"]["pullRequest"]["labels"];
    assert_eq!(labels, &json!({ "nodes": [{ "name": "pause", "color": "ededed" }], "totalCount": 1 }));
}
