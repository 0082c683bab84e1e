//! A board: a value on which many wait. Whoever waits is woken in the order in which they came; tokio's own `watch` wakes in an order
//! that it draws, and then the same story does not go the same way twice.

use std::ops::Deref;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

#[derive(Debug)]
struct Board<T> {
    written: Mutex<(T, u64)>,
    changed: Notify,
}

/// Whoever writes.
#[derive(Debug)]
pub(crate) struct Sender<T>(Arc<Board<T>>);

/// Whoever waits; it has seen what was written when it began.
#[derive(Debug)]
pub(crate) struct Receiver<T> {
    board: Arc<Board<T>>,
    seen: u64,
}

/// What is written, as long as it is held.
pub(crate) struct Read<'a, T>(MutexGuard<'a, (T, u64)>);

impl<T> Deref for Read<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0.0
    }
}

impl<T> Board<T> {
    fn lock(&self) -> MutexGuard<'_, (T, u64)> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Sender<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(Board { written: Mutex::new((value, 0)), changed: Notify::new() }))
    }

    pub(crate) fn send_if_modified(&self, modify: impl FnOnce(&mut T) -> bool) {
        let mut written = self.0.lock();
        if modify(&mut written.0) {
            written.1 += 1;
            drop(written);
            self.0.changed.notify_waiters();
        }
    }

    pub(crate) fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    pub(crate) fn send_replace(&self, value: T) {
        self.send_modify(|old| *old = value);
    }

    pub(crate) fn borrow(&self) -> Read<'_, T> {
        Read(self.0.lock())
    }

    pub(crate) fn subscribe(&self) -> Receiver<T> {
        let seen = self.0.lock().1;
        Receiver { board: Arc::clone(&self.0), seen }
    }
}

impl<T> Receiver<T> {
    pub(crate) fn mark_unchanged(&mut self) {
        self.seen = self.board.lock().1;
    }

    /// Waits until something was written that this one has not seen.
    pub(crate) async fn changed(&mut self) {
        loop {
            // Begun before looking, so that nothing in between is missed.
            let mut changed = pin!(self.board.changed.notified());
            changed.as_mut().enable();
            let now = self.board.lock().1;
            if now != self.seen {
                self.seen = now;
                return;
            }
            changed.await;
        }
    }

    /// Waits until what is written is wanted.
    pub(crate) async fn wait_for(&mut self, mut is_wanted: impl FnMut(&T) -> bool) -> Read<'_, T> {
        loop {
            let mut changed = pin!(self.board.changed.notified());
            changed.as_mut().enable();
            {
                let read = self.board.lock();
                if is_wanted(&read.0) {
                    self.seen = read.1;
                    return Read(read);
                }
            }
            changed.await;
        }
    }
}
