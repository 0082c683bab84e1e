//! What a row of the table is, and how it is checked: steps that follow each other, each with the answer that must come.

use crate::line::{Answer, Line, run, runs};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One case: a name, and what is asked. Every row has a namespace of its own, `{ns}`.
pub struct Row {
    pub name: &'static str,
    pub steps: Vec<Step>,
}

/// One request and what must come back. `{name}` in path, body and expectations stands for a value that an earlier step kept.
pub struct Step {
    method: &'static str,
    path: String,
    content_type: &'static str,
    body: Value,
    status: u16,
    wants: Vec<Want>,
    keeps: Vec<(&'static str, &'static str)>,
}

/// Something that must hold for an answer.
enum Want {
    Is(&'static str, Value),
    Has(&'static str),
    Differs(&'static str, &'static str),
    Contains(&'static str, &'static str),
    Text(&'static str),
    Header(&'static str, &'static str),
    Events(&'static [&'static str]),
}

pub const CONFIGS: &str = "/api/v1/namespaces/{ns}/configmaps";
pub const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases";
pub const RUNS: &str = "/apis/pawl.test/v1/namespaces/{ns}/runs";

pub fn row(name: &'static str, steps: impl Into<Vec<Step>>) -> Row {
    Row { name, steps: steps.into() }
}

fn step(method: &'static str, path: impl Into<String>, content_type: &'static str, body: Value) -> Step {
    Step { method, path: path.into(), content_type, body, status: 200, wants: Vec::new(), keeps: Vec::new() }
}

pub fn get(path: impl Into<String>) -> Step {
    step("GET", path, "", Value::Null)
}

pub fn post(path: impl Into<String>, body: Value) -> Step {
    step("POST", path, "application/json", body).gives(201)
}

pub fn put(path: impl Into<String>, body: Value) -> Step {
    step("PUT", path, "application/json", body)
}

pub fn merge(path: impl Into<String>, body: Value) -> Step {
    step("PATCH", path, "application/merge-patch+json", body)
}

pub fn patch(path: impl Into<String>, operations: Value) -> Step {
    step("PATCH", path, "application/json-patch+json", operations)
}

pub fn delete(path: impl Into<String>, options: Value) -> Step {
    step("DELETE", path, "application/json", options)
}

/// A watch that ends by itself after a second.
pub fn watch(path: &str, query: &str) -> Step {
    get(format!("{path}?watch=true&timeoutSeconds=1&{query}"))
}

impl Step {
    pub fn gives(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The value at a pointer.
    pub fn says(mut self, pointer: &'static str, value: impl Into<Value>) -> Self {
        self.wants.push(Want::Is(pointer, value.into()));
        self
    }

    /// Nothing at a pointer.
    pub fn lacks(self, pointer: &'static str) -> Self {
        self.says(pointer, Value::Null)
    }

    /// Anything at a pointer.
    pub fn has(mut self, pointer: &'static str) -> Self {
        self.wants.push(Want::Has(pointer));
        self
    }

    /// A refusal: its status, its reason, and a part of its message.
    pub fn refuses(mut self, status: u16, reason: &'static str, message: &'static str) -> Self {
        self.wants.push(Want::Contains("/message", message));
        self.gives(status).says("/reason", reason).says("/kind", "Status").says("/status", "Failure").says("/code", status)
    }

    /// Another value than the one that was kept.
    pub fn differs(mut self, pointer: &'static str, kept: &'static str) -> Self {
        self.wants.push(Want::Differs(pointer, kept));
        self
    }

    pub fn text(mut self, text: &'static str) -> Self {
        self.wants.push(Want::Text(text));
        self
    }

    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.wants.push(Want::Header(name, value));
        self
    }

    /// The events of a watch, as `ADDED name`.
    pub fn tells(mut self, events: &'static [&'static str]) -> Self {
        self.wants.push(Want::Events(events));
        self
    }

    pub fn keeps(mut self, name: &'static str, pointer: &'static str) -> Self {
        self.keeps.push((name, pointer));
        self
    }

    pub fn keeps_version(self) -> Self {
        self.keeps("rv", "/metadata/resourceVersion")
    }
}

type Kept = BTreeMap<&'static str, String>;

fn filled(text: &str, kept: &Kept) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

fn filled_in(value: &Value, kept: &Kept) -> Value {
    match value {
        Value::String(text) => filled(text, kept).into(),
        Value::Array(items) => items.iter().map(|item| filled_in(item, kept)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), filled_in(value, kept))).collect(),
        other => other.clone(),
    }
}

