//! The shell of a turn: does each step that the machine in `pawl-core` names, and hands back the answer. It makes no choice of its
//! own; what it did goes to the journal.

use crate::claims::Claim;
mod foresee;

pub use foresee::{Foreseen, foresee};

use crate::host::{Counters, Host};
use crate::policies::Policies;
use crate::{cluster, parked, schema};
use pawl_cluster::Purpose;
use pawl_core::Timestamp;
use pawl_core::facts::Observation;
use pawl_core::plan::{Ask, Request};
use pawl_core::planted::{self, Fault};
use pawl_core::record::Record;
use pawl_core::stop::{StopState, Stopping};
use pawl_core::store::StoreError;
use pawl_core::subject::Subject;
use pawl_core::turn::{Answer, Outcome, Step, Trouble, Turn, Verdict};
use pawl_github::{GitHubError, Urgency};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a turn waits for its claim before it is queued again.
const CLAIM_PATIENCE: Duration = Duration::from_secs(5);
/// First wait before looking again at facts that lag, in milliseconds; it doubles, with jitter.
const LOOK_AGAIN_MS: u64 = 200;

/// What a look is called where a turn has its operation id.
const LOOK: &str = "look";

/// How a turn ended, and whether it makes sense to try the same again soon.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What the turn says.
    pub outcome: Outcome,
    /// What it could not do will not be possible until somebody changes something: GitHub refused, or a record cannot be used.
    pub is_refused: bool,
}

/// Runs one turn to its end. An urgent one may use the reserved share of the write budget.
pub async fn run_turn(host: &Host, subject: &Subject, purpose: Purpose<'_>, urgency: Urgency) -> Ended {
    let operation = purpose.operation;
    // The whole turn is these policies': whatever takes over meanwhile decides in the next.
    let policies = host.policies();
    let mut turn = Turn::new(policies.deployment.clone(), subject.clone(), operation.to_owned());
    let mut claim: Option<Claim> = None;
    let mut is_refused = false;
    let mut too_early = match planted::is(Fault::OverrideReadBeforeClaim) {
        true => Some(Box::pin(observe_too_early(host, &policies, &turn, operation, urgency)).await),
        false => None,
    };
    loop {
        let step = turn.step();
        if let Step::Done(outcome) = step {
            return Ended { outcome, is_refused };
        }
        let answer = match &step {
            Step::Claim => match host.claims.take(subject.id(), purpose, CLAIM_PATIENCE).await {
                Ok(taken) => {
                    claim = Some(taken);
                    Answer::Claimed
                }
                Err(trouble) => Answer::Failed(trouble),
            },
            Step::Release => {
                if let Some(claim) = claim.take() {
                    claim.release().await;
                }
                Answer::Released
            }
            step => match too_early.take_if(|_| matches!(step, Step::Observe { again: 0, .. })) {
                Some(observed) => observed,
                None => Box::pin(under(claim.as_ref(), step, carry_out(host, &policies, &turn, step, operation, urgency))).await,
            },
        };
        match &answer {
            Answer::Failed(trouble) => is_refused = !trouble.transient,
            Answer::Stopped { stoppings, .. } => is_refused = stoppings.iter().any(is_final),
            _ => {}
        }
        journal(host, &policies, &turn, operation, &step, &answer);
        host.shadows.ask(&policies, &step, &answer, operation);
        if let (Step::Commit(_), Answer::Committed(after)) = (&step, &answer) {
            parked::tell(host, turn.record(), after, operation).await;
        }
        if let Err(illegal) = turn.answer(answer) {
            // A shell that answers wrongly is a defect of ours: end this turn loudly, let others go on.
            tracing::error!(%subject, operation, %illegal, "defect: please report this");
            let trouble = Trouble { message: illegal.to_string(), transient: true, retry_after_seconds: None };
            turn.answer(Answer::Failed(trouble)).ok();
        }
    }
}

