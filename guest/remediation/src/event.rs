//! Events: what matters to this policy of all that happened, whether told by news or read from facts.
//!
//! An event has the same id whichever way it became known, so a thing told twice counts once and a lost webhook is found
//! again. Events are totally ordered, so that folding them gives one answer whatever order they came in.

use crate::commit::Commit;
use crate::state::State;
use pawl_sdk::bytes::{Damaged, Reader, Writer};
use pawl_sdk::facts::Actor;
use pawl_sdk::text;

/// Longest name that is remembered with an event, in characters.
const NAME_CHARS: usize = 24;

/// What happened. The order of the variants is the order of events within one second: what opens the way comes first,
/// and people have the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The pull request was opened again.
    Reopened,
    /// `pause-remediation` was removed.
    Unpaused,
    /// Commits arrived.
    Pushed,
    /// Remediation started.
    Started,
    /// Remediation completed.
    Completed,
    /// Quality checks completed.
    QualityCompleted,
    /// QA asked for changes.
    Feedback,
    /// QA approved.
    Approval,
    /// The signal that no more cycles are wanted.
    LimitReached,
    /// `/pawl reset`.
    Reset,
    /// A person moved an owned label.
    Edited,
    /// `pause-remediation` was set.
    Paused,
    /// Merged or closed.
    Closed,
    /// Cleaned up on request, after it was judged that it may be.
    CleanedUp,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Reopened,
        Self::Unpaused,
        Self::Pushed,
        Self::Started,
        Self::Completed,
        Self::QualityCompleted,
        Self::Feedback,
        Self::Approval,
        Self::LimitReached,
        Self::Reset,
        Self::Edited,
        Self::Paused,
        Self::Closed,
        Self::CleanedUp,
    ];

    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reopened => "reopening",
            Self::Unpaused => "the end of a pause",
            Self::Pushed => "a push",
            Self::Started => "remediation started",
            Self::Completed => "remediation completed",
            Self::QualityCompleted => "quality completed",
            Self::Feedback => "QA feedback",
            Self::Approval => "QA approval",
            Self::LimitReached => "max_iterations_reached",
            Self::Reset => "/pawl reset",
            Self::Edited => "a label edit",
            Self::Paused => "a pause",
            Self::Closed => "closing",
            Self::CleanedUp => "cleanup",
        }
    }

    /// Whether `pause-remediation` holds it back.
    pub fn is_remediation(self) -> bool {
        matches!(self, Self::Started | Self::Completed | Self::QualityCompleted | Self::Feedback)
    }
}

/// What a person did to an owned label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Set the label of a state.
    Set(State),
    /// Removed the label of a state.
    Cleared(State),
    /// Set `iteration-{n}`.
    Counted(u32),
    /// Removed `iteration-{n}`.
    Uncounted(u32),
}

/// Who pushed, as far as it is known. Later variants know more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pusher {
    /// Nobody said.
    Unknown,
    /// Somebody who is no implementation agent.
    Other,
    /// An implementation agent.
    Implementer,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it happened, in seconds since 1970.
    pub at: i64,
    /// Whether `at` is only when it was first seen.
    pub guessed: bool,
    /// What happened.
    pub kind: Kind,
    /// Hash of its natural id.
    pub id: u64,
    /// The commit it is about.
    pub commit: Option<Commit>,
    /// For events of runs: when the run was created.
    pub since: Option<i64>,
    /// For pushes: who.
    pub pusher: Pusher,
    /// For pushes: whether QA runs of this pull request were active.
    pub meets_qa: bool,
    /// For pushes: the head was moved back to a commit that had been pushed before.
    pub again: bool,
    /// For edits: what was done, and the place in the order of edits.
    pub edit: Option<(Edit, u32)>,
    /// Who did it; cleaned and shortened, for people.
    pub who: String,
}

impl Event {
    /// An event with nothing but its time, kind and natural id.
    pub fn new(at: i64, kind: Kind, id: &[&str]) -> Self {
        Self {
            at,
            guessed: false,
            kind,
            id: hash(id),
            commit: None,
            since: None,
            pusher: Pusher::Unknown,
            meets_qa: false,
            again: false,
            edit: None,
            who: String::new(),
        }
    }

    /// By an account, if known.
    pub fn by(mut self, who: Option<&Actor>) -> Self {
        self.who = who.map(|who| text::clean(&who.login, NAME_CHARS)).unwrap_or_default();
        self
    }

    /// About a commit, if known.
    pub fn on(mut self, commit: Option<&str>) -> Self {
        self.commit = commit.map(Commit::new);
        self
    }

    /// Its place among all events.
    pub fn place(&self) -> Place {
        // What was only seen had happened before the look, so it precedes what is known to be of that second.
        let was_seen = self.guessed && matches!(self.kind, Kind::Reopened | Kind::Unpaused | Kind::Pushed | Kind::Paused | Kind::Closed);
        let rank = if was_seen { 0 } else { self.kind as u32 + 1 };
        Place { at: self.at, rank, edit: self.edit.map_or(0, |(_, place)| place), id: self.id }
    }

