//! Two thousand storms over the wire: the real adapter, a stateful GitHub, and every fault of the line between them. Each story must
//! end as it does undisturbed in the model, where there is no wire.
//!
//! `PAWL_STORM_SEED=<number>` runs one storm alone and prints its schedule.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod host;
mod manners;
mod misfortune;
mod stage;
mod storm;

use fastrand::Rng;
use misfortune::Kind;
use pawl_core::label::Label;
use pawl_core::record::{Appended, id_hash};
use pawl_tests::sim::bundled::bundled;
use pawl_tests::sim::shell::Sim;
use pawl_tests::sim::storm::{story, undisturbed};
use pawl_tests::sim::story::Happening;
use pawl_world::{Change, LabelChange};
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use storm::{Setup, Storm};

const STORMS: u64 = 2_000;
/// Stories that are told over a quiet wire.
const QUIET: u64 = 100;

/// The story, without what differs between GitHub and the model: the head of a closed pull request does not follow its branch.
fn told(rng: &mut Rng) -> Vec<Happening> {
    let mut is_open = true;
    let mut kept = story(rng);
    kept.retain(|happening| {
        is_open = match happening {
            Happening::Closed | Happening::Merged => false,
            Happening::Reopened => true,
            _ => is_open,
        };
        is_open || !matches!(happening, Happening::Pushed(_))
    });
    kept
}

/// How a storm ended.
struct Ended {
    schedule: String,
    met: BTreeMap<Kind, u32>,
}

fn run(seed: u64, setup: Option<Setup>) -> Result<Ended, String> {
    let mut rng = Rng::with_seed(seed);
    let story = told(&mut rng);
    let calm = undisturbed(&story);
    let setup = setup.unwrap_or_else(|| Setup::drawn(&mut rng));
    // Waiting costs nothing: when everybody waits, the clock jumps to the next moment at which somebody is due.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut storm = Storm::new(setup, &mut rng).await;
        let telling = Box::pin(async {
            if setup.percent == 0 {
                storm.live(&story).await;
            } else {
                storm.tell(&story).await;
            }
            compare(&calm, &storm);
        });
        let told = caught(telling).await;
        let (last, met) = {
            let mut fate = storm.fate.lock().unwrap();
            (std::mem::take(&mut fate.notes), std::mem::take(&mut fate.met))
        };
        let schedule = format!("{}{last}", storm.schedule);
        match told {
            Ok(()) => Ok(Ended { schedule, met }),
            Err(complaint) => Err(format!("{complaint}\n{schedule}")),
        }
    })
}

/// Runs a future to its end, or to its panic.
async fn caught(mut future: impl Future<Output = ()> + Unpin) -> Result<(), String> {
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut future).poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(complaint(&*panic))),
    })
    .await
}

