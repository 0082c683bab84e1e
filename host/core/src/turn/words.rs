//! What a turn says and hears: its steps, the answers to them, and how it ends.

use crate::Timestamp;
use crate::facts::{Facts, Memory, Observation};
use crate::grant::Grant;
use crate::label::{Delta, Family, Label};
use crate::manifest::{Manifest, Needs};
use crate::news::{Actor, Permission};
use crate::plan::{Plan, Refusal, RefusedNews, Request, Stop};
use crate::record::{Commit, Conflict, Record};
use crate::stop::Stopping;
use crate::subject::Subject;
use std::collections::BTreeMap;

/// A policy as it is deployed.
#[derive(Debug, Clone)]
pub struct Member {
    /// What it says about itself.
    pub manifest: Manifest,
    /// SHA-256 of its component, hexadecimal.
    pub digest: String,
    /// What it may do.
    pub grant: Grant,
    /// Every setting of the manifest with its value.
    pub settings: Vec<crate::facts::Setting>,
    /// Whether it is only watched: what it answers is kept in its own part, and nothing of it is carried out (H5).
    pub is_shadow: bool,
    /// Whether memory of a version that it does not read is left out, so that it starts from labels (H6). Else it is not asked.
    pub forgets: bool,
}

impl Member {
    /// Whether it can go on with what is remembered here, if anything is.
    #[must_use]
    pub fn reads(&self, memory: Option<&Memory>) -> bool {
        memory.is_none_or(|memory| self.manifest.reads_memory.contains(&memory.version))
    }
}

/// The policies that run here, and the labels that stop all of them.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// In the order in which they are asked.
    pub members: Vec<Member>,
    /// Labels that hold every policy on a subject.
    pub holds: Vec<Family>,
}

impl Deployment {
    /// The policies whose answers are carried out.
    pub fn enforcing(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| !member.is_shadow)
    }

    /// What all policies need together.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.members.iter().fold(Needs::default(), |needs, m| needs.union(m.manifest.needs))
    }

    /// Whether a change of this label must interrupt outstanding effects.
    #[must_use]
    pub fn is_interrupted_by(&self, label: &Label) -> bool {
        self.holds.iter().any(|h| h.has(label)) || self.enforcing().any(|m| m.manifest.is_interrupted_by(label))
    }
}

/// What the shell is to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Take the claim on the subject.
    Claim,
    /// Read the record.
    Load,
    /// Read the facts from GitHub (and the cluster).
    Observe {
        /// The subject as it was last called.
        subject: Subject,
        /// What to read.
        needs: Needs,
        /// Logins whose permission in the repository must be known.
        permissions_of: Vec<String>,
        /// How often this turn has looked already. From 1 on the shell waits a little first, with jitter.
        again: u32,
    },
    /// Find out who pushed the head, which no news told.
    FindPush {
        /// The subject.
        subject: Subject,
        /// Its branch.
        branch: String,
        /// Its head.
        commit: String,
    },
    /// Ask a policy.
    Decide {
        /// Index of the member.
        member: usize,
        /// What it is asked about.
        facts: Box<Facts>,
    },
    /// Write the record: the commit point.
    Commit(Box<Commit>),
    /// Read the record once more: has a heeded label come or gone?
    Peek,
    /// Stop runs.
    Stop {
        /// The subject.
        subject: Subject,
        /// The runs.
        stops: Vec<Stop>,
    },
    /// Write labels.
    Write {
        /// The subject.
        subject: Subject,
        /// Its node id.
        node_id: String,
        /// The difference; never empty.
        delta: Delta,
    },
    /// Carry out one request.
    Request {
        /// The subject.
        subject: Subject,
        /// The policy that asks.
        policy: String,
        /// The request.
        request: Request,
    },
    /// Write the record: what was carried out.
    Settle(Box<Commit>),
    /// Give the claim back.
    Release,
    /// Nothing more.
    Done(Outcome),
}

/// What a policy answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// A plan.
    Plan(Plan),
    /// The facts make no sense to it.
    Refusal(Refusal),
    /// It failed: out of fuel, a trap, an answer over the limits.
    Failed(String),
}

/// Something that could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What failed, for people.
    pub message: String,
    /// Whether trying again can help.
    pub transient: bool,
    /// How long to wait at least, when the other side said so.
    pub retry_after_seconds: Option<u64>,
}

