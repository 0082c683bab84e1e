//! Branch news, and the names of repositories.

use crate::house::House;
use crate::words::{append, at, held, repository, subject};
use pawl_core::branch::{HeldBranch, HeldNews, NEWS_PER_BRANCH};
use pawl_core::store::{Append, Named};
use pawl_core::subject::{Repository, Subject};

/// Branches with the ids of their news; each has the delivery that told it.
fn shown(due: &[HeldBranch]) -> Vec<(Option<&str>, Vec<&str>)> {
    let id = |held: &'_ HeldNews| held.delivery == format!("delivery of {}", held.news.id);
    assert!(due.iter().flat_map(|held| &held.news).all(id), "{due:?}");
    let mut shown: Vec<_> = due.iter().map(|h| (h.branch.as_deref(), h.news.iter().map(|held| held.news.id.as_str()).collect())).collect();
    shown.sort_unstable();
    shown
}

pub async fn g6_branch_news_keep_every_commit_with_its_own_delivery(house: &mut dyn House) {
    let store = house.store();
    for (branch, sha, id) in [("main", "aaa", "push:main:aaa"), ("main", "bbb", "push:main:bbb"), ("main", "bbb", "check:1:success")] {
        assert!(store.hold(held(branch, sha, id)).await.unwrap().is_new);
    }
    let again = store.hold(held("main", "aaa", "push:main:aaa")).await.unwrap();
    assert_eq!((again.is_new, again.gone), (false, Vec::new()), "told twice, it is one");
    store.hold(held("other", "ccc", "push:other:ccc")).await.unwrap();
    store.hold(HeldBranch { branch: None, ..held("", "ddd", "check:2:success") }).await.unwrap();
    assert_eq!(store.due_branches(at(1), 10).await.unwrap(), []);
    drop(store);
    let store = house.store();
    let due = store.due_branches(at(2), 10).await.unwrap();
    let main = vec!["push:main:aaa", "push:main:bbb", "check:1:success"];
    assert_eq!(shown(&due), [(None, vec!["check:2:success"]), (Some("main"), main), (Some("other"), vec!["push:other:ccc"])]);
    assert_eq!(store.due_branches(at(2), 2).await.unwrap().len(), 2);
    assert_eq!(store.held_branches().await.unwrap(), 3);
    assert_eq!(store.held_branch(8, "main").await.unwrap(), None);
}

pub async fn g6_a_retry_changes_when_to_ask_and_nothing_else(house: &mut dyn House) {
    let store = house.store();
    let asked = HeldBranch { attempts: 1, next_at: Some(at(60)), ..held("main", "aaa", "push:main:aaa") };
    store.hold(asked.clone()).await.unwrap();
    assert_eq!(store.held_branches().await.unwrap(), 0, "what another replica has passed on does not come back");
    store.hold(held("main", "aaa", "push:main:aaa")).await.unwrap();
    store.hold(asked.clone()).await.unwrap();
    assert_eq!(store.held_branch(7, "main").await.unwrap(), Some(asked.clone()));
    store.hold(HeldBranch { next_at: Some(at(61)), ..held("main", "bbb", "push:main:bbb") }).await.unwrap();
    store.hold(asked).await.unwrap();
    let both = store.held_branch(7, "main").await.unwrap().unwrap();
    assert_eq!((both.attempts, both.next_at, both.news.len()), (0, Some(at(60)), 2), "what was told meanwhile is asked for as it said");
}

pub async fn g6_branch_news_go_when_they_were_passed_on_and_what_was_told_meanwhile_stays(house: &mut dyn House) {
    let store = house.store();
    let passed_on = held("main", "aaa", "push:main:aaa");
    store.hold(passed_on.clone()).await.unwrap();
    store.hold(held("main", "bbb", "push:main:bbb")).await.unwrap();
    store.let_go(&passed_on).await.unwrap();
    let left = store.held_branch(7, "main").await.unwrap().unwrap();
    assert_eq!(shown(std::slice::from_ref(&left)), [(Some("main"), vec!["push:main:bbb"])]);
    store.let_go(&left).await.unwrap();
    store.let_go(&left).await.unwrap();
    assert_eq!((store.held_branch(7, "main").await.unwrap(), store.held_branches().await.unwrap()), (None, 0));
    assert_eq!(store.due_branches(at(9), 10).await.unwrap(), []);
}

pub async fn g6_what_has_no_room_is_told_to_whoever_brought_the_last(house: &mut dyn House) {
    let store = house.store();
    let mut gone = Vec::new();
    for n in 0..NEWS_PER_BRANCH + 2 {
        let holding = store.hold(held("main", &format!("c{n}"), &format!("push:main:c{n}"))).await.unwrap();
        assert!(holding.is_new);
        gone.extend(holding.gone);
    }
    assert_eq!(shown(&gone), [(Some("main"), vec!["push:main:c0"]), (Some("main"), vec!["push:main:c1"])]);
    assert_eq!(store.held_branch(7, "main").await.unwrap().unwrap().news.len(), NEWS_PER_BRANCH);
}

