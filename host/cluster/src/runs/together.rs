//! One reading for everybody who waits for one. All runs of a namespace are read to know those of one pull request, and after a push to a
//! thousand of them a thousand turns want to know; each is answered from a list that was begun after it had asked.

use super::Runs;
use crate::error::ClusterError;
use pawl_core::news::Run;
use pawl_core::subject::{Repository, Subject};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot::{self, Receiver, Sender};

/// What is answered.
pub(super) type Found = Result<Vec<Run>, ClusterError>;

/// Who waits, and who reads.
#[derive(Debug, Default)]
pub(super) struct Together {
    waiting: Mutex<Vec<Waiter>>,
    reading: tokio::sync::Mutex<()>,
}

/// Somebody who waits for the runs of a subject.
#[derive(Debug)]
pub(super) struct Waiter {
    subject: Subject,
    answer: Sender<Found>,
}

impl Together {
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiter>> {
        // Whole after every line that holds it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, subject: &Subject) -> Receiver<Found> {
        let (answer, answered) = oneshot::channel();
        self.waiting().push(Waiter { subject: subject.clone(), answer });
        answered
    }

    /// Everything that is waited for by now.
    fn sought(&self) -> Option<Sought> {
        let waiting: Vec<Waiter> = self.waiting().drain(..).filter(|waiter| !waiter.answer.is_closed()).collect();
        (!waiting.is_empty()).then(|| Sought::by(waiting))
    }
}

impl Runs {
    /// What was found about a subject, by whoever reads next: the one who asks, when nobody is reading.
    pub(super) async fn found_together(&self, subject: &Subject) -> Found {
        let together = &self.0.together;
        let mut answered = together.ask(subject);
        loop {
            tokio::select! {
                biased;
                found = &mut answered => match found {
                    Ok(found) => return found,
                    // Whoever was reading for both has given up.
                    Err(_) => answered = together.ask(subject),
                },
                _turn = together.reading.lock() => {
                    if let Some(sought) = together.sought() {
                        self.sought(sought).await.tell();
                    }
                }
            }
        }
    }
}

/// What is sought in one reading, and what of it was found.
#[derive(Debug)]
pub(super) struct Sought {
    waiting: Vec<Waiter>,
    /// Who waits for runs of each repository.
    repositories: Vec<(Repository, Vec<usize>)>,
    found: Vec<Found>,
}

impl Sought {
    fn by(waiting: Vec<Waiter>) -> Self {
        let mut repositories: Vec<(Repository, Vec<usize>)> = Vec::new();
        for (n, waiter) in waiting.iter().enumerate() {
            match repositories.iter_mut().find(|(repository, _)| *repository == waiter.subject.repository) {
                Some((_, of_it)) => of_it.push(n),
                None => repositories.push((waiter.subject.repository.clone(), vec![n])),
            }
        }
        let found = waiting.iter().map(|_| Ok(Vec::new())).collect();
        Self { waiting, repositories, found }
    }

    /// Forgets what was found: the reading begins anew.
    pub(super) fn begin(&mut self) {
        self.found.iter_mut().for_each(|found| *found = Ok(Vec::new()));
    }

    /// Offers an object, which `of` reads as a run that may be of a repository, to everybody. Whether it is one at all.
    pub(super) fn offer(&mut self, of: impl Fn(&Repository) -> Option<Offered>) -> bool {
        for (repository, of_it) in &self.repositories {
            let run = match of(repository) {
                None => return false,
                Some(Offered::Elsewhere) => continue,
                Some(Offered::Run(run)) => run,
            };
            // A run that names another pull request is that one's: one of a thousand need not know of all the others' runs.
            let is_meant = |n: &&usize| run.pull_request.is_none_or(|number| number == self.waiting[**n].subject.number);
            for n in of_it.iter().filter(is_meant) {
                if let Ok(found) = &mut self.found[*n] {
                    found.push((*run).clone());
                }
            }
        }
        true
    }

    /// What was found is settled for each by itself.
    pub(super) fn each(&mut self, settle: impl Fn(Vec<Run>) -> Found) {
        for found in &mut self.found {
            if let Ok(runs) = found {
                *found = settle(std::mem::take(runs));
            }
        }
    }

    /// The reading failed, for everybody.
    pub(super) fn fail(&mut self, error: &ClusterError) {
        self.found.iter_mut().for_each(|found| *found = Err(error.clone()));
    }

    fn tell(self) {
        for (waiter, found) in self.waiting.into_iter().zip(self.found) {
            // Whoever asked may have given up meanwhile.
            waiter.answer.send(found).ok();
        }
    }
}

/// An object as it is to the runs of one repository.
#[derive(Debug)]
pub(super) enum Offered {
    /// It is of others only.
    Elsewhere,
    /// It may be one.
    Run(Box<Run>),
}
