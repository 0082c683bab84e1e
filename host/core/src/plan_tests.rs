//! Every limit of a plan, at the limit and one beyond.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn plan() -> Plan {
    Plan {
        labels: Vec::new(),
        stops: Vec::new(),
        requests: Vec::new(),
        memory: None,
        state: "idle".into(),
        reason: "because".into(),
        held: false,
        refused: Vec::new(),
        keeps: Vec::new(),
        revisit_after_seconds: None,
    }
}

fn request(key: &str, ask: Ask) -> Request {
    Request { key: key.into(), ask }
}

fn comment(bytes: usize) -> Ask {
    Ask::Comment { body: "x".repeat(bytes) }
}

fn notice(bytes: usize) -> Ask {
    Ask::Notice { topic: "t".into(), message: "x".repeat(bytes), severity: Severity::Low, fields: BTreeMap::new() }
}

fn dispatch(inputs: usize) -> Ask {
    Ask::Dispatch { target: "t".into(), inputs: (0..inputs).map(|n| (n.to_string(), String::new())).collect() }
}

fn refused(reason_bytes: usize) -> RefusedNews {
    RefusedNews { news_id: "n".into(), reason: "x".repeat(reason_bytes) }
}

/// What is limited, its limit, and how to fill it.
type Limit = (&'static str, usize, Box<dyn Fn(&mut Plan, usize)>);

fn limits() -> Vec<Limit> {
    let stop = |n: usize| Stop { kind: "Job".into(), name: n.to_string(), uid: "u".into() };
    vec![
        ("labels", PLAN_LABELS, Box::new(|p, n| p.labels = (0..n).map(|i| Label::new(i.to_string())).collect())),
        ("stops", PLAN_STOPS, Box::new(move |p, n| p.stops = (0..n).map(stop).collect())),
        ("requests", PLAN_REQUESTS, Box::new(|p, n| p.requests = (0..n).map(|i| request(&i.to_string(), notice(1))).collect())),
        ("keeps", PLAN_KEEPS, Box::new(|p, n| p.keeps = (0..n).map(|i| i.to_string()).collect())),
        ("memory in bytes", MEMORY_BYTES, Box::new(|p, n| p.memory = Some(vec![0; n]))),
        ("state in bytes", SENTENCE_BYTES, Box::new(|p, n| p.state = "x".repeat(n))),
        ("reason in bytes", SENTENCE_BYTES, Box::new(|p, n| p.reason = "x".repeat(n))),
        ("refused", 200, Box::new(|p, n| p.refused = (0..n).map(|_| refused(1)).collect())),
        ("a refused reason in bytes", SENTENCE_BYTES, Box::new(|p, n| p.refused = vec![refused(n)])),
        ("a request key in bytes", KEY_BYTES, Box::new(|p, n| p.requests = vec![request(&"k".repeat(n), notice(1))])),
        ("a comment in bytes", COMMENT_BYTES, Box::new(|p, n| p.requests = vec![request("k", comment(n))])),
        ("a notice in bytes", SENTENCE_BYTES, Box::new(|p, n| p.requests = vec![request("k", notice(n))])),
        ("inputs", 32, Box::new(|p, n| p.requests = vec![request("k", dispatch(n))])),
    ]
}

#[test]
fn h2_every_limit_of_a_plan_holds_at_the_limit_and_names_what_is_beyond() {
    for (what, limit, fill) in limits() {
        let mut full = plan();
        fill(&mut full, limit);
        assert_eq!(full.check_limits(), Ok(()), "{what}");
        fill(&mut full, limit + 1);
        assert_eq!(full.check_limits(), Err(format!("{what} has {}, the limit is {limit}", limit + 1)));
    }
}

#[test]
fn a_revisit_is_ten_seconds_to_seven_days_away() {
    let of = |seconds| Plan { revisit_after_seconds: Some(seconds), ..plan() }.check_limits();
    assert_eq!((of(10), of(604_800)), (Ok(()), Ok(())));
    for seconds in [0, 9, 604_801] {
        assert_eq!(of(seconds), Err(format!("revisit-after-seconds is {seconds}, it must be 10 to 604800")));
    }
}

#[test]
fn g8_a_plan_with_a_label_that_github_would_refuse_is_beyond_the_contract() {
    let long = Plan { labels: vec![Label::new("x".repeat(51))], ..plan() };
    assert!(long.check_limits().unwrap_err().ends_with("is longer than 50 characters"));
}

#[test]
fn request_keys_are_plain_and_stand_once() {
    let keys = |keys: &[&str]| Plan { requests: keys.iter().map(|k| request(k, notice(1))).collect(), ..plan() }.check_limits();
    assert_eq!(keys(&["a.b:c/d_e-f", "2"]), Ok(()));
    // A key stands in a hidden comment, which `--` or `>` would close.
    for bad in ["", "a b", "a--b", "a>b", "é"] {
        assert!(keys(&[bad]).unwrap_err().starts_with("request key "), "{bad:?}");
    }
    assert_eq!(keys(&["a", "b", "a"]), Err("request key \"a\" stands twice".into()));
}
