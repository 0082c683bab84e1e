//! From a thing and a field to what is found there.

mod checks;
mod item;
mod repository;
mod talk;

use super::Failure;
use super::connection::Page;
use super::execute::Run;
use super::mutate::mutate;
use crate::clock::written;
use crate::state::model::{AccountKind, At, CheckRun, Comment, Commit, Event, Happened, Label, Permission, Reaction, Review, Thread};
use crate::state::{Found as Place, Node, State};
use serde_json::{Map, Value};

/// Something that fields can be selected from.
#[derive(Debug, Clone)]
pub(crate) enum Thing {
    Root,
    RateLimit,
    PageInfo(Box<Page>),
    Page(Box<Page>),
    Edge(String, Box<Thing>),
    /// What a mutation answers: `clientMutationId`, and what it changed.
    Payload(Value, Box<Thing>),
    Repository(u64),
    /// A branch, by repository and name.
    Branch(u64, String),
    Item(At),
    Label(u64, Label),
    /// By login, in GraphQL's spelling and type.
    Account(String),
    /// The same where the schema says `User` for bots as well: spelled as given.
    Signed(String, String),
    Review(At, Review),
    Thread(Thread),
    ThreadComment(Box<Thread>, Box<Comment>),
    Comment(At, Box<Comment>),
    Reaction(Reaction),
    Event(At, Event),
    PullCommit(u64, Commit),
    Commit(u64, Commit),
    CommitAuthor(Commit),
    App(String),
    Suite(u64, Vec<CheckRun>),
    Check(u64, CheckRun),
    Rollup(u64, Vec<CheckRun>),
}

/// What a field holds.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    Value(Value),
    One(Thing),
    Many(Vec<Option<Thing>>),
}

impl Found {
    pub(crate) fn maybe(thing: Option<Thing>) -> Self {
        thing.map_or(Self::Value(Value::Null), Self::One)
    }

    pub(crate) fn time(seconds: i64) -> Self {
        Self::Value(written(seconds).into())
    }
}

impl<V: Into<Value>> From<V> for Found {
    fn from(value: V) -> Self {
        Self::Value(value.into())
    }
}

/// Arguments of a field, or fields of an input.
#[derive(Debug, Clone)]
pub(crate) struct Arguments(pub Map<String, Value>);

impl Arguments {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    /// A list of texts; one text stands for a list of one.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        match self.0.get(name)? {
            Value::Array(items) => Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            Value::String(one) => Some(vec![one.clone()]),
            _ => None,
        }
    }
}

/// What a field of a thing may be: known and found, known and failed, or unknown to this part.
type Looked = Option<Result<Found, Failure>>;

/// Shorter to write for the many fields that cannot fail.
fn plain(found: impl Into<Found>) -> Looked {
    Some(Ok(found.into()))
}

fn paged(page: Result<Page, Failure>) -> Looked {
    Some(page.map(|page| Found::One(Thing::Page(Box::new(page)))))
}

pub(crate) fn resolve(run: &mut Run<'_>, thing: &Thing, on: &str, field: &str, arguments: &Arguments) -> Result<Found, Failure> {
    let login = run.login;
    let looked = match thing {
        Thing::Root if on == "Mutation" => mutate(run, field, arguments),
        Thing::Root => root(run, field, arguments),
        Thing::RateLimit => rate_limit(run, field),
        Thing::PageInfo(page) => page.info(field).map(Ok),
        Thing::Page(page) => page.field(field).map(Ok),
        Thing::Edge(cursor, node) => match field {
            "cursor" => plain(cursor.as_str()),
            _ => plain(Found::One((**node).clone())),
        },
        Thing::Payload(client, changed) => match field {
            "clientMutationId" => plain(client.clone()),
            "commentEdge" => plain(Found::One(Thing::Edge(String::new(), changed.clone()))),
            "subject" => match &**changed {
                Thing::Comment(at, _) => plain(Found::One(Thing::Item(*at))),
                _ => None,
            },
            _ => plain(Found::One((**changed).clone())),
        },
        Thing::Repository(id) => repository::field(run.state, login, *id, field, arguments),
        Thing::Branch(id, name) => repository::branch(run.state, *id, name, field),
        Thing::Label(id, label) => repository::label(run.state, *id, label, field, arguments),
        Thing::Account(one) => repository::account(run.state, login, one, None, field),
        Thing::Signed(one, spelled) => repository::account(run.state, login, one, Some(spelled), field),
        Thing::Item(at) => item::field(run.state, login, *at, field, arguments),
        Thing::Event(at, event) => item::event(run.state, *at, event, field),
        Thing::Review(at, review) => talk::review(run.state, *at, review, field),
        Thing::Thread(thread) => talk::thread(thread, field, arguments),
        Thing::ThreadComment(thread, comment) => talk::thread_comment(thread, comment, field),
        Thing::Comment(at, comment) => talk::comment(run.state, login, *at, comment, field, arguments),
        Thing::Reaction(reaction) => talk::reaction(run.state, reaction, field),
        Thing::PullCommit(id, commit) => checks::pull_commit(run.state, *id, commit, field),
        Thing::Commit(id, commit) => checks::commit(run.state, *id, commit, field, arguments),
        Thing::CommitAuthor(commit) => checks::author(commit, field),
        Thing::App(slug) => checks::app(slug, field),
        Thing::Suite(id, checks) => checks::suite(run.state, *id, checks, field, arguments),
        Thing::Check(id, check) => checks::check(run.state, *id, check, field),
        Thing::Rollup(id, checks) => checks::rollup(run.state, *id, checks, field, arguments),
    };
    looked.unwrap_or_else(|| Err(Failure::new("INTERNAL", format!("the world's schema has {on}.{field}, but nothing answers it"))))
}

