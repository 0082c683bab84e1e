//! One schedule, played calm and played in a storm.
//!
//! What would end otherwise without being the policy's fault, and what is done so that no storm makes it:
//!
//! - *People act on what they see.* A label set by hand, a push, a command, a change between draft and ready, a closing, a merge and a
//!   reopening come after everything told so far has arrived and settled; so does the end of a run, which somebody else sees.
//! - *Facts show the present, not the past.* News may be lost only where facts show the same thing later: a review, a comment, a check, a run,
//!   a label, the head. A signal, a command, a closing and a reopening always arrive some time. A draft is seen before it is none.
//! - *A hold hides what it holds back.* While a heeded label is on, nobody moves owned labels by hand, and nothing is lost that facts show for
//!   a while only: a check until the next push, a run at work until it ends. At the end, which is compared, people take away the heeded labels
//!   that they have set.
//! - *What was refused has not counted.* News that the policy refused is not told again once the host has forgotten it: it may count then, once.
//! - *Time is no misfortune.* Happenings have the same times in both plays, and both are looked at last at the same time. That news arrives
//!   late does not change when it happened: a policy that orders by arrival is at fault, and so is one that counts without looking at ids.

use super::schedule::{Misfortune, Schedule};
use crate::play::{Candidate, Fault, Happening, Told, Violation, World};
use pawl_core::facts::Observation;
use pawl_core::label::Label;
use pawl_core::news::{Event, Verdict};
use std::fmt;
use std::sync::Arc;

/// Seconds between happenings: the turns between two, which take a second each, have room in it.
const PACE_SECONDS: i64 = 600;
/// Both plays are looked at so long after the last happening, in seconds.
const REST_SECONDS: i64 = 86_400;
/// Revisits that a policy may ask for between two looks.
const REVISITS: usize = 200;

/// How a play ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Owned labels, sorted.
    pub labels: Vec<Label>,
    /// The policy's state.
    pub state: String,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<&str> = self.labels.iter().map(Label::as_str).collect();
        write!(f, "{} with {}", self.state, if labels.is_empty() { "no labels".into() } else { labels.join(", ") })
    }
}

/// What went wrong, and what was done until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wreck {
    /// The law.
    pub violation: Violation,
    /// Whether it broke before anything was told badly.
    pub is_calm: bool,
    /// What was done, line by line.
    pub lines: Vec<String>,
}

/// How both plays of a schedule ended, and how many decisions they took.
pub(super) type Played = Result<(End, u64), Wreck>;

/// Plays a schedule both ways.
pub(super) fn play(candidate: &Arc<Candidate>, schedule: &Schedule) -> Played {
    let mut calm = Play::new(candidate, false);
    let ended = calm.tell(schedule).map_err(|violation| calm.wreck(violation))?;
    let mut storm = Play::new(candidate, true);
    let end = storm.tell(schedule).map_err(|violation| storm.wreck(violation))?;
    if end != ended {
        let how = format!("told at once and in order it ends {ended}; told badly it ends {end}");
        return Err(storm.wreck(Violation { fault: Fault::Diverges, how }));
    }
    Ok((end, calm.world.decisions + storm.world.decisions))
}

struct Play {
    world: World,
    is_stormy: bool,
    lines: Vec<String>,
    /// Not told yet.
    waiting: Vec<Told>,
    /// Told already; may be told again.
    told: Vec<Told>,
    /// How GitHub was, for stale readings.
    past: Vec<Observation>,
    meddled: u32,
}

impl Play {
    fn new(candidate: &Arc<Candidate>, is_stormy: bool) -> Self {
        let (waiting, told, past) = (Vec::new(), Vec::new(), Vec::new());
        Self { world: World::new(candidate), is_stormy, lines: Vec::new(), waiting, told, past, meddled: 0 }
    }

    fn wreck(&self, violation: Violation) -> Wreck {
        let last = format!("{:>6} s  {violation}", self.world.now);
        let lines = self.lines.iter().cloned().chain([last]).collect();
        Wreck { violation, is_calm: !self.is_stormy, lines }
    }

    fn tell(&mut self, schedule: &Schedule) -> Result<End, Violation> {
        self.calm()?;
        let mut end = 0;
        for (place, act) in schedule.acts.iter().enumerate() {
            end = (i64::try_from(place).unwrap_or(i64::MAX / PACE_SECONDS) + 1).saturating_mul(PACE_SECONDS);
            if acts_on_what_is_seen(&act.happening) || !self.is_stormy {
                self.calm()?;
                self.wait_until(end)?;
            }
            self.world.now = self.world.now.max(end);
            if self.is_forbidden(&act.happening) {
                continue;
            }
            self.happen(&act.happening);
            if !self.is_stormy {
                self.calm()?;
                self.world.judge_rest()?;
                continue;
            }
            if matches!(act.happening, Happening::Drafted | Happening::Readied) {
                self.calm()?;
            }
            for misfortune in &act.misfortunes {
                self.suffer(*misfortune)?;
            }
        }
        self.calm()?;
        let person = self.world.candidate().cast().person.clone();
        for label in self.world.heeded() {
            self.world.now = self.world.now.max(end + PACE_SECONDS);
            self.happen(&Happening::Unlabelled(person.clone(), label.to_string()));
            self.calm()?;
        }
        self.wait_until(end + REST_SECONDS)?;
        self.world.judge_rest()?;
        Ok(End { labels: self.world.owned(), state: self.world.state().to_owned() })
    }

