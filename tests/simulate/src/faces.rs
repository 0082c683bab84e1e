//! The faces of the outside, each behind a line and under the eye: GitHub, the API server, and whoever hears notices, as the adapters reach
//! them.

use crate::eye::Eye;
use crate::line::{Carried, Line};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use pawl_service::notify::Post;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

type Answer<B> = Pin<Box<dyn Future<Output = io::Result<Response<B>>> + Send>>;

/// GitHub behind a line.
#[derive(Debug, Clone)]
pub struct GitHubFace {
    /// Whose line it is: pod and boot.
    pub of: String,
    /// The line.
    pub line: Line,
    /// Who sees it.
    pub eye: Eye,
    /// What is at its end.
    pub face: pawl_world::Face,
}

impl Service<Request<Bytes>> for GitHubFace {
    type Response = Response<pawl_world::Said>;
    type Error = io::Error;
    type Future = Answer<pawl_world::Said>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let what = format!("{} {}{}", request.method(), request.uri().path(), operation(request.body()));
        let sent = self.eye.sent(&self.of, what, request.body());
        let (eye, mut face) = (self.eye.clone(), self.face.clone());
        Box::pin(self.line.clone().carry(move |is_twice| async move {
            eye.look();
            if is_twice {
                face.call(request.clone()).await.inspect(|first| eye.asked_github(&sent, first.status().as_u16()))?;
            }
            face.call(request).await.inspect(|answer| eye.asked_github(&sent, answer.status().as_u16()))
        }))
    }
}

/// The name of a GraphQL operation, for the trace.
fn operation(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let after = |word: &str| Some(text.split_once(word)?.1.split(|c: char| !c.is_alphanumeric()).next()?.to_owned());
    after("\"mutation ").or_else(|| after("\"query ")).map_or_else(String::new, |name| format!(" {name}"))
}

/// Who hears notices, behind a line.
#[must_use]
pub fn listener(of: String, line: Line, eye: Eye) -> Post {
    Arc::new(move |body| {
        let sent = eye.sent(&of, format!("POST notice {}", body["key"]), &[]);
        let (line, eye) = (line.clone(), eye.clone());
        Box::pin(async move {
            let arrive = move |is_twice: bool| async move {
                for _ in 0..=u8::from(is_twice) {
                    eye.was_told(&sent, &body);
                }
                Ok(StatusCode::OK)
            };
            line.carry(arrive).await.map_err(|error| error.to_string())
        })
    })
}

/// The API server behind a line.
#[derive(Debug, Clone)]
pub struct ClusterFace {
    /// Whose line it is: pod and boot.
    pub of: String,
    /// The line.
    pub line: Line,
    /// Who sees it.
    pub eye: Eye,
    /// What is at its end.
    pub face: pawl_apiserver::Service,
}

impl<B> Service<Request<B>> for ClusterFace
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Carried<pawl_apiserver::Body>>;
    type Error = io::Error;
    type Future = Answer<Carried<pawl_apiserver::Body>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { of, line, eye, mut face } = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(|error| io::Error::other(error.into()))?.to_bytes();
            let (method, path) = (head.method.to_string(), head.uri.path().to_owned());
            let sent = eye.sent(&of, format!("{method} {}", head.uri), &body);
            let (seeing, is_watch) = (eye.clone(), head.uri.query().is_some_and(|query| query.contains("watch=true")));
            let arrive = move |is_twice: bool| async move {
                let mut read = None;
                for time in 0..=u8::from(is_twice && !is_watch) {
                    let object = seeing.before(&method, &path);
                    let answer = face.call(Request::from_parts(head.clone(), http_body_util::Full::new(body.clone()))).await?;
                    read = seeing.asked_cluster(&sent, answer.status().as_u16(), object.as_ref(), &body);
                    if time == u8::from(is_twice && !is_watch) {
                        return Ok((answer, read));
                    }
                }
                Err(io::Error::other(format!("nothing was asked {read:?}")))
            };
            let (answer, read) = line.clone().carry(arrive).await?;
            if let Some(read) = read {
                eye.was_read(&of, read);
            }
            Ok(answer.map(|body| Carried::over(&line, body)))
        })
    }
}
