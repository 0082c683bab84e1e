//! Branch news, and the names of repositories.

use crate::house::House;
use crate::words::{append, at, held, news, repository, subject};
use pawl_core::branch::HeldBranch;
use pawl_core::store::{Append, Named};
use pawl_core::subject::{Repository, Subject};

fn shown(due: &[HeldBranch]) -> Vec<(Option<&str>, &str, usize)> {
    let mut shown: Vec<_> = due.iter().map(|h| (h.branch.as_deref(), h.commit.as_str(), h.news.len())).collect();
    shown.sort_unstable();
    shown
}

pub async fn g6_branch_news_keep_the_newest_commit_and_join_what_belongs_to_it(house: &mut dyn House) {
    let store = house.store();
    store.hold(held("main", "aaa", "push:main:aaa")).await.unwrap();
    store.hold(held("main", "bbb", "push:main:bbb")).await.unwrap();
    store.hold(held("main", "bbb", "check:1:success")).await.unwrap();
    store.hold(held("other", "ccc", "push:other:ccc")).await.unwrap();
    store.hold(HeldBranch { branch: None, ..held("", "ddd", "check:2:success") }).await.unwrap();
    assert_eq!(store.due_branches(at(1), 10).await.unwrap(), []);
    let due = store.due_branches(at(2), 10).await.unwrap();
    assert_eq!(shown(&due), [(None, "ddd", 1), (Some("main"), "bbb", 2), (Some("other"), "ccc", 1)]);
    assert_eq!(store.due_branches(at(2), 2).await.unwrap().len(), 2);
    assert_eq!(store.held_branches().await.unwrap(), 3);
    let late_retry = HeldBranch { attempts: 1, ..held("main", "aaa", "push:main:aaa") };
    store.hold(late_retry.clone()).await.unwrap();
    store.let_go(&late_retry).await.unwrap();
    assert_eq!(store.held_branch(7, "main").await.unwrap().unwrap().commit, "bbb", "an older commit never pushes out a newer one");
    assert_eq!(store.held_branch(8, "main").await.unwrap(), None);
}

pub async fn g6_branch_news_go_when_they_were_passed_on_and_nothing_joined(house: &mut dyn House) {
    let store = house.store();
    let passed_on = held("main", "aaa", "push:main:aaa");
    store.hold(passed_on.clone()).await.unwrap();
    store.hold(HeldBranch { news: vec![news("check:1:success")], ..passed_on.clone() }).await.unwrap();
    store.let_go(&passed_on).await.unwrap();
    let both = store.held_branch(7, "main").await.unwrap().unwrap();
    assert_eq!(both.news.len(), 2, "what joined meanwhile stays");
    store.let_go(&both).await.unwrap();
    store.let_go(&both).await.unwrap();
    assert_eq!((store.held_branch(7, "main").await.unwrap(), store.held_branches().await.unwrap()), (None, 0));
    assert_eq!(store.due_branches(at(9), 10).await.unwrap(), []);
}

pub async fn g6_what_is_due_is_shown_to_every_handle(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    assert_eq!(other.held_branches().await.unwrap(), 0);
    one.hold(held("main", "aaa", "push:main:aaa")).await.unwrap();
    house.settle().await;
    assert_eq!(other.held_branches().await.unwrap(), 1);
    let due = other.due_branches(at(2), 10).await.unwrap();
    other.hold(HeldBranch { attempts: 1, next_at: at(60), ..due[0].clone() }).await.unwrap();
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
    other.doubt_name(&stranger).await.unwrap();
    assert_eq!(one.repository_named("acme/shop").await.unwrap(), confirmed(7));
    assert_eq!(other.repository_named("acme/shop").await.unwrap(), confirmed(7));
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
