//! A signed body of any event. The first byte chooses the event, the rest is the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_fuzz::{EVENTS, SECRET, check, deliver, signature};
use pawl_github::webhook::Verifier;
use secrecy::SecretString;
use std::sync::LazyLock;

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new(Some(SecretString::from(SECRET)), None));

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let event = EVENTS[usize::from(*first) % EVENTS.len()];
    let signed = signature(SECRET, body);
    let reading = deliver(&VERIFIER, &signed, event, "d-1", body).expect("a body that is signed is read");
    check(&reading);
    assert_eq!(deliver(&VERIFIER, &signed, event, "d-1", body), Some(reading), "read twice, it says the same");
    assert_eq!(deliver(&VERIFIER, &signature("another secret", body), event, "d-1", body), None, "unsigned, it is not read");
});