    /// Nobody moves what a hold hides.
    fn is_forbidden(&self, happening: &Happening) -> bool {
        let manifest = self.world.candidate().manifest();
        match happening {
            Happening::Labelled(_, name) | Happening::Unlabelled(_, name) => {
                manifest.owns(&Label::new(name.as_str())) && !self.world.heeded().is_empty()
            }
            _ => false,
        }
    }

    fn happen(&mut self, happening: &Happening) {
        if self.is_stormy {
            self.past.push(self.world.hub.observation());
        }
        let fits = happening.fits(&self.world.hub);
        if !fits {
            return;
        }
        self.note(format_args!("{happening}"));
        let told = self.world.happen(happening);
        self.waiting.extend(told);
    }

    fn note(&mut self, line: fmt::Arguments<'_>) {
        self.lines.push(format!("{:>6} s  {line}", self.world.now));
    }

    fn note_state(&mut self, what: &str) {
        let labels = crate::play::list(&self.world.owned());
        let line = format!("  {what} -> {}; labels: {labels}", self.world.state());
        self.note(format_args!("{line}"));
    }

    /// Everything is told, and the host comes to rest. In a storm what happened last is told first.
    fn calm(&mut self) -> Result<(), Violation> {
        let mut waiting = std::mem::take(&mut self.waiting);
        if self.is_stormy {
            waiting.reverse();
        }
        for told in waiting {
            self.deliver(told, "told");
        }
        self.world.stale.clear();
        self.world.settle()?;
        self.note_state("rest");
        Ok(())
    }

    fn deliver(&mut self, told: Told, how: &str) {
        let appended = self.world.deliver(&told.news);
        self.note(format_args!("  {how}: {} ({appended:?})", told.news.id));
        self.told.push(told);
    }

    /// Time passes, and what the policy wants to be asked meanwhile it is asked.
    fn wait_until(&mut self, second: i64) -> Result<(), Violation> {
        for _ in 0..REVISITS {
            let Some(at) = self.world.revisit_at().filter(|at| *at <= second) else { break };
            self.world.now = self.world.now.max(at);
            self.world.settle()?;
        }
        self.world.now = self.world.now.max(second);
        self.world.settle()
    }

    fn suffer(&mut self, misfortune: Misfortune) -> Result<(), Violation> {
        match misfortune {
            Misfortune::Told(any) if !self.waiting.is_empty() => {
                let told = self.waiting.remove(any % self.waiting.len());
                self.deliver(told, "told");
            }
            Misfortune::ToldAgain(any) if !self.told.is_empty() => {
                let told = self.told[any % self.told.len()].clone();
                self.deliver(told, "told again");
            }
            Misfortune::Forgotten(any) => {
                self.world.forget_ids();
                let counted: Vec<&Told> = self.told.iter().filter(|told| !self.world.has_refused(&told.news.id)).collect();
                if !counted.is_empty() {
                    let told = counted[any % counted.len()].clone();
                    self.deliver(told, "told again, its id forgotten");
                }
            }
            Misfortune::Lost(any) => {
                let is_held = !self.world.heeded().is_empty();
                let is_shown_for_a_while = |told: &Told| matches!(told.news.event, Event::Checked(_) | Event::RunChanged(_));
                let may_be_lost = |told: &Told| told.is_shown && !(is_held && is_shown_for_a_while(told));
                let mut shown: Vec<usize> = (0..self.waiting.len()).filter(|place| may_be_lost(&self.waiting[*place])).collect();
                if !shown.is_empty() {
                    let told = self.waiting.remove(shown.swap_remove(any % shown.len()));
                    self.note(format_args!("  lost: {}", told.news.id));
                }
            }
            Misfortune::Stale(looks) => {
                let from = self.past.len().saturating_sub(2);
                if let Some(stale) = self.past.get(from).cloned() {
                    self.note(format_args!("  stale readings: {looks}"));
                    self.world.stale = vec![stale; looks];
                }
            }
            Misfortune::Meddled => {
                self.meddled += 1;
                let stranger = self.world.candidate().cast().person.clone();
                self.world.at_next_write = Some(Happening::Labelled(stranger, format!("area/{}", self.meddled)));
            }
            Misfortune::Turn => {
                let outcome = self.world.run()?;
                self.note_state(&format!("turn: {}", outcome.ending.word()));
            }
            Misfortune::Cut(step, cut) => {
                let reached = self.world.run_cut(step, cut)?;
                self.note_state(&format!("turn, {cut:?} step {step}{}", if reached { "" } else { " which it did not have" }));
            }
            Misfortune::Replicas(reach) => {
                let overtaken = self.world.interleave(reach)?;
                self.note_state(&format!("two replicas, one still after step {reach}{}", if overtaken { ", overtaken" } else { "" }));
            }
            Misfortune::Told(_) | Misfortune::ToldAgain(_) => {}
        }
        Ok(())
    }
}

/// People act on what they see, and so must find the host at rest. A push whose telling was lost is found only while it is the head, a
/// draft only while it is one.
fn acts_on_what_is_seen(happening: &Happening) -> bool {
    match happening {
        Happening::Labelled(..)
        | Happening::Unlabelled(..)
        | Happening::Pushed(_)
        | Happening::Commanded(..)
        | Happening::RunEnded(..)
        | Happening::Drafted
        | Happening::Readied
        | Happening::Closed
        | Happening::Merged
        | Happening::Reopened => true,
        // A verdict that takes another back is a person's, too.
        Happening::Reviewed(_, verdict, _) => *verdict == Verdict::Dismissed,
        Happening::Commented(..) | Happening::Checked(..) | Happening::RunBegan(..) | Happening::Signalled(..) | Happening::Waited(_) => {
            false
        }
    }
}
