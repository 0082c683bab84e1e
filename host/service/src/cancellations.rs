//! Cancellations: what became of each run that was to be stopped, for people and programs that ask.

use crate::host::Host;
use crate::store::behind;
use pawl_core::Timestamp;
use pawl_core::record::Record;
use pawl_core::stop::OpenStop;
use pawl_core::store::StoreError;
use serde::Deserialize;
use serde_json::{Value, json};

/// Records that are read at once.
const PAGE: usize = 200;
/// Runs that one answer lists; it says when there are more.
const LISTED: usize = 1_000;

/// Which cancellations are asked for; each that is named must fit.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `owner/name#number`.
    pub subject: Option<String>,
    /// A task, as runs name it.
    pub task: Option<String>,
    /// The operation id of a turn, or of a commit of it.
    pub correlation: Option<String>,
}

/// The cancellations of all subjects that are wanted, with what is open first.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(host: &Host, wanted: &Wanted) -> Result<Value, StoreError> {
    let (mut open, mut over, mut after) = (Vec::new(), Vec::new(), None);
    let mut left_out = 0_usize;
    loop {
        let page = host.store.page(after, PAGE).await?;
        for record in page.iter().flatten().filter(|record| wanted.fits_subject(record)) {
            let (of_open, of_over) = of(record, wanted, host.now());
            open.extend(of_open);
            over.extend(of_over);
        }
        // What is over is told as long as there is room; what is open always counts first.
        let room = LISTED.saturating_sub(open.len());
        left_out += over.len().saturating_sub(room);
        over.truncate(room);
        after = behind(&page);
        if page.len() < PAGE {
            break;
        }
    }
    left_out += open.len().saturating_sub(LISTED);
    open.truncate(LISTED);
    open.extend(over);
    Ok(json!({ "generated_at": host.now().to_string(), "cancellations": open, "left_out": left_out }))
}

impl Wanted {
    fn fits_subject(&self, record: &Record) -> bool {
        self.subject.as_ref().is_none_or(|subject| record.subject.to_string().eq_ignore_ascii_case(subject))
    }

    fn fits(&self, stop: &OpenStop) -> bool {
        let has_task = |task: &String| stop.task.as_deref() == Some(task);
        let has_operation =
            |id: &String| stop.operation == *id || id.strip_prefix(&stop.operation).is_some_and(|rest| rest.starts_with('.'));
        self.task.as_ref().is_none_or(has_task) && self.correlation.as_ref().is_none_or(has_operation)
    }
}

/// What is open and what is over of one subject, newest of the latter first.
fn of(record: &Record, wanted: &Wanted, now: Timestamp) -> (Vec<Value>, Vec<Value>) {
    let open = record.parts.iter().flat_map(|(policy, part)| part.stops.iter().map(move |stop| (policy, stop)));
    let open = open.filter(|(_, stop)| wanted.fits(stop));
    let open = open.map(|(policy, stop)| shown(record, stop, stop.word(now), None, Some(policy))).collect();
    let over = record.stopped.iter().rev().filter(|past| wanted.fits(&past.open));
    let over = over.map(|past| shown(record, &past.open, past.end.word(), Some(past.at), None)).collect();
    (open, over)
}

fn shown(record: &Record, stop: &OpenStop, state: &str, at: Option<Timestamp>, policy: Option<&String>) -> Value {
    let confirmed = at.filter(|_| state == "confirmed").map(|at| at.to_string());
    json!({
        "subject": record.subject.to_string(), "policy": policy,
        "kind": stop.stop.kind, "name": stop.stop.name, "uid": stop.stop.uid, "agent": stop.agent, "task": stop.task,
        "operation": stop.operation, "requested": stop.since.to_string(), "confirmed": confirmed, "attempts": stop.attempts,
        "state": state, "error": stop.error,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use pawl_core::plan::Stop;
    use pawl_core::record::Part;
    use pawl_core::stop::{PastStop, StopEnd};
    use pawl_core::subject::{Repository, Subject, SubjectKind};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn stop(name: &str, task: &str, operation: &str) -> OpenStop {
        let stop = Stop { kind: "CodeRun".into(), name: name.into(), uid: format!("uid-{name}") };
        OpenStop { task: Some(task.into()), agent: Some("tess".into()), ..OpenStop::new(stop, None, operation, at(0)) }
    }

    fn record() -> Record {
        let repository = Repository { id: 1, owner: "acme".into(), name: "shop".into() };
        let mut record = Record::new(Subject { repository, number: 7, kind: SubjectKind::PullRequest });
        let accepted = OpenStop { accepted: true, attempts: 1, error: Some("held by example.io/keep".into()), ..stop("a", "7", "op-1") };
        let failed = OpenStop { attempts: 2, error: Some("no answer".into()), ..stop("b", "7", "op-1") };
        record.parts.insert("p".into(), Part { stops: vec![accepted, failed], ..Part::default() });
        record.stopped.push(PastStop { open: stop("c", "8", "op-0"), end: StopEnd::Confirmed, at: at(4) });
        record
    }

    fn names(values: &[Value]) -> Vec<&str> {
        values.iter().map(|value| value["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn k11_each_run_is_told_with_how_far_its_cancellation_came() {
        let (open, over) = of(&record(), &Wanted::default(), at(3));
        let states: Vec<&str> = open.iter().chain(&over).map(|run| run["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["accepted", "failed", "confirmed"]);
        assert_eq!((&open[1]["attempts"], &open[1]["error"], &open[0]["agent"]), (&json!(2), &json!("no answer"), &json!("tess")));
        assert_eq!((&over[0]["requested"], &over[0]["confirmed"]), (&json!(at(0).to_string()), &json!(at(4).to_string())));
        assert!(open[0]["confirmed"].is_null());
        assert_eq!(of(&record(), &Wanted::default(), at(30)).0[0]["state"], "stuck", "labels went on without it");
    }

    #[test]
    fn k11_they_are_found_by_subject_task_and_correlation() {
        let by = |wanted: Wanted| {
            let record = record();
            let (open, over) = if wanted.fits_subject(&record) { of(&record, &wanted, at(3)) } else { Default::default() };
            names(&[open, over].concat()).join(" ")
        };
        assert_eq!(by(Wanted { subject: Some("ACME/shop#7".into()), ..Wanted::default() }), "a b c");
        assert_eq!(by(Wanted { subject: Some("acme/shop#8".into()), ..Wanted::default() }), "");
        assert_eq!(by(Wanted { task: Some("8".into()), ..Wanted::default() }), "c");
        assert_eq!(by(Wanted { correlation: Some("op-1".into()), ..Wanted::default() }), "a b");
        assert_eq!(by(Wanted { correlation: Some("op-1.1".into()), ..Wanted::default() }), "a b", "a commit of the turn");
        assert_eq!(by(Wanted { correlation: Some("op-10".into()), ..Wanted::default() }), "");
    }
}