pub async fn g6_what_is_due_is_shown_to_every_handle(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    assert_eq!(other.held_branches().await.unwrap(), 0);
    one.hold(held("main", "aaa", "push:main:aaa")).await.unwrap();
    house.settle().await;
    assert_eq!(other.held_branches().await.unwrap(), 1);
    let due = other.due_branches(at(2), 10).await.unwrap();
    other.hold(HeldBranch { attempts: 1, next_at: Some(at(60)), ..due[0].clone() }).await.unwrap();
    assert_eq!(one.due_branches(at(3), 10).await.unwrap(), [], "the other one has asked for it just now");
    assert_eq!(one.due_branches(at(60), 10).await.unwrap()[0].attempts, 1);
    other.let_go(&due[0]).await.unwrap();
    assert_eq!(one.due_branches(at(60), 10).await.unwrap(), []);
}

fn confirmed(id: u64) -> Option<Named> {
    Some(Named { id, is_confirmed: true })
}

fn told(id: u64) -> Option<Named> {
    Some(Named { id, is_confirmed: false })
}

pub async fn repositories_are_found_by_the_name_that_github_says(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    one.confirm_name(&repository()).await.unwrap();
    assert_eq!(other.repository_named("Acme/SHOP").await.unwrap(), confirmed(7));
    assert_eq!(other.repository_named("acme/other").await.unwrap(), None);
    other.confirm_name(&Repository { id: 9, ..repository() }).await.unwrap();
    assert_eq!(one.repository_named("acme/shop").await.unwrap(), confirmed(9), "the name is somebody else's now");
}

pub async fn a_name_that_is_known_is_given_away_by_no_news(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    let stranger = Repository { id: 666, ..repository() };
    one.append(vec![append(1, "a")]).await.unwrap();
    assert_eq!(one.repository_named("acme/shop").await.unwrap(), told(7), "nobody has asked GitHub yet");
    other.tell_name(&stranger).await.unwrap();
    assert_eq!(other.repository_named("acme/shop").await.unwrap(), told(7));
    other.confirm_name(&repository()).await.unwrap();
    let strangers = Subject { repository: stranger.clone(), ..subject(1) };
    one.append(vec![Append { subject: strangers, ..append(1, "b") }]).await.unwrap();
    one.hold(HeldBranch { repository: stranger.clone(), ..held("main", "aaa", "push:main:aaa") }).await.unwrap();
    one.tell_name(&stranger).await.unwrap();
    assert_eq!(one.repository_named("acme/shop").await.unwrap(), told(7), "GitHub is asked again, for names do change hands");
    assert_eq!(other.repository_named("acme/shop").await.unwrap(), told(7));
    other.confirm_name(&repository()).await.unwrap();
    one.append(vec![append(1, "c")]).await.unwrap();
    other.doubt_name(&stranger).await.unwrap();
    assert_eq!(one.repository_named("acme/shop").await.unwrap(), confirmed(7));
}

pub async fn a_name_under_which_github_shows_nothing_is_doubted_until_it_is_asked_again(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    one.doubt_name(&repository()).await.unwrap();
    assert_eq!(one.repository_named("acme/shop").await.unwrap(), None);
    one.confirm_name(&repository()).await.unwrap();
    other.doubt_name(&repository()).await.unwrap();
    assert_eq!(one.repository_named("acme/shop").await.unwrap(), told(7), "it is still the best that is known");
    other.confirm_name(&repository()).await.unwrap();
    assert_eq!(one.repository_named("acme/shop").await.unwrap(), confirmed(7));
}

pub async fn news_bring_the_name_of_their_repository_with_them(house: &mut dyn House) {
    let store = house.store();
    store.append(vec![append(1, "a")]).await.unwrap();
    let moved = Repository { name: "store".into(), ..repository() };
    // Also when the news themselves are known.
    store.append(vec![Append { subject: Subject { repository: moved, ..subject(1) }, ..append(1, "a") }]).await.unwrap();
    let elsewhere = Repository { id: 8, owner: "acme".into(), name: "tools".into() };
    store.hold(HeldBranch { repository: elsewhere, ..held("main", "aaa", "push:main:aaa") }).await.unwrap();
    let late = Repository { id: 8, owner: "acme".into(), name: "late".into() };
    store.hold(HeldBranch { repository: late, attempts: 1, ..held("other", "aaa", "push:other:aaa") }).await.unwrap();
    drop(store);
    let store = house.store();
    for (name, named) in [("acme/shop", told(7)), ("acme/store", told(7)), ("acme/tools", told(8)), ("acme/late", None)] {
        assert_eq!(store.repository_named(name).await.unwrap(), named, "{name}");
    }
}