fn root(run: &mut Run<'_>, field: &str, arguments: &Arguments) -> Looked {
    let login = run.login;
    match field {
        "rateLimit" => plain(Found::One(Thing::RateLimit)),
        // Of a bot the viewer is its user, with the suffix: nobody else's login is spelled so in GraphQL.
        "viewer" => plain(Found::One(Thing::Signed(login.to_owned(), login.to_owned()))),
        "repository" => {
            let name = format!("{}/{}", arguments.text("owner")?, arguments.text("name")?);
            let found = match run.state.find_repository(&name) {
                Some(Place::Here(id)) => Some(id),
                Some(Place::Moved(id)) if arguments.flag("followRenames") != Some(false) => Some(id),
                _ => None,
            };
            let visible = found.filter(|id| run.state.permission(*id, login) > Permission::None);
            let missing = || Failure::new("NOT_FOUND", format!("Could not resolve to a Repository with the name '{name}'."));
            Some(visible.map(|id| Found::One(Thing::Repository(id))).ok_or_else(missing))
        }
        "node" => {
            let id = arguments.text("id")?;
            Some(node(run.state, login, id).map(Found::One).ok_or_else(|| Failure::unknown_node(id)))
        }
        "nodes" => {
            let ids = arguments.texts("ids").unwrap_or_default();
            plain(Found::Many(ids.iter().map(|id| node(run.state, login, id)).collect()))
        }
        _ => None,
    }
}

fn node(state: &State, login: &str, id: &str) -> Option<Thing> {
    let (repository, thing) = match *state.nodes.get(id)? {
        Node::Repository(id) => (id, Thing::Repository(id)),
        Node::Item(at) => (at.repository, state.item(at).map(|_| Thing::Item(at))?),
        Node::Label(repository, label) => (repository, Thing::Label(repository, state.label(repository, label)?.clone())),
        Node::Comment(at, id) => {
            let comment = state.item(at)?.comments.iter().find(|comment| comment.id == id)?;
            (at.repository, Thing::Comment(at, Box::new(comment.clone())))
        }
    };
    (state.permission(repository, login) > Permission::None).then_some(thing)
}

fn rate_limit(run: &Run<'_>, field: &str) -> Looked {
    let budget = &run.budget;
    plain(match field {
        "cost" | "nodeCount" => Value::from(1),
        "limit" => budget.limit.into(),
        "remaining" => budget.remaining().into(),
        "used" => budget.used.into(),
        "resetAt" => written(budget.resets_at).into(),
        _ => return None,
    })
}

impl Thing {
    /// The type of a thing that is found where the schema names an interface or union.
    pub(crate) fn concrete(&self, state: &State) -> Option<&'static str> {
        Some(match self {
            Self::Item(at) => {
                if state.item(*at).is_some_and(|item| item.pull.is_some()) {
                    "PullRequest"
                } else {
                    "Issue"
                }
            }
            Self::Account(login) => match state.known_account(login).map(|account| account.kind) {
                Some(AccountKind::Bot) => "Bot",
                Some(AccountKind::Organization) => "Organization",
                _ => "User",
            },
            Self::Event(_, event) => match event.what {
                Happened::Labelled(_) => "LabeledEvent",
                Happened::Unlabelled(_) => "UnlabeledEvent",
                Happened::Closed => "ClosedEvent",
                Happened::Reopened => "ReopenedEvent",
                Happened::Merged => "MergedEvent",
            },
            Self::Repository(_) => "Repository",
            Self::Label(..) => "Label",
            Self::Comment(..) => "IssueComment",
            Self::Review(..) => "PullRequestReview",
            Self::PullCommit(..) => "PullRequestCommit",
            Self::Commit(..) => "Commit",
            Self::Check(..) => "CheckRun",
            _ => return None,
        })
    }
}
