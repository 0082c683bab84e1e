//! The post: webhooks and signals on their way. GitHub sends each webhook once; an agent and a person come again until they are heard.

use crate::checks;
use crate::eye::Eye;
use crate::replica::{BEARER, Replica, SECRET, policies};
use crate::stage::BRANCHES;
use axum::body::Body;
use fastrand::Rng;
use http::{Request, StatusCode};
use jiff::Timestamp;
use pawl_core::news::News;
use pawl_core::record::Record;
use pawl_github::webhook::{Reading, read};
use pawl_service::host::Host;
use pawl_world::{Delivery, World, signature};
use serde_json::Value;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Between two tries of whoever must be heard.
const AGAIN: Duration = Duration::from_secs(3);

/// What is told.
#[derive(Debug, Clone)]
enum What {
    Hook(Box<Delivery>),
    Signal(Value),
}

/// One letter.
#[derive(Debug, Clone)]
struct Letter {
    what: What,
    due: Instant,
    /// Facts do not show it, so whoever tells it comes again.
    must_arrive: bool,
}

/// A delivery that was answered as accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The delivery's id.
    pub delivery: String,
    /// What it was.
    pub what: String,
    /// The natural ids of its news, where it names its subject or the branch of one.
    pub news: Vec<String>,
    /// Whether it named its subject: then whoever accepted it has that subject in its queue.
    pub names_subject: bool,
    /// Whose answer that was, while it lives.
    pub by: Weak<Host>,
}

/// A letter, whom it went to, and the answer if one came.
type Asked = (Letter, Weak<Host>, Option<(StatusCode, Value)>);

/// Everything on its way.
#[derive(Debug, Default)]
pub struct Post {
    waiting: Vec<Letter>,
    asked: JoinSet<Asked>,
    /// What was accepted.
    pub accepted: Vec<Accepted>,
    /// Answers that were no success although they should be.
    pub refused: Vec<String>,
}

/// How the post is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Roads {
    /// Of a hundred webhooks, how many are lost.
    pub lost: u8,
    /// Of a hundred webhooks, how many come twice.
    pub twice: u8,
    /// Longest delay, in seconds.
    pub delay_seconds: u64,
}

fn shown(what: &What) -> String {
    match what {
        What::Hook(hook) => format!("{} {} {}", hook.event, hook.action.as_deref().unwrap_or_default(), hook.guid),
        What::Signal(signal) => signal["id"].as_str().unwrap_or_default().to_owned(),
    }
}

/// What no fact shows: commands, earlier pushes, and when something was opened and closed. A push is told twice, by its branch and by the
/// pull request; one of the two arrives. What is over nobody looks at again, so only news tell of labels that people move there.
fn must_arrive(hook: &Delivery) -> bool {
    match (hook.event.as_str(), hook.action.as_deref()) {
        // Facts show the present head only: a push that was followed by another is known by its news.
        ("issue_comment" | "push", _) => true,
        ("pull_request", Some("labeled" | "unlabeled")) => is_over(&hook.body),
        ("pull_request", Some(action)) => matches!(action, "opened" | "closed" | "reopened"),
        _ => false,
    }
}

/// Whether a webhook's pull request is closed or merged.
fn is_over(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body["pull_request"]["state"] == "closed")
}

impl Post {
    /// Takes the webhooks that came to be.
    pub fn collect(&mut self, eye: &Eye, world: &World, dice: &mut Rng, roads: Roads) {
        for hook in world.take_waiting() {
            let must_arrive = must_arrive(&hook);
            let mut copies = 1 + u8::from(dice.u8(0..100) < roads.twice);
            if !must_arrive && dice.u8(0..100) < roads.lost {
                eye.note(&format!("lost: {} {}", hook.event, hook.action.as_deref().unwrap_or_default()));
                copies -= 1;
            }
            for _ in 0..copies {
                let due = Instant::now() + Duration::from_millis(dice.u64(0..=roads.delay_seconds * 1000));
                self.waiting.push(Letter { what: What::Hook(Box::new(hook.clone())), due, must_arrive });
            }
        }
    }

    /// An agent tells something.
    pub fn signal(&mut self, signal: Value) {
        self.waiting.push(Letter { what: What::Signal(signal), due: Instant::now(), must_arrive: true });
    }

