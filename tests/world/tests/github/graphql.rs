//! GraphQL: reads, and the two mutations that move labels.

use crate::client::Client;
use pawl_world::{Fault, Permission, Settings, Verdict, When, World};
use serde_json::{Value, json};

const MOVE: &str = r"mutation Move($id:ID!,$add:[ID!]!,$rem:[ID!]!){
  add: addLabelsToLabelable(input:{labelableId:$id,labelIds:$add}){ labelable{ labels(first:100){ nodes{ id name } } } }
  rem: removeLabelsFromLabelable(input:{labelableId:$id,labelIds:$rem}){
    labelable{ ... on PullRequest{ id headRefOid state } labels(first:100){ nodes{ id name } } } } }";

const FACTS: &str = r"query Facts($o:String!,$r:String!,$n:Int!){
  rateLimit{cost remaining resetAt}
  repository(owner:$o,name:$r){ id pullRequest(number:$n){
    id number title state merged isDraft headRefName headRefOid updatedAt
    labels(first:100){ totalCount nodes{ id name } }
    reviewThreads(first:100){ pageInfo{hasNextPage endCursor} nodes{ id isResolved isOutdated comments(first:1){ nodes{ author{ __typename login } createdAt } } } }
    eyes: reactions(content:EYES,last:20){ nodes{ createdAt user{ login databaseId } } }
    up: reactions(content:THUMBS_UP,last:20){ nodes{ createdAt user{ login databaseId } } }
    timelineItems(itemTypes:[LABELED_EVENT,UNLABELED_EVENT],last:100){ filteredCount pageInfo{hasPreviousPage startCursor}
      nodes{ __typename ... on LabeledEvent{ id createdAt actor{ __typename login } label{ id name } }
                        ... on UnlabeledEvent{ id createdAt actor{ __typename login } label{ id name } } } } } } }";

fn shop() -> Value {
    json!({ "o": "acme", "r": "shop", "n": 1 })
}

fn names(labels: &Value) -> Vec<&str> {
    labels["nodes"].as_array().unwrap().iter().map(|label| label["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn one_read_serves_all_facts() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    pull.label_by("bob", "pause").unlabel_by("bob", "pause").label_by("rex[bot]", "ready").react_by("alice", "eyes");
    pull.open_thread("acme-qa[bot]", "Why?");
    pull.comment("bob", "no label event");
    let facts = Client::of(&world).graphql(FACTS, shop()).await;
    assert_eq!(facts.get("errors"), None);
    let seen = &facts["data"]["repository"]["pullRequest"];
    assert_eq!((&seen["state"], &seen["headRefOid"], &seen["headRefName"]), (&json!("OPEN"), &json!(pull.head()), &json!("feature-x")));
    assert_eq!(names(&seen["labels"]), ["ready"]);
    assert_eq!(seen["reviewThreads"]["nodes"][0]["comments"]["nodes"][0]["author"], json!({ "__typename": "Bot", "login": "acme-qa" }));
    assert_eq!((seen["eyes"]["nodes"].as_array().unwrap().len(), seen["up"]["nodes"].as_array().unwrap().len()), (1, 0));
    let events = &seen["timelineItems"];
    assert_eq!(events["filteredCount"], 3);
    let kinds: Vec<_> = events["nodes"].as_array().unwrap().iter().map(|event| event["__typename"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["LabeledEvent", "UnlabeledEvent", "LabeledEvent"]);
    assert_eq!(events["nodes"][2]["actor"], json!({ "__typename": "Bot", "login": "rex" }));
}

#[tokio::test]
async fn a_label_counts_the_pull_requests_of_its_repository_that_carry_it() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let carried = ["one", "two", "three"].map(|branch| shop.open_pull("alice", branch));
    for pull in &carried {
        pull.label_by("bob", "pause");
    }
    carried[2].close_by("alice");
    shop.open_pull("alice", "four");
    shop.open_issue("bob", "slow", "It is slow.").label_by("bob", "pause");
    world.repository("acme/depot").open_pull("alice", "one").label_by("bob", "pause");
    let count = async |arguments: &str| {
        let query = format!(
            "{{ repository(owner:\"acme\",name:\"shop\"){{ label(name:\"pause\"){{ pullRequests({arguments}){{ totalCount }} }} }} }}"
        );
        let answer = Client::of(&world).graphql(&query, json!({})).await;
        answer["data"]["repository"]["label"]["pullRequests"]["totalCount"].clone()
    };
    assert_eq!([count("first:1").await, count("first:1,states:OPEN").await], [json!(3), json!(2)]);
}

#[tokio::test]
async fn labels_move_by_two_aliases_in_order_and_the_answer_lists_what_is_there() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.define_label_by("bob", "new", "ededed", "");
    let pull = shop.open_pull("alice", "feature-x");
    pull.label_by("bob", "old").label_by("bob", "theirs");
    let ids = json!({ "id": pull.node_id(), "add": [shop.label_node_id("new")], "rem": [shop.label_node_id("old")] });
    let answer = Client::of(&world).graphql(MOVE, ids.clone()).await;
    assert_eq!(names(&answer["data"]["add"]["labelable"]["labels"]), ["new", "old", "theirs"], "added first, ordered by creation");
    assert_eq!(names(&answer["data"]["rem"]["labelable"]["labels"]), ["new", "theirs"]);
    assert_eq!(answer["data"]["rem"]["labelable"]["headRefOid"], json!(pull.head()));
    let changes = world.label_changes().len();
    let again = Client::of(&world).graphql(MOVE, ids).await;
    assert_eq!(again.get("errors"), None, "removing an absent label does nothing");
    assert_eq!(world.label_changes().len(), changes);
}

#[tokio::test]
async fn a_failing_alias_leaves_the_other_applied_with_data_and_errors_together() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.define_label_by("bob", "new", "ededed", "");
    let pull = shop.open_pull("alice", "feature-x");
    let ids = json!({ "id": pull.node_id(), "add": [shop.label_node_id("new")], "rem": ["LA_gone"] });
    let answer = Client::of(&world).graphql(MOVE, ids).await;
    assert_eq!((&answer["data"]["rem"], &answer["errors"][0]["type"]), (&json!(null), &json!("NOT_FOUND")));
    assert_eq!(answer["errors"][0]["path"], json!(["rem"]));
    assert_eq!(names(&answer["data"]["add"]["labelable"]["labels"]), ["new"]);
    assert_eq!(pull.labels(), ["new"]);
}

