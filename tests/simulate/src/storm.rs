//! A storm: one seed, told from its beginning to its rest.

use crate::crowd;
use crate::eye::{Eye, RUNS};
use crate::line::{Condition, Weather};
use crate::mode::Mode;
use crate::people;
use crate::post::{Post, Roads};
use crate::replica::{Around, Process, Replica, policies};
use crate::rest;
use crate::stage::Stage;
use fastrand::Rng;
use pawl_service::reconciler;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Nothing may have been written for so long before it is called rest: whoever looks again has looked by then. A watch of runs that was
/// lost without a word begins again within five minutes, and all that it lists is looked at.
const STILL: Duration = Duration::from_secs(310);
/// Between two glances at whether anything was written.
const GLANCE: Duration = Duration::from_secs(2);
/// Rest must come within this time.
const REST: Duration = Duration::from_secs(1800);
/// Progress must have been made within this time, while half of all calls fail.
const PROGRESS: Duration = Duration::from_secs(4 * 3600);

/// Something that goes wrong for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Crash,
    Pause,
    NoGitHub,
    NoCluster,
    Weather,
    Clock,
    Watches,
    Outage,
}

/// A storm under way.
#[derive(Debug)]
pub struct Storm {
    pub(crate) around: Around,
    pub(crate) stage: Stage,
    post: Post,
    replicas: Vec<Replica>,
    pub(crate) dice: Rng,
    mode: Mode,
    roads: Roads,
    mends: Vec<(Instant, usize, Fault)>,
    is_calm: bool,
    /// What went wrong, and when.
    pub plan: Vec<String>,
}

impl Storm {
    /// The stage is set, and the replicas start.
    ///
    /// # Panics
    /// When there is no room for temporary files.
    #[must_use]
    pub fn begin(seed: u64, mode: Mode) -> Self {
        let mut dice = Rng::with_seed(seed);
        // The service draws its own jitter from this thread's generator.
        fastrand::seed(dice.u64(..));
        let (stage, truths) = Stage::new(if mode == Mode::Crowd { crowd::SUBJECTS } else { 2 });
        let eye = Eye::new(Arc::clone(&policies().deployment), stage.server.clone(), Arc::clone(&stage.world), truths);
        if mode == Mode::Crowd {
            eye.seen().trace.expect(crowd::LINES);
        }
        let folder = Arc::new(tempfile::tempdir().expect("there is room for temporary files"));
        let around = Around { world: Arc::clone(&stage.world), server: stage.server.clone(), eye, folder, begun: Instant::now() };
        let replicas = 2 + usize::from(dice.u8(0..4) == 0 || mode == Mode::Crowd);
        let replicas = (0..replicas).map(|number| Replica::start(around.clone(), number, dice.u64(..))).collect();
        let roads = match mode {
            Mode::Storm | Mode::Runs | Mode::Crowd => Roads {
                lost: dice.choice([0, 10, 40]).unwrap_or(0),
                twice: dice.choice([0, 20, 50]).unwrap_or(0),
                delay_seconds: dice.u64(0..20),
            },
            Mode::Liveness => Roads { lost: 30, twice: 10, delay_seconds: 5 },
        };
        Self { around, stage, post: Post::default(), replicas, dice, mode, roads, mends: Vec::new(), is_calm: false, plan: Vec::new() }
    }

    /// Who sees everything.
    #[must_use]
    pub fn eye(&self) -> &Eye {
        &self.around.eye
    }

    /// Tells it to its end.
    pub async fn run(&mut self) {
        self.first_look().await;
        self.settle_weather();
        if self.mode == Mode::Crowd {
            self.crowd().await;
            self.lift();
            return self.come_to_rest().await;
        }
        let happenings = self.dice.u32(15..45);
        for _ in 0..happenings {
            // Each happening has a second of its own: what is told of it orders it.
            let gap = if self.dice.u8(0..6) == 0 { self.dice.u64(8_000..30_000) } else { self.dice.u64(1_100..6_000) };
            self.pass(Duration::from_millis(gap)).await;
            let at = self.dice.usize(0..self.stage.pulls.len());
            let pull = self.stage.pulls[at].clone();
            let eye = self.around.eye.clone();
            if let Some(signal) = people::act(&mut self.stage, &eye, &mut self.dice, &pull) {
                self.post.signal(signal);
            }
            if self.dice.u8(0..4) == 0 {
                self.stage.control(&eye);
            }
            if self.mode != Mode::Liveness && self.dice.u8(0..3) == 0 {
                self.disturb();
            }
            if self.is_broken() {
                return;
            }
        }
        let eye = self.around.eye.clone();
        if self.dice.u8(0..5) > 0 {
            for pull in self.stage.pulls.clone() {
                self.pass(Duration::from_millis(1_100)).await;
                people::release(&self.stage, &eye, &mut self.dice, &pull);
            }
        }
        match self.mode {
            Mode::Storm | Mode::Runs | Mode::Crowd => {
                self.lift();
                self.come_to_rest().await;
            }
            Mode::Liveness => self.make_progress().await,
        }
    }

