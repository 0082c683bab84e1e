//! What goes wrong on the wire: every kind of it, drawn request by request from a seed.

use crate::manners::Manners;
use fastrand::Rng;
use pawl_tests::sim::people::PERSON;
use pawl_world::{Fault, Gate, Met, Pull, Reply, Time};
use std::collections::BTreeMap;
use std::fmt;

/// Bytes of an answer that is far too long for what it says.
const LARGE: usize = 25 * 1024 * 1024;
/// Of so many misfortunes that could be a large answer, one is: it takes real time.
const LARGE_ONCE_IN: u32 = 150;
/// Longest lag of a GraphQL read, in seconds.
const LAG_SECONDS: u32 = 8;

/// What a limit without a time means at least, by GitHub's documentation.
const UNTOLD_SECONDS: u32 = 60;

/// A kind of misfortune.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// 403, a secondary limit, with `retry-after`.
    Forbidden,
    /// 403, a secondary limit, without a time.
    ForbiddenUntold,
    /// 429 with `retry-after`.
    TooMany,
    /// 429 without a time.
    TooManyUntold,
    /// 403, nothing left until `x-ratelimit-reset`.
    Primary,
    /// A limit that a GraphQL answer of status 200 names.
    LimitInBody,
    /// 502 before anything was done.
    BadGateway,
    /// 503 before anything was done.
    Unavailable,
    /// 502 though it was done.
    BadGatewayAfter,
    /// The connection breaks before anything is done.
    CutBefore,
    /// It is done, and the connection breaks.
    CutAfter,
    /// No answer, and nothing done, within the time that the client gives it.
    HeldBefore,
    /// It is done, and no answer comes within the time that the client gives it.
    HeldAfter,
    /// Half of the JSON, as a whole answer.
    Truncated,
    /// Half of the JSON, then the connection breaks.
    BrokenOff,
    /// One half of a label write fails inside a GraphQL answer.
    HalfWrite,
    /// A GraphQL answer lacks a part and says so in its errors.
    Partial,
    /// A GraphQL read lags behind.
    Lagging,
    /// An answer of 25 MB.
    Large,
    /// Somebody moves another label between our reading and our writing.
    Meanwhile,
    /// The repository gets another name between one request and the next.
    Renamed,
    /// The repository gets another owner between one request and the next.
    Transferred,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 22] = [
        Self::Forbidden,
        Self::ForbiddenUntold,
        Self::TooMany,
        Self::TooManyUntold,
        Self::Primary,
        Self::LimitInBody,
        Self::BadGateway,
        Self::Unavailable,
        Self::BadGatewayAfter,
        Self::CutBefore,
        Self::CutAfter,
        Self::HeldBefore,
        Self::HeldAfter,
        Self::Truncated,
        Self::BrokenOff,
        Self::HalfWrite,
        Self::Partial,
        Self::Lagging,
        Self::Large,
        Self::Meanwhile,
        Self::Renamed,
        Self::Transferred,
    ];

    /// Whether it does not fail a request, but lets it say or do something that is not so any more.
    fn fools(self) -> bool {
        matches!(self, Self::Lagging | Self::Meanwhile)
    }

    /// Whether it can meet this request.
    fn fits(self, met: Met<'_>) -> bool {
        let is_graphql = met.path == "/graphql";
        match self {
            Self::LimitInBody => is_graphql,
            Self::HalfWrite => met.operation == Some("Move"),
            Self::Partial => matches!(met.operation, Some("Facts" | "Comments")),
            // A comment that is looked for in a lagging list may be written twice: nobody can tell whether it is there.
            Self::Lagging => met.operation == Some("Facts"),
            Self::Meanwhile => met.is_write && (met.operation == Some("Move") || met.path.contains("/labels")),
            Self::BadGatewayAfter | Self::CutAfter | Self::HeldAfter => met.is_write,
            _ => true,
        }
    }
}

/// Parts of an answer that GitHub could fail to load.
const PARTS: [&str; 9] = [
    "/viewer",
    "/repository",
    "/repository/pullRequest",
    "/repository/pullRequest/labels",
    "/repository/pullRequest/labels/nodes/0",
    "/repository/pullRequest/timelineItems",
    "/repository/pullRequest/timelineItems/nodes/0",
    "/repository/pullRequest/reviews",
    "/repository/pullRequest/comments",
];

/// What may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Nothing.
    Kind,
    /// So many requests may fail, one way or the other; but what GitHub says is so.
    Failing {
        /// How many more.
        left: u32,
    },
    /// Everything.
    Foul,
}

/// Draws the misfortunes of one storm.
pub struct Fate {
    rng: Rng,
    percent: u8,
    /// What may go wrong at present.
    pub mood: Mood,
    /// How often each kind was met.
    pub met: BTreeMap<Kind, u32>,
    /// What was met, line by line.
    pub notes: String,
    /// Whether the host behaves, where that can be watched.
    pub manners: Option<Manners>,
    names: Vec<&'static str>,
    areas: u32,
    pull: Pull,
    time: Time,
}

impl fmt::Debug for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fate").field("met", &self.met).finish_non_exhaustive()
    }
}

