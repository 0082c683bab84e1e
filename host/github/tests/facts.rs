//! What is read about a subject.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;
mod payloads;

use at::*;
use pawl_core::comment::Patterns;
use pawl_core::facts::{LabelChange, SubjectState};
use pawl_core::manifest::Needs;
use pawl_core::news::{ActorKind, Conclusion, Verdict as CoreVerdict};
use pawl_github::{Calls, GitHubError};
use pawl_world::{Fault, Reply, Verdict, When};
use payloads::patterns;

#[tokio::test]
async fn a4_1_one_request_reads_labels_their_history_state_and_head() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    pull.label_by("ada", "ticket-7").label_by("acme-qa[bot]", "pause").unlabel_by("ada", "pause");

    let seen = at.github.observe(&subject(&pull), Needs::default(), &Patterns::default()).await.unwrap();

    assert_eq!(seen.subject, subject(&pull));
    assert_eq!(seen.node_id, pull.node_id());
    assert_eq!(seen.state, SubjectState::Open);
    let head = seen.head.unwrap();
    assert_eq!((head.branch, head.commit), ("apples".to_owned(), pull.head()));
    assert_eq!(seen.labels, labels(&["ticket-7"]));
    let history: Vec<_> =
        seen.timeline.iter().map(|e| (e.label.as_str(), e.change, e.by.as_ref().map(|by| (by.login.as_str(), by.kind)))).collect();
    assert_eq!(
        history,
        [
            ("ticket-7", LabelChange::Added, Some(("ada", ActorKind::Human))),
            ("pause", LabelChange::Added, Some(("acme-qa", ActorKind::Bot))),
            ("pause", LabelChange::Removed, Some(("ada", ActorKind::Human))),
        ]
    );
    assert_eq!(seen.timeline[0].by.as_ref().unwrap().id, Some(at.world.id_of("ada")));
    let viewer = seen.viewer.unwrap();
    assert_eq!((viewer.login.as_str(), viewer.kind), (at.world.account(), ActorKind::Host));
    assert!(seen.reviews.is_empty() && seen.comments.is_empty(), "what is not needed is not read");
    assert_eq!(at.github.calls(), Calls { reads: 1, writes: 0 });
    assert_eq!(at.world.requests().len(), 1);
}

#[tokio::test]
async fn what_is_needed_is_read_in_the_same_request() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let old_head = pull.head();
    let review = pull.review_with("acme-qa[bot]", Verdict::ChangesRequested, "Required changes: the price", None);
    let head = pull.push_by("ada");
    let comment = pull.comment("bob", "looks good to me");
    let open = pull.open_thread("bob", "why?");
    let done = pull.open_thread("bob", "typo");
    pull.resolve_thread_by("ada", &done);
    pull.react_by("acme-qa[bot]", "eyes").react_by("bob", "+1").react_by("bob", "heart");
    let check = pull.check_by("acme-tests", "unit", "failure");

    let seen = at.github.observe(&subject(&pull), ALL, &patterns()).await.unwrap();

    assert_eq!(seen.reviews.len(), 1);
    let told = &seen.reviews[0];
    assert_eq!((told.id, told.verdict, told.commit.as_deref()), (review, CoreVerdict::ChangesRequested, Some(old_head.as_str())));
    assert_eq!(told.matches, ["greeter/feedback"]);
    assert_eq!(seen.comments.iter().map(|c| (c.id, c.matches.len())).collect::<Vec<_>>(), [(comment, 0)]);
    let threads: Vec<_> = seen.threads.iter().map(|t| (t.id.as_str(), t.resolved)).collect();
    assert_eq!(threads, [(open.as_str(), false), (done.as_str(), true)]);
    assert_eq!(seen.threads[0].author.as_ref().unwrap().login, "bob");
    let reactions: Vec<_> = seen.reactions.iter().map(|r| r.content.as_str()).collect();
    assert_eq!(reactions, ["EYES", "THUMBS_UP"]);
    let checks: Vec<_> = seen.checks.iter().map(|c| (c.id, c.app.as_str(), c.conclusion, c.commit.as_str())).collect();
    assert_eq!(checks, [(check, "acme-tests", Conclusion::Failure, head.as_str())]);
    assert_eq!(at.world.requests().len(), 1);
}

