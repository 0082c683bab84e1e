//! Running other programs: with their output, or within a time limit.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a program prints on standard output.
///
/// # Errors
/// When it cannot be started or fails; the error then carries the end of what it said.
pub(crate) fn output(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(format!("{}: {}", output.status, tail(&output.stderr, 12))))
}

/// Runs a program that may take as long as `limit`; what it says goes to standard error. A program that takes longer is ended.
///
/// # Errors
/// When it cannot be started, fails or takes too long.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> io::Result<()> {
    let mut child = command.stdin(Stdio::null()).stdout(io::stderr()).spawn()?;
    let end = Instant::now() + limit;
    let pause = Duration::from_millis(20);
    loop {
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) };
        }
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("took longer than {} s", limit.as_secs())));
        }
        std::thread::sleep(pause);
    }
}

/// The last `lines` lines.
pub(crate) fn tail(bytes: &[u8], lines: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_program_that_takes_too_long_is_ended() {
        let mut endless = Command::new("tail");
        endless.args(["-f", "/dev/null"]);
        assert_eq!(run_within(&mut endless, Duration::from_millis(50)).unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_failing_program_is_an_error_with_the_end_of_what_it_said() {
        let error = output(Command::new("rustc").arg("--print=nonsense")).unwrap_err();
        assert!(error.to_string().contains("nonsense"), "{error}");
        assert!(run_within(&mut Command::new("false"), Duration::from_secs(60)).is_err());
        assert!(run_within(&mut Command::new("true"), Duration::from_secs(60)).is_ok());
    }

    #[test]
    fn the_tail_of_a_text_is_its_last_lines() {
        assert_eq!(tail(b"a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail(b"a", 2), "a");
    }
}
