//! GraphQL: parsed, checked against the schema and executed field by field, so that any document over the known types works
//! and any mistake in one is told as GitHub tells it.

mod connection;
#[cfg(test)]
mod coverage;
mod execute;
mod mutate;
mod resolve;
mod schema;
mod validate;
mod values;

use crate::http::answer::Answer;
use crate::http::ask::Ask;
use crate::http::limits::Budget;
use crate::state::{Reject, State};
use execute::Run;
use graphql_parser::query::{self, Definition, OperationDefinition, Selection, parse_query};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A parsed document that owns its text, and its parts.
type Document = query::Document<'static, String>;
type SelectionSet = query::SelectionSet<'static, String>;
type Field = query::Field<'static, String>;
type Fragment = query::FragmentDefinition<'static, String>;
type Directive = query::Directive<'static, String>;
type Variable = query::VariableDefinition<'static, String>;
type Written = query::Value<'static, String>;

/// An error of one field.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub kind: Option<&'static str>,
    pub message: String,
}

impl Failure {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Some(kind), message: message.into() }
    }

    pub(crate) fn unknown_node(id: &str) -> Self {
        Self::new("NOT_FOUND", format!("Could not resolve to a node with the global id of '{id}'"))
    }
}

impl From<Reject> for Failure {
    fn from(reject: Reject) -> Self {
        match reject {
            Reject::NotFound | Reject::Gone => Self::new("NOT_FOUND", "Could not resolve to a node."),
            Reject::Forbidden => Self::new("FORBIDDEN", "Resource not accessible by personal access token"),
            Reject::Invalid { message, .. } => Self::new("UNPROCESSABLE", message),
        }
    }
}

/// What a GraphQL request is about, as faults and the log want to know it.
#[derive(Debug, Clone)]
pub(crate) struct Peek {
    pub name: Option<String>,
    /// Names of the fields at the top.
    pub fields: Vec<String>,
    pub mutation: bool,
}

/// One operation of a document.
pub(crate) struct Operation<'d> {
    pub name: Option<&'d str>,
    pub mutation: bool,
    pub variables: &'d [Variable],
    pub selection: &'d SelectionSet,
}

/// The operation that is meant: the one named, else the only one.
fn operation<'d>(document: &'d Document, name: Option<&str>) -> Option<Operation<'d>> {
    let all = document.definitions.iter().filter_map(|definition| match definition {
        Definition::Operation(OperationDefinition::Query(one)) => Some(Operation {
            name: one.name.as_deref(),
            mutation: false,
            variables: &one.variable_definitions,
            selection: &one.selection_set,
        }),
        Definition::Operation(OperationDefinition::Mutation(one)) => Some(Operation {
            name: one.name.as_deref(),
            mutation: true,
            variables: &one.variable_definitions,
            selection: &one.selection_set,
        }),
        Definition::Operation(OperationDefinition::SelectionSet(set)) => {
            Some(Operation { name: None, mutation: false, variables: &[], selection: set })
        }
        _ => None,
    });
    let mut wanted: Vec<Operation<'d>> = all.filter(|one| name.is_none_or(|name| one.name == Some(name))).collect();
    if wanted.len() == 1 { wanted.pop() } else { None }
}

fn request(body: &[u8]) -> Option<(String, Option<String>, Map<String, Value>)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let query = body.get("query")?.as_str()?.to_owned();
    let name = body.get("operationName").and_then(Value::as_str).map(str::to_owned);
    let variables = body.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    Some((query, name, variables))
}

/// Most documents that are remembered as parsed.
const REMEMBERED: usize = 200;

/// Parses a document. Clients send the same few again and again, and parsing takes longer than answering.
fn parsed(query: &str) -> Result<Arc<Document>, String> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Document>>>> = LazyLock::new(Mutex::default);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(document) = known().get(query) {
        return Ok(Arc::clone(document));
    }
    let document = Arc::new(parse_query::<String>(query).map_err(|error| error.to_string())?.into_static());
    let mut known = known();
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(query.to_owned(), Arc::clone(&document));
    Ok(document)
}

/// Reads just enough of a request to say what it is about.
pub(crate) fn peek(body: &[u8]) -> Option<Peek> {
    let (query, name, _) = request(body)?;
    let document = parsed(&query).ok()?;
    let operation = operation(&document, name.as_deref())?;
    let fields = operation.selection.items.iter().filter_map(|item| match item {
        Selection::Field(field) => Some(field.name.clone()),
        _ => None,
    });
    Some(Peek { name: operation.name.map(str::to_owned), fields: fields.collect(), mutation: operation.mutation })
}

fn errors(errors: impl Into<Value>) -> Answer {
    Answer::ok(json!({ "errors": errors.into() }))
}

/// Executes a request for an account.
pub(crate) fn answer(state: &mut State, ask: &Ask, login: &str, budget: &Budget, failing: &[&str]) -> Answer {
    if ask.method != http::Method::POST {
        return Answer::not_found();
    }
    let Some((query, name, variables)) = request(&ask.body) else {
        if serde_json::from_slice::<Value>(&ask.body).is_err() {
            return Answer::error(400, "Problems parsing JSON");
        }
        return errors(json!([{ "message": "A query attribute must be specified and must be a string." }]));
    };
    let document = match parsed(&query) {
        Ok(document) => document,
        Err(error) => return errors(json!([{ "message": format!("Parse error: {error}") }])),
    };
    let Some(operation) = operation(&document, name.as_deref()) else {
        return errors(json!([{ "message": "An operation name is required" }]));
    };
    let schema = schema::schema();
    let wrong = validate::check(schema, &document, &operation);
    if !wrong.is_empty() {
        return errors(wrong);
    }
    let variables = match values::coerce_variables(schema, operation.variables, &variables) {
        Ok(variables) => variables,
        Err(wrong) => return errors(wrong),
    };
    let mut run = Run::new(schema, state, &document, login, variables, *budget, failing);
    let data = run.operation(&operation);
    let failures = run.into_failures();
    let mut body = json!({ "data": data });
    if !failures.is_empty() {
        body["errors"] = failures.into();
    }
    Answer::ok(body)
}
