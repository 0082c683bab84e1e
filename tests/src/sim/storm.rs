//! Storms: a story in true time order, told duplicated, late, out of order and partly not at all, with crashes, stale readings
//! and a second turn in between. It must end as the same story, told undisturbed.

use super::people::{IMPLEMENTER, PERSON};
use super::shell::{Cut, Sim};
use super::story::{Happening, Told};
use fastrand::Rng;
use pawl_core::facts::Observation;
use pawl_core::turn::Step;
use std::fmt::Write;

/// Fewest and most happenings of a story.
const HAPPENINGS: std::ops::Range<usize> = 4..16;
/// Status labels that people set.
const STATUSES: [&str; 5] = ["needs-remediation", "remediation-in-progress", "ready-for-qa", "approved", "failed-remediation"];
/// Labels that people hold things with.
const HOLDS: [&str; 3] = ["skip-automation", "manual-review-required", "pause-remediation"];

/// A random story. What people set they take away again, so that stories end at rest.
#[must_use]
pub fn story(rng: &mut Rng) -> Vec<Happening> {
    let mut story = Vec::new();
    let mut hold: Option<&str> = None;
    let mut is_open = true;
    for _ in 0..rng.usize(HAPPENINGS) {
        if !is_open && rng.bool() {
            story.push(Happening::Reopened);
            is_open = true;
            continue;
        }
        story.push(match rng.u8(0..24) {
            0..=3 => Happening::ChangesRequested,
            4 => Happening::ToldTwice,
            5 => Happening::Signal("tess_feedback_received", Vec::new()),
            6 | 7 => Happening::started(),
            8..=10 => Happening::completed(),
            11 => Happening::Signal("rex_remediation_completed", Vec::new()),
            12 | 13 => Happening::Approved,
            14 => Happening::ApprovedOld,
            15 => Happening::Signal("tess_approval", Vec::new()),
            16 | 17 => Happening::Pushed(IMPLEMENTER),
            18 => Happening::Pushed(PERSON),
            19 => Happening::SignalForHead("quality_completed"),
            20 => Happening::label(rng.choice(STATUSES).unwrap_or("ready-for-qa")),
            21 => Happening::label(&format!("iteration-{}", rng.u8(1..12))),
            22 => match hold.take() {
                Some(held) => Happening::unlabel(held),
                None => {
                    hold = rng.choice(HOLDS);
                    Happening::label(hold.unwrap_or("skip-automation"))
                }
            },
            _ if is_open => {
                is_open = false;
                Happening::Closed
            }
            _ => Happening::Command(PERSON, "reset"),
        });
    }
    story.extend(hold.map(Happening::unlabel));
    story
}

/// The story, told at once and in order.
#[must_use]
pub fn undisturbed(story: &[Happening]) -> Sim {
    let mut sim = Sim::new();
    for happening in story {
        sim.live(happening);
    }
    sim
}

/// A disturbed telling.
pub struct Storm<'a> {
    /// Where it stands.
    pub sim: Sim,
    /// What was done, line by line, for whoever must understand a failure.
    pub schedule: String,
    rng: &'a mut Rng,
    /// Told later; the flag says that it may be lost instead.
    waiting: Vec<Told>,
    /// Told already; may be told again.
    told: Vec<Told>,
    /// How labels were, for stale readings.
    past: Vec<Observation>,
    foreign: u32,
}

impl<'a> Storm<'a> {
    /// Before the first happening.
    #[must_use]
    pub fn new(rng: &'a mut Rng) -> Self {
        let sim = Sim::new();
        Self { sim, schedule: String::new(), rng, waiting: Vec::new(), told: Vec::new(), past: Vec::new(), foreign: 0 }
    }

    /// Tells the story to its end, and then everything that is still to be told.
    pub fn tell(&mut self, story: &[Happening]) {
        for happening in story {
            if acts_on_what_is_seen(happening) {
                self.calm();
            }
            self.past.push(self.sim.hub.observation());
            let told = self.sim.happen(happening);
            let second = self.sim.now;
            self.note(format_args!("{happening:?} at second {second}"));
            self.waiting.extend(told);
            if matches!(happening, Happening::Closed | Happening::Reopened) {
                self.seen_at_once_or_told();
            }
            for _ in 0..self.rng.usize(0..4) {
                self.disturb();
            }
        }
        self.calm();
    }

