//! Bearer tokens: compared in constant time, every one of them, so the answer's delay says nothing.

use axum::http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// Whether the request carries one of the tokens. Without tokens nobody does.
pub fn is_allowed(tokens: &[SecretString], headers: &HeaderMap) -> bool {
    let given =
        headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer ")).unwrap_or_default();
    tokens.iter().map(|token| token.expose_secret().as_bytes().ct_eq(given.as_bytes()).unwrap_u8()).fold(0, |a, b| a | b) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v1_either_token_of_a_rotation_is_allowed_and_nothing_else() {
        let tokens = [SecretString::from("new"), SecretString::from("old")];
        let with = |value: &'static str| HeaderMap::from_iter([(header::AUTHORIZATION, header::HeaderValue::from_static(value))]);
        assert!(is_allowed(&tokens, &with("Bearer new")) && is_allowed(&tokens, &with("Bearer old")));
        for bad in ["Bearer ne", "Bearer new ", "bearer new", "new", "Bearer ", ""] {
            assert!(!is_allowed(&tokens, &with(bad)), "{bad:?}");
        }
        assert!(!is_allowed(&tokens, &HeaderMap::new()) && !is_allowed(&[], &with("Bearer ")));
    }
}
