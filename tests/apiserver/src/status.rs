//! What the server says when it refuses: Kubernetes' `Status`, with its reasons and its sentences.

use crate::kind::Kind;
use serde_json::{Map, Value, json};

/// A refusal, before it becomes bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Value,
}

/// One thing that is wrong with one field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    field: String,
    reason: &'static str,
    message: String,
}

impl Wrong {
    /// A value that is not allowed. `shown` is the value as Kubernetes shows it: texts in quotes.
    pub(crate) fn invalid(field: &str, shown: &str, why: &str) -> Self {
        Self { field: field.to_owned(), reason: "FieldValueInvalid", message: format!("Invalid value: {shown}: {why}") }
    }

    pub(crate) fn required(field: &str, why: &str) -> Self {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        Self { field: field.to_owned(), reason: "FieldValueRequired", message: format!("Required value{why}") }
    }

    pub(crate) fn forbidden(field: &str, why: &str) -> Self {
        Self { field: field.to_owned(), reason: "FieldValueForbidden", message: format!("Forbidden: {why}") }
    }

    pub(crate) fn too_long(field: &str, most_bytes: usize) -> Self {
        Self { field: field.to_owned(), reason: "FieldValueTooLong", message: format!("Too long: may not be more than {most_bytes} bytes") }
    }

    pub(crate) fn unsupported(field: &str, shown: &str, allowed: &[String]) -> Self {
        let allowed = allowed.join(", ");
        let message = format!("Unsupported value: {shown}: supported values: {allowed}");
        Self { field: field.to_owned(), reason: "FieldValueNotSupported", message }
    }

    pub(crate) fn mistyped(field: &str, shown: &str, wanted: &str) -> Self {
        let message = format!("Invalid value: {shown}: {field} in body must be of type {wanted}: {shown}");
        Self { field: field.to_owned(), reason: "FieldValueTypeInvalid", message }
    }
}

impl Refusal {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Value::Null }
    }

    fn about(mut self, name: &str, group: &str, kind: &str) -> Self {
        self.details = details(name, group, kind, "");
        self
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// The sentence of an authorizer, or of an admission that forbids.
    pub(crate) fn forbidden(group: &str, resource: &str, name: &str, why: &str) -> Self {
        let subject = if resource.is_empty() { String::new() } else { named(&qualified(resource, group), name) + " is " };
        Self::new(403, "Forbidden", format!("{subject}forbidden: {why}")).about(name, group, resource)
    }

    /// Nothing new may come into a namespace that goes.
    pub(crate) fn terminating(kind: &Kind, name: &str, namespace: &str) -> Self {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut refusal = Self::forbidden(&kind.group, &kind.plural, name, &why);
        let message = format!("namespace {namespace} is being terminated");
        refusal.details["causes"] = json!([{ "reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace" }]);
        refusal
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} not found", named(&kind.resource(), name))).about(name, &kind.group, &kind.plural)
    }

    /// A path below a known resource that leads nowhere.
    pub(crate) fn no_such_resource() -> Self {
        Self { details: json!({}), ..Self::new(404, "NotFound", "the server could not find the requested resource") }
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self { details: json!({}), ..Self::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource") }
    }

    pub(crate) fn not_acceptable() -> Self {
        Self::new(406, "NotAcceptable", "only the following media types are accepted: application/json")
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str, being_deleted: bool) -> Self {
        let dying = if being_deleted { "object is being deleted: " } else { "" };
        let message = format!("{dying}{} already exists", named(&kind.resource(), name));
        Self::new(409, "AlreadyExists", message).about(name, &kind.group, &kind.plural)
    }

    /// `of` is what Kubernetes names here: mostly the resource, at preconditions of a delete the kind.
    pub(crate) fn conflict(group: &str, of: &str, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {}: {why}", named(&qualified(of, group), name));
        Self::new(409, "Conflict", message).about(name, group, of)
    }

    /// Somebody else was faster.
    pub(crate) fn stale(kind: &Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(&kind.group, &kind.plural, name, why)
    }

    pub(crate) fn gone(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    pub(crate) fn too_large(most_bytes: usize) -> Self {
        Self::new(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {most_bytes}"))
    }

    pub(crate) fn unsupported_media(message: &str) -> Self {
        Self::new(415, "UnsupportedMediaType", message)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// `kind` is the kind, or the resource where Kubernetes says that instead.
    pub(crate) fn invalid(group: &str, kind: &str, name: &str, wrong: &[Wrong]) -> Self {
        let all: Vec<String> = wrong.iter().map(|w| format!("{}: {}", w.field, w.message)).collect();
        let all = if let [one] = &all[..] { one.clone() } else { format!("[{}]", all.join(", ")) };
        let mut refusal = Self::new(422, "Invalid", format!("{} is invalid: {all}", named(&qualified(kind, group), name)));
        refusal = refusal.about(name, group, kind);
        let cause = |w: &Wrong| json!({ "reason": w.reason, "message": w.message, "field": w.field });
        refusal.details["causes"] = wrong.iter().map(cause).collect();
        refusal
    }

    /// A patch that can be read and not be carried out.
    pub(crate) fn unpatchable(why: &str) -> Self {
        let causes = json!({ "causes": [{ "reason": "UnexpectedServerResponse", "message": why }] });
        Self { details: causes, ..Self::new(422, "Invalid", "the server rejected our request due to an error in our request") }
    }

    /// An error that has no status of its own.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// A version that this server has not reached yet.
    pub(crate) fn too_new(asked: u64, current: u64) -> Self {
        let mut refusal = Self::new(504, "Timeout", format!("Too large resource version: {asked}, current: {current}"));
        refusal.details = json!({
            "causes": [{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }], "retryAfterSeconds": 1
        });
        refusal
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut status = failure(self.code, self.reason, &self.message);
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status
    }
}

/// A `Status` of failure without details.
pub(crate) fn failure(code: u16, reason: &str, message: &str) -> Value {
    let mut status = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code });
    if !reason.is_empty() {
        status["reason"] = reason.into();
    }
    status
}

/// A `Status` of success, as a delete answers that was done at once.
pub(crate) fn success(kind: &Kind, name: &str, uid: &str) -> Value {
    let details = details(name, &kind.group, &kind.plural, uid);
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details })
}

fn details(name: &str, group: &str, kind: &str, uid: &str) -> Value {
    let parts = [("name", name), ("group", group), ("kind", kind), ("uid", uid)];
    let told: Map<String, Value> =
        parts.iter().filter(|(_, value)| !value.is_empty()).map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
    Value::Object(told)
}

/// `leases.coordination.k8s.io`, or `configmaps` where there is no group.
pub(crate) fn qualified(of: &str, group: &str) -> String {
    if group.is_empty() { of.to_owned() } else { format!("{of}.{group}") }
}

fn named(what: &str, name: &str) -> String {
    if name.is_empty() { what.to_owned() } else { format!("{what} \"{name}\"") }
}
