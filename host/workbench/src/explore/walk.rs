//! The walk itself. Worlds of one depth are independent, so several threads let things happen in them; what came of it is put together
//! in order, and so does not depend on how many threads there are.

use super::key::{self, Key};
use super::{Explored, Found, Options};
use crate::play::{Candidate, Fault, Group, Happening, Violation, World, fitting, menu};
use pawl_core::label::Label;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds between two happenings; the turns between them take one each.
const PACE_SECONDS: i64 = 60;
/// Worlds that are put to work before limits are looked at.
const BATCH: usize = 16;
/// Violations that are told.
const VIOLATIONS: usize = 20;

/// A world that was reached, and how.
struct Node {
    world: World,
    parent: Option<usize>,
    happening: String,
    /// Whether everything was let happen in it.
    is_followed: bool,
}

/// What came of one happening.
struct Outcome {
    happening: String,
    /// Whether it belongs to the subject's own end, which leads out of every state.
    is_end: bool,
    decisions: u64,
    fuel: u64,
    world: Result<World, Violation>,
}

struct Walk {
    nodes: Vec<Node>,
    /// By key the memories of the worlds that are kept.
    kept: BTreeMap<Key, Vec<Vec<u8>>>,
    found: Explored,
    /// Which kinds of violation were found, and in which state.
    known: BTreeSet<(Fault, String)>,
    /// Worlds of each state that are kept, and that would have been.
    of_state: BTreeMap<String, (usize, usize)>,
    /// States out of which something but the subject's own end leads.
    left: BTreeSet<String>,
}

/// Explores a policy. `progress` is told how many worlds are done.
#[must_use]
pub fn explore(candidate: &Arc<Candidate>, options: Options, progress: &dyn Fn(usize)) -> Explored {
    let menu = menu(candidate);
    let manifest = candidate.manifest();
    let mut walk = Walk {
        nodes: Vec::new(),
        kept: BTreeMap::new(),
        found: Explored {
            policy: format!("{} {}", manifest.name, manifest.version),
            states: manifest.states.iter().map(|s| (s.name.clone(), s.sentence.clone(), s.terminal)).collect(),
            ..Explored::default()
        },
        known: BTreeSet::new(),
        of_state: BTreeMap::new(),
        left: BTreeSet::new(),
    };
    let mut world = World::new(candidate);
    match world.settle().and_then(|()| world.judge_rest()) {
        Ok(()) => walk.found.first = world.state().to_owned(),
        Err(violation) => {
            walk.found.violations.push(Found { violation, trace: vec!["1. the host looks at an open pull request".into()] });
            return walk.found;
        }
    }
    walk.count(world.decisions, world.fuel);
    walk.keep(world, None, "an open pull request".into(), options);
    let mut level = vec![0];
    for depth in 0..options.depth {
        let mut next = Vec::new();
        let mut waiting = level.as_slice();
        while !waiting.is_empty() {
            if let Some(limit) = walk.limit(options) {
                let more = waiting.len() + next.len();
                walk.found.cut.push(format!("{more} worlds after {} at depth {depth} by {limit}", walk.found.worlds));
                walk.end(candidate);
                return walk.found;
            }
            let (batch, rest) = waiting.split_at(waiting.len().min(BATCH).min(options.worlds - walk.found.worlds));
            waiting = rest;
            let outcomes = happen(&walk, batch, &menu, options.threads);
            for (from, outcomes) in batch.iter().zip(outcomes) {
                walk.nodes[*from].is_followed = true;
                walk.found.worlds += 1;
                for outcome in outcomes {
                    next.extend(walk.take(*from, outcome, options));
                }
            }
            progress(walk.found.worlds);
        }
        level = next;
        if level.is_empty() {
            break;
        }
    }
    if !level.is_empty() {
        walk.found.cut.push(format!("{} worlds at depth {} by the limit of depth", level.len(), options.depth));
    }
    walk.end(candidate);
    walk.found
}

/// Lets everything happen in each world of a batch.
fn happen(walk: &Walk, batch: &[usize], menu: &[(Group, Happening)], threads: Option<usize>) -> Vec<Vec<Outcome>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Vec<Outcome>>> = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.unwrap_or(cores).clamp(1, batch.len()) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(node) = batch.get(place) else { return };
                    let outcomes = outcomes(&walk.nodes[*node].world, menu);
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(place, outcomes);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

