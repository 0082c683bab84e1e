//! Records: append, load, commit, page.

use crate::house::House;
use crate::words::{append, at, commit, id, inbox, news, subject};
use pawl_core::news::{Event, NEWS_BYTES, News};
use pawl_core::record::{Appended, INBOX_NEWS, RECORD_BYTES, Record};
use pawl_core::store::{Append, StoreError};
use pawl_core::subject::SubjectId;
use pawl_service::store::{Store, behind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub async fn q1_what_was_appended_is_there_for_every_handle(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    let results = one.append(vec![append(1, "a")]).await.unwrap();
    assert_eq!((results[0].subject, &results[0].appended[..]), (id(1), &[Appended::Accepted(1)][..]));
    assert_eq!(other.load(id(1)).await.unwrap().as_ref(), Some(&results[0].record));
    assert_eq!(other.load(id(2)).await.unwrap(), None);
    drop((one, other));
    assert!(house.stored(id(1)).unwrap().contains("delivery of a"));
    assert_eq!(inbox(&house.store().load(id(1)).await.unwrap().unwrap()), ["a"]);
}

/// All these at once, each by one of four handles; the places they got, by subject.
async fn at_once(house: &mut dyn House, appends: Vec<Append>) -> BTreeMap<SubjectId, Vec<u64>> {
    let stores: Vec<Arc<dyn Store>> = (0..4).map(|_| house.store()).collect();
    let spawn = |(n, append): (usize, Append)| {
        let store: Arc<dyn Store> = stores[n % stores.len()].clone();
        tokio::spawn(async move { store.append(vec![append]).await.unwrap().remove(0) })
    };
    let tasks: Vec<_> = appends.into_iter().enumerate().map(spawn).collect();
    let mut places: BTreeMap<SubjectId, Vec<u64>> = BTreeMap::new();
    for task in tasks {
        let result = task.await.unwrap();
        let [Appended::Accepted(place)] = result.appended[..] else { panic!("{:?}", result.appended) };
        places.entry(result.subject).or_default().push(place);
    }
    places
}

pub async fn q1_two_hundred_appends_at_once_from_four_handles_are_all_kept(house: &mut dyn House) {
    let appends = (0..200).map(|n| append(n / 4 % 10 + 1, &format!("n{n}"))).collect();
    for (id, mut places) in at_once(house, appends).await {
        places.sort_unstable();
        assert_eq!(places, (1..=20).collect::<Vec<_>>(), "each has a place of its own");
        assert_eq!(house.store().load(id).await.unwrap().unwrap().inbox.len(), 20);
    }
    assert_eq!(house.store().page(None, 100).await.unwrap().len(), 10);
}

pub async fn q1_a_storm_of_news_for_one_subject_is_kept_in_order_and_once(house: &mut dyn House) {
    let appends = (0..60).map(|n| append(1, &format!("n{n}"))).collect();
    let places = at_once(house, appends).await;
    assert_eq!(places[&id(1)].iter().collect::<BTreeSet<_>>().len(), 60);
    let record = house.store().load(id(1)).await.unwrap().unwrap();
    assert_eq!(record.inbox.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (1..=60).collect::<Vec<_>>());
    assert_eq!(record.generation, 0, "an append raises no generation");
}

pub async fn q1_what_is_told_twice_is_kept_once_whoever_is_told(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    let first = one.append(vec![append(1, "a")]).await.unwrap().remove(0);
    let again = other.append(vec![append(1, "a")]).await.unwrap().remove(0);
    assert_eq!((&again.appended[..], &again.record), (&[Appended::Duplicate][..], &first.record));
    let both = one.append(vec![append(2, "b"), append(2, "b")]).await.unwrap();
    assert_eq!([&both[0].appended[..], &both[1].appended[..]], [&[Appended::Accepted(1)][..], &[Appended::Duplicate][..]]);
    assert_eq!(inbox(&other.load(id(2)).await.unwrap().unwrap()), ["b"]);
}

pub async fn q1_an_append_of_several_subjects_answers_each(house: &mut dyn House) {
    let store = house.store();
    store.append(vec![append(2, "a")]).await.unwrap();
    let several = [1, 2, 3].map(|number| Append { news: vec![news("a"), news("b")], ..append(number, "a") });
    let results = store.append(several.into()).await.unwrap();
    let new = [Appended::Accepted(1), Appended::Accepted(2)];
    let half = [Appended::Duplicate, Appended::Accepted(2)];
    assert_eq!(
        results.iter().map(|r| (r.subject, &r.appended[..])).collect::<Vec<_>>(),
        [(id(1), &new[..]), (id(2), &half), (id(3), &new)]
    );
    for result in &results {
        assert_eq!(store.load(result.subject).await.unwrap().as_ref(), Some(&result.record));
    }
    assert_eq!(store.append(Vec::new()).await.unwrap(), []);
}

pub async fn q1_a_full_inbox_takes_nothing_until_it_is_read(house: &mut dyn House) {
    let store = house.store();
    let many = (0..=INBOX_NEWS).map(|n| news(&format!("n{n}"))).collect();
    let full = store.append(vec![Append { news: many, ..append(1, "a") }]).await.unwrap().remove(0);
    assert_eq!(full.appended.iter().filter(|word| matches!(word, Appended::Accepted(_))).count(), INBOX_NEWS);
    assert_eq!(full.appended.last(), Some(&Appended::Full));
    assert_eq!(store.append(vec![append(1, "late")]).await.unwrap()[0].appended, [Appended::Full]);
    store.commit(id(1), commit(&full.record, "read")).await.unwrap();
    assert!(matches!(store.append(vec![append(1, "late")]).await.unwrap()[0].appended[..], [Appended::Accepted(_)]));
}

pub async fn q1_news_that_are_too_long_are_named_and_the_rest_is_kept(house: &mut dyn House) {
    let store = house.store();
    let long = News { event: Event::Labelled { label: "x".repeat(NEWS_BYTES) }, ..news("long") };
    let result = store.append(vec![Append { news: vec![long, news("short")], ..append(1, "a") }]).await.unwrap().remove(0);
    assert_eq!(result.appended, [Appended::TooLarge, Appended::Accepted(1)]);
    assert_eq!(inbox(&store.load(id(1)).await.unwrap().unwrap()), ["short"]);
}

pub async fn k9_a_record_that_would_grow_too_large_stays_as_it_was(house: &mut dyn House) {
    let store = house.store();
    let before = store.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    let mut large = commit(&before, "large");
    large.head = Some("x".repeat(RECORD_BYTES));
    let error = store.commit(id(1), large).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { limit: RECORD_BYTES, .. }), "{error}");
    assert!(!error.is_transient());
    assert_eq!(store.load(id(1)).await.unwrap(), Some(before));
}

