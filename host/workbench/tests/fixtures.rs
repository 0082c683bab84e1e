//! Fixtures: what is read, and how what cannot be read is told.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{files, one, root, wrong};
use pawl_workbench::fixture::{self, DEPTH, FIXTURE_BYTES, FIXTURES, PAYLOAD_BYTES, STEPS};

#[test]
fn w3_a_fixture_may_be_one_step_many_steps_or_json() {
    for text in [
        "expect: { state: initial }",
        "about: nothing happens\nsteps:\n  - expect: { state: initial }\n  - after: 1h\n",
        r#"{"facts": {"title": "x"}, "steps": [{"news": ["opened", {"signal": "go", "parameters": {"a": "b"}}]}]}"#,
        "{}",
    ] {
        assert_eq!(one(text).name, "story");
    }
}

#[test]
fn w3_a_misspelt_field_is_told_with_file_line_column_the_line_and_the_one_that_was_meant() {
    let text = "about: a story\nsteps:\n  - expect:\n      lables: [ready]\n";
    let expected = "story.yaml:4:7: unknown field `lables`; did you mean `labels`?\n  4 |       lables: [ready]\n    |       ^";
    assert_eq!(wrong(text), expected);
    let deep = "facts:\n  reviews:\n    - { id: 1, verdict: approved, athor: ada }\n";
    assert!(wrong(deep).contains("story.yaml:3:") && wrong(deep).contains("did you mean `author`?"), "{}", wrong(deep));
    let far = wrong("expect: { wizardry: 1 }");
    assert!(far.contains("unknown field `wizardry`; known here are state, labels, stops"), "{far}");
}

#[test]
fn w3_what_does_not_read_says_what_would() {
    for (text, part) in [
        ("after: soon", "90s, 5m, 1h30m, 30d"),
        ("news: [shouted]", "\"shouted\" alone is no news"),
        ("news: [{ by: ada }]", "does not say what happened; say one of opened"),
        ("news: [{ opened: true, signal: x }]", "two things happened"),
        ("news: [{ opened: true, parameters: { a: b } }]", "parameters belong to a signal"),
        ("news: [{ command: reset }]", "one looks like /pawl reset"),
        ("edits: [hold]", "write +label"),
        ("edits: ['+']", "empty"),
        ("facts: { subject: shop }", "one looks like acme/shop#12"),
        ("facts: { state: opened }", "open"),
        ("facts: { now: noon }", "noon"),
        ("expect: { requests: [shout 1] }", "comment welcome:1"),
        ("expect: { revisit: soon }", "90s"),
        ("expect: { labels: ready }", "story.yaml:1:"),
        ("steps: []", "must be 1 to 200"),
        ("steps: [{}]\nexpect: {}", "move the rest into a step"),
        ("payload: x.json", "there is no file x.json"),
        ("about: one\nabout: two", "duplicate"),
        ("about: [", "story.yaml:"),
        ("a: &x [1]\nb: *x", "story.yaml"),
    ] {
        let told = wrong(text);
        assert!(told.contains(part), "{text:?} says {told:?}");
    }
}

#[test]
fn w3_every_limit_of_a_fixture_holds_at_the_limit() {
    let steps = |n: usize| format!("steps:\n{}", "  - {}\n".repeat(n));
    assert_eq!(fixture::read("a.yaml", &files(&[("a.yaml", &steps(STEPS))])).map(|_| ()), Ok(()));
    assert!(wrong(&steps(STEPS + 1)).contains("it must be 1 to 200"));
    let long = |bytes: usize| format!("about: {}", "x".repeat(bytes - "about: ".len()));
    assert_eq!(fixture::read("a.yaml", &files(&[("a.yaml", &long(FIXTURE_BYTES))])).map(|_| ()), Ok(()));
    assert!(wrong(&long(FIXTURE_BYTES + 1)).contains("the limit is 262144"));
    assert!(wrong(&format!("news: {}{}", "[".repeat(DEPTH + 1), "]".repeat(DEPTH + 1))).contains("story.yaml:1:"));
    let many: Vec<String> = (0..=FIXTURES).map(|n| format!("{n:04}.yaml")).collect();
    let all: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "{}")).collect();
    assert_eq!(fixture::all(&files(&all[1..])).unwrap().len(), FIXTURES);
    assert!(fixture::all(&files(&all)).unwrap_err().to_string().contains("the limit is 500"));
    let payload = " ".repeat(PAYLOAD_BYTES + 1);
    let error = fixture::read("a.yaml", &files(&[("a.yaml", "payload: p.json\nevent: push"), ("p.json", &payload)])).unwrap_err();
    assert!(error.to_string().contains("the limit is 1048576"), "{error}");
}

