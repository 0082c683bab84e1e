//! When a record may go: its subject is over, and nothing is outstanding.

use super::{Part, Record};
use crate::Timestamp;
use crate::facts::SubjectState;

/// A delivery can come again for so long, in hours: GitHub keeps deliveries for three days and sends one again when it is asked to. A
/// record remembers what was told, so it outlives that, by a day for clocks that differ.
pub const LEAST_KEPT_HOURS: i64 = super::SEEN_HOURS + 24;

impl Record {
    /// Since when nobody has touched the record of a subject that is merged, closed or gone, and for which the policies that run now have
    /// nothing to do: no news, no effect, no parking, no time at which one wants to be asked again. Nothing while it is of use. A label that
    /// holds them keeps nothing by itself: taking it away is news.
    #[must_use]
    pub fn over_since(&self, deployed: &[&str]) -> Option<Timestamp> {
        let runs = |(name, _): &(&String, &Part)| deployed.contains(&name.as_str());
        let is_idle = |part: &Part| part.parked.is_none() && part.stops.is_empty() && part.requests.is_empty() && part.revisit_at.is_none();
        let is_left = self.is_settled(deployed) && self.inbox.is_empty() && self.parts.iter().filter(runs).all(|(_, part)| is_idle(part));
        let is_over = match self.ended {
            Some(_) => true,
            None => self.state.is_some_and(SubjectState::is_over) && is_left,
        };
        self.looked_at.filter(|at| is_over && *at > Timestamp::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::super::tests::{at, record, signal};
    use super::super::{Appended, OpenRequest, Parked};
    use super::*;
    use crate::plan::{Ask, Request, Severity};

    /// A subject that is over, all of whose policies have come to rest.
    fn over() -> Record {
        let part = Part { digest: "d".into(), state: "done".into(), ..Part::default() };
        Record { state: Some(SubjectState::Merged), looked_at: Some(at(5)), parts: [("p".to_owned(), part)].into(), ..record() }
    }

    fn since(change: impl FnOnce(&mut Record)) -> Option<Timestamp> {
        let mut record = over();
        change(&mut record);
        record.over_since(&["p"])
    }

    fn part(record: &mut Record) -> &mut Part {
        record.parts.get_mut("p").unwrap()
    }

    #[test]
    fn q10_a_record_is_over_when_its_subject_is_and_nothing_is_outstanding() {
        assert_eq!(since(|_| {}), Some(at(5)));
        assert_eq!(since(|r| r.state = Some(SubjectState::Closed)), Some(at(5)));
        assert_eq!(since(|r| r.state = Some(SubjectState::Open)), None);
        assert_eq!(since(|r| r.state = None), None);
        assert_eq!(since(|r| r.looked_at = None), None, "nobody has decided about it yet");
        assert_eq!(since(|r| (r.state, r.ended) = (Some(SubjectState::Open), Some("gone".into()))), Some(at(5)), "gone is over");
    }

    #[test]
    fn q10_whatever_is_outstanding_keeps_a_record() {
        let notice = Ask::Notice { topic: "t".into(), message: "m".into(), severity: Severity::Low, fields: [].into() };
        let open = OpenRequest { request: Request { key: "k".into(), ask: notice }, attempts: 0 };
        assert_eq!(since(|r| assert_eq!(r.append("d", signal("s")), Appended::Accepted(1))), None);
        assert_eq!(since(|r| r.labels_outstanding = true), None);
        assert_eq!(since(|r| part(r).requests.push(open.clone())), None);
        assert_eq!(since(|r| (part(r).held, part(r).requests) = (true, vec![open])), None, "what a label holds back as well");
        assert_eq!(since(|r| part(r).held = true), Some(at(5)), "and nothing is held back here");
        assert_eq!(since(|r| part(r).revisit_at = Some(at(9))), None);
        let parked = Parked { reason: "trap".into(), at: at(0), question: 1, asked_up_to: 0 };
        assert_eq!(since(|r| part(r).parked = Some(parked)), None, "a person was told, and may have it tried again");
    }

    #[test]
    fn q10_what_a_policy_left_that_runs_no_more_keeps_nothing() {
        let held = Part { held: true, revisit_at: Some(at(9)), ..Part::default() };
        assert_eq!(since(|r| drop(r.parts.insert("retired".into(), held))), Some(at(5)));
    }
}
