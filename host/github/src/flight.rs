//! One question at a time: whoever asks while it is being asked waits for that answer, good or bad.

use crate::error::GitHubError;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// A value that costs a call, kept until it is stale.
#[derive(Debug)]
pub(crate) struct Flight<T> {
    slot: Mutex<Slot<T>>,
    /// How often it was asked, read before waiting for the slot: a failure of a later round is shared, not repeated.
    rounds: AtomicU64,
}

#[derive(Debug)]
struct Slot<T> {
    value: Option<T>,
    failure: Option<GitHubError>,
}

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Self { slot: Mutex::new(Slot { value: None, failure: None }), rounds: AtomicU64::new(0) }
    }
}

impl<T: Clone> Flight<T> {
    /// The kept value if it is fresh, else what `asking` answers. A future that is not needed is dropped without being run; one
    /// that is dropped half way leaves the question to the next.
    pub(crate) async fn get(
        &self,
        is_fresh: impl Fn(&T) -> bool,
        asking: impl Future<Output = Result<T, GitHubError>>,
    ) -> Result<T, GitHubError> {
        let round = self.rounds.load(Ordering::Acquire);
        let mut slot = self.slot.lock().await;
        if let Some(value) = slot.value.as_ref().filter(|value| is_fresh(value)) {
            return Ok(value.clone());
        }
        if let Some(failure) = slot.failure.as_ref().filter(|_| self.rounds.load(Ordering::Acquire) != round) {
            return Err(failure.clone());
        }
        let answer = asking.await;
        self.rounds.fetch_add(1, Ordering::Release);
        slot.value = answer.as_ref().ok().cloned();
        slot.failure = answer.as_ref().err().cloned();
        answer
    }

    /// Drops the value if it is the one that proved bad; a newer one stays.
    pub(crate) async fn drop_if(&self, is_bad: impl Fn(&T) -> bool) {
        let mut slot = self.slot.lock().await;
        slot.value = slot.value.take().filter(|value| !is_bad(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Barrier;

    const FAILED: GitHubError = GitHubError::Gone { doing: "test" };

    /// Ten ask at once; the first answer is held back until all wait for it.
    async fn ten_ask(answer: Result<u32, GitHubError>) -> (Vec<Result<u32, GitHubError>>, u64) {
        let flight = Arc::new(Flight::default());
        let all_wait = Arc::new(Barrier::new(10));
        let asked = Arc::new(AtomicU64::new(0));
        let one = |n: u64| {
            let (flight, all_wait, asked, answer) = (flight.clone(), all_wait.clone(), asked.clone(), answer.clone());
            async move {
                let asking = async {
                    asked.fetch_add(1, Ordering::SeqCst);
                    all_wait.wait().await;
                    answer
                };
                if n == 0 {
                    return flight.get(|_| true, asking).await;
                }
                // Polled once before the barrier, so that it has read the round and waits for the slot.
                let mut got = Box::pin(flight.get(|_| true, asking));
                tokio::select! {
                    biased;
                    done = &mut got => return done,
                    _ = all_wait.wait() => {}
                }
                got.await
            }
        };
        let mut answers = Vec::new();
        let mut all: Vec<_> = (0..10).map(|n| Box::pin(one(n))).collect();
        std::future::poll_fn(|cx| {
            all.retain_mut(|one| match one.as_mut().poll(cx) {
                std::task::Poll::Ready(answer) => {
                    answers.push(answer);
                    false
                }
                std::task::Poll::Pending => true,
            });
            if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        (answers, asked.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn g5_ten_who_ask_at_once_share_one_answer_and_one_failure() {
        let (answers, asked) = ten_ask(Ok(7)).await;
        assert_eq!((answers, asked), (vec![Ok(7); 10], 1));
        let (answers, asked) = ten_ask(Err(FAILED)).await;
        assert_eq!((answers, asked), (vec![Err(FAILED); 10], 1));
    }

    #[tokio::test]
    async fn a_stale_value_and_an_old_failure_are_asked_for_again() {
        let flight = Flight::default();
        assert_eq!(flight.get(|_| true, async { Err(FAILED) }).await, Err(FAILED));
        assert_eq!(flight.get(|_| true, async { Ok(1) }).await, Ok(1));
        assert_eq!(flight.get(|_| true, async { Ok(2) }).await, Ok(1));
        assert_eq!(flight.get(|_| false, async { Ok(2) }).await, Ok(2));
        flight.drop_if(|value| *value == 1).await;
        assert_eq!(flight.get(|_| true, async { Ok(3) }).await, Ok(2), "a newer value stays");
        flight.drop_if(|value| *value == 2).await;
        assert_eq!(flight.get(|_| true, async { Ok(3) }).await, Ok(3));
    }

    #[tokio::test]
    async fn a_question_that_is_given_up_is_left_to_the_next() {
        let flight = Flight::default();
        let given_up = flight.get(|_| true, std::future::pending());
        tokio::select! { biased; _ = given_up => {}, () = async {} => {} }
        assert_eq!(flight.get(|_| true, async { Ok(1) }).await, Ok(1));
    }
}
