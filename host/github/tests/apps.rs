//! Acting as an App: web tokens, installations, their tokens, and who we are.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::*;
use pawl_core::comment::Patterns;
use pawl_core::label::Delta;
use pawl_core::manifest::Needs;
use pawl_core::news::ActorKind;
use pawl_core::subject::Subject;
use pawl_github::{BadSettings, Credentials, GitHub, GitHubError, LimitedBy, Settings, Urgency};
use pawl_world::{Fault, Gate, Outcome, Pull, Reply, Repo, When, World};
use secrecy::SecretString;

const OTHER_KEY: &str = include_str!("at/other_app_key.pem");
const MINTING: &str = "/app/installations/*/access_tokens";

struct Installed {
    world: World,
    github: GitHub,
    shop: Repo,
    pull: Pull,
    installation: u64,
}

async fn installed() -> Installed {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("ada", "apples");
    let installation = world.install_app("acme");
    let github = app(&world);
    Installed { world, github, shop, pull, installation }
}

async fn read(github: &GitHub, subject: &Subject) -> Result<String, GitHubError> {
    let seen = github.observe(subject, Needs::default(), &Patterns::default()).await?;
    Ok(seen.subject.to_string())
}

async fn write(github: &GitHub, pull: &Pull, label: &str) -> Result<(), GitHubError> {
    let delta = Delta { add: labels(&[label]), remove: vec![] };
    github.write_labels(&subject(pull), &pull.node_id(), &delta, Urgency::Normal).await.map(|_| ())
}

/// How many tokens were asked for.
fn minted(world: &World) -> usize {
    world.requests().iter().filter(|seen| seen.path.ends_with("/access_tokens")).count()
}

#[tokio::test]
async fn g5_an_app_reads_and_writes_by_its_installation_with_one_token() {
    let at = installed().await;
    assert_eq!(read(&at.github, &subject(&at.pull)).await.unwrap(), "acme/shop#1");
    write(&at.github, &at.pull, "x").await.unwrap();
    at.github.comment_once(&subject(&at.pull), "m", "Hello", None).await.unwrap();
    assert!(at.github.comment_once(&subject(&at.pull), "m", "Hello", None).await.unwrap().already, "it knows its own comment");
    assert_eq!(at.pull.comments()[0].0, at.world.app_account());
    assert_eq!(at.world.label_changes().last().unwrap().actor, at.world.app_account());
    assert_eq!(minted(&at.world), 1);
    let found = at.world.requests().iter().filter(|seen| seen.path.ends_with("/installation")).count();
    assert_eq!(found, 1, "the installation is remembered");
    let own = &at.github.budgets()[0];
    assert_eq!((own.installation, own.owner.as_deref()), (Some(at.installation), Some("acme")));
}

#[tokio::test]
async fn g5_the_viewer_of_an_app_is_its_bot() {
    let at = installed().await;
    let viewer = at.github.viewer().await.unwrap();
    assert_eq!((viewer.login.as_str(), viewer.kind), (at.world.app_account(), ActorKind::Host));
    write(&at.github, &at.pull, "x").await.unwrap();
    let seen = at.github.observe(&subject(&at.pull), Needs::default(), &Patterns::default()).await.unwrap();
    let by = seen.timeline.last().unwrap().by.clone().unwrap();
    assert!(viewer.is(&by) && seen.viewer.unwrap().is(&by), "own writes are known as own: {by:?}");
}

#[tokio::test]
async fn g5_a_token_is_renewed_five_minutes_before_it_ends() {
    let at = installed().await;
    write(&at.github, &at.pull, "a").await.unwrap();
    at.world.advance(3_299);
    write(&at.github, &at.pull, "b").await.unwrap();
    assert_eq!(minted(&at.world), 1);
    at.world.advance(1);
    write(&at.github, &at.pull, "c").await.unwrap();
    assert_eq!(minted(&at.world), 2);
    assert!(at.world.requests().iter().all(|seen| seen.outcome != Outcome::Answered(401)), "no token was ever too old");
}

#[tokio::test]
async fn g5_many_who_need_a_token_at_once_ask_for_one() {
    let at = installed().await;
    let gate = Gate::closed();
    at.world.fault(When::rest("GET", "/repos/acme/shop/installation"), Fault::HoldBefore(gate.clone()));
    let known = subject(&at.pull);
    let all = at_once((0..10).map(|_| read(&at.github, &known)));
    let (answers, ()) = tokio::join!(all, async {
        gate.reached_by(1).await;
        gate.open();
    });
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(minted(&at.world), 1);
    assert_eq!(at.world.requests().len(), 12, "one installation, one token, ten readings");
}