    /// Each pull request is looked at once before anything happens: what a policy finds at its first look it takes as given.
    async fn first_look(&mut self) {
        let roads = std::mem::take(&mut self.roads);
        while self.around.eye.seen().records.len() < self.stage.pulls.len() || !self.is_settled() {
            self.pass(Duration::from_millis(500)).await;
        }
        self.roads = roads;
    }

    pub(crate) fn is_broken(&self) -> bool {
        !self.around.eye.seen().complaints.is_empty()
    }

    fn each(&self, act: impl Fn(&Process)) {
        self.replicas.iter().filter_map(|replica| replica.process.as_ref()).for_each(act);
    }

    fn weather(&mut self) -> Weather {
        match self.mode {
            // A call succeeds when the request and the reply arrive: seven of ten each, half of all.
            Mode::Liveness => Weather { delay_ms: 300, lost_requests: 30, lost_replies: 29, twice: 2 },
            // Slow enough that a run can end between the look at it and its deletion.
            Mode::Runs => Weather { delay_ms: 2_500, lost_requests: 5, lost_replies: 5, twice: 5 },
            Mode::Storm | Mode::Crowd => match self.dice.u8(0..3) {
                0 => Weather { delay_ms: 20, ..Weather::default() },
                1 => Weather { delay_ms: 300, lost_requests: 5, lost_replies: 5, twice: 5 },
                _ => Weather { delay_ms: 2_500, lost_requests: 20, lost_replies: 20, twice: 10 },
            },
        }
    }

    fn settle_weather(&mut self) {
        let weather = self.weather();
        self.each(|process| process.set_weather(weather));
    }

