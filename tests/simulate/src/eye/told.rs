//! What the eye makes of notices.

use super::{Eye, Sent};
use crate::checks;
use serde_json::Value;

impl Eye {
    /// A notice has arrived. What pawl itself tells is no effect of a policy, and is judged by nobody.
    pub fn was_told(&self, sent: &Sent, notice: &Value) {
        let mut seen = self.seen();
        let text = |name: &str| notice[name].as_str().unwrap_or_default();
        seen.trace.note(&format!("{} {} of {}: {}", sent.by, sent.what, text("from"), text("message")), &[]);
        if text("from") == "pawl" {
            return;
        }
        seen.wrote("notices");
        let number = text("subject").rsplit_once('#').and_then(|(_, number)| number.parse::<u32>().ok());
        let subject = seen.truths.keys().find(|subject| Some(subject.number) == number).copied();
        let Some(subject) = subject else { return seen.must("S8", Err(format!("a notice about nobody: {notice}"))) };
        let record = seen.record(sent, subject);
        seen.must("S8", checks::s8_request(record.as_deref(), text("from"), text("key")));
        let holder = seen.holder(sent, subject);
        let held = holder.as_ref().map(|(holder, since)| (holder.as_str(), *since));
        seen.must("S6", checks::s6_sender(&sent.by, held, &format!("the notice {}", text("key"))));
    }
}
