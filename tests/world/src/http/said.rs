//! The body of an answer, which may break off in the middle.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The bytes of an answer.
#[derive(Debug)]
pub struct Said {
    left: Option<Bytes>,
    breaks_off: bool,
}

impl Said {
    pub(crate) fn new(bytes: impl Into<Bytes>, breaks_off: bool) -> Self {
        Self { left: Some(bytes.into()).filter(|bytes| !bytes.is_empty()), breaks_off }
    }
}

/// What is read from, or written to, a connection that broke.
pub(crate) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the world cut this connection")
}

impl Body for Said {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let said = self.get_mut();
        Poll::Ready(match said.left.take() {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None => std::mem::take(&mut said.breaks_off).then(|| Err(broken())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && !self.breaks_off
    }

    /// Exact, but for a body that breaks off: nobody says beforehand how much of it will come.
    fn size_hint(&self) -> SizeHint {
        let left = self.left.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if self.breaks_off { SizeHint::default() } else { SizeHint::with_exact(left) }
    }
}
