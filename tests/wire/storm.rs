//! A storm over the wire: a story told on a world, to a host that reaches it by the real adapter over a line on which everything
//! that can go wrong does.

use crate::host::Host;
use crate::manners::Manners;
use crate::misfortune::{Fate, Mood};
use crate::stage::Stage;
use fastrand::Rng;
use pawl_core::news::News;
use pawl_core::record::Appended;
use pawl_github::webhook::Verifier;
use pawl_github::{Clock, Credentials, Settings, WriteBudget};
use pawl_tests::sim::shell::Cut;
use pawl_tests::sim::storm::acts_on_what_is_seen;
use pawl_tests::sim::story::Happening;
use pawl_world::{Delivery, signature};
use secrecy::SecretString;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The webhook's secret.
const SECRET: &str = "of the storm";
/// Between two happenings, in seconds.
const BETWEEN_SECONDS: u64 = 60;

/// How a host is set up in a storm.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Whether it acts as an App, or by a plain token.
    pub is_app: bool,
    /// Whether the repository is private.
    pub is_private: bool,
    /// Whether labels are created before they are needed.
    pub prepares: bool,
    /// Its write budget.
    pub budget: WriteBudget,
    /// Of a hundred requests so many are candidates for misfortune.
    pub percent: u8,
}

impl Setup {
    /// Any.
    pub fn drawn(rng: &mut Rng) -> Self {
        let budgets = [
            WriteBudget::default(),
            WriteBudget { per_second: 1, per_minute: 4, per_hour: 60 },
            WriteBudget { per_second: 1_000, per_minute: 60_000, per_hour: 3_600_000 },
        ];
        Self {
            is_app: rng.u8(0..3) == 0,
            is_private: rng.u8(0..3) == 0,
            prepares: rng.bool(),
            budget: rng.choice(budgets).unwrap_or_default(),
            percent: rng.choice([10, 30, 60]).unwrap_or(30),
        }
    }

    /// Nothing goes wrong, and nothing limits.
    pub fn quiet() -> Self {
        let budget = WriteBudget { per_second: 1_000, per_minute: 60_000, per_hour: 3_600_000 };
        Self { is_app: false, is_private: false, prepares: true, budget, percent: 0 }
    }
}

/// What is told to the host.
#[derive(Debug, Clone)]
enum What {
    /// A webhook.
    Hook(Box<Delivery>),
    /// A signal.
    Signal(Box<News>),
}

/// Something that is told, and whether facts show it as well, so that the telling may be lost.
#[derive(Debug, Clone)]
struct Told {
    what: What,
    is_shown: bool,
}

impl Told {
    fn hook(delivery: Delivery) -> Self {
        // A comment commands, and no fact shows that.
        let is_shown = delivery.event != "issue_comment";
        Self { what: What::Hook(Box::new(delivery)), is_shown }
    }

    fn signal(news: News) -> Self {
        Self { what: What::Signal(Box::new(news)), is_shown: false }
    }

    fn is_hook(&self) -> bool {
        matches!(self.what, What::Hook(_))
    }

    fn shown(&self) -> String {
        match &self.what {
            What::Hook(delivery) => format!("{} {}", delivery.event, delivery.action.as_deref().unwrap_or_default()),
            What::Signal(news) => news.id.clone(),
        }
    }
}

/// A disturbed telling.
#[derive(Debug)]
pub struct Storm<'a> {
    /// GitHub.
    pub stage: Stage,
    /// The host.
    pub host: Host,
    /// What goes wrong.
    pub fate: Arc<Mutex<Fate>>,
    /// What was done, line by line, for whoever must understand a failure.
    pub schedule: String,
    setup: Setup,
    rng: &'a mut Rng,
    waiting: Vec<Told>,
    told: Vec<Told>,
}

