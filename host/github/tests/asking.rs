//! Comments and reactions, pull requests of a push, accounts and permissions.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::*;
use pawl_core::Timestamp;
use pawl_core::news::{ActorKind, Permission as May};
use pawl_core::subject::SubjectId;
use pawl_github::{GitHubError, marker_line};
use pawl_world::{Fault, Permission, Reply, When};

#[tokio::test]
async fn a_comment_is_written_once_although_its_reply_was_lost() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    at.world.fault(When::rest("POST", "/repos/acme/shop/issues/*/comments"), Fault::CutAfter);
    let error = at.github.comment_once(&subject(&pull), "greeter:welcome", "Hello", None).await.unwrap_err();
    assert!(error.maybe_applied(), "{error}");
    let again = at.github.comment_once(&subject(&pull), "greeter:welcome", "Hello", None).await.unwrap();
    assert!(again.already);
    assert_eq!(pull.comments(), [(at.world.account().to_owned(), format!("Hello\n\n{}", marker_line("greeter:welcome")))]);

    let other = at.github.comment_once(&subject(&pull), "greeter:welcome-2", "Hello", None).await.unwrap();
    assert!(!other.already && other.id != again.id, "another marker is another comment");
    let story = at.shop.open_issue("ada", "Sell pears", "");
    assert!(!at.github.comment_once(&issue(&story), "greeter:welcome", "Hello", None).await.unwrap().already);
}

#[tokio::test]
async fn a_marker_that_somebody_else_wrote_or_that_was_only_quoted_does_not_count() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    pull.comment("mallory", &format!("nothing to see\n\n{}", marker_line("m")));
    pull.comment(at.world.account(), &format!("they wrote {} here", marker_line("m")));
    assert!(!at.github.comment_once(&subject(&pull), "m", "Hello", None).await.unwrap().already);
    assert!(at.github.comment_once(&subject(&pull), "m", "Hello", None).await.unwrap().already);
}

#[tokio::test]
async fn the_search_for_a_comment_goes_back_page_by_page_to_its_time() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let written = at.github.comment_once(&subject(&pull), "m", "Hello", None).await.unwrap();
    for n in 0..120 {
        at.world.advance(1);
        pull.comment("bob", &format!("{n}"));
    }
    let again = at.github.comment_once(&subject(&pull), "m", "Hello", None).await.unwrap();
    assert_eq!((again.id, again.already), (written.id, true));
    at.world.forget_requests();
    let now = Timestamp::from_second(at.world.now()).unwrap();
    assert!(!at.github.comment_once(&subject(&pull), "new", "Hello", Some(now)).await.unwrap().already);
    assert_eq!(at.world.requests().len(), 2, "one page read, one comment written");
}

#[tokio::test]
async fn g8_a_comment_never_goes_to_a_repository_that_took_over_the_name() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let known = subject(&pull);
    at.shop.rename_by("ada", "acme/store");
    assert!(!at.github.comment_once(&known, "m", "Hello", None).await.unwrap().already, "the old name leads there");
    let usurper = at.world.repository("acme/shop").open_pull("eve", "pears");
    let error = at.github.comment_once(&known, "n", "Hello", None).await.unwrap_err();
    assert!(matches!(error, GitHubError::Moved { .. }), "{error}");
    assert_eq!((pull.comments().len(), usurper.comments().len()), (1, 0));
}

#[tokio::test]
async fn g8_hostile_markers_and_bodies_are_refused_before_anything_is_sent() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    for (marker, body) in [
        ("--> <b>", "x"),
        ("a--b", "x"),
        ("", "x"),
        ("a b", "x"),
        (&*"m".repeat(500), "x"),
        ("m", ""),
        ("m", " \n"),
        ("m", &*"x".repeat(70_000)),
    ] {
        let error = at.github.comment_once(&subject(&pull), marker, body, None).await.unwrap_err();
        assert!(matches!(error, GitHubError::Refused { status: 0, .. }), "{marker:?}: {error}");
    }
    assert!(matches!(at.github.react_once(&subject(&pull), None, "thumbsup").await, Err(GitHubError::Refused { status: 0, .. })));
    assert!(at.world.requests().is_empty());
}

#[tokio::test]
async fn p7_a_reaction_is_set_once_on_the_subject_or_on_a_comment() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let comment = pull.comment("bob", "please");
    for on in [None, Some(comment)] {
        let first = at.github.react_once(&subject(&pull), on, "+1").await.unwrap();
        let second = at.github.react_once(&subject(&pull), on, "+1").await.unwrap();
        assert!(!first.already && second.already && first.id == second.id, "{on:?}");
        assert_eq!(pull.reactions(on), [(at.world.account().to_owned(), "+1".to_owned())]);
    }
}

#[tokio::test]
async fn g6_a_push_leads_to_none_one_or_many_pull_requests() {
    let at = place().await;
    let ours = repository(&at.shop);
    let numbers = async |branch: &str, commit: &str| {
        let found = at.github.pulls_of(&ours, Some(branch), commit).await.unwrap();
        found.into_iter().map(|pull| (pull.subject.number, pull.head == commit, pull.closed_at.is_some())).collect::<Vec<_>>()
    };
    let none: [(u32, bool, bool); 0] = [];
    let head = at.shop.push_by("ada", "feature/äpfel & birnen");
    assert_eq!(numbers("feature/äpfel & birnen", &head).await, none);
    let pull = at.shop.open_pull("ada", "feature/äpfel & birnen");
    assert_eq!(numbers("feature/äpfel & birnen", &head).await, [(pull.number(), true, false)]);
    let next = pull.push_by("ada");
    assert_eq!(numbers("feature/äpfel & birnen", &head).await, [(pull.number(), false, false)], "the head has moved on");
    assert_eq!(numbers("feature/äpfel & birnen", &next).await, [(pull.number(), true, false)]);
    pull.close_by("ada");
    assert_eq!(numbers("feature/äpfel & birnen", &next).await, [(pull.number(), true, true)], "also a closed one");
    assert_eq!(numbers("main", &"0123456789".repeat(4)).await, none, "a commit that GitHub does not have");
}

