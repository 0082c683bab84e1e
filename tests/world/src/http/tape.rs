//! Every exchange word for word, for who wants to compare them with what GitHub describes. Kept on request only: a storm makes
//! very many.

use super::answer::Answer;
use super::ask::Ask;
use crate::World;
use serde_json::Value;

/// A request and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// HTTP method.
    pub method: String,
    /// Path as sent.
    pub path: String,
    /// The route that answered, as GitHub's description writes it; absent for GraphQL and for what is not served.
    pub route: Option<String>,
    /// Query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// The request's JSON; absent when there was none.
    pub request: Option<Value>,
    /// HTTP status of the answer.
    pub status: u16,
    /// The answer's JSON; absent when it had no body.
    pub response: Option<Value>,
}

impl World {
    /// Keeps every exchange from now on.
    pub fn keep_exchanges(&self) {
        self.shared.tape().get_or_insert_default();
    }

    /// The exchanges that were kept, in the order in which they ended. Cut connections are not among them.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.tape().clone().unwrap_or_default()
    }
}

/// An exchange as it is kept.
pub(super) fn exchange(ask: &Ask, answer: &Answer) -> Exchange {
    Exchange {
        method: ask.method.to_string(),
        path: ask.path.clone(),
        route: crate::rest::routes::template(ask.method.as_str(), &ask.path),
        query: ask.query.clone(),
        request: if ask.body.is_empty() { None } else { ask.json() },
        status: answer.status,
        response: answer.body.clone(),
    }
}
