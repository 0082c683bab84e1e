//! Exploring compiled policies (W6).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::bundled;
use pawl_workbench::explore::{Options, explore, text};

#[test]
fn w6_the_bundled_policy_reaches_all_its_states_and_breaks_no_law() {
    let begun = std::time::Instant::now();
    let found = explore(&bundled(), Options::default(), &|_| {});
    println!("{}", text(&found));
    println!("{:?}", begun.elapsed());
    assert!(found.violations.is_empty(), "{}", text(&found));
    assert_eq!(found.unreachable().count(), 0, "{}", text(&found));
}