#[tokio::test]
async fn a_field_that_github_fails_by_itself_takes_nothing_back() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.define_label_by("bob", "new", "ededed", "");
    let pull = shop.open_pull("alice", "feature-x");
    pull.label_by("bob", "old");
    world.fault(When::graphql("Move"), Fault::FailField("rem".to_owned()));
    let ids = json!({ "id": pull.node_id(), "add": [shop.label_node_id("new")], "rem": [shop.label_node_id("old")] });
    let answer = Client::of(&world).graphql(MOVE, ids).await;
    assert_eq!((&answer["data"]["rem"], &answer["errors"][0]["path"]), (&json!(null), &json!(["rem"])));
    assert_eq!(pull.labels(), ["old", "new"]);
}

#[tokio::test]
async fn a_label_by_name_is_case_sensitive_though_names_are_unique_ignoring_case() {
    let world = World::start().await;
    world.repository("acme/shop").define_label_by("bob", "Ready", "ededed", "");
    let query =
        r#"{ repository(owner: "ACME", name: "Shop") { exact: label(name: "Ready") { name } other: label(name: "ready") { name } } }"#;
    let answer = Client::of(&world).graphql(query, json!({})).await;
    assert_eq!(answer["data"]["repository"], json!({ "exact": { "name": "Ready" }, "other": null }));
}

#[tokio::test]
async fn what_cannot_be_found_is_null_beside_an_error_in_a_200() {
    let world = World::start().await;
    world.repository("acme/shop");
    let client = Client::of(&world);
    let nowhere = client.graphql(FACTS, json!({ "o": "acme", "r": "nowhere", "n": 1 })).await;
    assert_eq!((&nowhere["data"]["repository"], &nowhere["errors"][0]["type"]), (&json!(null), &json!("NOT_FOUND")));
    assert_eq!(nowhere["errors"][0]["path"], json!(["repository"]));
    assert!(nowhere["data"]["rateLimit"].is_object());
    let nothing = client.graphql(FACTS, json!({ "o": "acme", "r": "shop", "n": 7 })).await;
    assert_eq!(nothing["data"]["repository"]["pullRequest"], json!(null));
    assert_eq!(nothing["errors"][0]["path"], json!(["repository", "pullRequest"]));
    assert_eq!(nothing["errors"][0]["message"], "Could not resolve to a PullRequest with the number of 7.");
}

