//! From an object to the fact that a policy sees.
//!
//! Whoever may create runs writes these objects, so nothing in them is believed further than it can be read: what has no form of its
//! kind is left out, and a fact that is left out never makes a run one that may be stopped.

use super::pick::{Picked, Wanted};
use super::place::Place;
use super::repository::{Naming, named, pull_request};
use super::settings::{RunSettings, is_name};
use pawl_core::Timestamp;
use pawl_core::news::{Phase, Run};
use pawl_core::subject::Repository;

/// Longest uid; Kubernetes' own have 36 bytes.
const UID_BYTES: usize = 128;
/// Longest name of an agent and longest task: what a label holds.
const WORD_BYTES: usize = 63;
/// Longest branch.
const BRANCH_BYTES: usize = 255;
/// Fewest and most digits of a commit.
const COMMIT_DIGITS: std::ops::RangeInclusive<usize> = 7..=64;

/// The fields of an object that are read.
pub(crate) fn wanted(settings: &RunSettings) -> Wanted {
    let mut wanted = Wanted::default();
    for field in ["name", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "finalizers"] {
        wanted.add(["metadata", field]);
    }
    for place in settings.places() {
        wanted.add(place.path().iter().map(String::as_str));
    }
    wanted
}

/// What is known of the repository: whether it is certainly the subject's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// Everything that names a repository names the subject's.
    Here,
    /// Everything that names one names another.
    Elsewhere,
    /// Nothing names one, or not all of it is clear and says the same.
    Unsure,
}

/// An object of the resource. `None` for one that no server would show: without name, uid or time of creation.
pub(crate) fn run(object: &Picked, settings: &RunSettings, ours: &Repository) -> Option<(Run, Belongs)> {
    let name = metadata(object, "name").text().filter(|name| is_name(name))?;
    let uid = uid(object)?;
    let created_at = metadata(object, "creationTimestamp").text()?.parse().ok()?;
    let belongs = belongs(object, settings, ours);
    let run = Run {
        kind: settings.kind.clone(),
        name: name.to_owned(),
        uid: uid.to_owned(),
        agent: agent(object, settings),
        same_repository: (belongs == Belongs::Here).then_some(true),
        pull_request: number(object, settings),
        task: task(object, settings),
        branch: first(object, &settings.branch, |picked| picked.text().and_then(branch)),
        commit: first(object, &settings.commit, |picked| picked.text().and_then(commit)),
        created_at,
        finished_at: first(object, &settings.finished_at, |picked| picked.text().and_then(|text| text.parse::<Timestamp>().ok())),
        phase: phase(object, settings),
    };
    Some((run, belongs))
}

/// Which object it is.
pub(crate) fn uid(object: &Picked) -> Option<&str> {
    metadata(object, "uid").text().filter(|uid| is_uid(uid))
}

/// Whether an object can have this uid.
pub(crate) fn is_uid(text: &str) -> bool {
    (1..=UID_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The pull request that it names.
pub(crate) fn number(object: &Picked, settings: &RunSettings) -> Option<u32> {
    first(object, &settings.pull_request, |picked| match picked {
        Picked::Whole(number) => u32::try_from(*number).ok().filter(|number| *number > 0),
        other => other.text().and_then(pull_request),
    })
}

/// The task that it names.
pub(crate) fn task(object: &Picked, settings: &RunSettings) -> Option<String> {
    first(object, &settings.task, |picked| match picked {
        Picked::Whole(number) => Some(number.to_string()),
        other => other.text().filter(|text| is_word(text)).map(str::to_owned),
    })
}

/// How far it is. What is being deleted is that, whatever it says itself.
pub(crate) fn phase(object: &Picked, settings: &RunSettings) -> Phase {
    if !metadata(object, "deletionTimestamp").is_nothing() {
        return Phase::Deleting;
    }
    let Some(said) = settings.phase.iter().map(|place| object.at(place.path())).find(|picked| !picked.is_nothing()) else {
        return Phase::Pending;
    };
    match said.text() {
        Some("Pending") => Phase::Pending,
        Some("Running") => Phase::Running,
        Some("Succeeded") => Phase::Succeeded,
        Some("Failed") => Phase::Failed,
        _ => Phase::Unknown,
    }
}

/// A field of its metadata.
pub(crate) fn metadata<'a>(object: &'a Picked, field: &str) -> &'a Picked {
    object.at(["metadata", field])
}

/// The first place that holds something readable.
fn first<T>(object: &Picked, places: &[Place], read: impl Fn(&Picked) -> Option<T>) -> Option<T> {
    places.iter().find_map(|place| read(object.at(place.path())))
}

/// Every place counts here, the URL of a pull request too: `owner-name` does not say where the owner ends, and one run may name two
/// repositories.
fn belongs(object: &Picked, settings: &RunSettings, ours: &Repository) -> Belongs {
    let (mut here, mut elsewhere, mut unclear) = (false, false, false);
    for (place, picked) in of_repository(object, settings) {
        match picked.text().map_or(Naming::Unclear, |text| named(text, place.is_label(), ours, &settings.hosts)) {
            Naming::Ours => here = true,
            Naming::Another => elsewhere = true,
            Naming::Unclear => unclear = true,
        }
    }
    match (here, elsewhere, unclear) {
        (true, false, false) => Belongs::Here,
        (false, true, false) => Belongs::Elsewhere,
        _ => Belongs::Unsure,
    }
}

/// Everything that says something about the repository, and where it stands.
pub(crate) fn of_repository<'a>(object: &'a Picked, settings: &'a RunSettings) -> impl Iterator<Item = (&'a Place, &'a Picked)> {
    let at = |place: &'a Place| (place, object.at(place.path()));
    let is_url = |picked: &Picked| picked.text().is_some_and(|text| text.contains('/'));
    let of_pull_request = settings.pull_request.iter().map(at).filter(move |(_, picked)| is_url(picked));
    settings.repository.iter().map(at).chain(of_pull_request).filter(|(_, picked)| !picked.is_nothing())
}

fn agent(object: &Picked, settings: &RunSettings) -> Option<String> {
    let word = |picked: &Picked| picked.text().filter(|text| is_word(text)).map(str::to_ascii_lowercase);
    first(object, &settings.agent, word)
        .or_else(|| {
            first(object, &settings.agent_last_part, |picked| {
                word(picked)?.rsplit('-').next().filter(|part| !part.is_empty()).map(str::to_owned)
            })
        })
        .or_else(|| first(object, &settings.stage, |picked| settings.stages.get(picked.text()?).map(|agent| agent.to_ascii_lowercase())))
}

/// A word as a label holds it.
fn is_word(text: &str) -> bool {
    (1..=WORD_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn branch(text: &str) -> Option<String> {
    let name = text.strip_prefix("refs/heads/").unwrap_or(text);
    let is_good = (1..=BRANCH_BYTES).contains(&name.len()) && !name.chars().any(|c| c.is_whitespace() || c.is_control());
    is_good.then(|| name.to_owned())
}

fn commit(text: &str) -> Option<String> {
    let is_hex = COMMIT_DIGITS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| text.to_ascii_lowercase())
}