fn outcomes(from: &World, menu: &[(Group, Happening)]) -> Vec<Outcome> {
    let manifest = from.candidate().manifest();
    // One hold at a time: what two hold together, either holds.
    let is_heeded = |name: &str| manifest.heeds.iter().any(|heeded| heeded.family.has(&Label::new(name)));
    let is_second =
        |happening: &Happening| matches!(happening, Happening::Labelled(_, name) if is_heeded(name)) && !from.heeded().is_empty();
    let waits_for_nothing = |happening: &Happening| {
        matches!(happening, Happening::Waited(crate::play::Wait::Revisit)) && from.revisit_at().is_none_or(|at| at <= from.now)
    };
    let wanted = fitting(menu, &from.hub).into_iter().filter(|(_, happening)| !is_second(happening) && !waits_for_nothing(happening));
    wanted
        .map(|(_, happening)| {
            let mut world = from.clone();
            (world.decisions, world.fuel) = (0, 0);
            world.now += PACE_SECONDS;
            let judged = world.live(happening).and_then(|()| world.judge_rest());
            let (decisions, fuel) = (world.decisions, world.fuel);
            let is_end = matches!(happening, Happening::Closed | Happening::Merged | Happening::Drafted);
            Outcome { happening: happening.to_string(), is_end, decisions, fuel, world: judged.map(|()| world) }
        })
        .collect()
}

impl Walk {
    fn count(&mut self, decisions: u64, fuel: u64) {
        self.found.decisions += decisions;
        self.found.fuel += fuel;
    }

    /// The limit that is reached.
    fn limit(&self, options: Options) -> Option<String> {
        if self.found.worlds >= options.worlds {
            return Some(format!("the limit of {} worlds", options.worlds));
        }
        if self.found.decisions >= options.decisions {
            return Some(format!("the limit of {} decisions", options.decisions));
        }
        (self.found.fuel >= options.fuel).then(|| format!("the limit of {} units of fuel", options.fuel))
    }

    /// Keeps a world unless enough like it are kept; answers its place.
    fn keep(&mut self, world: World, parent: Option<usize>, happening: String, options: Options) -> Option<usize> {
        self.found.reached.insert(world.state().to_owned());
        let memories = self.kept.entry(Key::of(&world)).or_default();
        let memory = key::memory(&world);
        if memories.len() >= options.alike.max(1) || memories.contains(&memory) {
            return None;
        }
        memories.push(memory);
        self.found.keys = self.kept.len();
        let (kept, crowded) = self.of_state.entry(world.state().to_owned()).or_default();
        if *kept >= options.per_state.max(1) {
            *crowded += 1;
            return None;
        }
        *kept += 1;
        self.nodes.push(Node { world, parent, happening, is_followed: false });
        Some(self.nodes.len() - 1)
    }

    fn take(&mut self, from: usize, outcome: Outcome, options: Options) -> Option<usize> {
        self.count(outcome.decisions, outcome.fuel);
        let state = self.nodes[from].world.state().to_owned();
        match outcome.world {
            Ok(world) => {
                let to = world.state().to_owned();
                if to != state {
                    if !outcome.is_end && !world.is_held() {
                        self.left.insert(state.clone());
                    }
                    self.found.transitions.entry((state, to)).or_default().insert(outcome.happening.clone());
                }
                self.keep(world, Some(from), outcome.happening, options)
            }
            Err(violation) => {
                if !self.known.insert((violation.fault, state)) || self.found.violations.len() >= VIOLATIONS {
                    self.found.left_out += 1;
                    return None;
                }
                let mut trace = self.trace(from);
                trace.push(format!("{}. {} -> {violation}", trace.len() + 1, outcome.happening));
                self.found.violations.push(Found { violation, trace });
                None
            }
        }
    }

    /// The way to a world, from the beginning.
    fn trace(&self, to: usize) -> Vec<String> {
        let mut way = Vec::new();
        let mut place = Some(to);
        while let Some(node) = place.map(|place| &self.nodes[place]) {
            let labels = crate::play::list(&node.world.owned());
            way.push(format!("{} -> {}; labels: {labels}", node.happening, node.world.state()));
            place = node.parent;
        }
        way.reverse();
        way.iter().enumerate().map(|(number, line)| format!("{}. {line}", number + 1)).collect()
    }

    /// States that are no end, in which worlds were followed while nobody held them, and out of which nothing led.
    fn end(&mut self, candidate: &Candidate) {
        for state in candidate.manifest().states.iter().filter(|state| !state.terminal && !self.left.contains(&state.name)) {
            let is_stuck = |node: &&Node| node.is_followed && node.world.state() == state.name && !node.world.is_held();
            let Some(place) = self.nodes.iter().position(|node| is_stuck(&node)) else { continue };
            let how = format!(
                "nothing that was explored leads out of {} but a hold and the subject's own end; if a signal does, name it by --signal, and if it is \
                 an end, call it terminal in the manifest",
                state.name
            );
            let trace = self.trace(place);
            self.found.violations.push(Found { violation: Violation { fault: Fault::DeadEnd, how }, trace });
        }
        let crowded: Vec<String> = self
            .of_state
            .iter()
            .filter(|(_, (_, crowded))| *crowded > 0)
            .map(|(state, (_, crowded))| format!("{state} {crowded}"))
            .collect();
        if !crowded.is_empty() {
            self.found.cut.push(format!("worlds by the limit of each state: {}", crowded.join(", ")));
        }
        self.found.violations.sort_by_key(|found| found.trace.len());
    }
}