#[tokio::test]
async fn a_renamed_repository_is_followed_unless_told_otherwise() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.rename_by("bob", "acme/store");
    let query = "query Q($f: Boolean!) { repository(owner: \"acme\", name: \"shop\", followRenames: $f) { databaseId nameWithOwner } }";
    let client = Client::of(&world);
    let followed = client.graphql(query, json!({ "f": true })).await;
    assert_eq!(followed["data"]["repository"], json!({ "databaseId": shop.id(), "nameWithOwner": "acme/store" }));
    assert_eq!(client.graphql(query, json!({ "f": false })).await["data"]["repository"], json!(null));
}

#[tokio::test]
async fn connections_are_walked_from_either_end() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    for n in 0..5 {
        pull.label_by("bob", &format!("l{n}"));
    }
    let query = "query Q($first: Int, $last: Int, $after: String, $before: String) { repository(owner: \"acme\", name: \"shop\") { pullRequest(number: 1) {
        labels(first: $first, last: $last, after: $after, before: $before) { totalCount nodes { name } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }";
    let client = Client::of(&world);
    let page = async |variables: Value| client.graphql(query, variables).await["data"]["repository"]["pullRequest"]["labels"].clone();
    let first = page(json!({ "first": 2 })).await;
    assert_eq!((names(&first), &first["totalCount"], &first["pageInfo"]["hasNextPage"]), (vec!["l0", "l1"], &json!(5), &json!(true)));
    assert_eq!(first["edges"][1]["cursor"], first["pageInfo"]["endCursor"]);
    let second = page(json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!((names(&second), &second["pageInfo"]["hasNextPage"]), (vec!["l2", "l3", "l4"], &json!(false)));
    let last = page(json!({ "last": 2, "before": second["pageInfo"]["startCursor"] })).await;
    assert_eq!((names(&last), &last["pageInfo"]["hasPreviousPage"]), (vec!["l0", "l1"], &json!(false)));
}

#[tokio::test]
async fn reviews_checks_and_the_merge_are_read_with_fragments_and_directives() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("alice", "feature-x");
    let old = pull.head();
    pull.review("acme-qa[bot]", Verdict::ChangesRequested);
    let head = pull.push_by("alice");
    pull.check_by("acme-tests", "unit", "action_required");
    shop.start_check_by("acme-tests", "slow", &head);
    let query = "query Q($n: Int!, $more: Boolean = false) { repository(owner: \"acme\", name: \"shop\") { issueOrPullRequest(number: $n) { __typename ...Pull } } }
        fragment Pull on PullRequest { state merged reviews(last: 50) { nodes { ...Review } } body @include(if: $more) title @skip(if: $more)
          commits(last: 1) { nodes { commit { oid checkSuites(first: 10) { nodes { app { slug } checkRuns(first: 50) { nodes { name status conclusion } } } } } } } }
        fragment Review on PullRequestReview { state author { login } commit { oid } }";
    let client = Client::of(&world);
    let seen = client.graphql(query, json!({ "n": 1 })).await["data"]["repository"]["issueOrPullRequest"].clone();
    assert_eq!(seen["__typename"], "PullRequest");
    assert_eq!(
        seen["reviews"]["nodes"][0],
        json!({ "state": "CHANGES_REQUESTED", "author": { "login": "acme-qa" }, "commit": { "oid": old } })
    );
    assert_eq!((seen.get("body"), &seen["title"]), (None, &json!("work on feature-x")));
    let commit = &seen["commits"]["nodes"][0]["commit"];
    assert_eq!(commit["oid"], json!(head));
    let suite = &commit["checkSuites"]["nodes"][0];
    assert_eq!(suite["app"]["slug"], "acme-tests");
    assert_eq!(suite["checkRuns"]["nodes"][0], json!({ "name": "unit", "status": "COMPLETED", "conclusion": "ACTION_REQUIRED" }));
    assert_eq!(suite["checkRuns"]["nodes"][1], json!({ "name": "slow", "status": "IN_PROGRESS", "conclusion": null }));
    pull.merge_by("bob");
    let seen = client.graphql(query, json!({ "n": 1 })).await;
    assert_eq!(seen["data"]["repository"]["issueOrPullRequest"]["state"], "MERGED");
}

