//! From a repository to the account that we act as there: with a plain token always the same, with an App its installation.

use crate::answer::{Answer, Asked};
use crate::auth::AppKey;
use crate::call::{Call, Spend, Whose};
use crate::client::{GitHub, Identity};
use crate::error::GitHubError;
use crate::flight::Flight;
use crate::lane::{Lane, Token};
use crate::path;
use http::{HeaderValue, Method};
use pawl_core::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Most owners whose installation is remembered, and most installations with a budget of their own.
const OWNERS: usize = 10_000;
/// A token that ends sooner than this is not used any more: a call may take its time.
const TOKEN_SPARE_SECONDS: i64 = 300;

const FINDING: &str = "find the App's installation";
const MINTING: &str = "get an installation token";

/// An App: its key, and what is known of its installations.
#[derive(Debug)]
pub(crate) struct App {
    key: AppKey,
    /// Calls that the App makes as itself.
    pub(crate) lane: Arc<Lane>,
    known: Mutex<Known>,
    serial: AtomicU64,
}

#[derive(Debug, Default)]
struct Known {
    /// By the owner's login in small letters. An owner has one installation for all its repositories.
    owners: HashMap<String, Arc<Flight<Found>>>,
    lanes: HashMap<u64, Arc<Lane>>,
}

/// An installation, and whose it is.
#[derive(Debug, Clone)]
struct Found {
    id: u64,
    owner: String,
}

#[derive(Deserialize)]
struct InstallationTold {
    id: u64,
    account: Option<AccountTold>,
}

#[derive(Deserialize)]
struct AccountTold {
    #[serde(default)]
    login: String,
}

#[derive(Deserialize)]
struct TokenTold {
    token: String,
    expires_at: Timestamp,
}

impl App {
    pub(crate) fn new(key: AppKey, lane: Lane) -> Self {
        Self { key, lane: Arc::new(lane), known: Mutex::default(), serial: AtomicU64::new(0) }
    }