impl<'a> Storm<'a> {
    /// A pull request that the host has looked at once.
    pub async fn new(setup: Setup, rng: &'a mut Rng) -> Self {
        let stage = Stage::new(setup.is_app, setup.is_private);
        let time = stage.world.time();
        let credentials = if setup.is_app {
            let private_key_pem = SecretString::from(stage.world.app_key());
            Credentials::App { app_id: stage.world.app_id(), private_key_pem }
        } else {
            Credentials::Token(SecretString::from(stage.world.token()))
        };
        let clock = {
            let time = time.clone();
            Clock::following(move || pawl_core::Timestamp::from_second(time.now()).expect("stories last no thousand years"))
        };
        let settings = Settings { api_url: stage.world.url().to_owned(), write_budget: setup.budget, clock, ..Settings::new(credentials) };
        let manners = (!setup.is_app).then(|| Manners::new(setup.budget));
        let fate = Arc::new(Mutex::new(Fate::new(rng.u64(..), setup.percent, manners, stage.pull.clone(), time.clone())));
        let deciding = Arc::clone(&fate);
        stage.world.let_fate_decide(move |met| deciding.lock().unwrap_or_else(PoisonError::into_inner).decide(met));
        let mut host = Host::new(stage.subject(), settings, stage.world.face(), time, setup.prepares);
        host.settle().await;
        Self { stage, host, fate, schedule: format!("{setup:?}\n"), setup, rng, waiting: Vec::new(), told: Vec::new() }
    }

    /// Tells the story at once and in order.
    pub async fn live(&mut self, story: &[Happening]) {
        for happening in story {
            tokio::time::sleep(Duration::from_secs(BETWEEN_SECONDS)).await;
            let signals = self.stage.happen(happening);
            self.note(format_args!("{happening:?}"));
            self.waiting.extend(signals.into_iter().map(Told::signal));
            self.rest().await;
        }
    }

    /// Tells the story to its end, and then everything that is still to be told.
    pub async fn tell(&mut self, story: &[Happening]) {
        for happening in story {
            if acts_on_what_is_seen(happening) {
                self.calm().await;
            }
            tokio::time::sleep(Duration::from_secs(BETWEEN_SECONDS)).await;
            let signals = self.stage.happen(happening);
            self.note(format_args!("{happening:?}"));
            self.waiting.extend(signals.into_iter().map(Told::signal));
            self.collect();
            if matches!(happening, Happening::Closed | Happening::Reopened) {
                self.seen_at_once_or_told().await;
            }
            self.fate().mood = if self.setup.percent > 0 { Mood::Foul } else { Mood::Kind };
            for _ in 0..self.rng.usize(0..4) {
                self.disturb().await;
            }
        }
        self.calm().await;
    }

    /// Facts show that a pull request is closed, but not since when: either it is seen before anything else happens, or the webhook
    /// tells it some time.
    async fn seen_at_once_or_told(&mut self) {
        if self.rng.bool() {
            self.calm().await;
        }
        for told in &mut self.waiting {
            told.is_shown = false;
        }
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&mut self, line: std::fmt::Arguments<'_>) {
        let mut met = std::mem::take(&mut self.fate().notes);
        for why in self.host.refused.drain(..) {
            let _ = writeln!(met, "    a request failed: {why}");
        }
        let second = self.stage.world.now() - pawl_world::DAWN;
        // Writing to a text cannot fail.
        let _ = writeln!(self.schedule, "{met}{second:>6} {line}");
    }

    /// Webhooks that came to be wait to be told.
    fn collect(&mut self) {
        self.waiting.extend(self.stage.world.take_waiting().into_iter().map(Told::hook));
    }

    /// Some requests more fail, then nothing goes wrong any more, everything is told, and the host comes to rest: people act on what they see, and what is lost is
    /// found by then. An App asks GitHub for what did not arrive.
    async fn calm(&mut self) {
        let left = self.rng.u32(0..12);
        self.fate().mood = Mood::Failing { left };
        self.collect();
        self.rng.shuffle(&mut self.waiting);
        let mut has_lost = false;
        for told in std::mem::take(&mut self.waiting) {
            let comes_again = self.setup.is_app && told.is_hook();
            if (told.is_shown || comes_again) && self.rng.u8(0..4) == 0 {
                self.note(format_args!("  lost: {}", told.shown()));
                has_lost |= comes_again;
                self.lose(told);
            } else {
                self.deliver(told);
            }
        }
        if has_lost && self.setup.is_app {
            self.ask_again().await;
        }
        self.note(format_args!("  calm"));
        self.rest().await;
        self.fate().mood = Mood::Kind;
    }