impl Want {
    /// What is wrong, if it does not hold.
    fn miss(&self, answer: &Answer, kept: &Kept) -> Option<String> {
        let at = |pointer: &str| answer.json.pointer(pointer).cloned().unwrap_or(Value::Null);
        match self {
            Self::Is(pointer, value) => {
                let (wanted, found) = (filled_in(value, kept), at(pointer));
                (found != wanted).then(|| format!("{pointer} is {found}, not {wanted}"))
            }
            Self::Has(pointer) => at(pointer).is_null().then(|| format!("{pointer} is missing")),
            Self::Differs(pointer, name) => (at(pointer) == kept[name]).then(|| format!("{pointer} is still {}", kept[name])),
            Self::Contains(pointer, part) => {
                let (found, part) = (at(pointer), filled(part, kept));
                (!found.as_str().unwrap_or_default().contains(&part)).then(|| format!("{pointer} is {found}, without {part:?}"))
            }
            Self::Text(text) => (answer.text != *text).then(|| format!("the body is {:?}, not {text:?}", answer.text)),
            Self::Header(name, value) => {
                let found = answer.header(name);
                (!found.starts_with(value)).then(|| format!("header {name} is {found:?}, not {value:?}"))
            }
            Self::Events(events) => (answer.events() != *events).then(|| format!("the events are {:?}, not {events:?}", answer.events())),
        }
    }
}

impl Row {
    /// Runs all steps. Answers what did not hold.
    pub async fn check(&self, line: &Line, namespace: &str) -> Vec<String> {
        let mut kept = Kept::from([("ns", namespace.to_owned())]);
        let mut missed = Vec::new();
        for (i, step) in self.steps.iter().enumerate() {
            let body = if step.body.is_null() { Bytes::new() } else { filled_in(&step.body, &kept).to_string().into() };
            let answer = line.send(step.method, &filled(&step.path, &kept), step.content_type, body).await;
            let mut wrong: Vec<String> = step.wants.iter().filter_map(|want| want.miss(&answer, &kept)).collect();
            if answer.status != step.status {
                wrong.push(format!("status is {}, not {}: {}", answer.status, step.status, answer.text));
            }
            let at = format!("{}: step {} ({} {})", self.name, i + 1, step.method, step.path);
            missed.extend(wrong.into_iter().map(|wrong| format!("{at}: {wrong}")));
            for (name, pointer) in &step.keeps {
                kept.insert(name, answer.at(pointer).to_owned());
            }
        }
        missed
    }
}

/// Runs every row on a server, each in a namespace of its own, with the definition that they need.
pub async fn check_all(rows: &[Row], line: &Line, prefix: &str) {
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let made = line.post(definitions, &runs()).await;
    assert!(matches!(made.status, 201 | 409), "{}", made.text);
    established(line, &format!("{definitions}/runs.pawl.test")).await;
    let mut missed = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let namespace = format!("{prefix}-{i}");
        let made = line.post("/api/v1/namespaces", &json!({ "metadata": { "name": namespace } })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        missed.extend(row.check(line, &namespace).await);
        line.delete(&format!("/api/v1/namespaces/{namespace}"), &Value::Null).await;
    }
    if made.status == 201 {
        line.delete(&format!("{definitions}/runs.pawl.test"), &Value::Null).await;
    }
    assert!(missed.is_empty(), "{} claims do not hold:\n{}", missed.len(), missed.join("\n"));
}

/// Watches a definition until it is in force and its resource is served.
async fn established(line: &Line, path: &str) {
    for _ in 0..60 {
        let answer = line.get(path).await;
        let conditions = answer.json.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_in_force = conditions.iter().any(|c| c["type"] == "Established" && c["status"] == "True");
        if is_in_force && line.get("/apis/pawl.test/v1/runs").await.status == 200 {
            return;
        }
        // A watch that ends by itself is the server's own way to let a moment pass.
        line.get(&format!("{}?watch=true&timeoutSeconds=1&resourceVersion={}", path.rsplit_once('/').unwrap().0, answer.version())).await;
    }
    panic!("{path} is not established");
}

/// A run for a body of a row.
pub fn a_run(finalizers: &[&str]) -> Value {
    run("a", finalizers)
}
