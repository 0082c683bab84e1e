//! A sensor's request: the delivery in whatever wrapping, then what is in it.
#![no_main]

// As a file and not as the crate that it belongs to: that one holds a compiler for policies, which is nothing to instrument.
#[path = "../../host/service/src/sensor.rs"]
mod sensor;

use libfuzzer_sys::fuzz_target;
use pawl_fuzz::{arrived, check, patterns};
use pawl_github::webhook::read;
use serde_json::{Value, json};

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
            // Wrapped once more it is the same delivery.
            let again =
                json!({ "headers": { "X-GitHub-Event": [unwrapped.event], "X-GitHub-Delivery": [unwrapped.delivery] }, "body": body });
            if body.get("body").is_none() && body.get("data").is_none() {
                assert_eq!(sensor::unwrap(again.to_string().as_bytes(), |_| None).as_ref(), Ok(&unwrapped));
            }
            check(&read(&unwrapped.event, &unwrapped.delivery, &unwrapped.body, arrived(), patterns()));
        }
    }
});
