//! What GitHub's deliveries say.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod payloads;

use pawl_core::news::{ActorKind, Conclusion, Event, NEWS_BYTES, NEWS_ID_BYTES, Verdict};
use pawl_core::subject::SubjectKind;
use pawl_github::webhook::{BadPayload, Reading, RepositoryChange, read};
use payloads::*;
use serde_json::{Value, json};

#[test]
fn g6_a_push_is_news_of_a_branch_with_the_time_of_the_push_and_not_of_the_commit() {
    let pushed = branch("push", &push());
    assert_eq!(pushed.repository.to_string(), "acme/shop");
    assert_eq!((pushed.branch.as_deref(), pushed.commit.as_str()), (Some("apples"), HEAD));
    assert_eq!(pushed.news.id, format!("push:apples:{HEAD}"));
    assert_eq!(pushed.news.at, time("2026-03-01T12:00:00Z"));
    assert_eq!(pushed.news.arrived, arrived());
    let actor = pushed.news.actor.unwrap();
    assert_eq!((actor.login.as_str(), actor.id, actor.kind), ("ada", Some(11), ActorKind::Human));
}

#[test]
fn g6_push_and_synchronize_of_one_commit_are_one_piece_of_news() {
    let mut synchronize = pull_event("synchronize");
    synchronize["before"] = json!(BASE);
    synchronize["after"] = json!(HEAD);
    assert_eq!(news("pull_request", &synchronize), branch("push", &push()).news);
    synchronize.as_object_mut().unwrap().remove("after");
    assert_eq!(news("pull_request", &synchronize).id, format!("push:apples:{HEAD}"), "the head says it too");
}

#[test]
fn g6_tags_and_deletions_are_ignored_with_a_reason() {
    let mut tag = push();
    tag["ref"] = json!("refs/tags/v1");
    assert!(is_ignored("push", &tag));
    let mut deletion = push();
    deletion["deleted"] = json!(true);
    deletion["after"] = json!("0".repeat(40));
    deletion["head_commit"] = Value::Null;
    assert!(is_ignored("push", &deletion));
    deletion["deleted"] = json!(false);
    assert!(is_ignored("push", &deletion), "zeros alone say it too");
}

#[test]
fn a2_8_a_push_without_sender_is_the_pushers_and_an_app_is_a_bot() {
    let mut nobody = push();
    nobody.as_object_mut().unwrap().remove("sender");
    nobody["pusher"] = json!({ "name": "acme-builder[bot]", "email": null });
    let actor = branch("push", &nobody).news.actor.unwrap();
    assert_eq!((actor.login.as_str(), actor.id, actor.kind), ("acme-builder[bot]", None, ActorKind::Bot));
    nobody.as_object_mut().unwrap().remove("pusher");
    assert_eq!(branch("push", &nobody).news.actor, None);
}

#[test]
fn a_pull_request_is_opened_closed_merged_and_reopened() {
    assert_eq!(news("pull_request", &pull_event("opened")).id, "opened");
    let mut closed = pull_event("closed");
    closed["pull_request"]["closed_at"] = json!("2026-03-01T12:00:10Z");
    let unmerged = news("pull_request", &closed);
    assert_eq!(unmerged.event, Event::Closed { merged: false });
    assert_eq!(unmerged.at, time("2026-03-01T12:00:10Z"));
    closed["pull_request"]["merged"] = json!(true);
    assert_eq!(news("pull_request", &closed).event, Event::Closed { merged: true });
    closed["pull_request"]["closed_at"] = json!("2026-03-01T13:00:00Z");
    assert_ne!(news("pull_request", &closed).id, unmerged.id, "closing again is another piece of news");
    assert_eq!(news("pull_request", &pull_event("reopened")).event, Event::Reopened);
}

#[test]
fn q1_a_label_event_is_known_by_its_delivery_and_without_a_label_is_only_a_look() {
    for (event, payload) in [
        ("pull_request", pull_event("labeled")),
        ("issues", {
            let mut issue = comment_event("labeled", "");
            issue["issue"].as_object_mut().unwrap().remove("pull_request");
            issue
        }),
    ] {
        let mut labeled = payload;
        let (look, nothing) = subjects(event, &labeled);
        assert_eq!((look.len(), nothing.len()), (1, 0), "{event}");
        labeled["label"] = json!({ "id": 3, "name": "ready-to-test", "color": "0e8a16" });
        let labelled = news(event, &labeled);
        assert_eq!(labelled.id, format!("label:{DELIVERY}"));
        assert_eq!(labelled.event, Event::Labelled { label: "ready-to-test".into() });
        labeled["action"] = json!("unlabeled");
        assert_eq!(news(event, &labeled).event, Event::Unlabelled { label: "ready-to-test".into() });
        labeled["label"]["name"] = json!("x".repeat(1000));
        assert!(subjects(event, &labeled).1.is_empty(), "a name that no label has is only a look");
    }
}

