//! The REST API: which path means what.

pub(crate) mod app;
mod issues;
mod labels;
mod page;
pub(crate) mod path;
mod pulls;
mod repository;
pub(crate) mod routes;

use crate::http::answer::Answer;
use crate::http::ask::Ask;
use crate::state::State;
use crate::state::model::{AccountKind, At, Permission};
use serde_json::{Value, json};

/// One request to one repository, with everything needed to answer it.
pub(crate) struct Desk<'a> {
    pub state: &'a mut State,
    pub ask: &'a Ask,
    pub login: &'a str,
    pub repository: u64,
    /// Path segments after the repository, decoded.
    pub rest: Vec<String>,
    pub permission: Permission,
}

pub(crate) fn answer(state: &mut State, ask: &Ask, login: &str) -> Answer {
    let segments = path::segments(&ask.path);
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    match words.as_slice() {
        _ if (ask.method.as_str(), ask.path.as_str()) == routes::USER => user(state, login),
        ["repos", owner, name, rest @ ..] => match state.find_repository(&format!("{owner}/{name}")) {
            Some(crate::state::Found::Here(id)) => at_repository(state, ask, login, id, rest),
            Some(crate::state::Found::Moved(id)) if state.permission(id, login) > Permission::None => moved(state, id, ask),
            _ => Answer::not_found(),
        },
        ["repositories", id, rest @ ..] => match id.parse() {
            Ok(id) if state.repository(id).is_some() => at_repository(state, ask, login, id, rest),
            _ => Answer::not_found(),
        },
        _ => Answer::not_found(),
    }
}

/// 301, by the id that survives renames. The rest of the path keeps its encoding.
fn moved(state: &State, id: u64, ask: &Ask) -> Answer {
    let rest: String = ask.path.split('/').skip(4).map(|segment| format!("/{segment}")).collect();
    let query: Vec<String> = ask.query.iter().map(|(key, value)| format!("{key}={}", path::encode(value))).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let location = format!("{}/repositories/{id}{rest}{query}", state.url);
    let body = json!({ "message": "Moved Permanently", "url": location, "documentation_url": "https://docs.github.com/rest" });
    Answer::json(301, body).with("location", location)
}

fn user(state: &State, login: &str) -> Answer {
    match state.known_account(login) {
        // An App's installation is no user.
        Some(account) if account.kind == AccountKind::Bot => Answer::error(403, "Resource not accessible by integration"),
        Some(account) => Answer::ok(crate::shape::myself(account)),
        None => Answer::not_found(),
    }
}

fn at_repository(state: &mut State, ask: &Ask, login: &str, repository: u64, rest: &[&str]) -> Answer {
    let permission = state.permission(repository, login);
    if permission == Permission::None {
        return Answer::not_found();
    }
    let found = routes::of_repositories(ask.method.as_str(), rest);
    let rest: Vec<String> = rest.iter().map(|&segment| segment.to_owned()).collect();
    let mut desk = Desk { state, ask, login, repository, rest, permission };
    found.map_or_else(Answer::not_found, |(act, values)| act(&mut desk, &values))
}

impl Desk<'_> {
    /// Answers about a pull request or issue: 410 when it was deleted, 404 when it never was.
    fn on_item(&mut self, number: &str, act: impl FnOnce(&mut Self, At) -> Answer) -> Answer {
        let Ok(number) = number.parse() else { return Answer::not_found() };
        let at = At { repository: self.repository, number };
        if self.state.place(self.repository).gone.contains(&number) {
            return crate::state::Reject::Gone.into();
        }
        if self.state.item(at).is_none() { Answer::not_found() } else { act(self, at) }
    }

    fn on_comment(&mut self, id: &str, act: impl FnOnce(&mut Self, At, u64) -> Answer) -> Answer {
        let Ok(id) = id.parse::<u64>() else { return Answer::not_found() };
        let items = self.state.place(self.repository).items.values();
        let bearer = items.filter(|item| item.comments.iter().any(|comment| comment.id == id)).map(|item| item.number).next();
        match bearer {
            Some(number) => act(self, At { repository: self.repository, number }, id),
            None => Answer::not_found(),
        }
    }

    /// The JSON body, or the answer to one that is none.
    fn body(&self) -> Result<Value, Answer> {
        self.ask.json().ok_or_else(|| Answer::error(400, "Problems parsing JSON"))
    }

    /// Refuses who may do less than this.
    fn needs(&self, least: Permission) -> Result<(), Answer> {
        if self.permission >= least { Ok(()) } else { Err(crate::state::Reject::Forbidden.into()) }
    }
}
