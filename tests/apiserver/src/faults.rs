//! Misfortune on request: which request it meets, and what happens to it. Counted, or drawn from a seed.

use crate::ask::Ask;
use crate::gate::Gate;
use crate::reply::Reply;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// Which requests are meant. Every condition must hold; then they are counted.
#[derive(Debug, Clone)]
pub struct When {
    verbs: Vec<String>,
    resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    user: Option<String>,
    writes: Option<bool>,
    skip: u32,
    times: u32,
    chance: Option<(u8, fastrand::Rng)>,
}

impl When {
    /// The first request of any kind.
    #[must_use]
    pub fn any() -> Self {
        Self { verbs: Vec::new(), resource: None, namespace: None, name: None, user: None, writes: None, skip: 0, times: 1, chance: None }
    }

    /// The first request with this verb (`get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`) on this
    /// resource, by its plural: `leases`; with a subresource `coderuns/status`.
    #[must_use]
    pub fn on(verb: &str, resource: &str) -> Self {
        Self { verbs: vec![verb.to_owned()], resource: Some(resource.to_owned()), ..Self::any() }
    }

    /// The first request on this resource, whatever the verb.
    #[must_use]
    pub fn resource(resource: &str) -> Self {
        Self { resource: Some(resource.to_owned()), ..Self::any() }
    }

    /// The first request that could change something.
    #[must_use]
    pub fn write() -> Self {
        Self { writes: Some(true), ..Self::any() }
    }

    /// The first request that changes nothing, a watch too.
    #[must_use]
    pub fn read() -> Self {
        Self { writes: Some(false), ..Self::any() }
    }

    /// This verb, too.
    #[must_use]
    pub fn or(mut self, verb: &str) -> Self {
        self.verbs.push(verb.to_owned());
        self
    }

    /// Only objects of this name; a new object's name is in its body.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Only in this namespace.
    #[must_use]
    pub fn within(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Only requests of this user.
    #[must_use]
    pub fn by(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// Only the n-th of them; the first is 1.
    #[must_use]
    pub fn nth(mut self, n: u32) -> Self {
        self.skip = n.saturating_sub(1);
        self.times = 1;
        self
    }

    /// As many of them, one after the other.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// All of them, until the faults are cleared.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u32::MAX)
    }

    /// Of those counted, only so many in a hundred, drawn from a seed: the same requests in the same order meet the same fate.
    #[must_use]
    pub fn sometimes(mut self, percent: u8, seed: u64) -> Self {
        self.times = u32::MAX;
        self.chance = Some((percent, fastrand::Rng::with_seed(seed)));
        self
    }

    fn strikes(&mut self) -> bool {
        self.chance.as_mut().is_none_or(|(percent, drawn)| drawn.u8(0..100) < *percent)
    }

    fn matches(&self, ask: &Ask, user: Option<&str>) -> bool {
        let place = ask.place();
        let resource = place.map(|at| at.subresource.as_ref().map_or_else(|| at.resource.clone(), |sub| format!("{}/{sub}", at.resource)));
        let is = |wanted: &Option<String>, real: Option<&str>| wanted.is_none() || wanted.as_deref() == real;
        (self.verbs.is_empty() || self.verbs.iter().any(|verb| verb == ask.verb))
            && is(&self.resource, resource.as_deref())
            && is(&self.namespace, place.and_then(|at| at.namespace.as_deref()))
            && (self.name.is_none() || self.name == ask.name())
            && is(&self.user, user)
            && self.writes.is_none_or(|writes| writes == ask.is_write())
    }
}

/// What happens to a request. What is under way goes on when the client no longer waits, as on a real network.
#[derive(Clone)]
pub enum Fault {
    /// The connection breaks before anything was done.
    CutBefore,
    /// This answer instead; nothing was done.
    AnswerBefore(Reply),
    /// It is done, and the reply is lost with the connection.
    CutAfter,
    /// It is done, and this is the answer.
    AnswerAfter(Reply),
    /// It is on its way for so long before anything is done, by tokio's clock.
    DelayBefore(Duration),
    /// It is done, and the reply is on its way for so long, by tokio's clock.
    DelayAfter(Duration),
    /// It waits at a gate before anything is done.
    HoldBefore(Gate),
    /// It is done, and the reply waits at a gate.
    HoldAfter(Gate),
    /// It arrives twice: both are carried out, and the second is answered.
    Twice,
    /// The connection of a watch breaks after so many events.
    CutWatch {
        /// Events that still arrive.
        after_events: usize,
    },
    /// Something else happens first: somebody acts between a client's read and its write.
    Meanwhile(Arc<dyn Fn() + Send + Sync>),
}

impl Fault {
    /// Something else happens right before the request is carried out. The closure may use the server as any test does.
    pub fn meanwhile(act: impl Fn() + Send + Sync + 'static) -> Self {
        Self::Meanwhile(Arc::new(act))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::CutBefore => "CutBefore",
            Self::AnswerBefore(_) => "AnswerBefore",
            Self::CutAfter => "CutAfter",
            Self::AnswerAfter(_) => "AnswerAfter",
            Self::DelayBefore(_) => "DelayBefore",
            Self::DelayAfter(_) => "DelayAfter",
            Self::HoldBefore(_) => "HoldBefore",
            Self::HoldAfter(_) => "HoldAfter",
            Self::Twice => "Twice",
            Self::CutWatch { .. } => "CutWatch",
            Self::Meanwhile(_) => "Meanwhile",
        };
        f.write_str(name)
    }
}

/// How long every request and every reply is on its way, drawn from a seed.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub range: RangeInclusive<Duration>,
    pub drawn: fastrand::Rng,
}

impl Network {
    fn draw(&mut self) -> Duration {
        let micros = |time: &Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.drawn.u64(micros(self.range.start())..=micros(self.range.end())))
    }
}

/// The faults that are set, each with how many matching requests it has seen.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    set: Vec<(When, Fault, u32)>,
    pub network: Option<Network>,
}

impl Faults {
    pub(crate) fn add(&mut self, when: When, fault: Fault) {
        self.set.push((when, fault, 0));
    }

    /// Everything that is to happen to this request.
    pub(crate) fn meet(&mut self, ask: &Ask, user: Option<&str>) -> Vec<Fault> {
        let mut due = Vec::new();
        if let Some(network) = &mut self.network {
            due.extend([Fault::DelayBefore(network.draw()), Fault::DelayAfter(network.draw())]);
        }
        for (when, fault, seen) in self.set.iter_mut().filter(|(when, _, _)| when.matches(ask, user)) {
            *seen = seen.saturating_add(1);
            if *seen > when.skip && *seen - when.skip <= when.times && when.strikes() {
                due.push(fault.clone());
            }
        }
        self.set.retain(|(when, _, seen)| when.times == u32::MAX || *seen < when.skip.saturating_add(when.times));
        due
    }

    pub(crate) fn left(&self) -> usize {
        self.set.len()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