    /// Time passes: post goes on, faults end, the eye looks.
    pub(crate) async fn pass(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let left = end - Instant::now();
            // When all is well again hours pass in which little happens: it is enough to look when somebody glances.
            let step = if self.is_calm { GLANCE } else { Duration::from_millis(self.dice.u64(100..700)) };
            sleep(step.min(left)).await;
            let eye = self.around.eye.clone();
            eye.look();
            self.post.collect(&eye, &self.stage.world, &mut self.dice, self.roads);
            self.post.go_on(&eye, &mut self.dice, &self.replicas);
            if self.mode == Mode::Runs {
                people::stir(&self.stage, &eye, &mut self.dice);
            }
            self.mend(false);
        }
    }

    pub(crate) fn disturb(&mut self) {
        let number = self.dice.usize(0..self.replicas.len());
        let faults = [
            Fault::Crash,
            Fault::Crash,
            Fault::Pause,
            Fault::Pause,
            Fault::NoGitHub,
            Fault::NoCluster,
            Fault::Weather,
            Fault::Clock,
            Fault::Watches,
            Fault::Outage,
        ];
        let fault = self.dice.choice(faults).unwrap_or(Fault::Weather);
        let seconds = if self.dice.bool() { self.dice.u64(1..8) } else { self.dice.u64(8..45) };
        if self.mends.iter().any(|(_, meant, what)| *meant == number && *what != Fault::Weather) {
            return;
        }
        let weather = self.weather();
        let Some(process) = &self.replicas[number].process else { return };
        match fault {
            Fault::Crash => self.replicas[number].crash(),
            Fault::Pause => process.set(Condition::Held),
            Fault::NoGitHub => process.github.set(Condition::Cut),
            Fault::NoCluster => process.cluster.set(Condition::Cut),
            Fault::Weather => process.set_weather(weather),
            Fault::Clock => {
                let skew = self.dice.i64(-3600..=3600);
                self.replicas[number].skew_seconds.store(skew, Ordering::Relaxed);
            }
            Fault::Watches => {
                self.stage.server.cut_watches();
                self.stage.server.compact();
            }
            Fault::Outage => self.stage.server.outage(),
        }
        let line = format!("{fault:?} of replica {number} for {seconds} s");
        self.around.eye.note(&line);
        self.plan.push(format!("{:>8.1} {line}", self.around.begun.elapsed().as_secs_f64()));
        self.mends.push((Instant::now() + Duration::from_secs(seconds), number, fault));
    }

    /// Ends the faults whose time has come, or all of them.
    fn mend(&mut self, all: bool) {
        let now = Instant::now();
        let (over, left): (Vec<_>, Vec<_>) = std::mem::take(&mut self.mends).into_iter().partition(|(until, _, _)| all || *until <= now);
        self.mends = left;
        for (_, number, fault) in over {
            let weather = self.weather();
            self.around.eye.note(&format!("{fault:?} of replica {number} ends"));
            let replica = &mut self.replicas[number];
            match (fault, &replica.process) {
                (Fault::Crash, None) => {
                    replica.boot();
                    if let Some(process) = &replica.process {
                        process.set_weather(weather);
                    }
                }
                (Fault::Pause | Fault::NoGitHub | Fault::NoCluster, Some(process)) => process.set(Condition::Open),
                (Fault::Outage, _) => self.stage.server.lift(),
                _ => {}
            }
        }
    }

    /// Everything is well again.
    fn lift(&mut self) {
        self.around.eye.note("everything is well again");
        self.mend(true);
        self.stage.server.lift();
        self.is_calm = true;
        self.roads = Roads::default();
        for replica in &self.replicas {
            replica.skew_seconds.store(0, Ordering::Relaxed);
        }
        self.each(|process| {
            process.set(Condition::Open);
            process.set_weather(Weather::default());
        });
    }

    fn is_settled(&self) -> bool {
        let policies = policies();
        let is_idle = self.replicas.iter().all(|replica| replica.process.as_ref().is_some_and(|process| process.host.queue.is_idle()));
        let seen = self.around.eye.seen();
        is_idle && self.post.is_idle() && seen.records.values().all(|record| record.is_settled(&policies.names()))
    }

    async fn come_to_rest(&mut self) {
        let eye = self.around.eye.clone();
        let begun = Instant::now();
        let (mut writes, mut since) = (BTreeMap::new(), begun);
        while since.elapsed() < STILL {
            self.pass(GLANCE).await;
            self.stage.control(&eye);
            self.be_generous();
            let now = eye.seen().writes.clone();
            if now != writes || !self.is_settled() {
                (writes, since) = (now, Instant::now());
            }
            if begun.elapsed() > REST {
                let restless = format!("{} s after everything was well again something is still done: {writes:?}", REST.as_secs());
                eye.seen().must("rest", Err(restless));
            }
            if self.is_broken() {
                break;
            }
        }
        self.judge(&eye);
        if self.is_broken() {
            return;
        }
        let before = eye.seen().writes.clone();
        for replica in &self.replicas {
            if let Some(process) = &replica.process {
                reconciler::pass(&process.host).await;
            }
        }
        self.pass(Duration::from_secs(5)).await;
        let after = eye.seen().writes.clone();
        eye.seen().must("R7", rest::r7(&before, &after));
        // Before they end: a replica that ends gives back what it holds, and nobody would see what it had kept.
        let holders = eye.seen().holders();
        eye.seen().must("R4", rest::r4(&holders, 0));
        let mut kept = 0;
        for replica in &mut self.replicas {
            let (has_ended, left) = replica.drain().await;
            kept += left;
            if !has_ended {
                eye.seen().must("R4", Err("a replica does not end its tasks".to_owned()));
            }
        }
        let holders = eye.seen().holders();
        eye.seen().must("R4", rest::r4(&holders, kept));
    }

    /// Half of all calls fail. Everything should be done all the same, only later.
    async fn make_progress(&mut self) {
        let eye = self.around.eye.clone();
        let begun = Instant::now();
        while begun.elapsed() < PROGRESS {
            self.pass(Duration::from_secs(5)).await;
            self.stage.control(&eye);
            if self.is_broken() || (self.is_settled() && self.complaints_at_rest().is_empty()) {
                return;
            }
        }
        // Asked before the eye is held: it looks through that eye itself, and would wait for itself for ever.
        let held = rest::r8(PROGRESS, self.is_settled(), &self.complaints_at_rest());
        eye.seen().must("R8", held);
    }

    fn judge(&self, eye: &Eye) {
        for broken in self.complaints_at_rest() {
            eye.seen().must("at rest", Err(broken));
        }
        let mut seen = eye.seen();
        let told = rest::r6(&seen, &self.post.accepted);
        seen.must("R6", told);
        for refused in &self.post.refused {
            seen.must("R6", Err(refused.clone()));
        }
    }

    /// What of R1, R2, R3 and R5 does not hold.
    fn complaints_at_rest(&self) -> Vec<String> {
        let policies = policies();
        let running: BTreeSet<String> =
            self.stage.server.list(RUNS).iter().filter_map(|run| run["metadata"]["name"].as_str().map(str::to_owned)).collect();
        let seen = self.around.eye.seen();
        let mut broken = Vec::new();
        for (subject, pull) in &self.stage.pulls {
            let labels = pull.labels();
            let truth = &seen.truths[subject];
            let record = seen.records.get(subject);
            let settled = record.map_or_else(|| Err("there is no record".to_owned()), |record| rest::r5(record, &policies.names()));
            let all =
                [("R1", rest::r1(truth, &labels)), ("R2", rest::r2(truth, &labels)), ("R3", rest::r3(truth, &running)), ("R5", settled)];
            broken.extend(all.into_iter().filter_map(|(name, held)| Some(format!("{name} {subject}: {}", held.err()?))));
        }
        broken
    }
}