    /// Tells what waits, and what comes back of what the host does, until there is nothing more to do.
    async fn rest(&mut self) {
        self.collect();
        self.deliver_all();
        loop {
            self.host.settle().await;
            self.host.settle().await;
            self.collect();
            if !self.deliver_all() {
                break;
            }
        }
        let labels = self.stage.pull.labels();
        self.note(format_args!("  -> {labels:?} {}", self.host.state()));
    }

    fn lose(&mut self, told: Told) {
        if let What::Hook(delivery) = told.what {
            self.stage.world.handed_over(&delivery.guid, Some(502));
        }
    }

    /// Failed deliveries are asked for, and come again.
    async fn ask_again(&mut self) {
        let begin = pawl_core::Timestamp::from_second(pawl_world::DAWN).expect("it is a time");
        loop {
            match self.host.github.redeliver_failed(begin).await {
                Ok(report) => {
                    self.note(format_args!("  asked again for {} of {}", report.asked.len(), report.failed));
                    break;
                }
                Err(error) => {
                    assert!(error.is_transient(), "{error}");
                    tokio::time::sleep(Duration::from_secs(error.retry_after_seconds().unwrap_or(1).into())).await;
                }
            }
        }
        self.collect();
        self.deliver_all();
    }

    /// Tells everything that waits; says whether any of it was news.
    fn deliver_all(&mut self) -> bool {
        let mut was_news = false;
        for told in std::mem::take(&mut self.waiting) {
            was_news |= self.deliver(told);
        }
        was_news
    }

    /// Says whether it was news.
    fn deliver(&mut self, told: Told) -> bool {
        let appended = match &told.what {
            What::Signal(news) => vec![self.host.append("signal", (**news).clone())],
            What::Hook(delivery) => {
                let signed = signature(SECRET, &delivery.body);
                let verifier = Verifier::new(Some(SecretString::from(SECRET)), None);
                verifier.verify(Some(&signed), &delivery.body).expect("the world signs with our secret");
                let appended = self.host.take(&delivery.event, &delivery.guid, &delivery.body);
                self.stage.world.handed_over(&delivery.guid, Some(202));
                if self.setup.is_app && matches!(delivery.action.as_deref(), Some("labeled" | "unlabeled")) && self.is_own(delivery) {
                    self.host.came_back.extend(&appended);
                }
                appended
            }
        };
        let is_news = appended.iter().any(|appended| matches!(appended, Appended::Accepted(_)));
        self.note(format_args!("  told: {} {}", told.shown(), if is_news { "" } else { "(nothing new)" }));
        self.told.push(told);
        is_news
    }

    /// Whether the host's account caused it.
    fn is_own(&self, delivery: &Delivery) -> bool {
        let account = if self.setup.is_app { self.stage.world.app_account() } else { self.stage.world.account() };
        delivery.payload().pointer("/sender/login").and_then(|login| login.as_str()) == Some(account)
    }

    async fn disturb(&mut self) {
        self.collect();
        match self.rng.u8(0..12) {
            0..=3 if !self.waiting.is_empty() => {
                let told = self.waiting.swap_remove(self.rng.usize(0..self.waiting.len()));
                self.deliver(told);
            }
            4 if !self.told.is_empty() => {
                let told = self.told[self.rng.usize(0..self.told.len())].clone();
                self.deliver(told);
            }
            5 => {
                self.note(format_args!("  the App's tokens end"));
                self.stage.world.revoke_app_tokens();
            }
            6 => self.host.resolve_branches().await,
            7 => {
                let (step, cut) = (self.rng.usize(0..20), self.rng.choice(Cut::ALL).unwrap_or(Cut::Before));
                let was_cut = self.host.run_cut(step, cut).await;
                if matches!(cut, Cut::Before | Cut::After)
                    && let Some(manners) = &mut self.fate().manners
                {
                    manners.forget();
                }
                self.note(format_args!("  turn, {cut:?} step {step}: {was_cut:?}"));
            }
            _ => {
                let outcome = self.host.run().await;
                let labels = self.stage.pull.labels();
                self.note(format_args!("  turn: {} ({}) -> {labels:?}", outcome.ending.word(), outcome.reason));
                let asked = outcome.retry_after_seconds.unwrap_or(0);
                // At times news comes while a limit is waited out, and a turn comes too early.
                if self.rng.bool() {
                    tokio::time::sleep(Duration::from_secs(asked.max(self.rng.u64(1..5)))).await;
                }
            }
        }
    }
}
