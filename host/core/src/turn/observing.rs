//! The first half of a turn: what was read, whether it can be believed, and who pushed the head.

use super::decision::Seen;
use super::{Member, STALE_LOOKS, Stage, Turn};
use crate::Timestamp;
use crate::edits;
use crate::facts::{Head, LabelChange};
use crate::label::Label;
use crate::news::{ActorKind, Event};
use crate::record::{KnownPush, PUSHES, Part};

impl Turn {
    pub(super) fn observed(&mut self, mut seen: Seen) {
        let observation = &seen.observation;
        let reading =
            edits::read(&observation.timeline, self.record.timeline.as_ref(), &self.record.writes, observation.viewer.as_ref(), seen.now);
        if self.looks == 0 {
            self.outcome.labels_before.clone_from(&observation.labels);
        }
        self.outcome.labels_after.clone_from(&observation.labels);
        seen.edits = reading.edits;
        self.looks += 1;
        if self.looks < STALE_LOOKS && self.is_stale(&seen) {
            self.stage = Stage::Observing { again: self.looks };
            return;
        }
        self.writes = reading.writes;
        self.mark = Some(reading.mark);
        self.seen = Some(seen);
        self.collect_pushes();
        match self.unknown_head() {
            Some((branch, commit)) => self.stage = Stage::FindingPush { branch, commit },
            None => {
                self.name_pusher();
                self.decide_from(0);
            }
        }
    }

    /// Facts are stale when news tells a label event that the timeline lacks, or when, on the first look, owned labels differ from
    /// the settled wish without any event that says why.
    fn is_stale(&self, seen: &Seen) -> bool {
        let observation = &seen.observation;
        let is_told = |label: &str, change, at: Timestamp| {
            let label = Label::new(label);
            observation
                .timeline
                .iter()
                .any(|e| e.label == label && e.change == change && e.at.as_second() + edits::SKEW_SECONDS >= at.as_second())
        };
        let lags = self.unread_news().any(|news| match &news.event {
            Event::Labelled { label } => !is_told(label, LabelChange::Added, news.at),
            Event::Unlabelled { label } => !is_told(label, LabelChange::Removed, news.at),
            _ => false,
        });
        let moved_unsaid = self.looks == 1
            && !self.record.labels_outstanding
            && seen.edits.is_empty()
            && !self.delta(&self.record.parts, &observation.labels).is_empty();
        lags || moved_unsaid
    }

    fn unread_news(&self) -> impl Iterator<Item = &crate::news::News> {
        let nobody = Part::default();
        self.record
            .inbox
            .iter()
            .filter(move |e| {
                let passed = |m: &Member| self.record.parts.get(&m.manifest.name).unwrap_or(&nobody).cursor >= e.seq;
                !self.deployment.members.iter().all(passed)
            })
            .map(|e| &e.news)
    }

    pub(super) fn unknown_commanders(&self) -> Vec<String> {
        let mut logins: Vec<String> = self
            .unread_news()
            .filter(|news| matches!(news.event, Event::Command { .. }))
            .filter_map(|news| news.actor.as_ref())
            .filter(|actor| actor.permission.is_none() && actor.kind == ActorKind::Human)
            .map(|actor| actor.login.clone())
            .collect();
        logins.sort();
        logins.dedup();
        logins
    }

    fn collect_pushes(&mut self) {
        self.pushes.clone_from(&self.record.pushes);
        let told: Vec<KnownPush> = self
            .unread_news()
            .filter_map(|news| match &news.event {
                Event::Pushed { commit, .. } => Some(KnownPush { commit: commit.clone(), by: news.actor.clone(), at: Some(news.at) }),
                _ => None,
            })
            .collect();
        for push in told {
            self.remember_push(push);
        }
    }

    pub(super) fn remember_push(&mut self, push: KnownPush) {
        self.pushes.retain(|p| p.commit != push.commit);
        self.pushes.push(push);
        let surplus = self.pushes.len().saturating_sub(PUSHES);
        self.pushes.drain(..surplus);
    }

    fn unknown_head(&self) -> Option<(String, String)> {
        let head = self.seen.as_ref()?.observation.head.as_ref()?;
        let is_known = self.pushes.iter().any(|p| p.commit == head.commit);
        (!is_known).then(|| (head.branch.clone(), head.commit.clone()))
    }

    pub(super) fn name_pusher(&mut self) {
        if let Some(seen) = &mut self.seen
            && let Some(Head { commit, pushed_by, pushed_at, .. }) = &mut seen.observation.head
            && let Some(push) = self.pushes.iter().find(|p| p.commit == *commit)
        {
            pushed_by.clone_from(&push.by);
            *pushed_at = push.at;
        }
    }
}
