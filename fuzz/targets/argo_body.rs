//! A sensor's request: the delivery in whatever wrapping, then what is in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_fuzz::{arrived, check, patterns};
use pawl_github::sensor;
use pawl_github::webhook::{BadPayload, Reading, read};
use serde_json::{Value, json};

fn reading(unwrapped: &sensor::Unwrapped) -> Result<Reading, BadPayload> {
    read(&unwrapped.event, &unwrapped.delivery, &unwrapped.body, arrived(), patterns())
}

fuzz_target!(|data: &[u8]| {
    let header = |name: &str| data.first().is_some_and(|b| b % 2 == 0).then(|| format!("push-{}", name.len()));
    match sensor::unwrap(data, header) {
        Err(bad) => {
            let told = bad.to_string();
            assert!(told.contains("payload: ") && told.len() < 2_000, "{told}");
        }
        Ok(unwrapped) => {
            assert!(!unwrapped.event.is_empty() && !unwrapped.delivery.is_empty());
            assert!(unwrapped.event == unwrapped.event.trim() && unwrapped.delivery == unwrapped.delivery.trim());
            assert_eq!(sensor::unwrap(data, header).as_ref(), Ok(&unwrapped), "read twice, it says the same");
            let body: Value = serde_json::from_slice(&unwrapped.body).expect("what is unwrapped is JSON");
            assert!(body.is_object());
            // Wrapped once more it says the same. Not byte by byte: a number beyond every integer is written anew each time it is read,
            // and means nothing in any payload.
            let again =
                json!({ "headers": { "X-GitHub-Event": [unwrapped.event], "X-GitHub-Delivery": [unwrapped.delivery] }, "body": body });
            if body.get("body").is_none() && body.get("data").is_none() {
                let again = sensor::unwrap(again.to_string().as_bytes(), |_| None).expect("what was unwrapped can be wrapped");
                assert_eq!((&again.event, &again.delivery), (&unwrapped.event, &unwrapped.delivery));
                assert_eq!(reading(&again).is_ok(), reading(&unwrapped).is_ok());
            }
            check(&reading(&unwrapped));
        }
    }
});
