//! A schedule: what happens, and what goes wrong after each.

use crate::play::{Cut, Group, Happening};
use fastrand::Rng;
use std::fmt;

/// Fewest happenings of a schedule.
const FEWEST: usize = 4;
/// Most misfortunes after one happening.
const MISFORTUNES: usize = 4;
/// A turn has fewer steps than this.
const STEPS: usize = 20;

/// A misfortune. Numbers pick among what there is at the moment, so a misfortune fits whatever is left of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfortune {
    /// One piece of news arrives, not in the order in which they happened. What has not arrived is late.
    Told(usize),
    /// News arrives that has arrived before.
    ToldAgain(usize),
    /// So many other ids came in between that the host has forgotten all of them; then the news arrives that arrived before.
    Forgotten(usize),
    /// News is lost that facts show.
    Lost(usize),
    /// The next readings of GitHub, so many, are as it was before the last happenings.
    Stale(usize),
    /// Somebody sets a label of their own between the host's reading and its next label write.
    Meddled,
    /// A turn that nothing disturbs.
    Turn,
    /// A turn is cut at this step.
    Cut(usize, Cut),
    /// A turn of one replica gets so far, then another replica takes the claim and makes a whole turn, then the first goes on.
    Replicas(usize),
}

impl fmt::Display for Misfortune {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told(_) => f.write_str("news arrives, the rest is late"),
            Self::ToldAgain(_) => f.write_str("news arrives once more"),
            Self::Forgotten(_) => f.write_str("the host has forgotten what it was told, and news arrives once more"),
            Self::Lost(_) => f.write_str("news is lost"),
            Self::Stale(looks) => write!(f, "the next {looks} readings are stale"),
            Self::Meddled => f.write_str("somebody sets a label before the next write"),
            Self::Turn => f.write_str("a turn"),
            Self::Cut(step, cut) => {
                let how = match cut {
                    Cut::Before => "the process dies before",
                    Cut::After => "the process dies after",
                    Cut::Refused => "it fails at",
                    Cut::ReplyLost => "the reply is lost of",
                };
                write!(f, "a turn: {how} step {step}")
            }
            Self::Replicas(reach) => write!(f, "two replicas: one stands still after step {reach}, the other takes over"),
        }
    }
}

/// A happening and what goes wrong after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What happens.
    pub happening: Happening,
    /// What goes wrong.
    pub misfortunes: Vec<Misfortune>,
}

/// A list of happenings with their misfortunes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// In true order.
    pub acts: Vec<Act>,
}

impl Schedule {
    /// The schedule that a seed draws: 4 to `most` happenings.
    #[must_use]
    pub fn drawn(seed: u64, most: usize, menu: &[(Group, Happening)]) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut groups: Vec<Group> = menu.iter().map(|(group, _)| *group).filter(|group| is_stormy(*group)).collect();
        groups.sort();
        groups.dedup();
        let length = rng.usize(FEWEST..=most.max(FEWEST));
        let mut acts: Vec<Act> = (0..length).filter_map(|_| Some(act(pick(&mut rng, &groups, menu)?, &mut rng))).collect();
        // A merge is the end; one schedule in ten has it.
        if rng.u8(0..10) == 0 {
            acts.push(act(Happening::Merged, &mut rng));
        }
        Self { acts }
    }

    /// How many misfortunes it has.
    #[must_use]
    pub fn misfortunes(&self) -> usize {
        self.acts.iter().map(|act| act.misfortunes.len()).sum()
    }

    /// Line by line, for people.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (place, act) in self.acts.iter().enumerate() {
            lines.push(format!("{}. {}", place + 1, act.happening));
            lines.extend(act.misfortunes.iter().map(|misfortune| format!("   - {misfortune}")));
        }
        lines
    }
}

/// Time passes by itself, and a merge comes last.
fn is_stormy(group: Group) -> bool {
    !matches!(group, Group::Time | Group::Merge)
}

/// What people do by hand and what ends a subject is rarer than what agents tell.
fn pick(rng: &mut Rng, groups: &[Group], menu: &[(Group, Happening)]) -> Option<Happening> {
    let weight = |group: Group| match group {
        Group::Review | Group::Signal | Group::Run => 6,
        Group::Push | Group::Comment | Group::Check => 4,
        Group::Edit | Group::Command | Group::Heeded => 3,
        _ => 2,
    };
    let mut left = rng.usize(0..groups.iter().map(|group| weight(*group)).sum::<usize>().max(1));
    let group = *groups.iter().find(|group| {
        let is_it = left < weight(**group);
        left = left.saturating_sub(weight(**group));
        is_it
    })?;
    let of_group: Vec<&Happening> = menu.iter().filter(|(of, _)| *of == group).map(|(_, happening)| happening).collect();
    rng.choice(of_group).cloned()
}

fn act(happening: Happening, rng: &mut Rng) -> Act {
    let misfortunes = (0..rng.usize(0..MISFORTUNES)).map(|_| misfortune(rng)).collect();
    Act { happening, misfortunes }
}

fn misfortune(rng: &mut Rng) -> Misfortune {
    let any = rng.usize(0..64);
    match rng.u8(0..14) {
        0..=3 => Misfortune::Told(any),
        4 => Misfortune::ToldAgain(any),
        5 => Misfortune::Forgotten(any),
        6 => Misfortune::Lost(any),
        7 => Misfortune::Stale(rng.usize(1..3)),
        8 => Misfortune::Meddled,
        9 => Misfortune::Replicas(rng.usize(1..STEPS)),
        10 | 11 => Misfortune::Cut(rng.usize(0..STEPS), rng.choice(Cut::ALL).unwrap_or(Cut::Before)),
        _ => Misfortune::Turn,
    }
}
