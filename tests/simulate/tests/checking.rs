//! Each check complains of what it is there for, and of nothing beside it: records and runs made by hand.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_core::Timestamp;
use pawl_core::facts::LabelChange;
use pawl_core::label::Label;
use pawl_core::news::{Event, News};
use pawl_core::plan::{Ask, Request, Severity};
use pawl_core::record::{OpenRequest, Past, Record};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_core::turn::Deployment;
use pawl_simulate::checks::{self, Effect, LEASE};
use pawl_simulate::model::{Model, Step};
use pawl_simulate::replica::policies;
use pawl_simulate::rest;
use pawl_simulate::table::Happened;
use pawl_simulate::truth::{Push, Run, Truth};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const POLICY: &str = "remediation";

fn deployment() -> &'static Deployment {
    &policies().deployment
}

fn subject() -> Subject {
    Subject { repository: Repository { id: 1, owner: "acme".into(), name: "shop".into() }, number: 1, kind: SubjectKind::PullRequest }
}

/// A record whose policy has decided on these labels, which are not verified yet.
fn wishing(labels: &[&str]) -> Record {
    let mut record = Record::new(subject());
    record.generation = 3;
    record.labels_outstanding = true;
    let part = record.parts.entry(POLICY.into()).or_default();
    part.digest = "of some policy".into();
    part.labels = labels.iter().map(|label| Label::new(*label)).collect();
    record
}

fn told(record: &mut Record, id: &str, event: Event) {
    let news = News { id: id.into(), at: Timestamp::UNIX_EPOCH, arrived: Timestamp::UNIX_EPOCH, actor: None, event };
    record.append("a delivery", news);
}

fn past(from: &str, to: &str) -> Past {
    let (from, to) = (from.to_owned(), to.to_owned());
    Past { at: Timestamp::UNIX_EPOCH, policy: POLICY.into(), from, to, reason: String::new(), operation: String::new() }
}

fn push(at: i64, commit: &str, is_agent: bool) -> Push {
    Push { at, commit: commit.into(), is_agent }
}

fn run(created_at: i64) -> Run {
    Run { name: "run-1".into(), uid: "u1".into(), created_at, commit: None, is_ours: true, is_qa: true, has_finished: false }
}

fn truth(steps: &[Step]) -> Truth {
    let mut model = Model::new(3);
    for (at, step) in steps.iter().enumerate() {
        model.take(i64::try_from(at).unwrap() * 100, *step);
    }
    Truth { model, pushes: vec![push(0, "one", true)], most: 0, runs: BTreeMap::new(), happened: Happened::default(), holds: Vec::new() }
}

fn set(label: &str) -> Effect {
    Effect::Set(label.into())
}

#[test]
fn s1_a_label_that_no_policy_owns_was_moved() {
    checks::s1(deployment(), "ready-for-qa").unwrap();
    checks::s1(deployment(), "iteration-2").unwrap();
    for foreign in ["task-1", "skip-automation", "iteration-planning", "bug"] {
        checks::s1(deployment(), foreign).unwrap_err();
    }
}

#[test]
fn s2_an_override_that_every_reading_showed_was_passed_over() {
    let calm = wishing(&["ready-for-qa"]);
    let mut held = calm.clone();
    told(&mut held, "l1", Event::Labelled { label: "skip-automation".into() });
    let mut taken_back = held.clone();
    told(&mut taken_back, "l2", Event::Unlabelled { label: "skip-automation".into() });
    checks::s2(deployment(), &[&held], &set("ready-for-qa")).unwrap_err();
    checks::s2(deployment(), &[&calm, &held], &set("ready-for-qa")).unwrap();
    checks::s2(deployment(), &[&taken_back], &set("ready-for-qa")).unwrap();
    checks::s2_claim(&["skip-automation"], &set("ready-for-qa")).unwrap_err();
    checks::s2_claim(&[], &set("ready-for-qa")).unwrap();
}

#[test]
fn s4_more_was_counted_than_qa_asked_for() {
    let labels = [Label::new("iteration-2"), Label::new("needs-remediation")];
    checks::s4(&labels, 2).unwrap();
    checks::s4(&labels, 1).unwrap_err();
}