    pub(crate) fn lanes(&self) -> Vec<Arc<Lane>> {
        let mut lanes: Vec<_> = self.known().lanes.values().cloned().collect();
        lanes.sort_by_key(|lane| lane.installation);
        lanes
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owner(&self, login: &str) -> Arc<Flight<Found>> {
        let mut known = self.known();
        if known.owners.len() >= OWNERS {
            known.owners.clear();
        }
        known.owners.entry(login.to_lowercase()).or_default().clone()
    }

    /// Forgets what no longer holds: an App that was taken out and put in again has another installation.
    fn forget(&self, installation: u64, owner: Option<&str>) {
        let mut known = self.known();
        known.lanes.remove(&installation);
        if let Some(owner) = owner {
            known.owners.remove(&owner.to_lowercase());
        }
    }

    fn lane_of(&self, found: &Found, new: impl FnOnce() -> Lane, now: Instant) -> Arc<Lane> {
        let mut known = self.known();
        if known.lanes.len() >= OWNERS && !known.lanes.contains_key(&found.id) {
            known.lanes.retain(|_, lane| !lane.is_idle(now));
        }
        known.lanes.entry(found.id).or_insert_with(|| Arc::new(new())).clone()
    }

    /// The header by which the App proves itself.
    fn header(&self, asked: Asked, now: Timestamp) -> Result<HeaderValue, GitHubError> {
        let token = self.key.web_token(now).map_err(|error| asked.refused(0, error.to_string()))?;
        bearer(asked, &token)
    }
}

/// A header with a token in it, which no log shows.
pub(crate) fn bearer(asked: Asked, token: &SecretString) -> Result<HeaderValue, GitHubError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
        .map_err(|_| asked.refused(0, "a token has characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl GitHub {
    /// The App that we are.
    ///
    /// # Errors
    /// [`GitHubError::Refused`] with a plain token.
    pub(crate) fn app(&self, asked: Asked) -> Result<&App, GitHubError> {
        match &self.identity {
            Identity::App(app) => Ok(app),
            Identity::Token { .. } => {
                Err(asked.refused(0, "only an App can do this, and a plain token is configured; set github.app_id and github.app_key_file"))
            }
        }
    }

    /// The account that a call is made as.
    pub(crate) async fn lane(&self, whose: Whose<'_>) -> Result<Arc<Lane>, GitHubError> {
        let app = match &self.identity {
            Identity::Token { lane, .. } => return Ok(lane.clone()),
            Identity::App(app) => app,
        };
        let found = match whose {
            Whose::Ours => return Ok(app.lane.clone()),
            // Found by id only when the names proved wrong: then what is remembered by name may be wrong, too.
            Whose::Id(id) => self.find(app, format!("/repositories/{id}/installation"), Some(id)).await?,
            Whose::Repository(repository) => {
                let path = format!("{}/installation", path::repository(FINDING, repository)?);
                let flight = app.owner(&repository.owner);
                let found = flight.get(|_| true, self.find(app, path, Some(repository.id).filter(|id| *id != 0))).await?;
                if !found.owner.eq_ignore_ascii_case(&repository.owner) {
                    // The repository moved to another owner; the old name says nothing about the old owner's others.
                    flight.drop_if(|_| true).await;
                }
                found
            }
        };
        let new = || Lane::new(Some(found.id), Some(found.owner.clone()), self.write_budget);
        Ok(app.lane_of(&found, new, self.clock.steady()))
    }

    async fn find(&self, app: &App, path: String, repository_id: Option<u64>) -> Result<Found, GitHubError> {
        // The id only keeps a redirect from leading to another repository; who asks is the App.
        let whose = repository_id.map_or(Whose::Ours, Whose::Id);
        let call = Call { doing: FINDING, whose, method: Method::GET, path, body: None, spend: Spend::Nothing };
        let InstallationTold { id, account } = self.as_app(app, call).await?.json()?;
        Ok(Found { id, owner: account.map(|account| account.login).unwrap_or_default() })
    }

    /// A call that the App makes as itself.
    pub(crate) async fn as_app(&self, app: &App, call: Call<'_>) -> Result<Answer, GitHubError> {
        let header = app.header(call.asked(), self.day())?;
        self.exchange(&app.lane, &header, &call).await?.good()
    }

    /// The header for a lane's calls, and which of its tokens is in it.
    pub(crate) async fn authorization(&self, asked: Asked, lane: &Lane) -> Result<(HeaderValue, u64), GitHubError> {
        match (&self.identity, lane.installation) {
            (Identity::Token { header, .. }, _) => Ok((header.clone(), 0)),
            (Identity::App(app), None) => Ok((app.header(asked, self.day())?, 0)),
            (Identity::App(app), Some(installation)) => {
                let now = self.day();
                let is_fresh = |token: &Token| token.expires_at.as_second() - now.as_second() > TOKEN_SPARE_SECONDS;
                let token = lane.token.get(is_fresh, self.mint(app, installation)).await;
                if let Err(GitHubError::Gone { .. }) = &token {
                    app.forget(installation, lane.owner.as_deref());
                }
                let token = token?;
                Ok((bearer(asked, &token.secret)?, token.serial))
            }
        }
    }

    async fn mint(&self, app: &App, installation: u64) -> Result<Token, GitHubError> {
        let path = format!("/app/installations/{installation}/access_tokens");
        let body = json!({});
        // Nothing in a repository changes: a lost answer leaves a token that nobody uses.
        let call = Call { doing: MINTING, whose: Whose::Ours, method: Method::POST, path, body: Some(&body), spend: Spend::Nothing };
        let TokenTold { token, expires_at } = self.as_app(app, call).await?.json()?;
        tracing::debug!(installation, %expires_at, "a new installation token");
        Ok(Token { secret: SecretString::from(token), expires_at, serial: app.serial.fetch_add(1, Ordering::Relaxed) })
    }
}