#[tokio::test]
async fn k1_labels_that_another_open_pull_request_carries_too_are_told_in_the_same_request() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let other = at.shop.open_draft("bob", "pears");
    for one in [&pull, &other] {
        one.label_by("ada", "Ticket-7");
    }
    pull.label_by("ada", "ours");
    // Neither another repository nor an issue is another pull request of this one.
    at.world.repository("acme/depot").open_pull("ada", "apples").label_by("ada", "ours");
    at.shop.open_issue("ada", "Sell apples", "please").label_by("ada", "ours");
    let runs = Needs { runs: true, ..Needs::default() };
    let shared = async |needs: Needs| at.github.observe(&subject(&pull), needs, &Patterns::default()).await.unwrap().shared_labels;

    assert_eq!(shared(runs).await, labels(&["ticket-7"]));
    assert_eq!(at.world.requests().len(), 1);
    assert_eq!(shared(Needs::default()).await, [], "what is not needed is not read");
    // What is over is not counted any more; the other is open, and still is another.
    pull.close_by("ada");
    assert_eq!(shared(runs).await, labels(&["ticket-7"]));
    pull.reopen_by("ada");
    other.close_by("bob");
    assert_eq!(shared(runs).await, []);
}

#[tokio::test]
async fn an_issue_is_read_like_a_pull_request_without_what_issues_lack() {
    let at = place().await;
    let story = at.shop.open_issue("ada", "Sell apples", "please");
    story.label_by("ada", "sketching").comment("bob", "Required changes");
    story.react_by("bob", "eyes");
    let seen = at.github.observe(&issue(&story), ALL, &patterns()).await.unwrap();
    assert_eq!((seen.node_id, seen.title.as_str(), seen.head), (story.node_id(), "Sell apples", None));
    assert_eq!(seen.labels, labels(&["sketching"]));
    assert_eq!((seen.comments.len(), seen.reactions.len()), (1, 1));
    story.close_by("ada");
    let seen = at.github.observe(&issue(&story), Needs::default(), &patterns()).await.unwrap();
    assert_eq!(seen.state, SubjectState::Closed);
}

#[tokio::test]
async fn a_subject_is_a_draft_open_merged_or_closed() {
    let at = place().await;
    let state =
        async |pull: &pawl_world::Pull| at.github.observe(&subject(pull), Needs::default(), &Patterns::default()).await.unwrap().state;
    let draft = at.shop.open_draft("ada", "one");
    assert_eq!(state(&draft).await, SubjectState::Draft);
    draft.set_draft_by("ada", false);
    assert_eq!(state(&draft).await, SubjectState::Open);
    draft.merge_by("ada");
    assert_eq!(state(&draft).await, SubjectState::Merged);
    let other = at.shop.open_draft("ada", "two");
    other.close_by("ada");
    assert_eq!(state(&other).await, SubjectState::Closed);
}

#[tokio::test]
async fn g8_a_renamed_repository_keeps_its_subjects_also_when_another_takes_its_name() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let known = subject(&pull);
    at.shop.rename_by("ada", "acme/store");
    let seen = at.github.observe(&known, Needs::default(), &Patterns::default()).await.unwrap();
    assert_eq!(seen.subject.to_string(), format!("acme/store#{}", pull.number()));
    assert_eq!(seen.subject.id(), known.id());

    let usurper = at.world.repository("acme/shop").open_pull("eve", "pears");
    assert_eq!(usurper.number(), pull.number());
    let seen = at.github.observe(&known, Needs::default(), &Patterns::default()).await.unwrap();
    assert_eq!((seen.subject.repository.name.as_str(), seen.node_id), ("store", pull.node_id()));
}

