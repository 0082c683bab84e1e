//! The host's adapter: what it sends is what GitHub describes, in REST and in GraphQL.

use crate::exceptions::Needed;
use crate::rest;
use pawl_core::Timestamp;
use pawl_core::comment::Patterns;
use pawl_core::label::{Delta, Label, LabelSpec};
use pawl_core::manifest::Needs;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_faithful::Descriptions;
use pawl_github::{Clock, Credentials, GitHub, Settings, Urgency, WriteBudget};
use pawl_world::{Exchange, Repo, Verdict, World};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const ALL: Needs = Needs { reviews: true, comments: true, threads: true, reactions: true, checks: true, runs: true, label_history: true };

fn github(world: &World, credentials: impl Into<Credentials>) -> GitHub {
    let time = world.time();
    let settings = Settings {
        api_url: world.url().to_owned(),
        write_budget: WriteBudget { per_second: 1_000, per_minute: 100_000, per_hour: 1_000_000 },
        clock: Clock::following(move || Timestamp::from_second(time.now()).unwrap()),
        ..Settings::new(credentials)
    };
    GitHub::new(&settings).unwrap()
}

fn repository(repo: &Repo) -> Repository {
    Repository { id: repo.id(), owner: repo.owner(), name: repo.name() }
}

fn spec(name: &str, colour: &str, description: &str) -> LabelSpec {
    LabelSpec { name: Label::new(name), colour: colour.into(), description: description.into() }
}

/// Everything that the adapter can ask and do, as a user's token and as an App.
async fn everything() -> Vec<Exchange> {
    let world = World::start().await;
    world.keep_exchanges();
    let shop = world.repository("acme/shop");
    world.install_app("acme");
    let pull = shop.open_pull("ada", "apples");
    let issue = shop.open_issue("ada", "Sell pears", "");
    pull.review("acme-qa[bot]", Verdict::Approved);
    pull.open_thread("bob", "Why?");
    pull.react_by("bob", "eyes");
    pull.check_by("acme-tests", "unit", "failure");
    let comment = pull.comment("bob", "Apples?");
    for n in 0..120 {
        pull.comment("bob", &format!("{n}"));
    }
    let subjects = [(pull.node_id(), pull.number(), SubjectKind::PullRequest), (issue.node_id(), issue.number(), SubjectKind::Issue)];
    let repository = repository(&shop);
    let app = Credentials::App { app_id: world.app_id(), private_key_pem: SecretString::from(world.app_key()) };
    for (round, client) in [github(&world, SecretString::from(world.token())), github(&world, app)].into_iter().enumerate() {
        client.viewer().await.unwrap();
        client.permission(&repository, "ada").await.unwrap();
        client.repository_by_id(shop.id()).await.unwrap();
        client.repository_by_name("acme", "shop").await.unwrap();
        client.pulls_of(&repository, Some("apples"), &pull.head()).await.unwrap();
        client.pulls_of(&repository, None, &pull.head()).await.unwrap();
        client.open_pulls(&repository).await.unwrap();
        client.last_push(&repository, "apples", &pull.head()).await.unwrap();
        let marker = format!("marker-{round}");
        for (node_id, number, kind) in &subjects {
            let subject = Subject { repository: repository.clone(), number: *number, kind: *kind };
            // Unknown labels go by REST, known ones by GraphQL: added, removed, both.
            let (new, other) = (Label::new(format!("new-{round}-{number}")), Label::new("other"));
            for (add, remove) in [(vec![new.clone()], vec![]), (vec![other.clone()], vec![new.clone()])] {
                client.write_labels(&subject, node_id, &Delta { add, remove }, Urgency::Normal).await.unwrap();
            }
            client.repository_labels(&repository).await.unwrap();
            for (add, remove) in [(vec![new.clone()], vec![]), (vec![], vec![new.clone()]), (vec![new.clone()], vec![other.clone()])] {
                client.write_labels(&subject, node_id, &Delta { add, remove }, Urgency::Normal).await.unwrap();
            }
            for needs in [Needs::default(), ALL] {
                client.observe(&subject, needs, &Patterns::default()).await.unwrap();
            }
            for _ in 0..2 {
                client.comment_once(&subject, &marker, "Hello", None).await.unwrap();
                client.react_once(&subject, None, "rocket").await.unwrap();
            }
        }
        let subject = Subject { repository: repository.clone(), number: pull.number(), kind: SubjectKind::PullRequest };
        client.react_once(&subject, Some(comment), "+1").await.unwrap();
        let wanted = [spec(&format!("colourful-{round}"), "0e8a16", "It has a colour"), spec("other", "0e8a16", "Another")];
        let report = client.ensure_labels(&repository, &wanted).await.unwrap();
        for drift in &report.drifted {
            client.repair_label(&repository, drift).await.unwrap();
        }
        if client.is_app() {
            world.hook_to("http://127.0.0.1:1", "secret");
            world.deliver_all().await;
            client.redeliver_failed(Timestamp::from_second(world.now() - 60).unwrap()).await.unwrap();
        }
    }
    world.exchanges()
}

/// Names of the operations in the adapter's source: `query Facts(`, `mutation Move(`.
fn written_operations(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            written_operations(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for word in ["\"query ", "\"mutation "] {
                let after = text.split(word).skip(1);
                found.extend(after.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric()).collect::<String>()));
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs GitHub's published descriptions: cargo xtask descriptions"]
async fn every_request_of_the_adapter_is_one_that_github_describes() {
    let (described, schema) = (Descriptions::usual().rest().unwrap(), Descriptions::usual().graphql().unwrap());
    let exchanges = everything().await;
    let mut wrong = rest::mistakes(&described, &exchanges, &mut Needed::default());
    let mut sent = BTreeSet::new();
    for exchange in exchanges.iter().filter(|exchange| exchange.path == "/graphql") {
        let (request, response) = (exchange.request.as_ref().unwrap(), exchange.response.as_ref().unwrap());
        let query = request["query"].as_str().unwrap();
        let no_variables = Value::Object(serde_json::Map::new());
        wrong.extend(schema.mistakes(query, request.get("variables").unwrap_or(&no_variables)));
        wrong.extend(schema.answer_mistakes(query, &response["data"]));
        sent.extend(query.split_whitespace().nth(1).map(|name| name.chars().take_while(|c| c.is_alphanumeric()).collect::<String>()));
    }
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));
    let mut written = BTreeSet::new();
    written_operations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../host/github/src"), &mut written);
    assert!(written.len() > 2, "the adapter's source holds more operations than {written:?}");
    assert_eq!(written.difference(&sent).collect::<Vec<_>>(), Vec::<&String>::new(), "each is sent once at least");
}