#[test]
fn what_is_a_fact_and_no_news_is_only_a_look() {
    for action in ["converted_to_draft", "ready_for_review", "edited", "assigned", "auto_merge_enabled", "an action of next year"] {
        let (look, news) = subjects("pull_request", &pull_event(action));
        assert_eq!((look[0].to_string().as_str(), news.len()), ("acme/shop#2", 0), "{action}");
    }
    let mut comment = pull_event("created");
    comment["comment"] = json!({ "id": 1, "body": "required changes" });
    assert!(subjects("pull_request_review_comment", &comment).1.is_empty());
}

#[test]
fn a2_7_a_review_carries_its_verdict_its_commit_and_flags_but_not_its_text() {
    let told = news("pull_request_review", &review_event("submitted", "changes_requested"));
    assert_eq!(told.id, "review:237895671:changes_requested");
    assert_eq!(told.at, time("2026-03-01T11:59:00Z"));
    let Event::Reviewed(review) = &told.event else { panic!("{told:?}") };
    assert_eq!(review.verdict, Verdict::ChangesRequested);
    assert_eq!(review.commit.as_deref(), Some(HEAD));
    assert_eq!(review.author.as_ref().unwrap().kind, ActorKind::Bot);
    assert_eq!(review.matches, ["greeter/feedback"]);
    assert!(!serde_json::to_string(&told).unwrap().contains("the price"));
    let dismissed = news("pull_request_review", &review_event("dismissed", "DISMISSED"));
    assert_eq!(dismissed.id, "review:237895671:dismissed");
    assert_eq!(dismissed.at, time("2026-03-01T12:00:05Z"), "when it was dismissed, not when it was written");
    assert!(subjects("pull_request_review", &review_event("submitted", "sceptical")).1.is_empty());
}