    /// Facts show that a pull request is closed, but not since when: either it is seen before anything else happens, or the webhook
    /// tells it some time.
    fn seen_at_once_or_told(&mut self) {
        if self.rng.bool() {
            self.calm();
        }
        for told in &mut self.waiting {
            told.is_shown = false;
        }
    }

    fn note(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.schedule, "{line}");
    }

    /// Everything is told, and the host comes to rest: people act on what they see, and what is lost is found by then.
    fn calm(&mut self) {
        self.rng.shuffle(&mut self.waiting);
        for told in std::mem::take(&mut self.waiting) {
            if told.is_shown && self.rng.u8(0..4) == 0 {
                self.note(format_args!("  lost: {}", told.news.id));
            } else {
                self.deliver(told);
            }
        }
        self.note(format_args!("  calm"));
        self.sim.stale.clear();
        self.sim.settle();
        let names = self.sim.hub.names();
        self.note(format_args!("  -> {names:?}"));
    }

    fn deliver(&mut self, told: Told) {
        let appended = self.sim.deliver(&told.news);
        self.note(format_args!("  told: {} {appended:?}", told.news.id));
        self.told.push(told);
    }

    fn disturb(&mut self) {
        match self.rng.u8(0..12) {
            0..=3 if !self.waiting.is_empty() => {
                let told = self.waiting.swap_remove(self.rng.usize(0..self.waiting.len()));
                self.deliver(told);
            }
            4 if !self.told.is_empty() => {
                let told = self.told[self.rng.usize(0..self.told.len())].clone();
                self.deliver(told);
            }
            5 => {
                let looks = self.rng.usize(1..3);
                let from = self.past.len().saturating_sub(2);
                let stale = self.past[from..].first().cloned();
                self.note(format_args!("  stale readings: {looks}"));
                self.sim.stale = stale.into_iter().cycle().take(looks).collect();
            }
            6 => {
                self.foreign += 1;
                self.sim.at_next_write = Some(Happening::label(&format!("area/{}", self.foreign)));
            }
            7 => self.interleave(),
            8 | 9 => {
                let (step, cut) = (self.rng.usize(0..20), self.rng.choice(Cut::ALL).unwrap_or(Cut::Before));
                let was_cut = self.sim.run_cut(step, cut);
                self.note(format_args!("  turn, {cut:?} step {step}: {was_cut}"));
            }
            _ => {
                let outcome = self.sim.run();
                let names = self.sim.hub.names();
                self.note(format_args!("  turn: {} ({}) -> {names:?}", outcome.ending.word(), outcome.reason));
            }
        }
    }

    /// Two turns at once: the one that lost its claim goes on to its commit and must write nothing.
    fn interleave(&mut self) {
        let mut slow = self.sim.begin();
        let reach = self.rng.usize(1..7);
        for _ in 0..reach {
            if matches!(slow.step(), Step::Commit(_) | Step::Peek | Step::Release | Step::Done(_)) {
                break;
            }
            self.sim.go_on(&mut slow);
        }
        let has_loaded = slow.step().word() != "load";
        let before = self.sim.store.commits;
        self.sim.run();
        let overtaken = has_loaded && self.sim.store.commits > before;
        let (commits, events) = (self.sim.store.commits, self.sim.hub.timeline.len());
        self.note(format_args!("  two turns, the slow one at {}: overtaken {overtaken}", slow.step().word()));
        while self.sim.go_on(&mut slow).is_none() {}
        if overtaken {
            assert_eq!(self.sim.store.commits, commits, "the turn that was overtaken has committed");
            assert_eq!(self.sim.hub.timeline.len(), events, "the turn that was overtaken has written labels");
        }
    }
}

/// People edit what they see, so the host must have come to rest: else the edit itself would be another one. A push whose
/// telling was lost is found only while it is the head, and a closing only while it is closed.
#[must_use]
pub fn acts_on_what_is_seen(happening: &Happening) -> bool {
    matches!(
        happening,
        Happening::Labelled(..)
            | Happening::Unlabelled(..)
            | Happening::Pushed(_)
            | Happening::Closed
            | Happening::Reopened
            | Happening::Command(..)
    )
}