pub async fn k8_of_two_commits_on_one_generation_the_second_conflicts(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    let read = one.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    let after = one.commit(id(1), commit(&read, "one")).await.unwrap();
    assert_eq!((after.generation, after.operation.as_deref()), (1, Some("one")));
    let error = other.commit(id(1), commit(&read, "two")).await.unwrap_err();
    assert!(matches!(&error, StoreError::Conflict(conflict) if (conflict.has, conflict.wants) == (1, 0)), "{error}");
    assert_eq!(other.load(id(1)).await.unwrap(), Some(after));
}

pub async fn k8_what_is_appended_between_load_and_commit_stays(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    let read = one.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    other.append(vec![append(1, "b")]).await.unwrap();
    let after = one.commit(id(1), commit(&read, "one")).await.unwrap();
    assert_eq!((after.generation, inbox(&after)), (1, vec!["b"]));
    assert_eq!(other.append(vec![append(1, "a")]).await.unwrap()[0].appended, [Appended::Duplicate], "what was consumed is still known");
}

pub async fn k8_a_commit_that_is_repeated_is_recognised(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    let read = one.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    let after = one.commit(id(1), commit(&read, "one")).await.unwrap();
    assert_eq!(other.commit(id(1), commit(&read, "one")).await.unwrap(), after);
    assert_eq!(other.load(id(1)).await.unwrap(), Some(after));
}