#[test]
fn s5_a_run_was_deleted_that_is_anothers_or_finished_or_of_the_new_head() {
    let pushes = [push(0, "one", true), push(100, "two", true)];
    checks::s5(&run(50), false, &pushes, "two").unwrap();
    checks::s5(&run(50), true, &pushes, "two").unwrap_err();
    checks::s5(&Run { is_ours: false, ..run(50) }, false, &pushes, "two").unwrap_err();
    checks::s5(&Run { is_qa: false, ..run(50) }, false, &pushes, "two").unwrap_err();
    checks::s5(&run(96), false, &pushes, "two").unwrap_err();
    checks::s5(&Run { commit: Some("two".into()), ..run(50) }, false, &pushes, "two").unwrap_err();
    let by_a_person = [push(0, "one", true), push(100, "two", false)];
    checks::s5(&run(50), false, &by_a_person, "two").unwrap_err();
}

#[test]
fn s6_a_lease_was_taken_or_used_that_another_holds() {
    let second = Duration::from_secs(1);
    checks::s6(Some(("a", second)), Some("b"), "b").unwrap_err();
    checks::s6(Some(("a", LEASE)), Some("b"), "b").unwrap();
    checks::s6(Some(("a", second)), None, "b").unwrap_err();
    checks::s6(Some(("a", second)), None, "a").unwrap();
    checks::s6_sender("a", Some(("a", second)), "labels").unwrap();
    checks::s6_sender("a", Some(("a", LEASE)), "labels").unwrap_err();
    checks::s6_sender("a", Some(("b", second)), "labels").unwrap_err();
    checks::s6_sender("a", None, "labels").unwrap_err();
}

#[test]
fn s7_a_commit_took_no_generation_or_more_than_one() {
    let before = wishing(&["ready-for-qa"]);
    let next = |generation| Record { generation, labels_outstanding: false, ..before.clone() };
    checks::s7(Some(&before), &next(4)).unwrap();
    checks::s7(Some(&before), &next(5)).unwrap_err();
    checks::s7(Some(&before), &next(3)).unwrap_err();
    let mut appended = before.clone();
    told(&mut appended, "elapsed", Event::Elapsed);
    checks::s7(Some(&before), &appended).unwrap();
    checks::s7(None, &next(2)).unwrap_err();
}

#[test]
fn s8_something_was_sent_that_no_record_said() {
    let record = wishing(&["ready-for-qa"]);
    let said = |effect: &Effect| checks::s8(deployment(), Some(&record), effect);
    said(&set("ready-for-qa")).unwrap();
    said(&Effect::Removed("approved".into())).unwrap();
    said(&set("approved")).unwrap_err();
    said(&Effect::Removed("ready-for-qa".into())).unwrap_err();
    said(&Effect::Stopped("run-1".into(), "u1".into())).unwrap_err();
    checks::s8(deployment(), None, &set("ready-for-qa")).unwrap_err();
    let verified = Record { labels_outstanding: false, ..record.clone() };
    checks::s8(deployment(), Some(&verified), &set("ready-for-qa")).unwrap_err();
}

#[test]
fn s8_a_notice_was_sent_that_no_record_asked_for() {
    let mut record = wishing(&[]);
    let ask = Ask::Notice { topic: "held".into(), message: "held".into(), severity: Severity::High, fields: BTreeMap::new() };
    let open = OpenRequest { request: Request { key: "held-1".into(), ask }, attempts: 0 };
    record.parts.get_mut(POLICY).unwrap().requests.push(open);
    checks::s8_request(Some(&record), POLICY, "held-1").unwrap();
    checks::s8_request(Some(&record), POLICY, "held-2").unwrap_err();
    checks::s8_request(Some(&record), "another", "held-1").unwrap_err();
    checks::s8_request(None, POLICY, "held-1").unwrap_err();
    let part = record.parts.get_mut(POLICY).unwrap();
    part.held = true;
    checks::s8_request(Some(&record), POLICY, "held-1").expect("a notice tells why the rest waits");
}

#[test]
fn g1_what_is_removed_goes_before_its_successor_has_come() {
    let mut record = wishing(&["ready-for-qa"]);
    record.writes.push(pawl_core::edits::OwnWrite {
        label: Label::new("ready-for-qa"),
        change: LabelChange::Added,
        at: Timestamp::UNIX_EPOCH,
    });
    checks::g1(Some(&record), "needs-remediation", |_| false).unwrap();
    checks::g1(Some(&record), "needs-remediation", |_| true).unwrap_err();
}

