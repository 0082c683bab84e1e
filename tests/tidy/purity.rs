//! Core is a function of its arguments.

use super::tree::sources;

/// Ways to the clock, to randomness, to the environment and to the outside.
const OUTSIDE: [&str; 14] = [
    "Timestamp::now",
    "Zoned::now",
    "SystemTime",
    "Instant",
    "std::env",
    "env!(",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::io",
    "fastrand",
    "RandomState",
    "println!",
];

#[test]
fn core_reads_no_clock_no_randomness_and_no_environment() {
    let mut found = Vec::new();
    for source in sources("host/core/src").iter().filter(|s| !s.is_test()) {
        for (number, line) in source.product().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let way = OUTSIDE.iter().find(|way| code.contains(*way));
            found.extend(way.map(|way| format!("{}:{}: {way}", source.path, number + 1)));
        }
    }
    assert!(found.is_empty(), "core takes these as arguments:\n{}", found.join("\n"));
}

#[test]
fn core_has_no_async_function() {
    let is_async = |line: &&str| line.contains("async fn") || line.contains(".await");
    for source in sources("host/core/src") {
        assert_eq!(source.text.lines().find(is_async), None, "{}", source.path);
    }
}
