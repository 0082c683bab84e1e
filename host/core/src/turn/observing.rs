//! The first half of a turn: what was read, whether it can be believed, and who pushed the head.

use super::decision::Seen;
use super::{Member, STALE_LOOKS, Stage, Turn};
use crate::Timestamp;
use crate::edits;
use crate::facts::{Head, LabelChange, SubjectState};
use crate::label::Label;
use crate::news::{ActorKind, Event, News};
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

    /// Facts are stale when the timeline ends before what was seen already; when news tells a label event that it lacks, or a closing
    /// that the state does not show; when what was closed is open without news of it; when the head is older than a push that is
    /// known; or when, on the first look, owned labels differ from the settled wish without any event that says why.
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
            Event::Closed { .. } => !observation.state.is_over() && !self.is_undone_later(news),
            Event::Reopened => observation.state.is_over() && !self.is_undone_later(news),
            _ => false,
        });
        let moved_unsaid = self.looks == 1
            && !self.record.labels_outstanding
            && seen.edits.is_empty()
            && !self.delta(&self.record.parts, &observation.labels).is_empty();
        // Nobody said that it was opened again: perhaps the answer is older than the closing.
        let is_open_unsaid = self.record.state.is_some_and(SubjectState::is_over)
            && !observation.state.is_over()
            && !self.unread_news().any(|news| news.event == Event::Reopened);
        let is_behind = self.record.timeline.as_ref().is_some_and(|mark| edits::is_behind(&observation.timeline, mark));
        lags || moved_unsaid || is_open_unsaid || is_behind || self.is_head_behind(observation.head.as_ref())
    }

    /// Whether later news says that what was closed is open again, or the other way round.
    fn is_undone_later(&self, news: &News) -> bool {
        let is_open = |event: &Event| match event {
            Event::Closed { .. } => Some(false),
            Event::Reopened => Some(true),
            _ => None,
        };
        self.unread_news().any(|later| later.at >= news.at && is_open(&later.event).is_some_and(|open| is_open(&news.event) == Some(!open)))
    }

    /// Whether a push is known that is newer than the one that made this head. A head that was moved back on purpose looks the same;
    /// it is taken for true in the end, and from then on it is the record's.
    fn is_head_behind(&self, head: Option<&Head>) -> bool {
        let Some(head) = head else { return false };
        let told = self.unread_news().filter_map(|news| match &news.event {
            Event::Pushed { commit, branch } if *branch == head.branch => Some((commit, news.at)),
            _ => None,
        });
        let told: Vec<(&String, Timestamp)> = told.collect();
        let recorded = self.record.pushes.iter().find(|p| p.commit == head.commit).and_then(|p| p.at);
        let Some(pushed_at) = told.iter().find(|(commit, _)| **commit == head.commit).map(|(_, at)| *at).or(recorded) else { return false };
        let is_newer_told = told.iter().any(|(_, at)| *at > pushed_at);
        let is_moved = self.record.head.as_deref().is_some_and(|recorded| recorded != head.commit);
        is_newer_told || (is_moved && self.record.pushes.iter().any(|p| p.at.is_some_and(|at| at > pushed_at)))
    }

    /// News that has come since the last decision; what a policy keeps is none.
    fn unread_news(&self) -> impl Iterator<Item = &News> {
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

    /// Who gave commands that a policy is about to be shown; one that it has kept is shown again, and asked about again.
    pub(super) fn unknown_commanders(&self) -> Vec<String> {
        let nobody = Part::default();
        let part_of = |member: &Member| self.record.parts.get(&member.manifest.name).unwrap_or(&nobody);
        let is_shown = |seq: u64| self.deployment.members.iter().any(|member| !part_of(member).has_passed(seq));
        let shown = self.record.inbox.iter().filter(|entry| is_shown(entry.seq)).map(|entry| &entry.news);
        let mut logins: Vec<String> = shown
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
