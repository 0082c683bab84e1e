//! What can happen to a subject of a policy, derived from what the policy says of itself.

use super::candidate::Candidate;
use super::happening::{Happening, Reviewed, Wait};
use super::hub::Hub;
use pawl_core::label::Family;
use pawl_core::news::Verdict;

/// Happenings of one kind; a storm picks the kind first, so that many labels do not crowd out the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Pushes.
    Push,
    /// Reviews.
    Review,
    /// Comments.
    Comment,
    /// Commands.
    Command,
    /// Checks.
    Check,
    /// Runs.
    Run,
    /// Owned labels, moved by hand.
    Edit,
    /// Heeded labels.
    Heeded,
    /// Signals.
    Signal,
    /// Draft and ready, closed and reopened.
    Lifecycle,
    /// Merged: the end.
    Merge,
    /// Time.
    Time,
}

/// Everything that may happen to a subject of this policy and concerns it, by its manifest: what it wakes on, what it needs, labels it
/// owns or heeds, its commands, patterns and signals. In one order.
#[must_use]
pub fn menu(candidate: &Candidate) -> Vec<(Group, Happening)> {
    let (manifest, cast) = (candidate.manifest(), candidate.cast());
    let (wakes, needs) = (manifest.wakes_on, manifest.needs);
    // First, as it changes least: exploring keeps what it comes to first.
    let mut menu: Vec<(Group, Happening)> = [Wait::Revisit, Wait::Long].map(|wait| (Group::Time, Happening::Waited(wait))).into();
    let bots_and_person = || cast.bots.iter().chain([&cast.person]);
    for who in bots_and_person() {
        menu.push((Group::Push, Happening::Pushed(who.clone())));
    }
    if wakes.reviews || needs.reviews {
        for who in bots_and_person().chain([&cast.stranger]) {
            for verdict in [Verdict::ChangesRequested, Verdict::Approved] {
                menu.push((Group::Review, Happening::Reviewed(who.clone(), verdict, Reviewed::Head)));
            }
            menu.push((Group::Review, Happening::Reviewed(who.clone(), Verdict::Approved, Reviewed::First)));
        }
    }
    if wakes.comments || needs.comments {
        for flag in &cast.patterns {
            for who in bots_and_person().chain([&cast.stranger]) {
                menu.push((Group::Comment, Happening::Commented(who.clone(), flag.clone())));
            }
        }
    }
    for verb in &manifest.commands {
        for who in [&cast.person, &cast.stranger] {
            menu.push((Group::Command, Happening::Commanded(who.clone(), verb.clone())));
        }
    }
    if wakes.checks || needs.checks {
        for app in &cast.apps {
            menu.extend([false, true].map(|passed| (Group::Check, Happening::Checked(app.clone(), passed))));
        }
    }
    if wakes.runs || needs.runs || !manifest.wants.stops.is_empty() {
        for (kind, agent) in cast.kinds.iter().flat_map(|kind| cast.agents.iter().map(move |agent| (kind, agent))) {
            menu.push((Group::Run, Happening::RunBegan(kind.clone(), agent.clone())));
            menu.extend([true, false].map(|well| (Group::Run, Happening::RunEnded(kind.clone(), agent.clone(), well))));
        }
    }
    for family in manifest.owns.iter().map(|owned| &owned.family) {
        for name in names(family) {
            menu.push((Group::Edit, Happening::Labelled(cast.person.clone(), name.clone())));
            menu.push((Group::Edit, Happening::Unlabelled(cast.person.clone(), name.clone())));
            if !family.is_numbered() {
                menu.extend(cast.bots.iter().map(|bot| (Group::Edit, Happening::Labelled(bot.clone(), name.clone()))));
            }
        }
    }
    for family in manifest.heeds.iter().map(|heeded| &heeded.family) {
        let name = family.label(1).to_string();
        menu.push((Group::Heeded, Happening::Labelled(cast.person.clone(), name.clone())));
        menu.push((Group::Heeded, Happening::Unlabelled(cast.person.clone(), name)));
    }
    if wakes.signals {
        for name in &cast.signals {
            menu.extend([false, true].map(|of_head| (Group::Signal, Happening::Signalled(name.clone(), of_head))));
        }
    }
    menu.extend([Happening::Closed, Happening::Reopened, Happening::Drafted, Happening::Readied].map(|h| (Group::Lifecycle, h)));
    menu.push((Group::Merge, Happening::Merged));
    menu
}

/// The happenings that fit the moment.
pub(crate) fn fitting<'a>(menu: &'a [(Group, Happening)], hub: &Hub) -> Vec<&'a (Group, Happening)> {
    menu.iter().filter(|(_, happening)| happening.fits(hub)).collect()
}

/// The label of an exact name; the first two of a numbered family.
fn names(family: &Family) -> Vec<String> {
    let numbers = if family.is_numbered() { 1..=2 } else { 1..=1 };
    numbers.map(|n| family.label(n).to_string()).collect()
}