#[test]
fn q4_accepted_news_is_in_nobodys_queue() {
    let mut record = wishing(&[]);
    told(&mut record, "elapsed", Event::Elapsed);
    checks::q4(&record.inbox[0], true).unwrap();
    checks::q4(&record.inbox[0], false).unwrap_err();
}

#[test]
fn r1_the_status_labels_are_none_or_two_or_anothers() {
    let truth = truth(&[Step::Feedback]);
    let on = |labels: &[&str]| rest::r1(&truth, &labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>());
    on(&["needs-remediation", "bug"]).unwrap();
    on(&[]).unwrap_err();
    on(&["approved"]).unwrap_err();
    on(&["needs-remediation", "ready-for-qa"]).unwrap_err();
}

#[test]
fn r2_the_iteration_label_is_not_the_count() {
    let truth = truth(&[Step::Feedback]);
    let on = |labels: &[&str]| rest::r2(&truth, &labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>());
    on(&["iteration-1", "iteration-planning"]).unwrap();
    on(&[]).unwrap_err();
    on(&["iteration-2"]).unwrap_err();
    on(&["iteration-1", "iteration-2"]).unwrap_err();
}

#[test]
fn r3_a_superseded_run_goes_on_or_anothers_is_gone() {
    let mut truth = truth(&[]);
    truth.pushes.push(push(100, "two", true));
    truth.runs.insert("run-1".into(), run(50));
    let running = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    rest::r3(&truth, &running(&[])).unwrap();
    rest::r3(&truth, &running(&["run-1"])).unwrap_err();
    truth.runs.insert("run-2".into(), Run { name: "run-2".into(), is_ours: false, ..run(50) });
    rest::r3(&truth, &running(&["run-2"])).unwrap();
    rest::r3(&truth, &running(&[])).unwrap_err();
}

#[test]
fn r4_a_claim_is_kept() {
    rest::r4(&[], 0).unwrap();
    rest::r4(&["pod-1".to_owned()], 0).unwrap_err();
    rest::r4(&[], 1).unwrap_err();
}

#[test]
fn r5_something_is_outstanding() {
    let mut record = wishing(&["ready-for-qa"]);
    rest::r5(&record, &[POLICY]).unwrap_err();
    record.labels_outstanding = false;
    rest::r5(&record, &[POLICY]).unwrap();
    told(&mut record, "elapsed", Event::Elapsed);
    rest::r5(&record, &[POLICY]).unwrap_err();
}

#[test]
fn r8_something_never_came_while_calls_failed() {
    let waited = Duration::from_secs(7200);
    rest::r8(waited, true, &[]).unwrap();
    rest::r8(waited, false, &[]).unwrap_err();
    let error = rest::r8(waited, true, &["R1: two labels".into(), "R3: it runs".into()]).unwrap_err();
    assert_eq!(error, "after 2 h this still does not hold: R1: two labels, and 1 others");
}

#[test]
fn r7_a_second_pass_wrote_something() {
    let before = BTreeMap::from([("labels", 3), ("leases", 9)]);
    rest::r7(&before, &before).unwrap();
    rest::r7(&before, &BTreeMap::from([("labels", 3), ("leases", 10)])).unwrap_err();
}

#[test]
fn s3_a_generation_fell_or_a_history_jumps() {
    let mut record = wishing(&[]);
    record.parts.get_mut(POLICY).unwrap().state = "ready-for-qa".into();
    record.history = vec![past("", "initial"), past("initial", "ready-for-qa")];
    let rounds = Happened { steps: BTreeSet::from([Step::Feedback, Step::Started, Step::Completed]), ..Happened::default() };
    checks::s3(None, &record, &rounds).unwrap();
    checks::s3(None, &record, &Happened::default()).unwrap_err();
    let after = |change: &dyn Fn(&mut Record)| {
        let mut after = record.clone();
        change(&mut after);
        checks::s3(Some(&record), &after, &rounds)
    };
    after(&|_| ()).unwrap();
    after(&|after| after.generation = 2).unwrap_err();
    after(&|after| after.history[1].from = "approved".into()).unwrap_err();
    after(&|after| after.history[1].to = "approved".into()).unwrap_err();
    after(&|after| after.history[0].to = "somewhere".into()).unwrap_err();
    after(&|after| after.history = vec![past("", "merged"), past("merged", "ready-for-qa")]).unwrap_err();
}