pub async fn k8_of_many_that_commit_at_once_one_wins(house: &mut dyn House) {
    let stores: Vec<Arc<dyn Store>> = (0..6).map(|_| house.store()).collect();
    let mut read = stores[0].append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    for round in 0..5 {
        let try_it = |(n, store): (usize, &Arc<dyn Store>)| {
            let (store, commit) = (store.clone(), commit(&read, &format!("{round}-{n}")));
            tokio::spawn(async move { store.commit(id(1), commit).await })
        };
        let tasks: Vec<_> = stores.iter().enumerate().map(try_it).collect();
        let mut won = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(record) => won.push(record),
                Err(error) => assert!(matches!(error, StoreError::Conflict(_)), "{error}"),
            }
        }
        let [record] = won.try_into().unwrap();
        assert_eq!(record.generation, round + 1);
        assert_eq!(stores[0].load(id(1)).await.unwrap().as_ref(), Some(&record));
        read = record;
    }
}

pub async fn k8_a_first_commit_makes_the_record(house: &mut dyn House) {
    let store = house.store();
    let after = store.commit(id(1), commit(&Record::new(subject(1)), "one")).await.unwrap();
    assert_eq!((after.generation, after.looked_at), (1, Some(at(2))));
    assert_eq!(house.store().load(id(1)).await.unwrap(), Some(after));
}

/// The subjects of all pages of `limit`, as they come; `between` acts after each page.
async fn walk(store: &Arc<dyn Store>, limit: usize, mut between: impl AsyncFnMut(usize)) -> Vec<SubjectId> {
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.page(after, limit).await.unwrap();
        seen.extend(page.iter().map(|record| record.as_ref().unwrap().subject.id()));
        let Some(last) = behind(&page) else { return seen };
        after = Some(last);
        if page.len() < limit {
            return seen;
        }
        between(pages).await;
        pages += 1;
    }
}

pub async fn pages_show_everything_that_stays_while_others_write(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    one.append((1..=25).map(|number| append(number, "a")).collect()).await.unwrap();
    let stays: BTreeSet<SubjectId> = (1..=25).map(id).collect();
    let is_all = |seen: Vec<SubjectId>| {
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "nothing is shown twice: {seen:?}");
        assert!(stays.is_subset(&seen.into_iter().collect()), "nothing that stays is missed");
    };
    is_all(walk(&one, 4, async |_| {}).await);
    let write = async |page: usize| {
        let page = u32::try_from(page).unwrap();
        for number in [page * 4 + 1, 100 + page] {
            other.append(vec![append(number, &format!("during page {page}"))]).await.unwrap();
        }
    };
    is_all(walk(&one, 4, write).await);
    // A replica that has shown no page before goes on where another one stood.
    let half = one.page(None, 10).await.unwrap();
    let third = house.store();
    let rest = third.page(behind(&half), 1000).await.unwrap();
    is_all(half.into_iter().chain(rest).map(|record| record.unwrap().subject.id()).collect());
}

pub async fn a_page_is_full_unless_it_is_the_last(house: &mut dyn House) {
    let store = house.store();
    assert_eq!(store.page(None, 5).await.unwrap(), []);
    store.append((1..=10).map(|number| append(number, "a")).collect()).await.unwrap();
    let first = store.page(None, 5).await.unwrap();
    let second = store.page(behind(&first), 5).await.unwrap();
    assert_eq!((first.len(), second.len()), (5, 5));
    assert_eq!(store.page(behind(&second), 5).await.unwrap(), []);
    assert_eq!(store.page(behind(&first), 3).await.unwrap()[..], second[..3], "the order stays");
    assert_eq!(store.page(None, 1000).await.unwrap().len(), 10);
}

pub async fn h6_an_order_about_a_policy_is_there_for_every_handle_until_it_is_taken_away(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    assert_eq!(one.order("p").await.unwrap(), None);
    one.set_order("p", Some("avoid a".into())).await.unwrap();
    one.set_order("q", Some("avoid b".into())).await.unwrap();
    assert_eq!(other.order("p").await.unwrap().as_deref(), Some("avoid a"));
    other.set_order("p", Some("avoid c".into())).await.unwrap();
    assert_eq!(one.order("p").await.unwrap().as_deref(), Some("avoid c"));
    one.set_order("p", None).await.unwrap();
    one.set_order("p", None).await.unwrap();
    assert_eq!((other.order("p").await.unwrap(), other.order("q").await.unwrap()), (None, Some("avoid b".into())));
    assert!(one.page(None, 10).await.unwrap().is_empty(), "an order is no record");
}
