//! What goes: records that are over, names that nobody needs; and who has to begin anew because a record could not be read.

use crate::house::House;
use crate::words::{append, commit, id, repository};
use pawl_core::record::Appended;
use pawl_core::subject::Repository;

pub async fn q10_a_record_is_taken_away_only_as_it_was_read(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    one.append(vec![append(1, "a"), append(2, "a")]).await.unwrap();
    let read = one.load(id(1)).await.unwrap().unwrap();
    other.append(vec![append(1, "b")]).await.unwrap();
    assert!(!one.remove(&read).await.unwrap(), "more news came");
    let read = one.load(id(1)).await.unwrap().unwrap();
    let committed = other.commit(id(1), commit(&read, "op")).await.unwrap();
    assert!(!one.remove(&read).await.unwrap(), "somebody committed");
    assert!(one.remove(&committed).await.unwrap());
    assert_eq!(other.load(id(1)).await.unwrap(), None);
    assert!(!other.remove(&committed).await.unwrap(), "it is gone");
    assert!(other.load(id(2)).await.unwrap().is_some(), "another subject is left alone");
    let anew = other.append(vec![append(1, "a")]).await.unwrap().remove(0);
    assert_eq!((&anew.appended[..], anew.record.generation), (&[Appended::Accepted(1)][..], 0));
}

pub async fn k8_who_holds_a_record_that_is_gone_commits_nothing(house: &mut dyn House) {
    let store = house.store();
    let read = store.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    let read = store.commit(id(1), commit(&read, "one")).await.unwrap();
    assert!(store.remove(&read).await.unwrap());
    store.commit(id(1), commit(&read, "two")).await.unwrap_err();
    assert_eq!(store.load(id(1)).await.unwrap(), None);
}

pub async fn q10_a_name_is_forgotten_only_while_it_is_that_repositorys(house: &mut dyn House) {
    let (one, other) = (house.store(), house.store());
    let tools = Repository { id: 8, name: "Tools".into(), ..repository() };
    one.confirm_name(&repository()).await.unwrap();
    one.tell_name(&tools).await.unwrap();
    let sorted = |mut names: Vec<(String, u64)>| {
        names.sort();
        names
    };
    assert_eq!(sorted(other.names().await.unwrap()), [("acme/shop".to_owned(), 7), ("acme/tools".to_owned(), 8)]);
    assert!(!one.forget_name("acme/shop", 8).await.unwrap(), "it is somebody else's");
    assert!(one.forget_name("acme/shop", 7).await.unwrap() && one.forget_name("acme/tools", 8).await.unwrap());
    assert!(!one.forget_name("acme/shop", 7).await.unwrap());
    assert_eq!(other.names().await.unwrap(), []);
    one.confirm_name(&repository()).await.unwrap();
    assert_eq!(sorted(one.names().await.unwrap()), [("acme/shop".to_owned(), 7)], "whoever forgot it writes it again");
}

pub async fn k9_whose_record_was_set_aside_is_known_until_somebody_says_that_it_has_begun_anew(house: &mut dyn House) {
    house.store().append(vec![append(1, "a"), append(2, "a")]).await.unwrap();
    house.spoil(id(1), "{");
    let store = house.store();
    assert_eq!(store.bereft().await.unwrap(), []);
    assert_eq!(store.load(id(1)).await.unwrap(), None);
    assert_eq!(store.bereft().await.unwrap(), [id(1)]);
    drop(store);
    let store = house.store();
    assert_eq!(store.bereft().await.unwrap(), [id(1)], "a process that begins knows it too");
    store.append(vec![append(1, "b")]).await.unwrap();
    assert_eq!(store.bereft().await.unwrap(), [id(1)], "news alone are no state");
    store.begun_anew(id(1)).await.unwrap();
    assert_eq!(store.bereft().await.unwrap(), []);
    store.begun_anew(id(2)).await.unwrap();
    drop(store);
    assert_eq!(house.store().bereft().await.unwrap(), [], "for good");
    house.spoil(id(1), "[");
    let store = house.store();
    assert_eq!(store.load(id(1)).await.unwrap(), None);
    assert_eq!(store.bereft().await.unwrap(), [id(1)], "and when it happens again it is known again");
}
