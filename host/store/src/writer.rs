//! The one thread that writes: it takes all jobs that wait, runs them in one transaction, and answers them after the `fsync`.

use crate::error::Failed;
use redb::{Database, WriteTransaction};
use std::sync::mpsc::{self, TrySendError};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Most jobs in one transaction.
const GROUP_JOBS: usize = 256;
/// Jobs that may wait; more callers wait at the door.
const QUEUE_JOBS: usize = 4096;

/// Sends the answer when the transaction is durable, or its failure.
type Answer = Box<dyn FnOnce(Result<(), &str>) + Send>;
type Job = Box<dyn FnOnce(&WriteTransaction) -> Answer + Send>;

pub(crate) struct Writer {
    jobs: Option<mpsc::SyncSender<Job>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(crate) fn start(db: Arc<Database>) -> Self {
        let (jobs, queue) = mpsc::sync_channel::<Job>(QUEUE_JOBS);
        let thread = std::thread::Builder::new()
            .name("pawl-store".into())
            .spawn(move || {
                while let Ok(first) = queue.recv() {
                    let group: Vec<Job> = std::iter::once(first).chain(queue.try_iter().take(GROUP_JOBS - 1)).collect();
                    run_group(&db, group);
                }
            })
            .expect("a process that cannot start one thread cannot serve");
        Self { jobs: Some(jobs), thread: Mutex::new(Some(thread)) }
    }

    pub(crate) async fn run<T: Send + 'static>(
        &self,
        write: impl FnOnce(&WriteTransaction) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Failed> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let result = write(tx);
            Box::new(move |committed| {
                let answer = match committed {
                    Ok(()) => result,
                    Err(why) => Err(Failed::Disk(why.to_owned())),
                };
                // The caller may have gone; what it wrote stays written.
                let _ = tell.send(answer);
            })
        });
        let jobs = self.jobs.as_ref().expect("the sender lives as long as the writer");
        let ended = || Failed::Disk("the writing thread has ended".into());
        match jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Disconnected(_)) => return Err(ended()),
            // A full queue must not block an async thread.
            Err(TrySendError::Full(job)) => {
                let jobs = jobs.clone();
                let sent = tokio::task::spawn_blocking(move || jobs.send(job)).await;
                sent.map_err(|e| Failed::Disk(e.to_string()))?.map_err(|_| ended())?;
            }
        }
        told.await.map_err(|_| Failed::Disk("no transaction could be begun: is the disk full or gone?".into()))?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.lock().ok().and_then(|mut t| t.take()) {
            let _ = thread.join();
        }
    }
}

/// A job that fails has written nothing: each checks first and inserts last. So one failing job does not undo the others.
fn run_group(db: &Database, group: Vec<Job>) {
    // Without a transaction no job can run: dropping the jobs drops their channels, and each caller is told.
    let Ok(tx) = db.begin_write() else { return };
    let answers: Vec<Answer> = group.into_iter().map(|job| job(&tx)).collect();
    let committed = tx.commit().map_err(|e| e.to_string());
    for answer in answers {
        answer(committed.as_ref().map_err(String::as_str).copied());
    }
}
