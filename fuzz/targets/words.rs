//! Words that outsiders choose: a comment's commands and matches, the name of a label, a family of labels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_core::comment::{ARGS_CHARS, COMMANDS, commands};
use pawl_core::label::{Delta, Family, LABEL_CHARS, Label};
use pawl_fuzz::patterns;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let found = commands(text);
    assert!(found.len() <= COMMANDS);
    for command in &found {
        let is_verb = command.verb.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(is_verb && (1..=30).contains(&command.verb.len()), "{command:?}");
        assert!(command.args.chars().count() <= ARGS_CHARS && !command.args.chars().any(char::is_control), "{command:?}");
        // Said again in a comment of its own it is the same command.
        assert_eq!(commands(&format!("/pawl {} {}", command.verb, command.args)).first().map(|c| &c.verb), Some(&command.verb));
    }
    assert!(patterns().matches(text).len() <= 2);

    let mut names = text.splitn(3, '\n').map(Label::checked);
    let (Some(Ok(one)), other) = (names.next(), names.next()) else { return };
    assert!((1..=LABEL_CHARS).contains(&one.as_str().chars().count()));
    assert_eq!(Label::new(one.folded()), one, "as it is compared, it is itself");
    let family = Family::new(one.as_str());
    if family.is_numbered() {
        for n in [1, 10, 99] {
            assert!(family.has(&family.label(n)), "{one} {n}");
        }
    } else {
        assert!(family.has(&one));
    }
    if let Some(Ok(other)) = other {
        let (here, there) = ([one.clone()], [other.clone()]);
        let delta = Delta::between(&here, &there, |_| true);
        assert_eq!(delta.is_empty(), one == other, "{one} {other}");
        assert_eq!(one == other, one.folded() == other.folded(), "{one} {other}");
        assert_eq!(family.overlaps(&Family::new(other.as_str())), Family::new(other.as_str()).overlaps(&family), "{one} {other}");
    }
});