#[tokio::test]
async fn of_check_runs_with_one_name_the_latest_is_asked_for() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    pull.check_by("acme-tests", "unit", "failure");
    pull.check_by("acme-tests", "unit", "success");
    let query = "query Q($filter: CheckRunFilter) { repository(owner: \"acme\", name: \"shop\") { pullRequest(number: 1) { commits(last: 1) { nodes {
        commit { checkSuites(last: 1) { nodes { checkRuns(last: 9, filterBy: $filter) { nodes { conclusion } } } } } } } } } }";
    let client = Client::of(&world);
    let runs = async |filter: Value| {
        let answer = client.graphql(query, json!({ "filter": filter })).await;
        let commit = &answer["data"]["repository"]["pullRequest"]["commits"]["nodes"][0]["commit"];
        commit["checkSuites"]["nodes"][0]["checkRuns"]["nodes"].clone()
    };
    assert_eq!(runs(json!({ "checkType": "LATEST" })).await, json!([{ "conclusion": "SUCCESS" }]));
    assert_eq!(runs(json!({ "checkType": "ALL" })).await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn comments_reactions_and_labels_are_made_by_mutation_too() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("alice", "feature-x");
    let mutation = "mutation M($pull: ID!, $repository: ID!) {
        addComment(input: { subjectId: $pull, body: \"hello\" }) { commentEdge { node { databaseId body viewerDidAuthor } } subject { id } }
        addReaction(input: { subjectId: $pull, content: ROCKET }) { reaction { content user { login } } }
        createLabel(input: { repositoryId: $repository, name: \"new\", color: \"ededed\", clientMutationId: \"7\" }) { clientMutationId label { name } } }";
    let answer = Client::of(&world).graphql(mutation, json!({ "pull": pull.node_id(), "repository": shop.node_id() })).await;
    assert_eq!(answer.get("errors"), None);
    let data = &answer["data"];
    assert_eq!(
        (&data["addComment"]["commentEdge"]["node"]["body"], &data["addComment"]["subject"]["id"]),
        (&json!("hello"), &json!(pull.node_id()))
    );
    assert_eq!(data["addReaction"]["reaction"], json!({ "content": "ROCKET", "user": { "login": "pawl-agent" } }));
    assert_eq!(data["createLabel"], json!({ "clientMutationId": "7", "label": { "name": "new" } }));
    assert_eq!(pull.comments(), [("pawl-agent".to_owned(), "hello".to_owned())]);
}

#[tokio::test]
async fn without_permission_a_mutation_is_forbidden_and_does_nothing() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("alice", "feature-x");
    shop.define_label_by("bob", "new", "ededed", "").grant(world.account(), Permission::Read);
    let ids = json!({ "id": pull.node_id(), "add": [shop.label_node_id("new")], "rem": [] });
    let answer = Client::of(&world).graphql(MOVE, ids).await;
    assert_eq!(answer["errors"][0]["type"], "FORBIDDEN");
    assert_eq!(pull.labels(), Vec::<String>::new());
}

#[tokio::test]
async fn bots_lose_their_suffix_except_as_viewer_and_where_a_user_is_promised() {
    let world = World::start_with(Settings { account: "pawl[bot]".to_owned(), ..Settings::default() }).await.unwrap();
    let pull = world.repository("acme/shop").open_pull("pawl[bot]", "feature-x");
    pull.react_by("pawl[bot]", "eyes");
    let query = "{ viewer { __typename login } repository(owner: \"acme\", name: \"shop\") { pullRequest(number: 1) {
        author { __typename login ... on Bot { databaseId } } reactions(first: 1) { nodes { user { __typename login } } } } } }";
    let client = Client::of(&world);
    let answer = client.graphql(query, json!({})).await;
    assert_eq!(answer["data"]["viewer"], json!({ "__typename": "User", "login": "pawl[bot]" }));
    let seen = &answer["data"]["repository"]["pullRequest"];
    assert_eq!(seen["author"], json!({ "__typename": "Bot", "login": "pawl", "databaseId": world.id_of("pawl[bot]") }));
    assert_eq!(seen["reactions"]["nodes"][0]["user"]["login"], "pawl[bot]");
    world.spell_bots_bare_in_reactions(true);
    let answer = client.graphql(query, json!({})).await;
    assert_eq!(answer["data"]["repository"]["pullRequest"]["reactions"]["nodes"][0]["user"]["login"], "pawl");
    assert_eq!(client.get("/repos/acme/shop/pulls/1").await.json["user"]["login"], "pawl[bot]");
}

#[tokio::test]
async fn updated_at_moves_with_our_own_writes() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    world.advance(90);
    pull.label_by(world.account(), "mine");
    let facts = Client::of(&world).graphql(FACTS, shop()).await;
    assert_eq!(facts["data"]["repository"]["pullRequest"]["updatedAt"], "2026-11-20T12:01:30Z");
}
