//! What cannot be read: set aside, or left alone.

use crate::house::House;
use crate::words::{append, commit, id, inbox};
use pawl_core::record::{Appended, SCHEMA};
use pawl_core::store::StoreError;
use pawl_service::store::behind;

/// Two subjects with news, the first of them spoilt.
async fn spoilt(house: &mut dyn House, content: &str) {
    house.store().append(vec![append(1, "a"), append(2, "a")]).await.unwrap();
    house.spoil(id(1), content);
}

pub async fn k9_a_corrupt_record_is_set_aside_and_its_subject_begins_anew(house: &mut dyn House) {
    for (n, content) in ["", "{\"schema\":", "{\"schema\":1}", "[]"].into_iter().enumerate() {
        spoilt(house, content).await;
        let store = house.store();
        let aside = store.set_aside();
        if n % 2 == 0 {
            assert_eq!(store.load(id(1)).await.unwrap(), None, "{content:?}");
        } else {
            let anew = store.append(vec![append(1, "b")]).await.unwrap().remove(0);
            assert_eq!((&anew.appended[..], inbox(&anew.record)), (&[Appended::Accepted(1)][..], vec!["b"]), "{content:?}");
        }
        assert_eq!(store.set_aside(), aside + 1, "{content:?}");
        assert_eq!(inbox(&store.load(id(2)).await.unwrap().unwrap()), ["a"], "another subject is left alone");
        assert_eq!(store.append(vec![append(1, "c")]).await.unwrap()[0].appended.len(), 1);
        assert_eq!(store.set_aside(), aside + 1, "what begins anew can be read");
    }
}

pub async fn k9_a_commit_over_a_corrupt_record_starts_over(house: &mut dyn House) {
    let store = house.store();
    let read = store.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    let read = store.commit(id(1), commit(&read, "one")).await.unwrap();
    drop(store);
    house.spoil(id(1), "not JSON");
    let store = house.store();
    let error = store.commit(id(1), commit(&read, "two")).await.unwrap_err();
    assert!(matches!(&error, StoreError::Conflict(conflict) if conflict.has == 0), "{error}");
    assert_eq!((store.set_aside(), store.load(id(1)).await.unwrap()), (1, None));
}

pub async fn k9_a_page_passes_over_what_is_corrupt_and_says_so_once(house: &mut dyn House) {
    spoilt(house, "{").await;
    let store = house.store();
    let page = store.page(None, 10).await.unwrap();
    let (good, bad): (Vec<_>, Vec<_>) = page.into_iter().partition(Result::is_ok);
    assert_eq!(good.into_iter().map(|record| record.unwrap().subject.id()).collect::<Vec<_>>(), [id(2)]);
    let [Err(error)] = &bad[..] else { panic!("{bad:?}") };
    assert!(matches!(error, StoreError::CorruptRecord { subject, aside, .. } if *subject == id(1) && aside.contains("aside")), "{error}");
    assert_eq!(behind(&bad), Some(id(1)));
    assert_eq!((store.set_aside(), store.page(None, 10).await.unwrap().len()), (1, 1));
}

pub async fn k9_the_record_of_another_subject_is_not_believed(house: &mut dyn House) {
    house.store().append(vec![append(1, "a"), append(2, "a")]).await.unwrap();
    let other = house.stored(id(2)).unwrap();
    house.spoil(id(1), &other);
    let store = house.store();
    assert_eq!(store.load(id(1)).await.unwrap(), None);
    assert_eq!(store.set_aside(), 1);
    assert!(store.load(id(2)).await.unwrap().is_some());
}

pub async fn k9_a_record_of_a_newer_version_is_left_alone(house: &mut dyn House) {
    house.store().append(vec![append(1, "a"), append(2, "a")]).await.unwrap();
    let before = house.stored(id(1)).unwrap();
    let newer = format!("{{\"schema\":{},\"unknown\":\"form\"}}", SCHEMA + 1);
    house.spoil(id(1), &newer);
    let store = house.store();
    let read = store.load(id(2)).await.unwrap().unwrap();
    for error in [
        store.load(id(1)).await.unwrap_err(),
        store.append(vec![append(1, "b")]).await.unwrap_err(),
        store.commit(id(1), commit(&read, "one")).await.unwrap_err(),
        store.page(None, 10).await.unwrap().into_iter().find_map(Result::err).unwrap(),
    ] {
        assert_eq!(error, StoreError::NewerRecord { subject: id(1), schema: SCHEMA + 1 });
        assert!(!error.is_transient() && error.to_string().ends_with("run the version that wrote it, or a newer one"), "{error}");
    }
    assert_eq!((store.set_aside(), store.page(None, 10).await.unwrap().len()), (0, 2));
    drop(store);
    assert_eq!(house.stored(id(1)).unwrap(), newer);
    house.spoil(id(1), &before);
    assert_eq!(inbox(&house.store().load(id(1)).await.unwrap().unwrap()), ["a"]);
}

pub async fn q1_an_append_that_fails_in_the_middle_can_be_repeated(house: &mut dyn House) {
    house.store().append(vec![append(2, "before")]).await.unwrap();
    let before = house.stored(id(2)).unwrap();
    house.spoil(id(2), &format!("{{\"schema\":{}}}", SCHEMA + 1));
    let all = vec![append(1, "a"), append(2, "a"), append(3, "a")];
    house.store().append(all.clone()).await.unwrap_err();
    house.spoil(id(2), &before);
    let store = house.store();
    store.append(all).await.unwrap();
    for (number, has) in [(1, vec!["a"]), (2, vec!["before", "a"]), (3, vec!["a"])] {
        assert_eq!(inbox(&store.load(id(number)).await.unwrap().unwrap()), has);
    }
}
