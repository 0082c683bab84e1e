//! Headers of any content: signature, event and delivery id, each a line; the rest is the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_fuzz::{SECRET, arrived, check, deliver, patterns, signature};
use pawl_github::webhook::{Verifier, read};
use secrecy::SecretString;
use std::sync::LazyLock;

static VERIFIERS: LazyLock<[Verifier; 3]> = LazyLock::new(|| {
    let secret = |text: &str| Some(SecretString::from(text));
    [Verifier::new(secret(SECRET), None), Verifier::new(secret("new"), secret(SECRET)), Verifier::new(None, secret(""))]
});

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(4, |byte| *byte == b'\n');
    let mut header = || parts.next().and_then(|part| std::str::from_utf8(part).ok()).unwrap_or_default();
    let (claimed, event, delivery) = (header(), header(), header());
    let body = parts.next().unwrap_or_default();
    let right = signature(SECRET, body);
    // GitHub writes hexadecimal digits small; whoever writes them large says the same.
    let is_right = claimed.strip_prefix("sha256=").is_some_and(|digits| digits.eq_ignore_ascii_case(&right["sha256=".len()..]));
    for verifier in &VERIFIERS[..2] {
        let reading = deliver(verifier, claimed, event, delivery, body);
        assert_eq!(reading.is_some(), is_right, "{claimed:?}");
        assert!(verifier.verify(Some(&right), body).is_ok());
    }
    assert!(VERIFIERS[2].verify(Some(claimed), body).is_err(), "without a secret nothing is believed");
    // What the host lets through as event and id; anything else is refused before it is read.
    let is_id = (1..=80).contains(&delivery.len()) && delivery.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_id && (1..=60).contains(&event.len()) {
        check(&read(event, delivery, body, arrived(), patterns()));
    }
});
