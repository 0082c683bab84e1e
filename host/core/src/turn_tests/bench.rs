//! A bench for turns: a subject, its record and scripted policies in memory, and a shell that carries out every step at once.

use crate::Timestamp;
use crate::facts::{Facts, Head, LabelChange, LabelEvent, Observation};
use crate::grant::Grant;
use crate::label::{Family, Label};
use crate::manifest::{Capabilities, HeededLabel, Manifest, Needs, OwnedLabel, StateSpec, Wakes};
use crate::news::{Actor, ActorKind, Event, News};
use crate::plan::{Ask, Plan, Request, Severity, Stop};
use crate::record::{Appended, Record};
use crate::stop::{StopState, Stopping};
use crate::subject::{Repository, Subject, SubjectKind};
use crate::turn::{Answer, Deployment, Member, Outcome, Step, Trouble, Turn, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a scripted policy is: a function of the facts.
pub type Script = Box<dyn FnMut(&Facts) -> Verdict>;
/// Looks at each step before it is carried out, may change the world, and may answer in the shell's place.
pub type Hook<'a> = &'a mut dyn FnMut(&Step, &mut World) -> Option<Answer>;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub fn actor(login: &str, kind: ActorKind) -> Actor {
    Actor { login: login.into(), id: None, kind, permission: None }
}

pub fn subject() -> Subject {
    Subject { repository: Repository { id: 1, owner: "acme".into(), name: "shop".into() }, number: 7, kind: SubjectKind::PullRequest }
}

pub fn manifest(name: &str) -> Manifest {
    let state = |name: &str| StateSpec { name: name.into(), sentence: String::new(), terminal: false };
    Manifest {
        name: name.into(),
        version: "1.0.0".into(),
        description: String::new(),
        owns: vec![OwnedLabel {
            family: Family::new(format!("{name}-{{n}}")),
            create_up_to: 3,
            create_up_to_setting: None,
            colour: "ededed".into(),
            description: String::new(),
        }],
        heeds: vec![HeededLabel {
            family: Family::new("wait"),
            interrupts: true,
            severity: Severity::High,
            action: "halt".into(),
            message: "waits".into(),
            colour: "ededed".into(),
            create: true,
        }],
        needs: Needs::default(),
        wakes_on: Wakes { lifecycle: true, pushes: true, labels: true, commands: true, signals: true, ..Wakes::default() },
        wants: Capabilities { comments: true, notices: true, ..Capabilities::default() },
        settings: Vec::new(),
        memory_version: 1,
        reads_memory: vec![1],
        states: vec![state("idle"), state("busy")],
        commands: vec!["go".into()],
    }
}

pub fn member(name: &str) -> Member {
    let grant = Grant { labels: vec![Family::new("*")], comments: true, notices: true, ..Grant::default() };
    Member { manifest: manifest(name), digest: format!("digest of {name}"), grant, settings: Vec::new(), is_shadow: false, forgets: false }
}

pub fn plan(labels: &[&str]) -> Plan {
    Plan {
        labels: labels.iter().map(|l| Label::new(*l)).collect(),
        stops: Vec::new(),
        requests: Vec::new(),
        memory: None,
        state: if labels.is_empty() { "idle" } else { "busy" }.into(),
        reason: "so it is written".into(),
        held: false,
        refused: Vec::new(),
        keeps: Vec::new(),
        revisit_after_seconds: None,
    }
}

pub fn comment(key: &str) -> Request {
    Request { key: key.into(), ask: Ask::Comment { body: "hello".into() } }
}

pub fn notice(key: &str) -> Request {
    let ask = Ask::Notice { topic: "t".into(), message: "m".into(), severity: Severity::Low, fields: BTreeMap::new() };
    Request { key: key.into(), ask }
}

/// Counts signals in its memory and wishes the label of the count; waits while `wait` is set.
pub fn counts(name: &'static str) -> Script {
    Box::new(move |facts| {
        let before = facts.memory.as_ref().map_or(0, |m| m.bytes[0]);
        let signals = facts.news.iter().filter(|n| matches!(n.event, Event::Signal { .. })).count();
        let count = before + u8::try_from(signals).unwrap();
        let label = format!("{name}-{count}");
        let labels: &[&str] = if count == 0 { &[] } else { &[label.as_str()] };
        let mut plan = plan(labels);
        plan.memory = Some(vec![count]);
        plan.held = facts.labels.contains(&Label::new("wait"));
        Verdict::Plan(plan)
    })
}

/// The subject on GitHub, the record, and what was carried out.
pub struct World {
    pub record: Record,
    pub now: i64,
    pub labels: Vec<Label>,
    pub timeline: Vec<LabelEvent>,
    pub commit: String,
    pub viewer: Actor,
    pub requested: Vec<String>,
    pub commits: u32,
    pub finds_pushes: bool,
}

impl World {
    pub fn observation(&self) -> Observation {
        Observation {
            node_id: "PR_7".into(),
            head: Some(Head { branch: "topic".into(), commit: self.commit.clone(), pushed_by: None, pushed_at: None }),
            labels: self.labels.clone(),
            timeline: self.timeline.clone(),
            viewer: Some(self.viewer.clone()),
            ..Observation::plain(subject(), "a title")
        }
    }

    /// Moves a label as GitHub does: no event when nothing changes.
    pub fn label(&mut self, by: &Actor, name: &str, change: LabelChange) {
        let label = Label::new(name);
        let has = self.labels.contains(&label);
        match change {
            LabelChange::Added if !has => self.labels.push(label.clone()),
            LabelChange::Removed if has => self.labels.retain(|l| *l != label),
            _ => return,
        }
        let id = format!("E{}", self.timeline.len() + 1);
        self.timeline.push(LabelEvent { id, label, change, by: Some(by.clone()), at: at(self.now) });
    }

    /// A person moves a label, and the webhook arrives.
    pub fn told_label(&mut self, name: &str, change: LabelChange) -> Appended {
        self.label(&actor("alice", ActorKind::Human), name, change);
        let label = name.to_owned();
        let event = match change {
            LabelChange::Added => Event::Labelled { label },
            LabelChange::Removed => Event::Unlabelled { label },
        };
        let id = News::label_id(&format!("d{}", self.timeline.len()));
        self.tell(News { actor: Some(actor("alice", ActorKind::Human)), ..news(&id, self.now, event) })
    }

    pub fn tell(&mut self, news: News) -> Appended {
        self.record.append("delivery", news)
    }

    pub fn signal(&mut self, id: &str) -> Appended {
        let event = Event::Signal { name: "tick".into(), parameters: BTreeMap::new() };
        self.tell(news(&News::signal_id(id), self.now, event))
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.labels.iter().map(ToString::to_string).collect();
        names.sort();
        names
    }
}

pub fn news(id: &str, second: i64, event: Event) -> News {
    News { id: id.into(), at: at(second), arrived: at(second), actor: None, event }
}

/// The world, the policies, and the shell.
pub struct Bench {
    pub world: World,
    pub deployment: Deployment,
    pub scripts: Vec<Script>,
    pub turns: u32,
}

impl Bench {
    pub fn new(policies: Vec<(Member, Script)>) -> Self {
        let (members, scripts) = policies.into_iter().unzip();
        let world = World {
            record: Record::new(subject()),
            now: 0,
            labels: Vec::new(),
            timeline: Vec::new(),
            commit: "c1".into(),
            viewer: actor("pawl[bot]", ActorKind::Bot),
            requested: Vec::new(),
            commits: 0,
            finds_pushes: false,
        };
        Self { world, deployment: Deployment { members, holds: Vec::new() }, scripts, turns: 0 }
    }

    pub fn counting() -> Self {
        Self::new(vec![(member("count"), counts("count"))])
    }

    pub fn turn(&mut self) -> Turn {
        self.turns += 1;
        self.world.now += 1;
        Turn::new(Arc::new(self.deployment.clone()), subject(), format!("turn {}", self.turns))
    }

    pub fn run(&mut self) -> Outcome {
        self.run_with(&mut |_, _| None)
    }

    pub fn run_with(&mut self, hook: Hook<'_>) -> Outcome {
        let mut turn = self.turn();
        for _ in 0..300 {
            let step = turn.step();
            if let Step::Done(outcome) = step {
                return outcome;
            }
            let answer = hook(&step, &mut self.world).unwrap_or_else(|| self.carry_out(step));
            turn.answer(answer).unwrap();
        }
        panic!("the turn does not end");
    }

    /// Runs until `stop` says so of a step that was not carried out yet.
    pub fn run_up_to(&mut self, stop: impl Fn(&Step) -> bool) -> Turn {
        let mut turn = self.turn();
        while !stop(&turn.step()) {
            let answer = self.carry_out(turn.step());
            turn.answer(answer).unwrap();
        }
        turn
    }

    pub fn carry_out(&mut self, step: Step) -> Answer {
        let world = &mut self.world;
        match step {
            Step::Claim => Answer::Claimed,
            Step::Load => Answer::Loaded(Box::new(world.record.clone())),
            Step::Observe { .. } => {
                Answer::Observed { observation: Box::new(world.observation()), permissions: BTreeMap::new(), now: at(world.now) }
            }
            Step::FindPush { .. } => {
                Answer::PushFound(world.finds_pushes.then(|| (Some(actor("bob", ActorKind::Human)), Some(at(world.now)))))
            }
            Step::Decide { member, facts } => Answer::Decided(self.scripts[member](&facts)),
            Step::Commit(commit) | Step::Settle(commit) => match commit.apply(&mut world.record) {
                Ok(()) => {
                    world.commits += 1;
                    let json = serde_json::to_string(&world.record).unwrap();
                    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), world.record, "the stored form says the same");
                    Answer::Committed(Box::new(world.record.clone()))
                }
                Err(conflict) => Answer::Conflict(conflict),
            },
            Step::Peek => Answer::Peeked(Box::new(world.record.clone())),
            Step::Stop { stops, .. } => stopped(stops, &StopState::Confirmed, world.now),
            Step::Write { delta, .. } => {
                let viewer = world.viewer.clone();
                delta.add.iter().for_each(|l| world.label(&viewer, l.as_str(), LabelChange::Added));
                delta.remove.iter().for_each(|l| world.label(&viewer, l.as_str(), LabelChange::Removed));
                Answer::Wrote(world.labels.clone())
            }
            Step::Request { request, .. } => {
                world.requested.push(request.key);
                Answer::Requested(Ok(()))
            }
            Step::Release => Answer::Released,
            Step::Done(_) => panic!("nothing is left to do"),
        }
    }

    pub fn part(&self, policy: &str) -> &crate::record::Part {
        &self.world.record.parts[policy]
    }
}

/// All of them came so far.
pub fn stopped(stops: Vec<Stop>, state: &StopState, now: i64) -> Answer {
    let stoppings = stops.into_iter().map(|stop| Stopping { stop, state: state.clone() }).collect();
    Answer::Stopped { stoppings, now: at(now) }
}

pub fn trouble(transient: bool) -> Trouble {
    Trouble { message: "the line is dead".into(), transient, retry_after_seconds: Some(30) }
}
