//! A fixture, as a person writes it and as a component carries it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_fuzz::check_complaint;
use pawl_workbench::fixture::{Files, read};

const NAME: &str = "story.yaml";

fuzz_target!(|data: &[u8]| {
    let files = Files::from([(NAME.to_owned(), data.to_vec()), ("payloads/one.json".to_owned(), b"{}".to_vec())]);
    match read(NAME, &files) {
        Ok(fixture) => assert_eq!(fixture.name, "story"),
        Err(error) => {
            let told = error.to_string();
            assert!(told.starts_with(NAME), "{told}");
            check_complaint(&told);
        }
    }
});
