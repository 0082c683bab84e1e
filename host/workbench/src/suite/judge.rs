//! Judging a step: what was expected and what came, field by field.

use super::world::Outcome;
use crate::fixture::Expectation;
use pawl_core::label::Label;
use pawl_core::plan::{Ask, Request};
use serde::Serialize;
use serde_saphyr::Spanned;

/// One field that came otherwise than expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field, as the fixture calls it.
    pub field: &'static str,
    /// The line of the expectation.
    pub line: u64,
    /// What was expected.
    pub expected: Vec<String>,
    /// What came.
    pub got: Vec<String>,
    /// What was expected and did not come.
    pub missing: Vec<String>,
    /// What came and was not expected.
    pub surplus: Vec<String>,
}

/// Everything that differs from what was expected.
pub(super) fn differences(expect: &Expectation, outcome: &Outcome) -> Vec<Difference> {
    let mut found: Vec<Option<Difference>> = Vec::new();
    let state = outcome.state.clone().unwrap_or_else(|| "refused".into());
    found.push(expect.state.as_ref().and_then(|wanted| text("state", wanted, &state, state == wanted.value)));
    let refusal = outcome.refusal.clone().unwrap_or_else(|| format!("no refusal, but the state {state}"));
    found.push(expect.refusal.as_ref().and_then(|wanted| {
        text("refusal", wanted, &refusal, outcome.refusal.as_deref().is_some_and(|refusal| has(refusal, &wanted.value)))
    }));
    // Without a word on refusals, one is never what was expected.
    if expect.refusal.is_none()
        && let Some(refusal) = &outcome.refusal
    {
        let line = expect.state.as_ref().map_or(0, |state| state.referenced.line());
        found.push(Some(one("refusal", line, "no refusal".into(), refusal.clone())));
    }
    found.push(expect.labels.as_ref().and_then(|wanted| {
        let got: Vec<String> = outcome.labels.iter().map(ToString::to_string).collect();
        list("labels", wanted, &wanted.value, &got, |wanted, got| Label::new(wanted.as_str()) == Label::new(got.as_str()), Clone::clone)
    }));
    found.push(expect.stops.as_ref().and_then(|wanted| {
        let shown = |part: &crate::fixture::StopPart| {
            let of = |word: &str, value: &Option<String>| value.as_ref().map_or_else(String::new, |value| format!(" {word} {value}"));
            format!("{}{}{}", part.name, of("kind", &part.kind), of("uid", &part.uid))
        };
        let got: Vec<Vec<String>> = outcome.stops.iter().map(|stop| vec![stop.name.clone(), stop.kind.clone(), stop.uid.clone()]).collect();
        let matches = |wanted: &crate::fixture::StopPart, got: &Vec<String>| {
            wanted.name == got[0]
                && wanted.kind.as_ref().is_none_or(|kind| *kind == got[1])
                && wanted.uid.as_ref().is_none_or(|uid| *uid == got[2])
        };
        paired("stops", wanted, &wanted.value, &got, matches, shown, |got| format!("{} kind {} uid {}", got[0], got[1], got[2]))
    }));
    let (notices, requests): (Vec<Request>, Vec<Request>) =
        outcome.requests.iter().cloned().partition(|request| matches!(request.ask, Ask::Notice { .. }));
    found.push(expect.requests.as_ref().and_then(|wanted| {
        let shown = |part: &crate::fixture::RequestPart| {
            let key = part.key.as_ref().map_or_else(String::new, |key| format!(" {key}"));
            let text = part.text.as_ref().map_or_else(String::new, |text| format!(" with {text:?}"));
            format!("{}{key}{text}", part.ask)
        };
        let matches = |wanted: &crate::fixture::RequestPart, got: &Request| {
            wanted.ask == got.ask.word()
                && wanted.key.as_ref().is_none_or(|key| *key == got.key)
                && wanted.text.as_ref().is_none_or(|text| has(&words(&got.ask), text))
        };
        paired("requests", wanted, &wanted.value, &requests, matches, shown, |got| {
            format!("{} {} with {:?}", got.ask.word(), got.key, words(&got.ask))
        })
    }));
    found.push(expect.notices.as_ref().and_then(|wanted| {
        let shown = |part: &crate::fixture::NoticePart| {
            let severity = part.severity.map_or_else(String::new, |severity| format!(" ({severity:?})").to_lowercase());
            let message = part.message.as_ref().map_or_else(String::new, |message| format!(": {message}"));
            format!("{}{severity}{message}", part.topic)
        };
        let matches = |wanted: &crate::fixture::NoticePart, got: &Request| {
            let Ask::Notice { topic, message, severity, .. } = &got.ask else { return false };
            wanted.topic == *topic
                && wanted.severity.is_none_or(|wanted| wanted == *severity)
                && wanted.message.as_ref().is_none_or(|wanted| has(message, wanted))
        };
        paired("notices", wanted, &wanted.value, &notices, matches, shown, |got| match &got.ask {
            Ask::Notice { topic, message, severity, .. } => format!("{topic} ({}): {message}", format!("{severity:?}").to_lowercase()),
            other => other.word().into(),
        })
    }));
    found.push(expect.refused.as_ref().and_then(|wanted| {
        let shown = |part: &crate::fixture::RefusedPart| match &part.reason {
            Some(reason) => format!("{}: {reason}", part.id),
            None => part.id.clone(),
        };
        let matches = |wanted: &crate::fixture::RefusedPart, got: &pawl_core::plan::RefusedNews| {
            wanted.id == got.news_id && wanted.reason.as_ref().is_none_or(|reason| has(&got.reason, reason))
        };
        paired("refused", wanted, &wanted.value, &outcome.refused, matches, shown, |got| format!("{}: {}", got.news_id, got.reason))
    }));
    found.push(expect.keeps.as_ref().and_then(|wanted| list("keeps", wanted, &wanted.value, &outcome.keeps, |w, g| w == g, Clone::clone)));
    found.push(expect.held.as_ref().and_then(|wanted| {
        (wanted.value != outcome.held).then(|| one("held", wanted.referenced.line(), wanted.value.to_string(), outcome.held.to_string()))
    }));
    found.push(expect.revisit().and_then(|(wanted, line)| {
        let got = outcome.revisit_after_seconds.map(i64::from);
        let shown = |seconds: Option<i64>| seconds.map_or_else(|| "none".into(), |seconds| format!("{seconds}s"));
        (wanted != got).then(|| one("revisit", line, shown(wanted), shown(got)))
    }));
    found.push(expect.reason.as_ref().and_then(|wanted| text("reason", wanted, &outcome.reason, has(&outcome.reason, &wanted.value))));
    found.push(expect.memory.as_ref().and_then(|wanted| {
        let shown = |remembers: bool| if remembers { "something is remembered" } else { "nothing is remembered" }.to_owned();
        let differs = wanted.value != outcome.remembers;
        differs.then(|| one("memory", wanted.referenced.line(), shown(wanted.value), shown(outcome.remembers)))
    }));
    found.into_iter().flatten().collect()
}