#[test]
fn w3_no_bytes_panic() {
    let text = "about: a story\nfacts: { labels: [a] }\nsteps:\n  - news: [{ signal: x }]\n    expect: { labels: [b], revisit: 1m }\n";
    for end in 0..text.len() {
        let _ = fixture::read("a.yaml", &files(&[("a.yaml", &text[..end])]));
    }
    for place in 0..text.len() {
        for byte in [0, b'{', b'-', b'&', 0xff] {
            let mut bytes = text.as_bytes().to_vec();
            bytes[place] = byte;
            let _ = fixture::read("a.yaml", &fixture::Files::from([("a.yaml".to_owned(), bytes)]));
        }
    }
}

#[test]
fn w3_a_payload_lies_beside_its_fixture_and_nowhere_else() {
    let all = files(&[("in/a.yaml", "payload: p.json\nevent: push"), ("in/p.json", "{}"), ("b.yaml", "payload: ../p.json\nevent: push")]);
    assert!(fixture::read("in/a.yaml", &all).is_ok());
    assert!(fixture::read("b.yaml", &all).unwrap_err().to_string().contains("no `..`"));
    let eventless = files(&[("a.yaml", "payload: p.json"), ("p.json", "{}")]);
    assert!(fixture::read("a.yaml", &eventless).unwrap_err().to_string().contains("event: pull_request_review"));
    let both = files(&[("a.yaml", "payload: p.json\nevent: push\nsensor: p.json"), ("p.json", "{}")]);
    assert!(fixture::read("a.yaml", &both).unwrap_err().to_string().contains("not both"));
    let odd = files(&[("a.yaml", "sensor: p.json"), ("p.json", "{}")]);
    assert!(fixture::read("a.yaml", &odd).unwrap_err().to_string().contains("X-GitHub-Event"));
}

/// Fixtures that went through so many hands each.
const SPOILED: usize = 300;

#[test]
fn w3_whatever_a_fixture_holds_it_reads_or_its_file_is_named_with_what_is_wrong() {
    let seed = 20_260_105;
    println!("seed {seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let whole = pawl_builder::gather(&root().join("guest/remediation/fixtures")).unwrap();
    let (mut read, mut refused) = (0, 0);
    for name in whole.keys().filter(|name| fixture::is_fixture(name)) {
        for _ in 0..SPOILED {
            let mut files = whole.clone();
            spoil(files.get_mut(name).unwrap(), &mut rng);
            match fixture::read(name, &files) {
                Ok(_) => read += 1,
                Err(error) => {
                    refused += 1;
                    let told = error.to_string();
                    assert!(told.starts_with(name.as_str()) && told.len() < 2_000, "{told}");
                }
            }
        }
    }
    assert!(read > 100 && refused > 1_000, "{read} read, {refused} refused");
}

#[test]
fn w3_however_long_and_hostile_the_words_of_a_fixture_are_what_is_told_is_short_and_plain() {
    let hostile = format!("\\e[2J\\n\\u0007{}", "a".repeat(100_000));
    for text in [
        format!("\"{hostile}\": 1"),
        format!("facts: {{ state: \"{hostile}\" }}"),
        format!("after: \"{hostile}\""),
        format!("payload: \"{hostile}\"\nevent: push"),
        format!("settings: {{ limit: [\"{hostile}\", {{}}] }}"),
        format!("edits: [{{ added: \"{hostile}\", by: \"{hostile}\" }}]"),
        format!("news: [{{ \"{hostile}\": {{}} }}]"),
        format!("expect: {{ state: x, \"{hostile}\": y }}"),
        format!("? [\"{hostile}\"]\n: 1"),
        format!("about: *{}", "a".repeat(100_000)),
    ] {
        let files = fixture::Files::from([("story.yaml".to_owned(), text.clone().into_bytes())]);
        let told = fixture::read("story.yaml", &files).unwrap_err().to_string();
        assert!(told.chars().count() < 2_000, "{} characters of {}", told.chars().count(), &text[..40]);
        assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "{told:?}");
    }
}

/// Changes a few bytes, or cuts, doubles or inserts something that readers stumble over.
fn spoil(text: &mut Vec<u8>, rng: &mut fastrand::Rng) {
    const STRANGE: [&str; 12] = [
        "\0",
        "\u{202e}",
        "&a [*a]",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "99999999999999999999999",
        "-",
        "\t",
        "!!binary",
        "<<: ",
        "? ",
        "'",
        "\u{feff}",
    ];
    for _ in 0..rng.usize(1..=3) {
        let (from, to) = (rng.usize(..=text.len()), rng.usize(..=text.len()));
        let part = from.min(to)..from.max(to).min(from.min(to) + 40);
        match rng.u8(..5) {
            0 if !text.is_empty() => {
                let place = rng.usize(..text.len());
                text[place] = rng.u8(..);
            }
            1 => drop(text.drain(part)),
            2 => {
                let again = text[part].to_vec();
                text.splice(from..from, again);
            }
            3 => text.truncate(from),
            _ => drop(text.splice(from..from, rng.choice(STRANGE).unwrap_or_default().bytes())),
        }
    }
}
