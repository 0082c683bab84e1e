//! The world itself: starting, time, accounts, and the end.

use super::Repo;
use crate::clock::{Clock, DAWN};
use crate::http::{Shared, serve};
use crate::state::State;
use crate::state::model::{LabelChange, Permission};
use crate::webhook::{Oddities, pump};
use std::fmt;
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How a world begins.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Login behind [`World::token`]. With `[bot]` at the end it acts like an App's installation, else like a user's token.
    pub account: String,
    /// Where to listen; port 0 takes any free one.
    pub address: String,
    /// Whether time runs by itself. Tests leave it standing and advance it.
    pub time_runs: bool,
    /// What is strange about webhooks.
    pub oddities: Oddities,
    /// Whether webhooks go out by themselves as soon as there is something to tell. Tests pump.
    pub hooks_run: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: "pawl-agent".to_owned(),
            address: "127.0.0.1:0".to_owned(),
            time_runs: false,
            oddities: Oddities::default(),
            hooks_run: false,
        }
    }
}

/// A GitHub of one's own. Dropping it ends its server.
pub struct World {
    pub(crate) shared: Arc<Shared>,
    account: String,
    url: String,
    server: Option<JoinHandle<io::Result<()>>>,
    pump: Option<JoinHandle<()>>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("url", &self.url).finish_non_exhaustive()
    }
}

impl World {
    /// A world on a free loopback port, at noon of 2026-11-20, whose token belongs to `pawl-agent`.
    ///
    /// # Panics
    /// When no loopback port can be had.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await.expect("a loopback port is always to be had")
    }

    /// A world as the settings say.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start_with(settings: Settings) -> io::Result<Self> {
        // Whoever comes second finds the same provider installed; that is no error.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind(&settings.address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (shared, account) = made(&settings, &url);
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        let pump = settings.hooks_run.then(|| tokio::spawn(pump(Arc::clone(&shared))));
        Ok(Self { shared, account, url, server: Some(server), pump })
    }

    /// A world without a server: it is asked by [`World::face`], and its webhooks are handed over by [`World::take_waiting`]. With
    /// `time_runs` its time is that of Tokio's clock from noon on, so that it passes at once where a test has paused that clock.
    #[must_use]
    pub fn within(settings: &Settings) -> Self {
        let url = "http://world.invalid".to_owned();
        let (shared, account) = made(settings, &url);
        if settings.time_runs {
            shared.state().clock = Clock::Tokio { begun: Instant::now(), at: DAWN };
        }
        Self { shared, account, url, server: None, pump: None }
    }

    /// Base address of REST; GraphQL is at `/graphql` below it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A good token, of the account that every repository grants writing.
    #[must_use]
    pub fn token(&self) -> String {
        token_of(&self.account)
    }

    /// Login of the account behind [`World::token`].
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// A good token of somebody else.
    pub fn token_for(&self, login: &str) -> String {
        let mut state = self.shared.state();
        let login = state.account(login).login.clone();
        let token = token_of(&login);
        state.tokens.insert(token.clone(), login);
        token
    }

    /// A token is good no longer.
    pub fn revoke(&self, token: &str) {
        self.shared.state().tokens.remove(token);
    }

    /// The numeric id of an account, made on first mention.
    pub fn id_of(&self, login: &str) -> u64 {
        self.shared.state().account(login).id
    }

    /// The repository of that `owner/name`, made on first mention: public, with a `main` branch, writable for our account.
    ///
    /// # Panics
    /// When the name is not of the form `owner/name`.
    pub fn repository(&self, full_name: &str) -> Repo {
        let mut state = self.shared.state();
        let id = state.found_repository(full_name);
        state.place_mut(id).permissions.entry(self.account.to_lowercase()).or_insert(Permission::Write);
        Repo { shared: Arc::clone(&self.shared), id }
    }

    /// The time, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.shared.state().now()
    }

    /// Lets time pass. A running clock ignores it.
    pub fn advance(&self, seconds: i64) {
        self.shared.state().clock.advance(seconds);
    }

    /// Sets the clock, also back, and lets it stand.
    pub fn set_time(&self, seconds: i64) {
        self.shared.state().clock = Clock::Set(seconds);
    }

    /// Chooses what is strange about webhooks from now on.
    pub fn set_oddities(&self, oddities: Oddities) {
        self.shared.state().outbox.oddities = oddities;
    }

    /// Chooses how GraphQL's `Reaction.user` spells bots: without their suffix, or (unless set) with it. GitHub's way is not
    /// established.
    pub fn spell_bots_bare_in_reactions(&self, bare: bool) {
        self.shared.state().bare_bots_in_reactions = bare;
    }

    /// The movements of labels after the first `seen`, oldest first: for whoever looks often.
    #[must_use]
    pub fn label_changes_after(&self, seen: usize) -> Vec<LabelChange> {
        self.shared.state().audit.get(seen..).unwrap_or_default().to_vec()
    }

    /// Every movement of every label, with who did it, oldest first.
    #[must_use]
    pub fn label_changes(&self) -> Vec<LabelChange> {
        self.shared.state().audit.clone()
    }

    /// Ends the server and the pump, and waits for both. Requests under way are cut.
    ///
    /// # Errors
    /// When the server had failed.
    pub async fn stop(mut self) -> io::Result<()> {
        self.shared.stop.send_replace(true);
        if let Some(pump) = self.pump.take() {
            pump.await.map_err(io::Error::other)?;
        }
        match self.server.take() {
            Some(server) => server.await.map_err(io::Error::other)?,
            None => Ok(()),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The server ends by itself when told to; faults may hold the world through their closures.
        self.shared.stop.send_replace(true);
        self.shared.faults().clear();
    }
}

/// What a new world shares, and the login of its account.
fn made(settings: &Settings, url: &str) -> (Arc<Shared>, String) {
    let mut state = State::new();
    if settings.time_runs {
        state.clock = Clock::Running;
    }
    url.clone_into(&mut state.url);
    state.outbox.oddities = settings.oddities;
    let account = state.account(&settings.account).login.clone();
    state.tokens.insert(token_of(&account), account.clone());
    (Arc::new(Shared::new(state)), account)
}

fn token_of(login: &str) -> String {
    format!("ghp_world_{}", login.to_lowercase().replace(['[', ']'], "_"))
}
