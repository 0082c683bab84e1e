//! The App in a story: where it is installed, its key, its tokens; and the world's time, for whoever has to keep it.

use crate::World;
use crate::http::Shared;
use crate::state::app::{BOT, ID, KEY};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use std::fmt;
use std::sync::Arc;

/// The world's time, for a client that must not keep its own.
#[derive(Clone)]
pub struct Time(Arc<Shared>);

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Time").field(&self.now()).finish()
    }
}

impl Time {
    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.0.state().now()
    }
}

impl World {
    /// The world's time, to be kept by a client.
    #[must_use]
    pub fn time(&self) -> Time {
        Time(Arc::clone(&self.shared))
    }

    /// Id of the world's App.
    #[must_use]
    pub fn app_id(&self) -> u64 {
        ID
    }

    /// Login that the App acts by.
    #[must_use]
    pub fn app_account(&self) -> &'static str {
        BOT
    }

    /// The App's private key, in PEM form. It opens nothing but worlds.
    #[must_use]
    pub fn app_key(&self) -> &'static str {
        KEY
    }

    /// A good web token of the App, for five minutes from now.
    #[must_use]
    pub fn app_web_token(&self) -> String {
        let now = self.now();
        self.app_web_token_with(&json!({ "iss": ID, "iat": now - 60, "exp": now + 300 }))
    }

    /// A web token with these claims, signed by the App's key.
    ///
    /// # Panics
    /// When the claims cannot be written as JSON.
    #[must_use]
    pub fn app_web_token_with(&self, claims: &serde_json::Value) -> String {
        let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).expect("the world's own key is one");
        encode(&Header::new(Algorithm::RS256), claims, &key).expect("JSON can be signed")
    }

    /// Installs the App for all repositories of an account. Answers the installation's id.
    pub fn install_app(&self, owner: &str) -> u64 {
        self.shared.state().install_app(owner)
    }

    /// Takes the App out of an account again.
    pub fn uninstall_app(&self, owner: &str) {
        self.shared.state().uninstall_app(owner);
    }

    /// Suspends the App in an account: no new tokens, and the old ones are not accepted.
    pub fn suspend_app(&self, owner: &str) {
        self.shared.state().suspend_app(owner);
    }

    /// Ends every installation token before its time.
    pub fn revoke_app_tokens(&self) {
        self.shared.state().revoke_app_tokens();
    }
}