/// Does a step for as long as the claim is ours. An effect is not begun when the claim is about to end; whatever is under way when it is
/// lost is broken off, and counts as failed: the record's generation keeps what is too late from being committed.
async fn under(claim: Option<&Claim>, step: &Step, work: impl Future<Output = Answer>) -> Answer {
    let Some(claim) = claim else { return work.await };
    if matches!(step, Step::Stop { .. } | Step::Write { .. } | Step::Request { .. })
        && let Err(trouble) = claim.ensure()
    {
        return Answer::Failed(trouble);
    }
    let Some(lost) = claim.lost() else { return work.await };
    tokio::select! {
        biased;
        () = lost.cancelled() => failed("the claim was lost; the turn stops here and starts over", true),
        answer = work => answer,
    }
}

/// Reads the facts of a turn that has no claim yet. Only a planted fault does so.
async fn observe_too_early(host: &Host, policies: &Policies, turn: &Turn, operation: &str, urgency: Urgency) -> Answer {
    let needs = policies.deployment.needs();
    let step = Step::Observe { subject: turn.subject(), needs, permissions_of: Vec::new(), again: 0 };
    carry_out(host, policies, turn, &step, operation, urgency).await
}

/// Whether trying this stop again cannot help.
fn is_final(stopping: &Stopping) -> bool {
    matches!(&stopping.state, StopState::Failed(trouble) if !trouble.transient)
}

/// Reads a subject as a turn would, without claim and without a trace: whether a turn would have something to do.
pub async fn look(host: &Host, subject: &Subject) -> Result<bool, Trouble> {
    let policies = host.policies();
    let mut turn = Turn::new(policies.deployment.clone(), subject.clone(), LOOK.into());
    loop {
        let answer = match turn.step() {
            Step::Done(_) | Step::Release => return Ok(false),
            Step::Commit(_) | Step::Settle(_) | Step::Peek => return Ok(true),
            Step::Claim => Answer::Claimed,
            step => carry_out(host, &policies, &turn, &step, LOOK, Urgency::Normal).await,
        };
        match answer {
            Answer::Failed(trouble) => return Err(trouble),
            answer => {
                if turn.answer(answer).is_err() {
                    return Ok(true);
                }
            }
        }
    }
}

async fn carry_out(host: &Host, policies: &Policies, turn: &Turn, step: &Step, operation: &str, urgency: Urgency) -> Answer {
    match step {
        Step::Load => match host.store.load(turn.subject().id()).await {
            Ok(record) => Answer::Loaded(Box::new(record.unwrap_or_else(|| Record::new(turn.subject())))),
            Err(error) => store_failed(error),
        },
        Step::Peek => match host.store.load(turn.subject().id()).await {
            Ok(record) => Answer::Peeked(Box::new(record.unwrap_or_else(|| Record::new(turn.subject())))),
            Err(error) => store_failed(error),
        },
        Step::Commit(commit) | Step::Settle(commit) => match host.store.commit(turn.subject().id(), (**commit).clone()).await {
            Ok(record) => Answer::Committed(Box::new(record)),
            Err(error) => store_failed(error),
        },
        Step::Observe { subject, needs, permissions_of, again } => {
            if *again > 0 {
                tokio::time::sleep(jitter(LOOK_AGAIN_MS << (*again).min(4))).await;
            }
            match host.github.observe(subject, *needs, &policies.patterns).await {
                Ok(mut observation) => {
                    let read_at = host.now();
                    if let Err(error) = crate::branches::join(host, &observation).await {
                        return store_failed(error);
                    }
                    // After GitHub's facts: a run made for the head that they name is there by now.
                    if let Err(trouble) = cluster::add_runs(host, &mut observation).await {
                        return Answer::Failed(trouble);
                    }
                    let read_at = observation.read_at(read_at, host.now());
                    observed(host, observation, read_at, permissions_of).await
                }
                Err(GitHubError::Gone { .. }) => {
                    // Perhaps another repository has the name by now: whoever comes by it is to ask.
                    if let Err(error) = host.store.doubt_name(&subject.repository).await {
                        return store_failed(error);
                    }
                    Answer::Gone { reason: format!("{subject} is no more on GitHub, or hidden from the token"), now: host.now() }
                }
                Err(error) => github_failed(&error),
            }
        }
        Step::FindPush { subject, branch, commit } => match host.github.last_push(&subject.repository, branch, commit).await {
            Ok(found) => Answer::PushFound(found.map(|(by, at)| (Some(by), Some(at)))),
            Err(error) if error.is_transient() => github_failed(&error),
            // Who pushed is worth knowing, not worth stopping for: the token may not be allowed to read the activity list.
            Err(_) => Answer::PushFound(None),
        },
        Step::Decide { member, facts } => match policies.decide(*member, facts) {
            Ok(verdict) => Answer::Decided(verdict),
            Err(trouble) => Answer::Failed(trouble),
        },
        Step::Stop { subject, stops } => match &host.cluster {
            Some(cluster) => {
                let stoppings = cluster.stop(subject, stops).await;
                Answer::Stopped { stoppings, now: host.now() }
            }
            None => failed(&format!("{} runs should be stopped, but no cluster is configured", stops.len()), false),
        },
        Step::Write { subject, node_id, delta } => {
            if let Err(error) = schema::prepare(host, &subject.repository).await {
                return github_failed(&error);
            }
            Counters::count(&host.counters.label_writes);
            match host.github.write_labels(subject, node_id, delta, urgency).await {
                Ok(labels) => Answer::Wrote(labels.unwrap_or_default()),
                Err(error) => github_failed(&error),
            }
        }
        Step::Request { subject, policy, request } => requested(carry_out_request(host, subject, policy, request, operation).await),
        Step::Claim | Step::Release | Step::Done(_) => failed("this step is the shell's own", false),
    }
}

