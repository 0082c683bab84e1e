//! Webhooks without HTTP: a test takes them, hands them over itself, and says what became of them.

use super::{Delivery, pump::attempted};
use crate::World;
use crate::webhook::Attempt;

impl World {
    /// Takes everything that waits to be sent, in order. Whoever takes it hands it over, and says so by [`World::handed_over`].
    #[must_use]
    pub fn take_waiting(&self) -> Vec<Delivery> {
        let mut state = self.shared.state();
        let outbox = &mut state.outbox;
        outbox.queue.drain(..).map(|position| outbox.all[position].clone()).collect()
    }

    /// Notes an attempt to deliver: the receiver's status, or nothing when there was no answer.
    pub fn handed_over(&self, guid: &str, status: Option<u16>) {
        let mut state = self.shared.state();
        let Some(position) = state.outbox.all.iter().position(|delivery| delivery.guid == guid) else { return };
        attempted(&mut state, position, Attempt { guid: guid.to_owned(), status, answer: String::new() });
    }
}