#[tokio::test]
async fn g6_a_pull_request_from_a_fork_is_found_by_its_commit() {
    let at = place().await;
    let pull = at.shop.open_pull_from_fork("eve", "eve/shop", "pears");
    let found = at.github.pulls_of(&repository(&at.shop), None, &pull.head()).await.unwrap();
    assert_eq!(found.iter().map(|pull| (&pull.subject, pull.is_of_branch)).collect::<Vec<_>>(), [(&subject(&pull), false)]);
    let asked = at.github.pulls_of(&repository(&at.shop), Some("pears"), &pull.head()).await.unwrap();
    assert_eq!(asked, found, "a branch of the same name in a fork is another one");
    pull.close_by("eve");
    assert_eq!(at.github.pulls_of(&repository(&at.shop), None, &pull.head()).await.unwrap(), []);
}

#[tokio::test]
async fn g6_an_unreachable_github_is_never_taken_for_no_pull_requests() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    for path in ["/repos/acme/shop/pulls", "/repos/acme/shop/commits/*/pulls"] {
        at.world.fault(When::rest("GET", path), Fault::AnswerBefore(Reply::bad_gateway()));
        let error = at.github.pulls_of(&repository(&at.shop), Some("apples"), &pull.head()).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    assert_eq!(at.world.faults_left(), 0);
}

#[tokio::test]
async fn open_pull_requests_are_listed_to_the_last_page() {
    let at = place().await;
    for n in 0..101 {
        at.shop.open_pull("ada", &format!("b{n}"));
    }
    at.shop.open_pull("ada", "closed").close_by("ada");
    at.shop.open_issue("ada", "no pull request", "");
    assert_eq!(at.github.open_pulls(&repository(&at.shop)).await.unwrap().len(), 101);
}

#[tokio::test]
async fn k1_who_pushed_a_commit_and_when_is_read_from_the_activity() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    at.world.advance(60);
    let head = pull.push_by("acme-builder[bot]");
    let pushed = at.world.now();
    at.world.advance(60);
    let ours = repository(&at.shop);
    let (actor, time) = at.github.last_push(&ours, "apples", &head).await.unwrap().unwrap();
    assert_eq!(
        (actor.login.as_str(), actor.kind, actor.id),
        ("acme-builder[bot]", ActorKind::Bot, Some(at.world.id_of("acme-builder[bot]")))
    );
    assert_eq!(time.as_second(), pushed);
    assert_eq!(at.github.last_push(&ours, "apples", &"0123456789".repeat(4)).await.unwrap(), None);
}

#[tokio::test]
async fn p2_permissions_are_read_by_role_and_a_stranger_has_none() {
    let at = place().await;
    let ours = repository(&at.shop);
    at.shop.make_private();
    for (login, given, told) in [
        ("ada", Permission::Admin, May::Admin),
        ("max", Permission::Maintain, May::Maintain),
        ("wim", Permission::Write, May::Write),
        ("tom", Permission::Triage, May::Triage),
        ("acme-qa[bot]", Permission::Read, May::Read),
    ] {
        at.world.id_of(login);
        at.shop.grant(login, given);
        assert_eq!(at.github.permission(&ours, login).await, Ok(told), "{login}");
    }
    assert_eq!(at.github.permission(&ours, "nobody-at-all").await, Ok(May::None));
    assert_eq!(at.github.permission(&ours, "../../labels").await, Ok(May::None));
}

#[tokio::test]
async fn we_know_who_we_are_and_what_a_repository_is_called_today() {
    let at = place().await;
    let viewer = at.github.viewer().await.unwrap();
    assert_eq!((viewer.login.as_str(), viewer.kind), (at.world.account(), ActorKind::Host));
    let before = repository(&at.shop);
    at.shop.rename_by("ada", "acme/store");
    assert_eq!(at.github.repository_by_id(before.id).await.unwrap().to_string(), "acme/store");
    assert_eq!(at.github.repository_by_name("acme", "shop").await.unwrap(), repository(&at.shop));
    assert!(matches!(at.github.repository_by_name("acme", "nothing").await, Err(GitHubError::Gone { .. })));
    assert!(matches!(at.github.repository_by_name("acme", "../x").await, Err(GitHubError::Refused { status: 0, .. })));
}

#[tokio::test]
async fn k9_a_subject_is_found_by_its_ids_with_the_names_of_today() {
    let at = place().await;
    let (pull, story) = (at.shop.open_pull("ada", "apples"), at.shop.open_issue("ada", "Sell pears", ""));
    let (pull, story) = (subject(&pull), issue(&story));
    assert_eq!(at.github.subject_by_id(pull.id()).await.unwrap(), pull);
    assert_eq!(at.github.subject_by_id(story.id()).await.unwrap(), story);
    at.shop.rename_by("ada", "acme/store");
    let found = at.github.subject_by_id(pull.id()).await.unwrap();
    assert_eq!((found.to_string(), found.id()), (format!("acme/store#{}", pull.number), pull.id()));
    for nobodys in [SubjectId { number: 999, ..pull.id() }, SubjectId { repository: 1, ..pull.id() }] {
        let error = at.github.subject_by_id(nobodys).await.unwrap_err();
        assert!(matches!(error, GitHubError::Gone { .. }), "{nobodys}: {error}");
    }
}