impl Fate {
    /// Nothing goes wrong before it is switched on.
    pub fn new(seed: u64, percent: u8, manners: Option<Manners>, pull: Pull, time: Time) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            percent,
            mood: Mood::Kind,
            met: BTreeMap::new(),
            notes: String::new(),
            manners,
            names: vec!["globex/store", "acme/store", "acme/shop-2", "globex/shop"],
            areas: 0,
            pull,
            time,
        }
    }

    /// What happens to a request.
    pub fn decide(&mut self, met: Met<'_>) -> Vec<Fault> {
        if let Some(manners) = &mut self.manners {
            manners.watch(met, self.time.now());
        }
        let is_fooling = match &mut self.mood {
            Mood::Kind | Mood::Failing { left: 0 } => return Vec::new(),
            Mood::Failing { .. } => false,
            Mood::Foul => true,
        };
        if self.rng.u8(0..100) >= self.percent {
            return Vec::new();
        }
        let fitting = Kind::ALL.into_iter().filter(|kind| kind.fits(met) && (is_fooling || !kind.fools()));
        let Some(kind) = self.rng.choice(fitting.collect::<Vec<_>>()) else { return Vec::new() };
        let Some(fault) = self.fault(kind, met) else { return Vec::new() };
        if let Mood::Failing { left } = &mut self.mood {
            *left -= 1;
        }
        *self.met.entry(kind).or_default() += 1;
        let what = met.operation.unwrap_or(met.path);
        self.notes.push_str(&format!("    {kind:?} meets {} {what} at second {}\n", met.method, self.time.now() - pawl_world::DAWN));
        vec![fault]
    }

    fn fault(&mut self, kind: Kind, met: Met<'_>) -> Option<Fault> {
        // Most waits are short; some are as long as GitHub's longest.
        let wait = if self.rng.u8(0..4) == 0 { self.rng.u32(60..3_600) } else { self.rng.u32(1..60) };
        let until = match kind {
            Kind::Forbidden | Kind::TooMany | Kind::Primary => wait,
            Kind::ForbiddenUntold | Kind::TooManyUntold | Kind::LimitInBody => UNTOLD_SECONDS,
            _ => 0,
        };
        if let Some(manners) = self.manners.as_mut().filter(|_| until > 0) {
            manners.limit(met, self.time.now() + i64::from(until), kind == Kind::Primary);
        }
        Some(match kind {
            Kind::Forbidden => Fault::AnswerBefore(Reply::secondary_limit(wait)),
            Kind::ForbiddenUntold => Fault::AnswerBefore(Reply::secondary_limit_untold()),
            Kind::TooMany => Fault::AnswerBefore(Reply::too_many(wait)),
            Kind::TooManyUntold => Fault::AnswerBefore(Reply::too_many_untold()),
            Kind::Primary => Fault::AnswerBefore(Reply::primary_limit(self.time.now() + i64::from(wait))),
            Kind::LimitInBody => Fault::AnswerBefore(Reply::graphql_rate_limited()),
            Kind::BadGateway => Fault::AnswerBefore(Reply::bad_gateway()),
            Kind::Unavailable => Fault::AnswerBefore(Reply::status(503, "No server is currently available to service your request.")),
            Kind::BadGatewayAfter => Fault::AnswerAfter(Reply::bad_gateway()),
            Kind::CutBefore => Fault::CutBefore,
            Kind::CutAfter => Fault::CutAfter,
            Kind::HeldBefore => Fault::HoldBefore(Gate::closed()),
            Kind::HeldAfter => Fault::HoldAfter(Gate::closed()),
            Kind::Truncated => Fault::Truncate,
            Kind::BrokenOff => Fault::BreakOff,
            Kind::HalfWrite => Fault::FailField(if self.rng.bool() { "add" } else { "rem" }.to_owned()),
            Kind::Partial => Fault::Blank(self.rng.choice(PARTS).unwrap_or("/viewer").to_owned()),
            Kind::Lagging => Fault::Lag { seconds: self.rng.u32(1..=LAG_SECONDS) },
            Kind::Large if self.rng.u32(0..LARGE_ONCE_IN) == 0 => Fault::Bloat(LARGE),
            Kind::Large => return None,
            Kind::Meanwhile => {
                self.areas += 1;
                let (pull, label) = (self.pull.clone(), format!("area/{}", self.areas));
                Fault::meanwhile(move || {
                    pull.label_by(PERSON, &label);
                })
            }
            Kind::Renamed | Kind::Transferred => return self.renaming(kind == Kind::Transferred),
        })
    }

    /// A new name with the same owner or another one, while there are any left: a repository is seldom renamed.
    fn renaming(&mut self, is_transfer: bool) -> Option<Fault> {
        let repo = self.pull.repo();
        let owner = repo.owner();
        let is_meant = |name: &&str| name.starts_with(&format!("{owner}/")) != is_transfer;
        let at = self.names.iter().position(|name| is_meant(name) && **name != *repo.full_name())?;
        let name = self.names.remove(at);
        self.manners = None;
        self.notes.push_str(&format!("    -> {name}\n"));
        Some(Fault::meanwhile(move || repo.rename_by(PERSON, name)))
    }
}
