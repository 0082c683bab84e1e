//! A connection to an HTTP server that is kept alive, as lean as can be: on a machine that runs client and server, what the client does is
//! missing to the server.

use anyhow::{Context, bail};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 1 << 20;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The connection.
pub struct Line {
    stream: TcpStream,
    answer: Vec<u8>,
}

/// What was answered.
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Line {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(4096) })
    }

    /// Sends the bytes of one request and reads its answer.
    ///
    /// # Errors
    /// When the connection breaks, or what comes is no answer with a length.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        tokio::time::timeout(PATIENCE, self.exchange(request)).await.context("no answer in time")?
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        let head = loop {
            if let Some(end) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let text = std::str::from_utf8(&self.answer[..head])?.to_ascii_lowercase();
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).with_context(|| format!("no status in {text:?}"))?;
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let end = head + length.context("the answer has no length")?;
        while self.answer.len() < end {
            self.more().await?;
        }
        Ok(Answer { status, body: &self.answer[head..end] })
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.answer.len() > ANSWER_BYTES {
            bail!("the answer is longer than {ANSWER_BYTES} bytes");
        }
        let read = self.stream.read_buf(&mut self.answer).await?;
        if read == 0 { bail!("the connection was closed before the answer was complete") } else { Ok(()) }
    }
}

/// The bytes of a signed webhook.
#[must_use]
pub fn webhook(secret: &str, event: &str, delivery: &str, body: &[u8]) -> Vec<u8> {
    let signature = pawl_world::signature(secret, body);
    let head = format!(
        "POST /v1/events/github HTTP/1.1\r\nhost: bench\r\nuser-agent: GitHub-Hookshot/bench\r\ncontent-type: application/json\r\n\
         x-github-event: {event}\r\nx-github-delivery: {delivery}\r\nx-hub-signature-256: {signature}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The bytes of a `GET`.
#[must_use]
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").into_bytes()
}
