//! The baseline of acceptance: a handler that verifies and parses, and keeps nothing.

use crate::process::SECRET;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Largest body; as pawl's own default.
const BODY_BYTES: usize = 25 * 1024 * 1024;

/// Serves it on a runtime like pawl's, until the process is ended.
///
/// # Errors
/// When no address can be listened on.
pub fn serve() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        println!("listening http=http://{address} admin=http://{address}");
        let routes = Router::new()
            .route("/v1/events/github", post(receive).layer(DefaultBodyLimit::max(BODY_BYTES)))
            .route("/readyz", get(|| async { "ok\n" }));
        Ok(axum::serve(listener, routes).await?)
    })
}

async fn receive(headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_signed(signature, &body) {
        return StatusCode::UNAUTHORIZED;
    }
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(_) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

/// Whether the signature is that of the bytes.
#[must_use]
pub fn is_signed(signature: &str, body: &[u8]) -> bool {
    let Some(Ok(wanted)) = signature.strip_prefix("sha256=").map(hex::decode) else { return false };
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("an HMAC takes keys of any length");
    mac.update(body);
    mac.verify_slice(&wanted).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_baseline_does_check_what_it_is_sent() {
        let good = pawl_world::signature(SECRET, b"{}");
        assert!(is_signed(&good, b"{}") && !is_signed(&good, b"[]") && !is_signed("sha256=00", b"{}") && !is_signed("", b"{}"));
    }
}
