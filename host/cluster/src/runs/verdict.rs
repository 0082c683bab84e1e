//! What is to be done about a run that should stop, by what is seen of it.

use super::facts::{metadata, phase, uid};
use super::pick::Picked;
use super::settings::RunSettings;
use pawl_core::news::Phase;

/// Longest name of a finalizer that is passed on.
const FINALIZER_BYTES: usize = 200;

/// What is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is gone; its name may belong to another by now.
    Gone,
    /// It is being deleted.
    Dying {
        /// What still holds it.
        held_by: Vec<String>,
    },
    /// It is at its end by itself.
    Finished,
    /// It goes on.
    Active {
        /// The version that was read: only that one is deleted.
        version: String,
        /// Its phase has no word here.
        is_strange: bool,
    },
    /// The answer is no object that a server would show.
    Unreadable,
}

/// Judges an object that was found under the name of the run with uid `wanted`.
pub(crate) fn judge(object: &Picked, wanted: &str, settings: &RunSettings) -> Verdict {
    match uid(object) {
        None => return Verdict::Unreadable,
        Some(uid) if uid != wanted => return Verdict::Gone,
        Some(_) => {}
    }
    let phase = phase(object, settings);
    match (phase, metadata(object, "resourceVersion").text()) {
        (Phase::Deleting, _) => Verdict::Dying { held_by: finalizers(object) },
        (Phase::Succeeded | Phase::Failed, _) => Verdict::Finished,
        (Phase::Pending | Phase::Running | Phase::Unknown, Some(version)) => {
            Verdict::Active { version: version.to_owned(), is_strange: phase == Phase::Unknown }
        }
        (Phase::Pending | Phase::Running | Phase::Unknown, None) => Verdict::Unreadable,
    }
}

fn finalizers(object: &Picked) -> Vec<String> {
    match metadata(object, "finalizers") {
        Picked::Texts(all) => all.iter().map(|text| text.chars().filter(|c| !c.is_control()).take(FINALIZER_BYTES).collect()).collect(),
        _ => Vec::new(),
    }
}