async fn observed(host: &Host, observation: Observation, read_at: Timestamp, permissions_of: &[String]) -> Answer {
    host.looked_at(observation.subject.id());
    if let Err(error) = host.store.confirm_name(&observation.subject.repository).await {
        return store_failed(error);
    }
    // Labels that people set must be there before anybody needs them. A write cannot go without; a reading can.
    if let Err(error) = schema::prepare(host, &observation.subject.repository).await {
        tracing::warn!(repository = %observation.subject.repository, %error, "the labels cannot be prepared; the next turn tries again");
    }
    let mut permissions = BTreeMap::new();
    for login in permissions_of {
        match host.github.permission(&observation.subject.repository, login).await {
            Ok(permission) => permissions.insert(login.clone(), permission),
            Err(error) => return github_failed(&error),
        };
    }
    Answer::Observed { observation: Box::new(observation), permissions, now: read_at }
}

/// A limit is no failure of the request: it waits with everything after it, and is not counted against it.
fn requested(result: Result<(), Trouble>) -> Answer {
    match result {
        Err(trouble) if trouble.transient && trouble.retry_after_seconds.is_some() => Answer::Failed(trouble),
        result => Answer::Requested(result),
    }
}

async fn carry_out_request(host: &Host, subject: &Subject, policy: &str, request: &Request, operation: &str) -> Result<(), Trouble> {
    let key = &request.key;
    match &request.ask {
        Ask::Comment { body } => {
            let marker = format!("{policy}:{key}");
            host.github.comment_once(subject, &marker, body, None).await.map(|_| ()).map_err(|e| (&e).into())
        }
        Ask::Reaction { comment, content } => host.github.react_once(subject, *comment, content).await.map(|_| ()).map_err(|e| (&e).into()),
        Ask::Notice { topic, message, severity, fields } => {
            let notice = crate::notify::Notice { subject, from: policy, operation, key, topic, message, severity: *severity, fields };
            host.notifier.tell(&notice).await
        }
        Ask::Dispatch { target, .. } => {
            let message = format!("no dispatch target {target:?} is configured");
            Err(Trouble { message, transient: false, retry_after_seconds: None })
        }
    }
}