#[tokio::test]
async fn g8_what_was_deleted_is_gone() {
    let at = place().await;
    let story = at.shop.open_issue("ada", "Sell apples", "");
    let known = issue(&story);
    story.delete_by("ada");
    let error = at.github.observe(&known, Needs::default(), &Patterns::default()).await.unwrap_err();
    assert!(matches!(error, GitHubError::Gone { .. }) && !error.is_transient(), "{error}");

    let pull = at.shop.open_pull("ada", "apples");
    let known = subject(&pull);
    at.shop.delete_by("ada");
    let error = at.github.observe(&known, Needs::default(), &Patterns::default()).await.unwrap_err();
    assert!(matches!(error, GitHubError::Gone { .. }), "{error}");
}

#[tokio::test]
async fn a4_1_facts_that_cannot_be_read_as_a_whole_are_an_error() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let observe = async || at.github.observe(&subject(&pull), ALL, &Patterns::default()).await;
    let when = || When::graphql("Facts");

    at.world.fault(when(), Fault::Truncate);
    assert!(matches!(observe().await.unwrap_err(), GitHubError::Unavailable { maybe_applied: false, .. }));
    at.world.fault(when(), Fault::CutBefore);
    assert!(observe().await.unwrap_err().is_transient());
    at.world.fault(when(), Fault::AnswerBefore(Reply::bad_gateway()));
    assert!(observe().await.unwrap_err().is_transient());
    let partial = serde_json::json!({
        "data": { "viewer": null, "repository": { "databaseId": at.shop.id(), "name": "shop", "owner": { "login": "acme" },
            "pullRequest": { "id": "x", "title": "", "state": "OPEN", "labels": null, "timelineItems": { "nodes": [] } } } },
        "errors": [{ "type": "FORBIDDEN", "path": ["repository", "pullRequest", "labels"], "message": "Resource not accessible" }],
    });
    at.world.fault(when(), Fault::AnswerBefore(Reply { status: 200, headers: vec![], body: partial.clone() }));
    assert!(matches!(observe().await.unwrap_err(), GitHubError::Refused { .. }));
    let mut silent = partial;
    silent.as_object_mut().unwrap().remove("errors");
    at.world.fault(when(), Fault::AnswerBefore(Reply { status: 200, headers: vec![], body: silent }));
    assert!(observe().await.unwrap_err().to_string().contains("labels"), "missing labels are not no labels");
    assert_eq!(at.world.faults_left(), 0);
    assert!(observe().await.is_ok());
}

#[tokio::test]
async fn g3_every_kind_of_limit_is_busy_with_its_wait() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    for (reply, seconds) in [(Reply::secondary_limit(7), 7), (Reply::too_many(90), 90), (Reply::graphql_rate_limited(), 60)] {
        at.world.fault(When::graphql("Facts"), Fault::AnswerBefore(reply));
        let fresh = client(&at.world, &at.world.token());
        let error = fresh.observe(&subject(&pull), Needs::default(), &Patterns::default()).await.unwrap_err();
        assert_eq!(error.retry_after_seconds(), Some(seconds), "{error}");
    }
    at.world.set_graphql_left(0);
    let error = at.github.observe(&subject(&pull), Needs::default(), &Patterns::default()).await.unwrap_err();
    assert!(matches!(error, GitHubError::Busy { .. }), "{error}");
}

#[tokio::test]
async fn g5_a_revoked_token_is_refused_and_not_shown() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    at.world.revoke(&at.world.token());
    let error = at.github.observe(&subject(&pull), Needs::default(), &Patterns::default()).await.unwrap_err();
    assert!(matches!(error, GitHubError::Refused { status: 401, .. }), "{error}");
    assert!(!error.to_string().contains(&at.world.token()));
}
