//! All runs of the namespace, page by page, and of them those that may concern a subject.

use super::api::Failed;
use super::facts::{Belongs, run};
use super::patience::Pause;
use super::together::{Offered, Sought};
use super::{Runs, page};
use crate::calls::{Asked, in_time};
use crate::error::ClusterError;
use pawl_core::news::{Phase, Run};
use pawl_core::subject::{Repository, Subject};
use std::cmp::Reverse;
use std::time::Duration;
use tokio::time::sleep;

/// Objects of one page; less when they are so large that a page would be.
const PAGE: u32 = 500;
/// Most objects that are read.
const OBJECTS: usize = 50_000;
/// Most bytes that are read.
const BYTES: usize = 512 << 20;
/// Most runs that are answered.
const ANSWERED: usize = 2_000;
/// How often a list may begin anew because the server has forgotten its beginning.
const BEGINNINGS: u32 = 4;
/// How long all of it may take.
const READING: Duration = Duration::from_secs(60);
/// How often one page is asked for.
const TRIES: u32 = 3;
/// First and longest pause between tries.
const AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));
/// Longest pause that is waited out here when the server asks for one; for a longer one the caller comes again.
const PATIENT: Duration = Duration::from_secs(10);

impl Runs {
    /// The runs that may concern this subject, as the server has them now: those that name its repository (`same_repository` is true)
    /// and those of which it cannot be told (absent): they name none, or not only this one. Runs that only name other repositories are
    /// left out, and so are those that name another pull request. Unfinished ones come first, and among them the newest.
    ///
    /// A page is asked for three times, with pauses, and the list begun anew up to three times when the server has forgotten it; all of
    /// it takes at most a minute.
    ///
    /// # Errors
    /// [`ClusterError::TooMany`] above 50,000 objects, 512 MiB, or 2,000 unfinished runs that may be of this subject; else why the server could not be
    /// asked.
    pub async fn of(&self, subject: &Subject) -> Result<Vec<Run>, ClusterError> {
        let asked = Asked { verb: "list", resource: &self.0.api.resource };
        in_time(READING, asked, self.found_together(subject)).await?
    }

    /// One reading, for everybody who waits.
    pub(super) async fn sought(&self, mut sought: Sought) -> Sought {
        match self.begun_anew(&mut sought).await {
            Ok(()) => sought.each(|runs| self.in_order(runs)),
            Err(error) => sought.fail(&error),
        }
        sought
    }

    async fn begun_anew(&self, sought: &mut Sought) -> Result<(), ClusterError> {
        let mut beginnings = 1;
        loop {
            sought.begin();
            match self.all_of(sought).await {
                Err(ClusterError::Refused { code: 410, message, .. }) if beginnings >= BEGINNINGS => {
                    let resource = &self.0.api.resource;
                    return Err(ClusterError::Unavailable(format!(
                        "list {resource}: forgotten {beginnings} times while it was read: {message}"
                    )));
                }
                Err(ClusterError::Refused { code: 410, .. }) => beginnings += 1,
                answer => return answer,
            }
        }
    }

    /// One passage through all pages.
    async fn all_of(&self, sought: &mut Sought) -> Result<(), ClusterError> {
        let (mut limit, mut after) = (PAGE, None::<String>);
        let (mut objects, mut bytes, mut strange) = (0_usize, 0_usize, 0_usize);
        loop {
            let Some(body) = self.page(limit, after.as_deref()).await? else {
                // Objects are larger than usual; as few as this fit whatever they hold.
                limit = (limit / 8).max(1);
                continue;
            };
            bytes += body.len();
            let mut each = |object| {
                objects += 1;
                let offered = |repository: &Repository| match run(&object, &self.0.settings, repository)? {
                    (_, Belongs::Elsewhere) => Some(Offered::Elsewhere),
                    (run, Belongs::Here | Belongs::Unsure) => Some(Offered::Run(Box::new(run))),
                };
                strange += usize::from(!sought.offer(offered));
            };
            let rest = page::read(&body, &self.0.wanted, &mut each).map_err(|error| {
                ClusterError::Unavailable(format!("the answer to list {} cannot be read: {error}", self.0.api.resource))
            })?;
            if objects > OBJECTS {
                return Err(self.too_many(format!("more than {OBJECTS}")));
            }
            if bytes > BYTES {
                return Err(self.too_many(format!("more than {} MiB", BYTES >> 20)));
            }
            limit = (limit * 2).min(PAGE);
            after = rest.after;
            if after.is_none() {
                break;
            }
        }
        if strange > 0 {
            tracing::warn!(resource = self.0.api.resource, strange, "objects without name, uid or time of creation are left out");
        }
        Ok(())
    }

    /// One page; `None` when it would be too large.
    async fn page(&self, limit: u32, after: Option<&str>) -> Result<Option<Vec<u8>>, ClusterError> {
        let mut pause = Pause::from(AGAIN.0, AGAIN.1);
        let mut tries = 1;
        loop {
            match self.0.api.page(limit, after).await {
                Ok(body) => return Ok(Some(body)),
                Err(Failed::TooLarge) if limit > 1 => return Ok(None),
                Err(Failed::TooLarge) => return Err(self.too_many("one of them is larger than what is read".to_owned())),
                Err(Failed::NotThere) => return Err(ClusterError::Unavailable(format!("list {}: not found", self.0.api.resource))),
                Err(Failed::Cluster(error)) if !error.is_transient() || tries >= TRIES => return Err(error),
                Err(Failed::Cluster(error)) if error.retry_after().is_some_and(|wait| wait > PATIENT) => return Err(error),
                Err(Failed::Cluster(error)) => sleep(pause.next(error.retry_after())).await,
            }
            tries += 1;
        }
    }

    /// Of too many, the oldest that have finished are left out; nothing that could still be stopped is.
    fn in_order(&self, mut found: Vec<Run>) -> Result<Vec<Run>, ClusterError> {
        let is_finished = |run: &Run| matches!(run.phase, Phase::Succeeded | Phase::Failed);
        found.sort_by(|a, b| (is_finished(a), Reverse(a.created_at), &a.name).cmp(&(is_finished(b), Reverse(b.created_at), &b.name)));
        if found.get(ANSWERED).is_some_and(|run| !is_finished(run)) {
            return Err(self.too_many(format!("more than {ANSWERED} that have not finished may be of one pull request")));
        }
        found.truncate(ANSWERED);
        Ok(found)
    }

    fn too_many(&self, limit: String) -> ClusterError {
        ClusterError::TooMany { resource: self.0.api.resource.clone(), limit }
    }
}
