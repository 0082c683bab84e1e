//! The fixtures that a component carries, found in its bytes without running anything of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_fuzz::check_complaint;
use pawl_workbench::embed::{FILES, SECTION_BYTES, files, fixtures};

fuzz_target!(|data: &[u8]| {
    match files(data) {
        Ok(found) => {
            let bytes: usize = found.iter().map(|(path, content)| path.len() + content.len()).sum();
            assert!(found.len() <= FILES && bytes <= SECTION_BYTES && bytes <= data.len());
            if let Err(error) = fixtures(data) {
                check_complaint(&error.to_string());
            }
        }
        Err(error) => check_complaint(&error.to_string()),
    }
});