#[test]
fn m2_a_thread_resolved_unresolved_and_resolved_again_is_three_pieces_of_news() {
    let mut thread = pull_event("resolved");
    thread["thread"] = json!({ "node_id": "PRRT_kwDO1", "comments": [] });
    let mut ids = Vec::new();
    for (action, at) in [("resolved", "2026-03-01T12:00:01Z"), ("unresolved", "2026-03-01T12:00:02Z"), ("resolved", "2026-03-01T12:00:03Z")]
    {
        thread["action"] = json!(action);
        thread["updated_at"] = json!(at);
        let told = news("pull_request_review_thread", &thread);
        assert_eq!(told.event, Event::ThreadChanged { thread: "PRRT_kwDO1".into() });
        ids.push(told.id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_comment_is_news_and_so_is_each_command_in_it() {
    let body = "Required changes ahead\n/pawl again\n> /pawl quoted\n/pawl skip the build is broken";
    let (subjects_told, news) = subjects("issue_comment", &comment_event("created", body));
    assert_eq!(subjects_told[0].kind, SubjectKind::PullRequest);
    let ids: Vec<&str> = news.iter().map(|news| news.id.as_str()).collect();
    assert_eq!(ids, ["comment:3492700400", "command:3492700400:0", "command:3492700400:1"]);
    let Event::Commented(comment) = &news[0].event else { panic!("{news:?}") };
    assert_eq!(comment.matches, ["greeter/feedback"]);
    assert_eq!(news[2].event, Event::Command { verb: "skip".into(), args: "the build is broken".into(), comment: Some(3_492_700_400) });
    for action in ["edited", "deleted"] {
        assert!(subjects("issue_comment", &comment_event(action, body)).1.is_empty(), "{action} commands nothing");
    }
    let mut issue = comment_event("created", "hello");
    issue["issue"].as_object_mut().unwrap().remove("pull_request");
    assert_eq!(subjects("issue_comment", &issue).0[0].kind, SubjectKind::Issue);
}

#[test]
fn a2_7_a_check_concerns_its_pull_requests_here_else_its_branch() {
    let here = json!([
        { "number": 2, "base": { "repo": { "id": 186853002 } } },
        { "number": 77, "base": { "repo": { "id": 4 } } },
    ]);
    let (subjects_told, told) = subjects("check_run", &check_event("completed", json!("failure"), here));
    assert_eq!(subjects_told.iter().map(|s| s.number).collect::<Vec<_>>(), [2], "not that of another repository");
    assert_eq!(told[0].id, "check:51283746501:failure");
    let Event::Checked(check) = &told[0].event else { panic!("{told:?}") };
    assert_eq!((check.conclusion, check.app.as_str(), check.commit.as_str()), (Conclusion::Failure, "acme-tests", HEAD));
    assert_eq!(check.at, time("2026-03-01T11:57:00Z"));

    let alone = branch("check_run", &check_event("completed", json!("success"), json!([])));
    assert_eq!((alone.branch.as_deref(), alone.commit.as_str()), (Some("apples"), HEAD));
    let mut fork = check_event("completed", json!("success"), json!([]));
    fork["check_run"]["check_suite"]["head_branch"] = Value::Null;
    assert_eq!(branch("check_run", &fork).branch, None);

    assert!(is_ignored("check_run", &check_event("created", Value::Null, json!([]))));
    assert!(is_ignored("check_run", &check_event("completed", json!("a conclusion of next year"), json!([]))));
}

#[test]
fn g8_a_repository_renamed_transferred_or_deleted_is_told_with_its_new_names() {
    for (action, change) in
        [("renamed", RepositoryChange::Renamed), ("transferred", RepositoryChange::Transferred), ("deleted", RepositoryChange::Deleted)]
    {
        let payload = json!({ "action": action, "repository": repository(), "sender": ada(), "changes": { "repository": {} } });
        let Ok(Reading::Repository { repository, change: told }) = told("repository", &payload) else { panic!("{action}") };
        assert_eq!((repository.id, told), (186_853_002, change));
    }
    assert!(is_ignored("repository", &json!({ "action": "archived", "repository": repository() })));
}

#[test]
fn a1_1_a_changed_label_asks_for_a_look_at_the_schema() {
    for action in ["created", "edited", "deleted"] {
        let payload = json!({ "action": action, "label": { "name": "approved" }, "repository": repository(), "sender": ada() });
        assert!(matches!(told("label", &payload), Ok(Reading::Labels { .. })), "{action}");
    }
}

#[test]
fn a_ping_is_a_ping_and_what_is_unknown_is_ignored() {
    assert_eq!(told("ping", &json!({ "zen": "Keep it logically awesome.", "hook_id": 1 })), Ok(Reading::Ping));
    assert!(is_ignored("workflow_run", &json!({})));
    assert!(is_ignored(&"x".repeat(10_000), &json!({})));
}

#[test]
fn g8_a_name_that_no_repository_has_is_refused() {
    for (owner, name) in [("..", "shop"), ("acme", ".."), ("acme/evil", "shop"), ("acme", "a b"), ("acme", "<script>"), ("", "shop")] {
        let mut payload = push();
        payload["repository"]["owner"] = json!({ "login": owner });
        payload["repository"]["name"] = json!(name);
        assert!(matches!(told("push", &payload), Err(BadPayload::Names { .. })), "{owner}/{name}");
    }
    let mut bare = push();
    bare["repository"].as_object_mut().unwrap().remove("owner");
    assert_eq!(branch("push", &bare).repository.owner, "acme", "the full name says it too");
}

#[test]
fn v1_bytes_that_are_no_json_in_utf_8_are_refused_with_a_way_out() {
    let read = |body: &[u8]| read("push", DELIVERY, body, arrived(), &patterns()).unwrap_err();
    assert_eq!(read(b"{\"ref\":\"\xff\"}"), BadPayload::NotUtf8 { valid_up_to: 8 });
    assert_eq!(read(b"payload=%7B%7D"), BadPayload::Form);
    assert!(read(b"payload=%7B%7D").to_string().contains("application/json"));
    assert!(matches!(read(b"{"), BadPayload::Shape { .. }));
}

#[test]
fn times_that_are_missing_or_nonsense_fall_back_to_the_arrival() {
    for at in [json!("yesterday"), json!(i64::MAX), json!({}), Value::Null] {
        let mut payload = push();
        payload["repository"]["pushed_at"] = at.clone();
        assert_eq!(branch("push", &payload).news.at, arrived(), "{at}");
    }
}

#[test]
fn q1_news_stays_within_its_bounds_whatever_it_is_told() {
    let long = "ä".repeat(100_000);
    let mut check = check_event("completed", json!("failure"), json!([{ "number": 2 }]));
    check["check_run"]["name"] = json!(long);
    check["check_run"]["app"]["slug"] = json!(long);
    check["sender"]["login"] = json!(long);
    let mut thread = pull_event("resolved");
    thread["action"] = json!(long);
    thread["thread"] = json!({ "node_id": "PRRT_1" });
    let comment = comment_event("created", &format!("/pawl {long}\n/pawl skip {long}"));
    for (event, payload) in [("check_run", check), ("pull_request_review_thread", thread), ("issue_comment", comment)] {
        for news in subjects(event, &payload).1 {
            assert!(news.id.len() <= NEWS_ID_BYTES, "{event}: {}", news.id.len());
            assert!(serde_json::to_vec(&news).unwrap().len() <= NEWS_BYTES, "{event}");
        }
    }
}
