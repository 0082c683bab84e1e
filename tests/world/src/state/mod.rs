//! The state of GitHub as one value. Everything that changes it goes through here, so that every change is timed, audited,
//! announced by a webhook and can be hidden again from a stale read.

pub(crate) mod app;
mod checks;
pub(crate) mod conversation;
mod ids;
mod labels;
mod life;
pub(crate) mod model;
mod places;

pub(crate) use ids::{Ids, NO_COMMIT};
pub(crate) use labels::{LABEL_CHARS, LABELS_PER_ITEM, LabelEdit};
pub(crate) use life::Opening;
pub(crate) use places::Found;

use crate::clock::{Clock, DAWN};
use crate::webhook::Outbox;
use model::{Account, AccountKind, At, Item, LabelChange, Permission, Repository};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How many earlier versions of items are kept for stale reads.
const PAST: usize = 512;

/// Why the world does not do what was asked. REST and GraphQL each say it in their own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reject {
    /// There is no such thing, or the asker may not know of it.
    NotFound,
    /// It existed.
    Gone,
    /// The asker may read but not do this.
    Forbidden,
    /// The value breaks a rule; resource, field, code and message as in a 422 body.
    Invalid { resource: &'static str, field: &'static str, code: &'static str, message: String },
}

/// What a node id stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Node {
    Repository(u64),
    Item(At),
    Label(u64, u64),
    Comment(At, u64),
}

/// Everything there is.
pub(crate) struct State {
    pub clock: Clock,
    pub ids: Ids,
    /// Where the world is served, without a slash at the end.
    pub url: String,
    /// By lower-case login.
    pub accounts: BTreeMap<String, Account>,
    /// Logins by token.
    pub tokens: BTreeMap<String, String>,
    pub app: app::App,
    pub repositories: BTreeMap<u64, Repository>,
    /// Repository ids by lower-case full name; names from before a rename stay until somebody takes them.
    pub names: BTreeMap<String, u64>,
    pub nodes: BTreeMap<String, Node>,
    pub outbox: Outbox,
    pub audit: Vec<LabelChange>,
    /// Whether `Reaction.user` spells bots without their suffix.
    pub bare_bots_in_reactions: bool,
    /// Raised by every change; a request during which it moved was applied.
    pub revision: u64,
    /// Items as they were before each of the last changes, with the time of the change, newest last.
    past: VecDeque<(At, i64, Arc<Item>)>,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            clock: Clock::Set(DAWN),
            ids: Ids::new(),
            url: String::new(),
            accounts: BTreeMap::new(),
            tokens: BTreeMap::new(),
            app: app::App::default(),
            repositories: BTreeMap::new(),
            names: BTreeMap::new(),
            nodes: BTreeMap::new(),
            outbox: Outbox::default(),
            audit: Vec::new(),
            bare_bots_in_reactions: false,
            revision: 0,
            past: VecDeque::new(),
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The account of that login, made on first mention. A login that ends in `[bot]` is a bot.
    pub(crate) fn account(&mut self, login: &str) -> &Account {
        let kind = if login.ends_with("[bot]") { AccountKind::Bot } else { AccountKind::User };
        self.account_of_kind(login, kind)
    }

    pub(crate) fn account_of_kind(&mut self, login: &str, kind: AccountKind) -> &Account {
        let ids = &mut self.ids;
        self.accounts.entry(login.to_lowercase()).or_insert_with(|| {
            let prefix = match kind {
                AccountKind::User => "U",
                AccountKind::Bot => "BOT",
                AccountKind::Organization => "O",
            };
            Account { login: login.to_owned(), id: ids.number(), node_id: ids.node(prefix), kind }
        })
    }

    /// The account of that login, if anybody ever mentioned it.
    pub(crate) fn known_account(&self, login: &str) -> Option<&Account> {
        self.accounts.get(&login.to_lowercase())
    }

    /// A repository by id, unless it was deleted.
    pub(crate) fn repository(&self, id: u64) -> Option<&Repository> {
        self.repositories.get(&id).filter(|repository| !repository.deleted)
    }

    /// A repository by id that is known to exist or to have existed.
    pub(crate) fn place(&self, id: u64) -> &Repository {
        self.repositories.get(&id).expect("repositories are only marked as deleted, never dropped")
    }

    pub(crate) fn place_mut(&mut self, id: u64) -> &mut Repository {
        self.repositories.get_mut(&id).expect("repositories are only marked as deleted, never dropped")
    }

    pub(crate) fn item(&self, at: At) -> Option<&Arc<Item>> {
        self.repository(at.repository)?.items.get(&at.number)
    }

    /// What an account may do: what it was granted, else everything for the owner, reading for all in public repositories. An
    /// installation of the App writes in its own account's repositories.
    pub(crate) fn permission(&self, repository: u64, login: &str) -> Permission {
        let Some(place) = self.repository(repository) else { return Permission::None };
        let login = login.to_lowercase();
        match place.permissions.get(&login) {
            _ if login == app::BOT && self.app.acting_for.as_ref().is_some_and(|owner| owner.eq_ignore_ascii_case(&place.owner)) => {
                Permission::Write
            }
            Some(permission) => *permission,
            None if place.owner.to_lowercase() == login => Permission::Admin,
            None if place.private => Permission::None,
            None => Permission::Read,
        }
    }

    /// Changes one item, remembering how it was. Returns nothing when there is no such item.
    pub(crate) fn change<R>(&mut self, at: At, change: impl FnOnce(&mut Item) -> R) -> Option<R> {
        let now = self.now();
        let slot = self.repositories.get_mut(&at.repository)?.items.get_mut(&at.number)?;
        if self.past.len() == PAST {
            self.past.pop_front();
        }
        self.past.push_back((at, now, Arc::clone(slot)));
        let item = Arc::make_mut(slot);
        item.updated_at = now;
        self.revision += 1;
        Some(change(item))
    }

    /// How many changes there were within the last so many seconds.
    pub(crate) fn changes_within(&self, seconds: u32) -> usize {
        let since = self.now() - i64::from(seconds);
        self.past.iter().rev().take_while(|(_, at, _)| *at > since).count()
    }

    /// Runs a read on the items as they were before the last `changes` changes, as a replica that lags would answer.
    /// Label definitions, branches and checks are not part of an item and are read as they are.
    pub(crate) fn behind<R>(&mut self, changes: usize, read: impl FnOnce(&mut Self) -> R) -> R {
        let mut present = BTreeMap::new();
        let old: Vec<_> = self.past.iter().rev().take(changes).cloned().collect();
        for (at, _, before) in old {
            if let Some(slot) = self.repositories.get_mut(&at.repository).and_then(|place| place.items.get_mut(&at.number)) {
                let now = std::mem::replace(slot, before);
                present.entry(at).or_insert(now);
            }
        }
        let answer = read(self);
        for (at, now) in present {
            self.place_mut(at.repository).items.insert(at.number, now);
        }
        answer
    }
}
