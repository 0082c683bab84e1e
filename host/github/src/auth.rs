//! Who we are on GitHub: a plain token, or an App that proves itself with its private key.

use crate::settings::BadSettings;
use octocrab::jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use pawl_core::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A JSON web token says that it was made so many seconds ago, so that a clock ahead of GitHub's does no harm.
const BACKDATED_SECONDS: i64 = 60;
/// How long one is good. GitHub takes ten minutes at most between the two times it names.
const LIFE_SECONDS: i64 = 540;
/// One that would end sooner than this is made anew.
const SPARE_SECONDS: i64 = 120;

/// How to prove who we are.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A personal access token, an installation token or a workflow's token.
    Token(SecretString),
    /// A GitHub App. It acts by the installation that each repository's owner made of it.
    App {
        /// The App's id, from its settings page.
        app_id: u64,
        /// Its private key, an RSA key in PEM form, as GitHub hands it out.
        private_key_pem: SecretString,
    },
}

impl From<SecretString> for Credentials {
    fn from(token: SecretString) -> Self {
        Self::Token(token)
    }
}

/// Checks a token's characters.
pub(crate) fn plain(token: &SecretString) -> Result<(), BadSettings> {
    let text = token.expose_secret();
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if is_plain { Ok(()) } else { Err(BadSettings::Token) }
}

/// An App's key, and the web token last made with it.
pub(crate) struct AppKey {
    app_id: u64,
    key: EncodingKey,
    made: Mutex<Option<(SecretString, Timestamp)>>,
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppKey").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Claims {
    iss: String,
    iat: i64,
    exp: i64,
}

impl AppKey {
    /// Reads the key and tries it once.
    ///
    /// # Errors
    /// [`BadSettings::Key`] for what is no RSA private key.
    pub(crate) fn new(app_id: u64, private_key_pem: &SecretString, now: Timestamp) -> Result<Self, BadSettings> {
        if app_id == 0 {
            return Err(BadSettings::Key);
        }
        let key = EncodingKey::from_rsa_pem(private_key_pem.expose_secret().as_bytes()).map_err(|_| BadSettings::Key)?;
        let key = Self { app_id, key, made: Mutex::default() };
        key.web_token(now)?;
        Ok(key)
    }

    /// A web token that is good for two minutes at least.
    /// Rules: <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>.
    pub(crate) fn web_token(&self, now: Timestamp) -> Result<SecretString, BadSettings> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        // Not one from the future either: the clock may have been set back since.
        let is_good = |until: &Timestamp| (SPARE_SECONDS..=LIFE_SECONDS).contains(&(until.as_second() - now.as_second()));
        if let Some((token, _)) = made.as_ref().filter(|(_, until)| is_good(until)) {
            return Ok(token.clone());
        }
        let claims = Claims { iss: self.app_id.to_string(), iat: now.as_second() - BACKDATED_SECONDS, exp: now.as_second() + LIFE_SECONDS };
        let token = encode(&Header::new(Algorithm::RS256), &claims, &self.key).map_err(|_| BadSettings::Key)?;
        let token = SecretString::from(token);
        let until = Timestamp::from_second(claims.exp).map_err(|_| BadSettings::Key)?;
        *made = Some((token.clone(), until));
        Ok(token)
    }
}