#[tokio::test]
async fn g5_many_who_need_a_token_share_the_failure_too() {
    let at = installed().await;
    let gate = Gate::closed();
    at.world.fault(When::rest("POST", MINTING), Fault::HoldBefore(gate.clone()));
    at.world.fault(When::rest("POST", MINTING), Fault::AnswerBefore(Reply::bad_gateway()));
    let known = subject(&at.pull);
    let all = at_once((0..10).map(|_| read(&at.github, &known)));
    let (answers, ()) = tokio::join!(all, async {
        gate.reached_by(1).await;
        gate.open();
    });
    assert!(answers.iter().all(|answer| matches!(answer, Err(GitHubError::Unavailable { maybe_applied: false, .. }))), "{answers:?}");
    assert_eq!(minted(&at.world), 1);
    read(&at.github, &known).await.unwrap();
    assert_eq!(minted(&at.world), 2);
}

#[tokio::test]
async fn g5_a_token_that_was_taken_back_is_replaced_once_and_the_call_made_again() {
    let at = installed().await;
    write(&at.github, &at.pull, "a").await.unwrap();
    at.world.revoke_app_tokens();
    write(&at.github, &at.pull, "b").await.unwrap();
    read(&at.github, &subject(&at.pull)).await.unwrap();
    assert_eq!((at.pull.labels(), minted(&at.world)), (vec!["a".to_owned(), "b".to_owned()], 2));

    at.world.forget_requests();
    let refusing = Reply::status(401, "Bad credentials");
    at.world.fault(When::graphql("Facts").always(), Fault::AnswerBefore(refusing));
    let error = read(&at.github, &subject(&at.pull)).await.unwrap_err();
    assert!(matches!(error, GitHubError::Refused { status: 401, .. }), "{error}");
    assert_eq!((at.world.requests().len(), minted(&at.world)), (3, 1), "asked, one new token, asked again, and no more");
}

#[tokio::test]
async fn g5_a_lost_token_answer_does_not_put_the_write_in_doubt() {
    let at = installed().await;
    at.world.fault(When::rest("POST", MINTING), Fault::CutAfter);
    let error = write(&at.github, &at.pull, "x").await.unwrap_err();
    assert!(error.is_transient() && !error.maybe_applied(), "{error}");
    write(&at.github, &at.pull, "x").await.unwrap();
}

#[tokio::test]
async fn g4_limits_of_one_installation_do_not_hold_up_another() {
    let at = installed().await;
    let other = at.world.repository("globex/store").open_pull("bob", "pears");
    let globex = at.world.install_app("globex");
    at.world.set_graphql_left_of(at.installation, 0);
    let error = read(&at.github, &subject(&at.pull)).await.unwrap_err();
    assert!(matches!(error, GitHubError::Busy { limited_by: LimitedBy::GitHub, retry_after_seconds: 3_600, .. }), "{error}");
    read(&at.github, &subject(&other)).await.unwrap();
    let closed: Vec<_> = at.github.budgets().iter().map(|one| (one.installation.unwrap(), one.closed_for_seconds)).collect();
    assert_eq!(closed, [(at.installation, Some(3_600)), (globex, None)]);
    assert_eq!(at.github.limits().graphql.unwrap().remaining, 0, "the least of all");
}

#[tokio::test]
async fn g8_a_repository_that_went_to_another_owner_is_found_by_that_owners_installation() {
    let at = installed().await;
    let known = subject(&at.pull);
    read(&at.github, &known).await.unwrap();
    at.shop.make_private();
    at.shop.rename_by("ada", "globex/store");
    at.world.install_app("globex");
    assert_eq!(read(&at.github, &known).await.unwrap(), "globex/store#1");
    let moved = Subject { repository: repository(&at.shop), ..known };
    assert_eq!(read(&at.github, &moved).await.unwrap(), "globex/store#1");
    let other = at.world.repository("acme/other").open_pull("ada", "plums");
    assert_eq!(read(&at.github, &subject(&other)).await.unwrap(), "acme/other#1", "the old owner's installation is still known");
}