    /// Joins what two tellings of one event know: a told time beats a guessed one, the earlier beats the later.
    pub fn learn(&mut self, other: Self) {
        if (other.guessed, other.at) < (self.guessed, self.at) {
            (self.guessed, self.at) = (other.guessed, other.at);
        }
        if other.pusher > self.pusher || self.who.is_empty() {
            self.who = other.who;
        }
        self.pusher = self.pusher.max(other.pusher);
        self.meets_qa |= other.meets_qa;
        self.commit = self.commit.or(other.commit);
        self.since = self.since.or(other.since);
    }

    pub fn write(&self, writer: &mut Writer) {
        let (op, number, place) = match self.edit {
            None => (0, 0, 0),
            Some((Edit::Set(state), place)) => (1, state as u32, place),
            Some((Edit::Cleared(state), place)) => (2, state as u32, place),
            Some((Edit::Counted(n), place)) => (3, n, place),
            Some((Edit::Uncounted(n), place)) => (4, n, place),
        };
        let bits = [self.guessed, self.meets_qa, self.again, self.commit.is_some(), self.since.is_some()];
        let flags = bits.iter().enumerate().fold(0, |flags, (i, bit)| flags | u64::from(*bit) << i);
        writer.unsigned(self.kind as u64);
        writer.unsigned(flags | (self.pusher as u64) << 5 | op << 7);
        writer.signed(self.at);
        writer.hash(self.id);
        if let Some(commit) = self.commit {
            commit.write(writer);
        }
        if let Some(since) = self.since {
            writer.signed(since);
        }
        if op > 0 {
            writer.unsigned(u64::from(number));
            writer.unsigned(u64::from(place));
        }
        writer.text(&self.who);
    }

    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let kind = usize::try_from(reader.unsigned()?).ok().and_then(|kind| Kind::ALL.get(kind).copied());
        let kind = kind.ok_or(reader.damaged("a kind of event"))?;
        let flags = reader.unsigned()?;
        let at = reader.signed()?;
        let id = reader.hash()?;
        let commit = if flags & 8 > 0 { Some(Commit::read(reader)?) } else { None };
        let since = if flags & 16 > 0 { Some(reader.signed()?) } else { None };
        let pusher = [Pusher::Unknown, Pusher::Other, Pusher::Implementer].get((flags >> 5 & 3) as usize).copied();
        let pusher = pusher.ok_or(reader.damaged("a pusher"))?;
        let edit = match flags >> 7 {
            0 => None,
            op => {
                let (number, place) = (reader.unsigned32()?, reader.unsigned32()?);
                let state = State::numbered(number);
                let edit = match (op, state) {
                    (1, Some(state)) => Edit::Set(state),
                    (2, Some(state)) => Edit::Cleared(state),
                    (3, _) => Edit::Counted(number),
                    (4, _) => Edit::Uncounted(number),
                    _ => return Err(reader.damaged("a label edit")),
                };
                Some((edit, place))
            }
        };
        let who = reader.text()?;
        Ok(Self { at, guessed: flags & 1 > 0, kind, id, commit, since, pusher, meets_qa: flags & 2 > 0, again: flags & 4 > 0, edit, who })
    }
}

/// An event's place among all events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When.
    pub at: i64,
    rank: u32,
    edit: u32,
    id: u64,
}

impl Place {
    /// The place after everything of that second.
    pub fn end_of(at: i64) -> Self {
        Self { at, rank: u32::MAX, edit: u32::MAX, id: u64::MAX }
    }

    pub fn write(self, writer: &mut Writer) {
        writer.signed(self.at);
        writer.unsigned(u64::from(self.rank));
        writer.unsigned(u64::from(self.edit));
        writer.hash(self.id);
    }

    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(Self { at: reader.signed()?, rank: reader.unsigned32()?, edit: reader.unsigned32()?, id: reader.hash()? })
    }
}

/// FNV-1a over the parts of a natural id; ids come from GitHub, the cluster, and senders that have been let in.
pub fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_comes_back_from_memory_as_it_was() {
        for (i, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i, "the order in memory is the order of the variants");
            for edit in [
                None,
                Some((Edit::Set(State::Ready), 3)),
                Some((Edit::Cleared(State::Failed), 4)),
                Some((Edit::Counted(999_999_999), 0)),
                Some((Edit::Uncounted(1), u32::MAX)),
            ] {
                let event = Event {
                    guessed: i % 2 == 0,
                    commit: (i % 3 == 0).then(|| Commit::new("c0ffee00aabbccdd")),
                    since: (i % 2 == 0).then_some(-5),
                    pusher: Pusher::Implementer,
                    meets_qa: true,
                    again: i % 2 == 1,
                    edit,
                    who: "tess".into(),
                    ..Event::new(1_800_000_000, kind, &["x"])
                };
                let mut writer = Writer::default();
                event.write(&mut writer);
                let bytes = writer.done();
                let mut reader = Reader::new(&bytes);
                assert_eq!(Event::read(&mut reader), Ok(event));
                assert_eq!(reader.end(), Ok(()));
            }
        }
    }
}
