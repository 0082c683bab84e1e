//! The body of a signal, or of a list of them.
#![no_main]

// As a file, for the reason given in argo_body.
#[path = "../../host/service/src/signal.rs"]
mod signal;

use libfuzzer_sys::fuzz_target;
use pawl_core::news::{Event, SIGNAL_PARAMETERS};
use pawl_core::subject::Repository;
use pawl_fuzz::{arrived, check_news};

fuzz_target!(|data: &[u8]| {
    let told = match signal::told(data) {
        Ok(told) => told,
        Err(bad) => return assert!((20..2_000).contains(&bad.to_string().len()), "{bad}"),
    };
    let list = match told {
        signal::Told::One(one) => vec![one],
        signal::Told::List(list) => list,
    };
    assert!(list.len() <= signal::SIGNALS);
    for one in list {
        match signal::read(one.clone(), arrived()) {
            Err(refused) => assert!((10..2_000).contains(&refused.len()), "{refused}"),
            Ok(signal) => {
                let repository = Repository { id: 0, owner: signal.owner.clone(), name: signal.name.clone() };
                assert!(repository.has_honest_names() && signal.number > 0);
                check_news(&signal.news);
                let Event::Signal { name, parameters } = &signal.news.event else { panic!("a signal is a signal") };
                assert!((1..=60).contains(&name.len()) && parameters.len() <= SIGNAL_PARAMETERS);
                assert_eq!(signal::read(one, arrived()), Ok(signal), "read twice, it says the same");
            }
        }
    }
});