    /// Hands over what is due, to any replica that lives, and hears what became of earlier ones.
    pub fn go_on(&mut self, eye: &Eye, dice: &mut Rng, replicas: &[Replica]) {
        while let Some(heard) = self.asked.try_join_next() {
            match heard {
                Ok((letter, by, answer)) => self.heard(eye, letter, by, answer),
                Err(error) => self.refused.push(format!("a listener ended: {error}")),
            }
        }
        let now = Instant::now();
        let (due, later): (Vec<Letter>, Vec<Letter>) = std::mem::take(&mut self.waiting).into_iter().partition(|letter| letter.due <= now);
        self.waiting = later;
        for letter in due {
            let number = dice.usize(0..replicas.len());
            match &replicas[number].process {
                Some(process) => {
                    eye.note(&format!("told to replica {number}: {}", shown(&letter.what)));
                    let asked = process.ask(request(&letter.what));
                    let by = Arc::downgrade(&process.host);
                    self.asked.spawn(async move { (letter, by, asked.await) });
                }
                None => self.heard(eye, letter, Weak::new(), None),
            }
        }
        self.must_be_queued(eye);
    }

    /// Q4: whoever has accepted news keeps its subject in the queue until it is read: parked perhaps, never dropped.
    fn must_be_queued(&self, eye: &Eye) {
        let policies = policies();
        let mut seen = eye.seen();
        let unread = |record: &&Arc<Record>| record.ended.is_none() && record.has_unread(&policies.names());
        let waiting: Vec<Arc<Record>> = seen.records.values().filter(unread).cloned().collect();
        for record in waiting {
            let read = record.parts.values().map(|part| part.parked.as_ref().map_or(part.cursor, |parked| parked.asked_up_to)).min();
            for entry in record.inbox.iter().filter(|entry| entry.seq > read.unwrap_or(0)) {
                let told = |one: &&Accepted| one.names_subject && one.delivery == entry.delivery && one.news.contains(&entry.news.id);
                let by = self.accepted.iter().find(told).and_then(|one| one.by.upgrade());
                let held = checks::q4(entry, by.is_none_or(|by| by.queue.has(record.subject.id())));
                seen.must("Q4", held);
            }
        }
    }

    fn heard(&mut self, eye: &Eye, letter: Letter, by: Weak<Host>, answer: Option<(StatusCode, Value)>) {
        let what = shown(&letter.what);
        let status = answer.as_ref().map(|(status, body)| (status.as_u16(), body["status"].as_str().unwrap_or_default().to_owned()));
        eye.note(&format!("answer to {what}: {status:?}"));
        match answer {
            Some((StatusCode::ACCEPTED, body)) if body["status"] == "accepted" => {
                let delivery = body["delivery"].as_str().unwrap_or_default().to_owned();
                let (news, names_subject) = news(&letter.what);
                self.accepted.push(Accepted { delivery, what, news, names_subject, by });
            }
            Some((StatusCode::ACCEPTED, _)) => {}
            Some((status, body)) if status.is_client_error() => self.refused.push(format!("{what}: {status} {body}")),
            _ if letter.must_arrive => self.waiting.push(Letter { due: Instant::now() + AGAIN, ..letter }),
            _ => {}
        }
    }

    /// Whether nothing is on its way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.asked.is_empty()
    }
}

/// The natural ids of what is told, and whether it names its subject. A push names its branch: each of [`BRANCHES`] is an open pull
/// request's, which is told what its branch was told; what a merge pushes is nobody's.
fn news(what: &What) -> (Vec<String>, bool) {
    match what {
        What::Signal(signal) => (vec![News::signal_id(signal["id"].as_str().unwrap_or_default())], true),
        What::Hook(hook) => match read(&hook.event, &hook.guid, &hook.body, Timestamp::UNIX_EPOCH, &policies().patterns) {
            Ok(Reading::Subjects { news, .. }) => (news.into_iter().map(|news| news.id).collect(), true),
            Ok(Reading::Branch(branch)) => {
                (Some(branch.news.id).into_iter().filter(|id| id.starts_with(&format!("push:{BRANCHES}"))).collect(), false)
            }
            _ => (Vec::new(), false),
        },
    }
}

fn request(what: &What) -> Request<Body> {
    let request = match what {
        What::Hook(hook) => Request::post("/v1/events/github")
            .header("content-type", "application/json")
            .header("x-github-event", &hook.event)
            .header("x-github-delivery", &hook.guid)
            .header("x-hub-signature-256", signature(SECRET, &hook.body))
            .body(Body::from(hook.body.clone())),
        What::Signal(signal) => Request::post("/api/v1/signals")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {BEARER}"))
            .body(Body::from(signal.to_string())),
    };
    request.expect("a request of plain parts is well-formed")
}
