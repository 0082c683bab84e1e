//! Bounds: a seed ends. Whatever would wait or ask for ever becomes a complaint that has a trace.

use crate::eye::Eye;
use std::time::Duration;
use tokio::time::sleep;

/// Simulated time after which a seed is over: the longest story of an hour and a half with trouble to its end, and hours of progress while
/// half of all calls fail.
pub const LONGEST: Duration = Duration::from_secs(8 * 3600);
/// Lines of the trace after which a seed is over; each request makes two or more. Ordinary seeds have some thousands.
pub const LINES: u64 = 200_000;

/// Tells a story within the bounds. Where it does not end by itself, the eye complains.
pub async fn within(eye: &Eye, story: impl Future<Output = ()> + Unpin) {
    let is_long = eye.is_long();
    let why = tokio::select! {
        biased;
        () = story => return,
        () = is_long.notified() => format!("{LINES} lines were traced"),
        () = sleep(LONGEST) => format!("{} h have passed", LONGEST.as_secs() / 3600),
    };
    eye.seen().must("bounds", Err(format!("{why}, and the story has not ended")));
}