fn complaint(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

fn compare(calm: &Sim, storm: &Storm<'_>) {
    let (owned, mut others) = storm.stage.labels();
    others.retain(|name| !name.starts_with("area/"));
    assert_eq!(owned, calm.owned(), "the labels of the storm are not those of the calm");
    assert_eq!(storm.host.state(), calm.state(), "the state of the storm is not that of the calm");
    let foreign: Vec<String> = calm.hub.names().into_iter().filter(|name| !calm.owned().contains(name)).collect();
    assert_eq!(others, foreign, "labels of others");
    assert!(storm.host.record().inbox.is_empty(), "everything is consumed");
    sound(storm);
}

/// What must hold whatever happened.
fn sound(storm: &Storm<'_>) {
    let complaints = storm.fate.lock().unwrap().manners.as_ref().map(|manners| manners.complaints.clone());
    assert_eq!(complaints.unwrap_or_default(), Vec::<String>::new(), "the host has no manners");
    never_bare(storm);
    let accounts = [storm.stage.world.app_account(), storm.stage.world.account()];
    for change in storm.stage.world.label_changes() {
        let is_ours = accounts.contains(&change.actor.as_str());
        assert!(!is_ours || bundled().owns(&Label::new(change.label.as_str())), "the host moved {change:?}, which is not its own");
    }
    assert!(storm.host.came_back.iter().all(|a| *a == Appended::Own), "an own write came back as news: {:?}", storm.host.came_back);
    let comments = storm.stage.pull.comments();
    for marker in &storm.host.commented {
        let line = pawl_github::marker_line(marker);
        let written = comments.iter().filter(|(_, body)| body.ends_with(&line)).count();
        assert_eq!(written, 1, "the comment {marker} was written {written} times");
    }
    for done in storm.host.record().parts.values().flat_map(|part| part.done.clone()) {
        let is_done = storm.host.commented.iter().any(|marker| marker.split_once(':').is_some_and(|(_, key)| id_hash(key) == done));
        assert!(is_done, "a request was struck out that was never carried out: {:?}", storm.host.commented);
    }
    let mut marked: Vec<&str> =
        comments.iter().filter(|(author, _)| accounts.contains(&author.as_str())).filter_map(|(_, body)| body.lines().last()).collect();
    let all = marked.len();
    marked.sort_unstable();
    marked.dedup();
    assert_eq!(marked.len(), all, "a comment was written twice: {comments:?}");
}

/// Nobody sees the pull request without its status between two labels: what takes its place is set before one is removed.
fn never_bare(storm: &Storm<'_>) {
    let accounts = [storm.stage.world.app_account(), storm.stage.world.account()];
    let is_status = |change: &&LabelChange| {
        accounts.contains(&change.actor.as_str())
            && bundled().owns(&Label::new(change.label.as_str()))
            && !change.label.starts_with("iteration-")
    };
    let changes = storm.stage.world.label_changes();
    let ours: Vec<&LabelChange> = changes.iter().filter(is_status).collect();
    for (first, then) in ours.iter().zip(ours.iter().skip(1)) {
        // Each turn has a second of its own.
        let is_gap = first.at == then.at && first.change == Change::Removed && then.change == Change::Added;
        assert!(!is_gap, "{} was removed before {} was set", first.label, then.label);
    }
}

/// Runs all of them; answers how often each kind of misfortune was met.
fn all(seeds: u64, setup: Option<Setup>) -> BTreeMap<Kind, u32> {
    let next = AtomicU64::new(0);
    let failures = Mutex::new(Vec::new());
    let met = Mutex::new(BTreeMap::new());
    let threads = thread::available_parallelism().map_or(2, usize::from).min(8);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds) {
                    match run(seed, setup) {
                        Ok(ended) => {
                            let mut met = met.lock().unwrap();
                            for (kind, times) in ended.met {
                                *met.entry(kind).or_default() += times;
                            }
                        }
                        Err(failure) => failures.lock().unwrap().push((seed, failure)),
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    if let Some((seed, failure)) = failures.first() {
        let others: Vec<u64> = failures.iter().map(|(seed, _)| *seed).collect();
        panic!("{} of {seeds} storms failed ({others:?}); the first, PAWL_STORM_SEED={seed}: {failure}", failures.len());
    }
    met.into_inner().unwrap()
}

#[test]
fn g1_over_a_quiet_wire_stories_end_as_in_the_model() {
    all(QUIET, Some(Setup::quiet()));
}

#[test]
fn a2_5_g1_g3_g4_g5_g8_every_storm_over_the_wire_ends_like_the_calm() {
    if let Ok(seed) = std::env::var("PAWL_STORM_SEED") {
        match run(seed.parse().expect("PAWL_STORM_SEED is a number"), None) {
            Ok(ended) => return println!("{}", ended.schedule),
            Err(failure) => panic!("storm {seed}: {failure}"),
        }
    }
    let met = all(STORMS, None);
    println!("{met:?}");
    let missed: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| !met.contains_key(kind)).collect();
    assert!(missed.is_empty(), "no storm met {missed:?}");
}