/// The answer to a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To [`Step::Claim`].
    Claimed,
    /// To [`Step::Load`].
    Loaded(Box<Record>),
    /// To [`Step::Observe`].
    Observed {
        /// What was read.
        observation: Box<Observation>,
        /// Permissions by login.
        permissions: BTreeMap<String, Permission>,
        /// The time of the reading, by GitHub's clock where that is known. Whatever it is, what was read has happened before.
        now: Timestamp,
    },
    /// To [`Step::Observe`]: the subject is gone from GitHub.
    Gone {
        /// How that is known.
        reason: String,
        /// The time.
        now: Timestamp,
    },
    /// To [`Step::FindPush`]; nothing when nobody knows.
    PushFound(Option<(Option<Actor>, Option<Timestamp>)>),
    /// To [`Step::Decide`].
    Decided(Verdict),
    /// To [`Step::Commit`] and [`Step::Settle`]: the record as it is now.
    Committed(Box<Record>),
    /// To [`Step::Commit`] and [`Step::Settle`]: somebody else committed.
    Conflict(Conflict),
    /// To [`Step::Peek`].
    Peeked(Box<Record>),
    /// To [`Step::Stop`]: how far each came.
    Stopped {
        /// Each of those that were asked for; one that is missing counts as not asked for.
        stoppings: Vec<Stopping>,
        /// The time of the answer.
        now: Timestamp,
    },
    /// To [`Step::Write`]: every label on the subject afterwards.
    Wrote(Vec<Label>),
    /// To [`Step::Request`].
    Requested(Result<(), Trouble>),
    /// To [`Step::Release`].
    Released,
    /// To every step: it could not be done.
    Failed(Trouble),
}

/// An answer that does not fit the step. It is an error of programming in the shell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer {answer} does not fit the step {step}")]
pub struct IllegalAnswer {
    /// The step that was named.
    pub step: &'static str,
    /// The answer that was handed back.
    pub answer: &'static str,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Something was committed or written.
    Applied,
    /// Everything was as it should be.
    NoOp,
    /// A heeded label holds every policy that had something to say.
    Held,
    /// News came, and all of it was refused.
    Refused,
    /// Effects are outstanding; the subject is looked at again.
    Unsettled,
    /// The claim or the record belonged to somebody else.
    Busy,
    /// The subject is gone.
    Ended,
}

impl Ending {
    /// As it stands in answers and logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::NoOp => "no-op",
            Self::Held => "held",
            Self::Refused => "refused",
            Self::Unsettled => "unsettled",
            Self::Busy => "busy",
            Self::Ended => "ended",
        }
    }
}

/// How a turn ended, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How.
    pub ending: Ending,
    /// One sentence.
    pub reason: String,
    /// Labels on the subject when it was first read; empty when it was not.
    pub labels_before: Vec<Label>,
    /// Labels at the end, as far as they are known.
    pub labels_after: Vec<Label>,
    /// News that had no effect, by policy.
    pub refused: Vec<(String, RefusedNews)>,
    /// When to come again at the earliest, when somebody asked for patience.
    pub retry_after_seconds: Option<u64>,
}

impl Step {
    /// The step's name.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Load => "load",
            Self::Observe { .. } => "observe",
            Self::FindPush { .. } => "find-push",
            Self::Decide { .. } => "decide",
            Self::Commit(_) => "commit",
            Self::Peek => "peek",
            Self::Stop { .. } => "stop",
            Self::Write { .. } => "write",
            Self::Request { .. } => "request",
            Self::Settle(_) => "settle",
            Self::Release => "release",
            Self::Done(_) => "done",
        }
    }
}

impl Answer {
    /// The answer's name.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Loaded(_) => "loaded",
            Self::Observed { .. } => "observed",
            Self::Gone { .. } => "gone",
            Self::PushFound(_) => "push-found",
            Self::Decided(_) => "decided",
            Self::Committed(_) => "committed",
            Self::Conflict(_) => "conflict",
            Self::Peeked(_) => "peeked",
            Self::Stopped { .. } => "stopped",
            Self::Wrote(_) => "wrote",
            Self::Requested(_) => "requested",
            Self::Released => "released",
            Self::Failed(_) => "failed",
        }
    }
}
