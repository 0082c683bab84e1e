//! The ledger as bytes.

use crate::case::Case;
use crate::commit::Commit;
use crate::event::{Event, Place};
use crate::ledger::{self, Ledger};
use crate::overrides::Appearance;
use crate::settings::Settings;
use crate::state::State;
use crate::why::Why;
use pawl_sdk::bytes::{Damaged, Reader, Writer};
use pawl_sdk::facts::Memory;
use pawl_sdk::{Refusal, limits};

/// The version of the memory that is written.
pub const VERSION: u32 = 1;
/// Nearly every memory is shorter.
const ORDINARY_BYTES: usize = 1024;

/// Reads a memory.
///
/// # Errors
/// A refusal when it has another version or is damaged.
pub fn read(memory: &Memory) -> Result<Ledger, Refusal> {
    if memory.version != VERSION {
        let version = memory.version;
        return Err(Refusal::because(format!(
            "the memory has version {version}, this policy reads {VERSION}; forget it to begin again from the labels"
        )));
    }
    let mut reader = Reader::new(&memory.bytes);
    let ledger = read_ledger(&mut reader)?;
    reader.end()?;
    Ok(ledger)
}

/// Writes a memory within the contract's limit: events go into the base as long as they do not fit.
pub fn write(ledger: &mut Ledger, settings: &Settings<'_>) -> Vec<u8> {
    ledger.trim(settings, ledger::LOG);
    let mut bytes = write_ledger(ledger);
    while bytes.len() > limits::MEMORY_BYTES && !ledger.log.is_empty() {
        ledger.trim(settings, ledger.log.len() - 1);
        bytes = write_ledger(ledger);
    }
    bytes
}

fn write_ledger(ledger: &Ledger) -> Vec<u8> {
    let mut writer = Writer::with_capacity(ORDINARY_BYTES);
    write_case(&ledger.base, &mut writer);
    writer.unsigned(u64::from(ledger.base_place.is_some()));
    if let Some(place) = ledger.base_place {
        place.write(&mut writer);
    }
    write_events(&ledger.log, &mut writer);
    write_events(&ledger.pending, &mut writer);
    write_hashes(&ledger.folded, &mut writer);
    write_hashes(&ledger.told, &mut writer);
    writer.unsigned(u64::from(ledger.edits_seen));
    for appearance in ledger.appearances {
        writer.unsigned(u64::from(appearance.is_some()));
        if let Some(appearance) = appearance {
            writer.signed(appearance.since);
        }
    }
    writer.done()
}

fn read_ledger(reader: &mut Reader<'_>) -> Result<Ledger, Damaged> {
    let base = read_case(reader)?;
    let base_place = if flag(reader)? { Some(Place::read(reader)?) } else { None };
    let mut ledger = Ledger::new(base, base_place);
    ledger.log = read_events(reader, ledger::LOG)?;
    ledger.pending = read_events(reader, ledger::PENDING)?;
    ledger.folded = read_hashes(reader, ledger::FOLDED)?;
    ledger.told = read_hashes(reader, ledger::LOG)?;
    ledger.edits_seen = reader.unsigned32()?;
    for appearance in &mut ledger.appearances {
        if flag(reader)? {
            *appearance = Some(Appearance { since: reader.signed()? });
        }
    }
    Ok(ledger)
}

fn write_case(case: &Case, writer: &mut Writer) {
    writer.unsigned(case.state as u64);
    writer.unsigned(u64::from(case.iteration));
    let bits = [case.over, case.paused, case.failed_by_feedback, case.cleaned];
    writer.unsigned(bits.iter().enumerate().fold(0, |flags, (i, bit)| flags | u64::from(*bit) << i));
    for push in [case.head, case.superseding] {
        writer.unsigned(u64::from(push.is_some()));
        if let Some((commit, at)) = push {
            commit.write(writer);
            writer.signed(at);
        }
    }
    case.why.write(writer);
    writer.signed(case.entered);
    writer.unsigned(u64::from(case.cycle_began.is_some()));
    if let Some(at) = case.cycle_began {
        writer.signed(at);
    }
    write_events(&case.deferred, writer);
}

fn read_case(reader: &mut Reader<'_>) -> Result<Case, Damaged> {
    let state = State::numbered(reader.unsigned32()?).ok_or(reader.damaged("a state"))?;
    let iteration = reader.unsigned32()?;
    let flags = reader.unsigned()?;
    let head = read_push(reader)?;
    let superseding = read_push(reader)?;
    let why = Why::read(reader)?;
    let entered = reader.signed()?;
    let cycle_began = if flag(reader)? { Some(reader.signed()?) } else { None };
    let deferred = read_events(reader, ledger::LOG)?;
    let (over, paused, failed_by_feedback, cleaned) = (flags & 1 > 0, flags & 2 > 0, flags & 4 > 0, flags & 8 > 0);
    Ok(Case { state, iteration, over, paused, head, superseding, why, entered, cycle_began, failed_by_feedback, cleaned, deferred })
}

fn read_push(reader: &mut Reader<'_>) -> Result<Option<(Commit, i64)>, Damaged> {
    if flag(reader)? { Ok(Some((Commit::read(reader)?, reader.signed()?))) } else { Ok(None) }
}

fn flag(reader: &mut Reader<'_>) -> Result<bool, Damaged> {
    match reader.unsigned()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(reader.damaged("yes or no")),
    }
}

fn write_events(events: &[Event], writer: &mut Writer) {
    writer.unsigned(events.len() as u64);
    for event in events {
        event.write(writer);
    }
}

fn read_events(reader: &mut Reader<'_>, limit: usize) -> Result<Vec<Event>, Damaged> {
    (0..count(reader, limit)?).map(|_| Event::read(reader)).collect()
}

fn write_hashes(hashes: &[u64], writer: &mut Writer) {
    writer.unsigned(hashes.len() as u64);
    for hash in hashes {
        writer.hash(*hash);
    }
}

fn read_hashes(reader: &mut Reader<'_>, limit: usize) -> Result<Vec<u64>, Damaged> {
    (0..count(reader, limit)?).map(|_| reader.hash()).collect()
}

fn count(reader: &mut Reader<'_>, limit: usize) -> Result<usize, Damaged> {
    usize::try_from(reader.unsigned()?).ok().filter(|count| *count <= limit).ok_or(reader.damaged("a count within the limit"))
}
