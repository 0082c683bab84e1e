//! What GitHub said about its limits, remembered, so that nothing is sent before it may be. One gate per installation.
//!
//! Knows no clock: the time is an argument.

use std::time::{Duration, Instant};

/// First wait when GitHub names a limit but no time, as its documentation advises; it doubles while that repeats.
const UNTOLD: Duration = Duration::from_secs(60);
/// Longest of those waits.
const UNTOLD_MAX: Duration = Duration::from_secs(15 * 60);

/// The two interfaces: each has a primary limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interface {
    Rest,
    GraphQl,
}

/// How a limit was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Come back after so long; about everything.
    RetryAfter(Duration),
    /// Nothing is left of this interface's calls for so long.
    Spent(Duration),
    /// A limit, and not a word about time.
    Untold,
}

/// When a call was sent, and what it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) interface: Interface,
    pub(crate) is_write: bool,
    pub(crate) at: Instant,
}

/// Closed until some time, in parts.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// For everything: a secondary limit.
    all: Option<Instant>,
    rest: Option<Instant>,
    graphql: Option<Instant>,
    untold: Option<Untold>,
}

/// A limit without a time, and how often it came in a row.
#[derive(Debug, Clone, Copy)]
struct Untold {
    wait: Duration,
    closed_at: Instant,
    by_write: bool,
}

impl Gate {
    /// How long the interface is closed; none when calls may go.
    pub(crate) fn closed_for(&self, interface: Interface, now: Instant) -> Option<Duration> {
        let own = match interface {
            Interface::Rest => self.rest,
            Interface::GraphQl => self.graphql,
        };
        self.all.max(own).map(|until| until.saturating_duration_since(now)).filter(|wait| !wait.is_zero())
    }

    /// An answer named a limit. How long to wait now.
    pub(crate) fn limited(&mut self, sent: Sent, told: Told, now: Instant) -> Duration {
        match told {
            Told::RetryAfter(wait) => self.all = self.all.max(Some(now + wait)),
            Told::Spent(wait) => self.spent(sent.interface, wait, now),
            Told::Untold => self.untold(sent, now),
        }
        self.closed_for(sent.interface, now).unwrap_or_default()
    }

    /// Nothing is left of the interface's calls for so long.
    pub(crate) fn spent(&mut self, interface: Interface, wait: Duration, now: Instant) {
        let own = match interface {
            Interface::Rest => &mut self.rest,
            Interface::GraphQl => &mut self.graphql,
        };
        *own = (*own).max(Some(now + wait));
    }

    /// A call went well. That ends a growing wait if it was sent after the gate closed, and if it is one of the kind that was
    /// limited: GitHub lets reading go on where it limits writing.
    pub(crate) fn went_well(&mut self, sent: Sent) {
        self.untold = self.untold.filter(|untold| sent.at < untold.closed_at || (untold.by_write && !sent.is_write));
    }

    fn untold(&mut self, sent: Sent, now: Instant) {
        let wait = match self.untold {
            // Sent before the gate closed: one more answer to the same storm, no new offence.
            Some(known) if sent.at < known.closed_at => return,
            Some(known) => (known.wait * 2).min(UNTOLD_MAX),
            None => UNTOLD,
        };
        self.untold = Some(Untold { wait, closed_at: now, by_write: sent.is_write });
        self.all = self.all.max(Some(now + wait));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn sent(interface: Interface, is_write: bool, at: Instant) -> Sent {
        Sent { interface, is_write, at }
    }

    #[test]
    fn g3_a_spent_primary_limit_closes_one_interface_and_a_secondary_one_both() {
        let begin = Instant::now();
        let mut gate = Gate::default();
        assert_eq!(gate.limited(sent(Interface::Rest, false, begin), Told::Spent(seconds(90)), begin), seconds(90));
        assert_eq!(gate.closed_for(Interface::Rest, begin + seconds(30)), Some(seconds(60)));
        assert_eq!(gate.closed_for(Interface::GraphQl, begin), None);
        gate.limited(sent(Interface::Rest, true, begin), Told::RetryAfter(seconds(7)), begin);
        assert_eq!(gate.closed_for(Interface::GraphQl, begin), Some(seconds(7)));
        assert_eq!(gate.closed_for(Interface::Rest, begin), Some(seconds(90)), "the longer wait stays");
        assert_eq!(gate.closed_for(Interface::Rest, begin + seconds(90)), None);
    }

    #[test]
    fn g3_a_limit_without_a_time_is_a_minute_and_doubles_to_fifteen_while_it_repeats() {
        let mut now = Instant::now();
        let mut gate = Gate::default();
        let mut waits = Vec::new();
        for _ in 0..6 {
            let wait = gate.limited(sent(Interface::Rest, true, now), Told::Untold, now);
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(gate.closed_for(Interface::Rest, now), None);
        }
        assert_eq!(waits, [60, 120, 240, 480, 900, 900]);
        gate.went_well(sent(Interface::Rest, false, now));
        assert_eq!(gate.limited(sent(Interface::Rest, true, now), Told::Untold, now), seconds(900), "reading proves nothing about writing");
        now += seconds(900);
        gate.went_well(sent(Interface::Rest, true, now));
        assert_eq!(gate.limited(sent(Interface::Rest, true, now), Told::Untold, now), seconds(60), "back after a success");
    }

    #[test]
    fn g3_answers_to_calls_that_were_under_way_neither_lengthen_nor_end_the_wait() {
        let begin = Instant::now();
        let later = begin + seconds(1);
        let mut gate = Gate::default();
        gate.limited(sent(Interface::Rest, true, begin), Told::Untold, later);
        for _ in 0..9 {
            assert_eq!(gate.limited(sent(Interface::GraphQl, true, begin), Told::Untold, later), seconds(60), "one storm, one wait");
        }
        gate.went_well(sent(Interface::Rest, true, begin));
        let again = later + seconds(60);
        assert_eq!(gate.limited(sent(Interface::Rest, true, again), Told::Untold, again), seconds(120));
    }
}