fn journal(host: &Host, policies: &Policies, turn: &Turn, operation: &str, step: &Step, answer: &Answer) {
    let subject = turn.subject();
    let id = subject.id();
    let head = json!({ "subject": id, "shown": subject.to_string(), "operation": operation });
    let with = |fields: serde_json::Value| {
        let mut head = head.clone();
        if let (serde_json::Value::Object(head), serde_json::Value::Object(fields)) = (&mut head, fields) {
            head.extend(fields);
        }
        head
    };
    match (step, answer) {
        (Step::Decide { member, facts }, Answer::Decided(verdict)) => {
            let Some(who) = policies.deployment.members.get(*member) else { return };
            let deliveries: Vec<&str> =
                turn.record().inbox.iter().filter(|e| facts.news.iter().any(|n| n.id == e.news.id)).map(|e| e.delivery.as_str()).collect();
            let is_quiet = facts.news.is_empty() && facts.edits.is_empty();
            let before = turn.record().parts.get(&who.manifest.name);
            let is_same =
                matches!((verdict, before), (Verdict::Plan(plan), Some(part)) if plan.state == part.state && plan.reason == part.reason);
            if is_quiet && is_same {
                return;
            }
            let answer = match verdict {
                Verdict::Plan(plan) => json!({ "plan": plan }),
                Verdict::Refusal(refusal) => json!({ "refusal": refusal.reason }),
                Verdict::Failed(error) => json!({ "failed": error }),
            };
            host.journal.write(
                "decided",
                with(json!({ "policy": who.manifest.name, "digest": who.digest, "deliveries": deliveries, "facts": facts, "answer": answer })),
            );
        }
        (Step::Commit(commit), Answer::Committed(record)) => {
            host.journal.write("committed", with(json!({ "generation": record.generation, "commit": commit.operation })));
        }
        (Step::Write { delta, .. }, Answer::Wrote(labels)) => {
            host.journal.write("wrote", with(json!({ "delta": delta, "labels": labels })));
        }
        (Step::Request { policy, request, .. }, Answer::Requested(result)) => {
            let failed = result.as_ref().err().map(|t| t.message.as_str());
            host.journal
                .write("requested", with(json!({ "policy": policy, "key": request.key, "ask": request.ask.word(), "failed": failed })));
        }
        (Step::Stop { .. }, Answer::Stopped { stoppings, .. }) => {
            let each: Vec<_> = stoppings.iter().map(stopping).collect();
            host.journal.write("stopped", with(json!({ "runs": each })));
        }
        (_, Answer::Failed(trouble)) => {
            host.journal.write("failed", with(json!({ "step": step.word(), "error": trouble.message, "transient": trouble.transient })));
        }
        (Step::Observe { .. }, Answer::Gone { reason, .. }) => host.journal.write("gone", with(json!({ "reason": reason }))),
        _ => {}
    }
}

fn stopping(Stopping { stop, state }: &Stopping) -> serde_json::Value {
    let (word, why) = match state {
        StopState::Confirmed => ("confirmed", String::new()),
        StopState::Accepted { held_by } => ("accepted", held_by.join(", ")),
        StopState::Moot => ("moot", String::new()),
        StopState::Failed(trouble) => ("failed", trouble.message.clone()),
    };
    json!({ "kind": stop.kind, "name": stop.name, "uid": stop.uid, "state": word, "why": why })
}

/// Between half and all of `ms`.
fn jitter(ms: u64) -> Duration {
    Duration::from_millis(ms / 2 + fastrand::u64(0..=ms / 2))
}

fn failed(message: &str, transient: bool) -> Answer {
    Answer::Failed(Trouble { message: message.to_owned(), transient, retry_after_seconds: None })
}

fn github_failed(error: &GitHubError) -> Answer {
    Answer::Failed(error.into())
}

fn store_failed(error: StoreError) -> Answer {
    match error {
        StoreError::Conflict(conflict) => Answer::Conflict(conflict),
        error => Answer::Failed(Trouble {
            message: error.to_string(),
            transient: error.is_transient(),
            retry_after_seconds: error.retry_after().map(|wait| wait.as_secs().max(1)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g3_a_limit_is_not_counted_against_a_request_and_a_failure_is() {
        let trouble = |transient, retry_after_seconds| Trouble { message: "no".into(), transient, retry_after_seconds };
        assert!(matches!(requested(Err(trouble(true, Some(60)))), Answer::Failed(_)));
        assert!(matches!(requested(Err(trouble(true, None))), Answer::Requested(Err(_))));
        assert!(matches!(requested(Err(trouble(false, None))), Answer::Requested(Err(_))));
        assert!(matches!(requested(Ok(())), Answer::Requested(Ok(()))));
    }
}
