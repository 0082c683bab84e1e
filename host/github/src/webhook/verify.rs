//! Whether a delivery was signed with one of our secrets.

use octocrab::models::webhook_events::verification::{WebhookVerificationError, verify_signature};
use secrecy::{ExposeSecret, SecretString};

/// Why a delivery is not believed. Nothing of its body was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// There is no `X-Hub-Signature-256` header.
    #[error("the delivery carries no X-Hub-Signature-256 header; set a secret on the webhook in GitHub")]
    Missing,
    /// The header is not `sha256=` and 64 hexadecimal digits.
    #[error("the X-Hub-Signature-256 header is not sha256= followed by 64 hexadecimal digits; only HMAC SHA-256 is accepted")]
    Malformed,
    /// The signature belongs to another secret or another body.
    #[error(
        "the signature does not match; compare the webhook's secret in GitHub with the configured one, and let no proxy rewrite bodies"
    )]
    Wrong,
    /// No secret is configured, so nothing can be believed.
    #[error("no webhook secret is configured, so every delivery is refused; configure the secret that the webhook in GitHub has")]
    NoSecret,
}

/// Checks signatures against the present secret and, while it is being rotated, the one before.
#[derive(Debug)]
pub struct Verifier {
    secrets: Vec<SecretString>,
}

impl Verifier {
    /// With the present secret and the previous one during a rotation. An empty secret counts as none, because anybody
    /// can sign with it.
    #[must_use]
    pub fn new(present: Option<SecretString>, previous: Option<SecretString>) -> Self {
        let secrets = [present, previous].into_iter().flatten().filter(|secret| !secret.expose_secret().is_empty()).collect();
        Self { secrets }
    }

    /// Checks the value of `X-Hub-Signature-256` against the raw bytes of the body, in constant time per secret.
    ///
    /// The rule is GitHub's: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>.
    ///
    /// # Errors
    /// Whatever is not proven is refused, a verifier without secrets included.
    pub fn verify(&self, signature: Option<&str>, body: &[u8]) -> Result<(), BadSignature> {
        let Some(signature) = signature.filter(|text| !text.trim().is_empty()) else { return Err(BadSignature::Missing) };
        let mut outcome = Err(BadSignature::NoSecret);
        for secret in &self.secrets {
            match verify_signature(signature, secret.expose_secret(), body) {
                Ok(()) => return Ok(()),
                Err(WebhookVerificationError::Mismatch) => outcome = Err(BadSignature::Wrong),
                Err(_) => outcome = Err(BadSignature::Malformed),
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of GitHub's documentation.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn secret(text: &str) -> Option<SecretString> {
        Some(SecretString::from(text))
    }

    #[test]
    fn v1_the_documented_example_is_believed_with_either_secret() {
        assert_eq!(Verifier::new(secret(SECRET), None).verify(Some(SIGNATURE), BODY), Ok(()));
        assert_eq!(Verifier::new(secret("new"), secret(SECRET)).verify(Some(SIGNATURE), BODY), Ok(()));
    }

    #[test]
    fn v1_any_other_byte_secret_or_length_is_refused() {
        let verifier = Verifier::new(secret(SECRET), None);
        assert_eq!(verifier.verify(Some(SIGNATURE), b"Hello, World?"), Err(BadSignature::Wrong));
        assert_eq!(verifier.verify(Some(SIGNATURE), b"Hello, World!\n"), Err(BadSignature::Wrong));
        assert_eq!(Verifier::new(secret("other"), secret("older")).verify(Some(SIGNATURE), BODY), Err(BadSignature::Wrong));
        assert_eq!(verifier.verify(None, BODY), Err(BadSignature::Missing));
        assert_eq!(verifier.verify(Some(" "), BODY), Err(BadSignature::Missing));
        let short = &SIGNATURE[..SIGNATURE.len() - 2];
        let bare = &SIGNATURE["sha256=".len()..];
        for malformed in [short, bare, "sha1=2a6f81a7cf73cfb841e25eecb23e75e927595c55", "sha256=zz", "sha256=", "sha256=é"] {
            assert_eq!(verifier.verify(Some(malformed), BODY), Err(BadSignature::Malformed), "{malformed}");
        }
    }

    #[test]
    fn v1_without_a_secret_nothing_is_believed() {
        for verifier in [Verifier::new(None, None), Verifier::new(secret(""), secret(""))] {
            assert_eq!(verifier.verify(Some(SIGNATURE), BODY), Err(BadSignature::NoSecret));
        }
    }

    #[test]
    fn g5_a_verifier_does_not_print_its_secrets() {
        let shown = format!("{:?}", Verifier::new(secret(SECRET), secret("older one")));
        assert!(!shown.contains("Everybody") && !shown.contains("older"), "{shown}");
    }
}
