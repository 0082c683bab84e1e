//! From a change to a queued payload.

use super::{Delivery, HOOK_ID, KINDS};
use crate::shape;
use crate::state::State;
use crate::state::model::At;
use bytes::Bytes;
use serde_json::{Value, json};

impl State {
    /// Queues a webhook: the event's own fields, and what every payload has.
    pub(crate) fn announce(&mut self, repository: u64, event: &str, action: Option<&str>, by: &str, own: Value) {
        assert!(KINDS.contains(&(event, action)), "{event} {action:?} is missing in KINDS");
        self.account(by);
        let mut payload = own;
        if let Some(action) = action {
            payload["action"] = action.into();
        }
        payload["repository"] = match event {
            "push" => shape::pushed_repository(self, repository),
            _ => shape::repository(self, repository),
        };
        let organization = shape::organization(self, &self.place(repository).owner);
        if !organization.is_null() {
            payload["organization"] = organization;
        }
        if event != "push" || !self.outbox.oddities.push_sender_absent.happens() {
            payload["sender"] = shape::user(self, by);
        }
        self.queue(event, action, &payload);
    }

    pub(crate) fn queue(&mut self, event: &str, action: Option<&str>, payload: &Value) -> usize {
        let delivery = Delivery {
            guid: self.ids.guid(),
            id: self.ids.number(),
            event: event.to_owned(),
            action: action.map(str::to_owned),
            at: self.now(),
            body: Bytes::from(serde_json::to_vec(payload).expect("names are texts")),
            attempts: Vec::new(),
        };
        self.outbox.all.push(delivery);
        let position = self.outbox.all.len() - 1;
        self.outbox.queue.push_back(position);
        self.outbox.bell.notify_one();
        position
    }

    /// An event of a pull request or issue, which is shown as it is now.
    pub(crate) fn announce_subject(&mut self, at: At, action: &str, by: &str, own: Value) {
        if self.item(at).is_some() {
            let subject = shape::subject(self, at);
            self.announce_subject_as(at, action, by, subject, own);
        }
    }

    /// The same, shown as given.
    pub(crate) fn announce_subject_as(&mut self, at: At, action: &str, by: &str, subject: Value, mut own: Value) {
        let Some(item) = self.item(at) else { return };
        if item.pull.is_some() {
            own["number"] = at.number.into();
            own["pull_request"] = subject;
            self.announce(at.repository, "pull_request", Some(action), by, own);
        } else {
            own["issue"] = subject;
            self.announce(at.repository, "issues", Some(action), by, own);
        }
    }

    /// What GitHub sends when a hook is made.
    pub(crate) fn announce_ping(&mut self) {
        let payload = json!({ "zen": "Design for failure.", "hook_id": HOOK_ID, "hook": shape::hook(self) });
        self.queue("ping", None, &payload);
    }
}
