//! The world's one GitHub App: its key, where it is installed, and its tokens. An App proves itself by a JSON web token, and
//! acts in each account's repositories by a token of the installation there, which ends after an hour.

use super::State;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The App's id.
pub(crate) const ID: u64 = 4_711;
/// Its slug; its account is the slug with `[bot]`.
pub(crate) const SLUG: &str = "pawl-app";
/// Login of its account.
pub(crate) const BOT: &str = "pawl-app[bot]";
/// Its private key. It opens nothing but this world.
pub(crate) const KEY: &str = include_str!("app_key.pem");
const PUBLIC_KEY: &str = include_str!("app_key.pub.pem");

/// Seconds for which an installation's token is good.
const TOKEN_SECONDS: i64 = 3_600;
/// How far in the future a web token may end, in seconds.
const WEB_TOKEN_SECONDS: i64 = 600;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// An account, by a plain token.
    Account(String),
    /// The App, as the installation in this account's repositories.
    Installation { id: u64, owner: String },
    /// The App itself.
    App,
}

impl Who {
    /// The login that acts.
    pub(crate) fn login(&self) -> &str {
        match self {
            Self::Account(login) => login,
            Self::Installation { .. } => BOT,
            Self::App => SLUG,
        }
    }

    /// Whose limits count.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Account(login) => login.clone(),
            Self::Installation { id, .. } => installation_key(*id),
            Self::App => SLUG.to_owned(),
        }
    }
}

pub(crate) fn installation_key(id: u64) -> String {
    format!("installation {id}")
}

/// Where the App is installed, and the tokens it was given.
#[derive(Debug, Default)]
pub(crate) struct App {
    /// By the owner's login in small letters.
    installations: BTreeMap<String, Installation>,
    tokens: BTreeMap<String, Token>,
    /// Owner whose installation makes the present request; nobody's when it is another's.
    pub acting_for: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Installation {
    pub id: u64,
    pub owner: String,
    pub suspended: bool,
}

#[derive(Debug, Clone)]
struct Token {
    installation: u64,
    expires_at: i64,
}

#[derive(Deserialize)]
struct Claims {
    iss: serde_json::Value,
    iat: Option<i64>,
    exp: Option<i64>,
}

impl State {
    /// Installs the App for all repositories of an account. Answers the installation's id; a second time, the same.
    pub(crate) fn install_app(&mut self, owner: &str) -> u64 {
        self.account(BOT);
        let key = owner.to_lowercase();
        if let Some(known) = self.app.installations.get(&key) {
            return known.id;
        }
        let id = self.ids.number();
        self.app.installations.insert(key, Installation { id, owner: owner.to_owned(), suspended: false });
        id
    }

    /// Takes the App out of an account; its tokens end.
    pub(crate) fn uninstall_app(&mut self, owner: &str) {
        if let Some(gone) = self.app.installations.remove(&owner.to_lowercase()) {
            self.app.tokens.retain(|_, token| token.installation != gone.id);
        }
    }

    pub(crate) fn suspend_app(&mut self, owner: &str) {
        if let Some(installation) = self.app.installations.get_mut(&owner.to_lowercase()) {
            installation.suspended = true;
        }
    }

    /// Ends every installation's token before its time.
    pub(crate) fn revoke_app_tokens(&mut self) {
        self.app.tokens.clear();
    }

    /// How many installations there are.
    pub(crate) fn installations(&self) -> usize {
        self.app.installations.len()
    }

    /// The installation for an account's repositories.
    pub(crate) fn installation_of(&self, owner: &str) -> Option<&Installation> {
        self.app.installations.get(&owner.to_lowercase())
    }

    pub(crate) fn installation(&self, id: u64) -> Option<&Installation> {
        self.app.installations.values().find(|one| one.id == id)
    }

    /// A new token of an installation, and when it ends.
    pub(crate) fn new_app_token(&mut self, installation: u64) -> (String, i64) {
        let digest = hex::encode(Sha256::digest(format!("token {}", self.ids.number())));
        let (text, expires_at) = (format!("ghs_{}", &digest[..36]), self.now() + TOKEN_SECONDS);
        self.app.tokens.insert(text.clone(), Token { installation, expires_at });
        (text, expires_at)
    }

    /// Who sent this token, or what GitHub says to it.
    pub(crate) fn who(&self, token: Option<&str>) -> Result<Who, String> {
        let Some(token) = token else { return Err("Requires authentication".to_owned()) };
        if let Some(login) = self.tokens.get(token) {
            return Ok(Who::Account(login.clone()));
        }
        if token.matches('.').count() == 2 {
            return self.check_web_token(token).map(|()| Who::App);
        }
        let good = self.app.tokens.get(token).filter(|known| self.now() < known.expires_at);
        let installation = good.and_then(|known| self.installation(known.installation)).filter(|one| !one.suspended);
        let who = installation.map(|one| Who::Installation { id: one.id, owner: one.owner.clone() });
        who.ok_or_else(|| "Bad credentials".to_owned())
    }

    /// Signature, issuer and times, by the world's clock.
    fn check_web_token(&self, token: &str) -> Result<(), String> {
        let undecodable = |_| "A JSON web token could not be decoded".to_owned();
        if decode_header(token).map_err(undecodable)?.alg != Algorithm::RS256 {
            return Err("A JSON web token could not be decoded".to_owned());
        }
        let mut only_signature = Validation::new(Algorithm::RS256);
        only_signature.validate_exp = false;
        only_signature.required_spec_claims.clear();
        let key = DecodingKey::from_rsa_pem(PUBLIC_KEY.as_bytes()).expect("the world's own key is one");
        let claims: Claims = decode(token, &key, &only_signature).map_err(undecodable)?.claims;
        let now = self.now();
        let issuer = claims.iss.as_u64().or_else(|| claims.iss.as_str()?.parse().ok());
        if issuer != Some(ID) {
            return Err("'Issuer' claim ('iss') must be the App's id".to_owned());
        }
        let Some(expires_at) = claims.exp.filter(|at| *at > now) else {
            let message =
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
            return Err(message.to_owned());
        };
        if expires_at > now + WEB_TOKEN_SECONDS {
            return Err("'Expiration time' claim ('exp') is too far in the future".to_owned());
        }
        if claims.iat.is_none_or(|at| at > now) {
            let message = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
            return Err(message.to_owned());
        }
        Ok(())
    }
}
