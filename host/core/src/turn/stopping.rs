//! What a turn makes of its stops: labels move when every run is gone, or was taken by the cluster long enough ago.

use super::words::{Ending, Trouble};
use super::{Turn, effects::Effect};
use crate::Timestamp;
use crate::record::Part;
use crate::stop::{LOOK_AGAIN_SECONDS, OpenStop, PastStop, StopEnd, StopState, Stopping};

/// What is left to wait for.
#[derive(Default)]
struct Rest {
    /// Runs that go, but are not gone.
    waiting: Vec<String>,
    /// Runs that the cluster has taken and that do not go.
    lingering: Vec<String>,
    /// Runs that had finished.
    moot: Vec<String>,
    /// Runs that could not be stopped, and why.
    failed: Vec<(String, Trouble)>,
}

impl Turn {
    pub(super) fn stopped(&mut self, stoppings: &[Stopping], now: Timestamp) {
        self.has_effected = true;
        self.effects.pop_if(|effect| matches!(effect, Effect::Stop(_)));
        let mut rest = Rest::default();
        for part in self.parts.values_mut().filter(|part| !part.waits()) {
            self.stopped.extend(rest.take(part, stoppings, now));
        }
        if !rest.failed.is_empty() {
            // A run that goes on may still report for the old head: what the labels would say is not true yet.
            let reasons: Vec<String> = rest.failed.iter().map(|(run, trouble)| format!("{run}: {}", trouble.message)).collect();
            self.outcome.retry_after_seconds = rest.failed.iter().filter_map(|(_, trouble)| trouble.retry_after_seconds).max();
            return self.wait_for_stops(format!("runs could not be stopped, so the labels wait: {}", reasons.join("; ")));
        }
        if !rest.moot.is_empty() {
            let record = self.record.clone();
            self.keep_progress(record);
            return self.decide_again(&format!("{} had finished before they could be stopped", rest.moot.join(", ")));
        }
        if !rest.waiting.is_empty() {
            self.outcome.retry_after_seconds = Some(LOOK_AGAIN_SECONDS);
            return self.wait_for_stops(format!("the labels wait until these runs are gone: {}", rest.waiting.join(", ")));
        }
        if !rest.lingering.is_empty() {
            self.outcome.reason = format!(
                "these runs were deleted but do not go: {}; whoever set the finalizer must take it away",
                rest.lingering.join(", ")
            );
        }
        self.next_effect();
    }

    /// Gives worker and claim back; everything after the stops stays outstanding.
    fn wait_for_stops(&mut self, reason: String) {
        self.effects.clear();
        self.outcome.ending = Ending::Unsettled;
        self.outcome.reason = reason;
        self.put_down();
    }
}

impl Rest {
    /// Writes down how far each stop of a part came; answers those that are over.
    fn take(&mut self, part: &mut Part, stoppings: &[Stopping], now: Timestamp) -> Vec<PastStop> {
        let mut over = Vec::new();
        part.stops.retain_mut(|open| {
            let state = stoppings.iter().find(|stopping| stopping.stop == open.stop).map(|stopping| &stopping.state);
            let end = self.judge(open, state, now);
            over.extend(end.map(|end| PastStop { open: open.clone(), end, at: now }));
            end.is_none()
        });
        over
    }

    fn judge(&mut self, open: &mut OpenStop, state: Option<&StopState>, now: Timestamp) -> Option<StopEnd> {
        let run = format!("{} {}", open.stop.kind, open.stop.name);
        if !open.accepted {
            open.attempts += 1;
        }
        match state {
            Some(StopState::Confirmed) => {
                open.error = None;
                Some(StopEnd::Confirmed)
            }
            Some(StopState::Moot) => {
                open.error = None;
                self.moot.push(run);
                Some(StopEnd::Moot)
            }
            Some(StopState::Accepted { held_by }) => {
                open.accepted = true;
                open.error = (!held_by.is_empty()).then(|| format!("held by {}", held_by.join(", ")));
                let shown = open.error.as_ref().map_or_else(|| run.clone(), |error| format!("{run} ({error})"));
                let list = if open.is_lingering(now) { &mut self.lingering } else { &mut self.waiting };
                list.push(shown);
                None
            }
            Some(StopState::Failed(trouble)) => {
                open.error = Some(trouble.message.clone());
                self.failed.push((run, trouble.clone()));
                None
            }
            None => {
                let trouble = Trouble { message: "it was not asked for".into(), transient: true, retry_after_seconds: None };
                self.failed.push((run, trouble));
                None
            }
        }
    }
}