#[tokio::test]
async fn g8_where_the_app_is_not_installed_the_subject_is_gone() {
    let at = installed().await;
    let foreign = at.world.repository("globex/store").open_pull("bob", "pears");
    assert!(matches!(read(&at.github, &subject(&foreign)).await, Err(GitHubError::Gone { .. })));
    read(&at.github, &subject(&at.pull)).await.unwrap();
    at.shop.delete_by("ada");
    assert!(matches!(read(&at.github, &subject(&at.pull)).await, Err(GitHubError::Gone { .. })));
}

#[tokio::test]
async fn g5_an_app_that_was_taken_out_and_put_in_again_is_found_again() {
    let at = installed().await;
    read(&at.github, &subject(&at.pull)).await.unwrap();
    at.world.uninstall_app("acme");
    assert!(matches!(write(&at.github, &at.pull, "x").await, Err(GitHubError::Gone { .. })));
    let again = at.world.install_app("acme");
    assert_ne!(again, at.installation);
    write(&at.github, &at.pull, "x").await.unwrap();
    assert_eq!(at.pull.labels(), ["x"]);
}

#[tokio::test]
async fn g5_a_suspended_app_is_refused_and_a_person_is_told() {
    let at = installed().await;
    at.world.suspend_app("acme");
    let error = read(&at.github, &subject(&at.pull)).await.unwrap_err();
    assert!(matches!(error, GitHubError::Refused { status: 403, .. }) && error.to_string().contains("suspended"), "{error}");
}

#[tokio::test]
async fn g5_a_key_that_is_none_is_refused_at_the_start_and_a_wrong_one_by_github() {
    let at = installed().await;
    let with = |app_id: u64, key: &str| {
        let credentials = Credentials::App { app_id, private_key_pem: SecretString::from(key) };
        GitHub::new(&settings(&at.world, credentials))
    };
    let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let broken = at.world.app_key().replace('A', "B");
    for key in ["", "secret words", public, broken.as_str()] {
        let error = with(at.world.app_id(), key).err();
        assert_eq!(error, Some(BadSettings::Key), "{key}");
    }
    assert_eq!(with(0, at.world.app_key()).err(), Some(BadSettings::Key));
    for (id, key) in [(at.world.app_id(), OTHER_KEY), (at.world.app_id() + 1, at.world.app_key())] {
        let error = with(id, key).unwrap().viewer().await.unwrap_err();
        assert!(matches!(error, GitHubError::Refused { status: 401, .. }), "{error}");
    }
}

#[tokio::test]
async fn g5_web_tokens_are_good_although_the_clocks_differ_a_little() {
    for ahead in [-50, 50] {
        let world = World::start().await;
        let time = world.time();
        let clock = pawl_github::Clock::following(move || pawl_core::Timestamp::from_second(time.now() + ahead).unwrap());
        let github = GitHub::new(&Settings { clock, ..settings(&world, app_credentials(&world)) }).unwrap();
        for _ in 0..5 {
            github.viewer().await.unwrap();
            world.advance(200);
        }
    }
}

#[tokio::test]
async fn g5_nothing_shows_a_key_or_a_token() {
    let at = installed().await;
    read(&at.github, &subject(&at.pull)).await.unwrap();
    let shown = format!("{:?} {:?} {:?}", settings(&at.world, app_credentials(&at.world)), at.github, at.github.budgets());
    at.world.fault(When::any().always(), Fault::AnswerBefore(Reply::status(401, "Bad credentials")));
    let error = at.github.viewer().await.unwrap_err();
    let shown = format!("{shown} {error} {error:?}");
    let line_of_key = at.world.app_key().lines().nth(1).unwrap();
    for secret in [line_of_key, "ghs_", "eyJ", "PRIVATE"] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}

#[tokio::test]
async fn g8_a_repository_that_goes_to_another_owner_while_it_is_looked_for_is_not_gone() {
    let at = installed().await;
    at.shop.make_private();
    at.world.install_app("globex");
    let subject = subject(&at.pull);
    read(&at.github, &subject).await.unwrap();
    at.shop.rename_by("ada", "globex/shop");
    let (shop, again) = (at.shop.clone(), "acme/store");
    // The token is one of globex, and by the time it is used the repository is acme's again.
    at.world.fault(When::rest("GET", "/repositories/*"), Fault::meanwhile(move || shop.rename_by("ada", again)));
    assert_eq!(read(&at.github, &subject).await.unwrap(), "acme/store#1");
    at.shop.delete_by("ada");
    assert!(matches!(read(&at.github, &subject).await, Err(GitHubError::Gone { .. })), "what is gone is gone");
}
