#![allow(clippy::unwrap_used, reason = "a test may panic")]
use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

/// A push of `commit` at that second, in a delivery of its own.
fn push(commit: &str, second: i64) -> HeldNews {
    let event = Event::Pushed { commit: commit.into(), branch: "main".into() };
    let news = News { id: News::push_id("main", commit), at: at(second), arrived: at(second + 1), actor: None, event };
    HeldNews { commit: commit.into(), delivery: format!("delivery of {commit}"), news }
}

fn check(id: u64, commit: &str, second: i64) -> HeldNews {
    let news = News { id: format!("check:{id}:failure"), at: at(second), arrived: at(second), actor: None, event: Event::Elapsed };
    HeldNews { commit: commit.into(), delivery: format!("delivery of check {id}"), news }
}

fn told(news: Vec<HeldNews>) -> HeldBranch {
    let next_at = news.last().map(|last| at(last.news.arrived.as_second() - at(0).as_second() + 2));
    let repository = Repository { id: 7, owner: "acme".into(), name: "shop".into() };
    HeldBranch { repository, branch: Some("main".into()), news, attempts: 0, next_at }
}

fn asked(held: &HeldBranch, attempts: u32, next_at: Option<Timestamp>) -> HeldBranch {
    HeldBranch { attempts, next_at, ..held.clone() }
}

fn deliveries(held: &HeldBranch) -> Vec<&str> {
    held.news.iter().map(|held| held.delivery.as_str()).collect()
}

#[test]
fn g6_every_push_of_a_branch_waits_with_its_own_delivery_and_moment() {
    let (kept, holding) = told(vec![push("b", 10)]).over(Some(told(vec![push("a", 0)])));
    let kept = kept.unwrap();
    assert_eq!(deliveries(&kept), ["delivery of a", "delivery of b"]);
    assert_eq!(kept.news.iter().map(|held| held.news.at).collect::<Vec<_>>(), [at(0), at(10)]);
    assert_eq!((holding, kept.wait().since), (Holding { is_new: true, gone: Vec::new() }, at(1)));
}

#[test]
fn g6_what_is_told_twice_is_kept_once_by_its_first_delivery() {
    let again = HeldNews { delivery: "a redelivery".into(), ..push("a", 0) };
    let (kept, holding) = told(vec![again]).over(Some(asked(&told(vec![push("a", 0)]), 2, Some(at(30)))));
    assert_eq!((deliveries(kept.as_ref().unwrap()), holding), (vec!["delivery of a"], Holding::default()));
    assert_eq!(kept.unwrap().attempts, 2, "and the tries go on where they were");
}

#[test]
fn g6_a_late_push_is_kept_and_the_newest_is_told_by_the_times_of_github() {
    let (kept, _) = told(vec![push("a", 0)]).over(Some(told(vec![push("b", 10)])));
    assert_eq!(kept.unwrap().newest().unwrap().commit, "b");
}

#[test]
fn g6_what_is_told_is_asked_for_soon_however_often_more_is_told() {
    let waits_for_later = asked(&told(vec![push("a", 0)]), 3, None);
    let (kept, _) = told(vec![push("b", 100)]).over(Some(waits_for_later));
    let kept = kept.unwrap();
    assert_eq!((kept.attempts, kept.next_at), (0, Some(at(103))));
    let (kept, _) = told(vec![push("c", 101)]).over(Some(kept));
    assert_eq!(kept.unwrap().next_at, Some(at(103)), "the earlier moment stands");
}

#[test]
fn g6_a_retry_moves_the_next_try_and_brings_nothing_back() {
    let first = told(vec![push("a", 0)]);
    let retry = asked(&first, 1, Some(at(12)));
    assert_eq!(retry.clone().over(Some(first.clone())).0, Some(retry.clone()));
    let both = told(vec![push("a", 0), push("b", 1)]);
    assert_eq!(retry.clone().over(Some(both.clone())).0, Some(both), "what was told meanwhile is asked for as it said");
    assert_eq!(retry.over(None), (None, Holding::default()), "another replica has passed it on");
}

#[test]
fn g6_what_was_passed_on_goes_and_what_was_told_meanwhile_stays() {
    let passed_on = told(vec![push("a", 0)]);
    let stored = told(vec![push("a", 0), push("b", 1), check(1, "a", 2)]);
    assert_eq!(deliveries(&passed_on.let_go_of(&stored).unwrap()), ["delivery of b", "delivery of check 1"]);
    assert_eq!(stored.let_go_of(&passed_on), None);
}

#[test]
fn g6_a_branch_has_so_much_news_and_the_oldest_checks_go_before_the_oldest_push() {
    let mut stored = told(vec![push("first", 0), check(1, "first", 1), check(2, "first", 2)]);
    let mut gone = Vec::new();
    for n in 0..i64::try_from(NEWS_PER_BRANCH).unwrap() {
        let (kept, holding) = told(vec![push(&format!("c{n}"), 10 + n)]).over(Some(stored));
        stored = kept.unwrap();
        assert!(holding.is_new && stored.news.len() <= NEWS_PER_BRANCH);
        gone.extend(holding.gone.iter().flat_map(|gone| deliveries(gone)).map(str::to_owned).collect::<Vec<_>>());
    }
    assert_eq!(gone, ["delivery of check 1", "delivery of check 2", "delivery of first"]);
    assert_eq!(stored.news.len(), NEWS_PER_BRANCH);
}

#[test]
fn g6_a_branch_is_due_at_its_time_or_when_that_time_cannot_be_meant() {
    let held = told(vec![push("a", 0)]);
    assert!(!held.wait().is_due(at(2)));
    assert!(held.wait().is_due(at(3)));
    assert!(held.wait().is_due(at(3 - WAIT_SECONDS - 1)), "no wait is so long: a clock that ran ahead wrote that moment");
    let waits_for_later = asked(&held, 3, None);
    assert!(!waits_for_later.wait().is_due(at(HELD_HOURS * 3600)));
    assert!(waits_for_later.wait().is_due(at(HELD_HOURS * 3600 + 1)));
    assert!(!told(vec![push("a", 0), push("b", 9)]).news[1].is_old(at(HELD_HOURS * 3600 + 1)));
}

#[test]
fn what_the_version_before_stored_is_read() {
    let now = told(vec![push("a", 0), check(1, "a", 2)]);
    let former = serde_json::json!({
        "repository": now.repository, "branch": "main", "commit": "a", "delivery": "d",
        "news": now.news.iter().map(|held| &held.news).collect::<Vec<_>>(), "since": at(1), "attempts": 1, "next_at": at(12),
    });
    let read: HeldBranch = serde_json::from_value(former).unwrap();
    assert_eq!((read.attempts, read.next_at, read.wait().since), (1, Some(at(12)), at(1)));
    assert_eq!(read.news.iter().map(|held| (held.commit.as_str(), held.delivery.as_str())).collect::<Vec<_>>(), [("a", "d"), ("a", "d")]);
    assert_eq!(serde_json::from_value::<HeldBranch>(serde_json::to_value(&now).unwrap()).unwrap(), now);
    assert!(serde_json::from_value::<HeldBranch>(serde_json::json!({ "repository": now.repository, "branch": "main" })).is_err());
}

#[test]
fn a_commit_without_a_branch_is_kept_apart_from_every_branch() {
    let nameless = HeldBranch { branch: None, ..told(vec![check(1, "main", 0)]) };
    assert_eq!((nameless.key().as_str(), told(vec![push("x", 0)]).key().as_str()), (":main", "main"));
}