/// Whether a sentence holds a part, without regard to letter case.
fn has(sentence: &str, part: &str) -> bool {
    sentence.to_lowercase().contains(&part.to_lowercase())
}

/// What a request says, for comparing and showing.
fn words(ask: &Ask) -> String {
    match ask {
        Ask::Dispatch { target, inputs } => {
            let inputs: Vec<String> = inputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            [vec![target.clone()], inputs].concat().join(" ")
        }
        Ask::Comment { body } => body.clone(),
        Ask::Reaction { content, .. } => content.clone(),
        Ask::Notice { message, .. } => message.clone(),
    }
}

fn one(field: &'static str, line: u64, expected: String, got: String) -> Difference {
    Difference { field, line, expected: vec![expected], got: vec![got], missing: Vec::new(), surplus: Vec::new() }
}

fn text(field: &'static str, wanted: &Spanned<String>, got: &str, fits: bool) -> Option<Difference> {
    (!fits).then(|| one(field, wanted.referenced.line(), wanted.value.clone(), got.to_owned()))
}

fn list<S>(
    field: &'static str,
    place: &Spanned<S>,
    wanted: &[String],
    got: &[String],
    matches: impl Fn(&String, &String) -> bool,
    shown: impl Fn(&String) -> String,
) -> Option<Difference> {
    paired(field, place, wanted, got, matches, &shown, &shown)
}

/// Pairs what was expected with what came, whatever their order; none when nothing is left over.
fn paired<S, W, G>(
    field: &'static str,
    place: &Spanned<S>,
    wanted: &[W],
    got: &[G],
    matches: impl Fn(&W, &G) -> bool,
    show_wanted: impl Fn(&W) -> String,
    show_got: impl Fn(&G) -> String,
) -> Option<Difference> {
    let mut left: Vec<&G> = got.iter().collect();
    let mut missing = Vec::new();
    for one in wanted {
        match left.iter().position(|got| matches(one, got)) {
            Some(found) => {
                left.remove(found);
            }
            None => missing.push(show_wanted(one)),
        }
    }
    let surplus: Vec<String> = left.into_iter().map(&show_got).collect();
    (!missing.is_empty() || !surplus.is_empty()).then(|| Difference {
        field,
        line: place.referenced.line(),
        expected: wanted.iter().map(&show_wanted).collect(),
        got: got.iter().map(&show_got).collect(),
        missing,
        surplus,
    })
}
