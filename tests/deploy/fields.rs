//! The types of Argo Events, as far as `deploy/` uses them. Its definitions preserve unknown fields and check nothing, so a misspelt
//! field is accepted and ignored; here it is found.
//!
//! Copied by hand from `pkg/apis/events/v1alpha1` of argo-events v1.9: `sensor_types.go`, `eventsource_types.go`,
//! `webhook_context.go`, `backoff.go` and `amount.go`. Fields that Argo knows and we do not use are named as well; who begins to use
//! one gives it its shape.

use crate::kinds::lost;
use k8s_openapi::api::core::v1::{SecretKeySelector, ServicePort};
use serde_json::Value;

/// What a value has to be.
enum Shape {
    Text,
    Flag,
    Whole,
    /// `Amount` keeps the JSON as it stands and reads that as a number, so one in quotes is none.
    Number,
    /// `Int64OrString`: a text such as `2s`, or nanoseconds.
    Duration,
    List(&'static Shape),
    Map(&'static Shape),
    Type(&'static Type),
    Kubernetes(fn(&Value) -> Vec<String>),
}

/// A type of Argo's.
struct Type {
    used: &'static [(&'static str, Shape)],
    unused: &'static [&'static str],
    /// What its JSON schema requires, and what it does not work without.
    needed: &'static [&'static str],
}

use Shape::{Duration, Flag, Kubernetes, List, Map, Number, Text, Whole};

const SECRET_KEY: Shape = Kubernetes(lost::<SecretKeySelector>);

const SENSOR: Type = Type {
    used: &[("dependencies", List(&Shape::Type(&DEPENDENCY))), ("triggers", List(&Shape::Type(&TRIGGER)))],
    unused: &["template", "errorOnFailedRound", "eventBusName", "replicas", "revisionHistoryLimit", "loggingFields"],
    needed: &["dependencies", "triggers"],
};
const DEPENDENCY: Type = Type {
    used: &[("name", Text), ("eventSourceName", Text), ("eventName", Text), ("filters", Shape::Type(&FILTERS))],
    unused: &["transform", "filtersLogicalOperator"],
    needed: &["name", "eventSourceName", "eventName"],
};
const FILTERS: Type = Type {
    used: &[("data", List(&Shape::Type(&DATA_FILTER)))],
    unused: &["time", "context", "exprs", "dataLogicalOperator", "exprLogicalOperator", "script"],
    needed: &[],
};
const DATA_FILTER: Type = Type {
    used: &[("path", Text), ("type", Text), ("value", List(&Text)), ("comparator", Text)],
    unused: &["template"],
    needed: &["path", "type", "value"],
};
const TRIGGER: Type = Type {
    used: &[
        ("template", Shape::Type(&TEMPLATE)),
        ("policy", Shape::Type(&POLICY)),
        ("retryStrategy", Shape::Type(&BACKOFF)),
        ("atLeastOnce", Flag),
    ],
    unused: &["parameters", "rateLimit", "dlqTrigger"],
    needed: &["template"],
};
const TEMPLATE: Type = Type {
    used: &[("name", Text), ("http", Shape::Type(&HTTP))],
    unused: &[
        "conditions",
        "k8s",
        "argoWorkflow",
        "awsLambda",
        "custom",
        "kafka",
        "nats",
        "slack",
        "openWhisk",
        "log",
        "azureEventHubs",
        "pulsar",
        "conditionsReset",
        "azureServiceBus",
        "email",
    ],
    needed: &["name"],
};
const HTTP: Type = Type {
    used: &[
        ("url", Text),
        ("payload", List(&Shape::Type(&PARAMETER))),
        ("method", Text),
        ("timeout", Whole),
        ("secureHeaders", List(&Shape::Type(&SECURE_HEADER))),
    ],
    unused: &["tls", "parameters", "basicAuth", "headers", "dynamicHeaders", "host"],
    needed: &["url", "payload"],
};
const PARAMETER: Type = Type { used: &[("src", Shape::Type(&SOURCE)), ("dest", Text)], unused: &["operation"], needed: &["src", "dest"] };
const SOURCE: Type = Type {
    used: &[("dependencyName", Text), ("contextKey", Text), ("dataKey", Text), ("value", Text), ("useRawData", Flag)],
    unused: &["contextTemplate", "dataTemplate"],
    needed: &["dependencyName"],
};
const SECURE_HEADER: Type =
    Type { used: &[("name", Text), ("valueFrom", Shape::Type(&VALUE_FROM))], unused: &[], needed: &["name", "valueFrom"] };
const VALUE_FROM: Type = Type { used: &[("secretKeyRef", SECRET_KEY)], unused: &["configMapKeyRef"], needed: &[] };
const POLICY: Type = Type { used: &[("status", Shape::Type(&STATUS))], unused: &["k8s"], needed: &[] };
const STATUS: Type = Type { used: &[("allow", List(&Whole))], unused: &[], needed: &["allow"] };
const BACKOFF: Type =
    Type { used: &[("duration", Duration), ("factor", Number), ("jitter", Number), ("steps", Whole)], unused: &[], needed: &[] };

const EVENT_SOURCE: Type = Type {
    used: &[("service", Shape::Type(&SERVICE)), ("github", Map(&Shape::Type(&GITHUB)))],
    unused: &["eventBusName", "template", "replicas", "webhook", "generic", "resource", "calendar"],
    needed: &[],
};
const SERVICE: Type = Type { used: &[("ports", List(&Kubernetes(lost::<ServicePort>)))], unused: &["metadata", "clusterIP"], needed: &[] };
const GITHUB: Type = Type {
    used: &[
        ("webhook", Shape::Type(&WEBHOOK)),
        ("events", List(&Text)),
        ("apiToken", SECRET_KEY),
        ("webhookSecret", SECRET_KEY),
        ("active", Flag),
        ("contentType", Text),
        ("repositories", List(&Shape::Type(&REPOSITORIES))),
    ],
    unused: &[
        "id",
        "owner",
        "repository",
        "insecure",
        "githubBaseURL",
        "githubUploadURL",
        "deleteHookOnFinish",
        "metadata",
        "organizations",
        "githubApp",
        "filter",
    ],
    needed: &["webhook", "events"],
};
const WEBHOOK: Type = Type {
    used: &[("endpoint", Text), ("method", Text), ("port", Text), ("url", Text), ("maxPayloadSize", Whole)],
    unused: &["serverCertSecret", "serverKeySecret", "metadata", "authSecret", "basicAuth"],
    needed: &["endpoint", "method", "port", "url"],
};
const REPOSITORIES: Type = Type { used: &[("owner", Text), ("names", List(&Text))], unused: &[], needed: &["owner", "names"] };

/// Everything in which an object of Argo Events is not as its types are.
pub fn wrong(object: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let of = match object["kind"].as_str() {
        Some("Sensor") => &SENSOR,
        Some("EventSource") => &EVENT_SOURCE,
        _ => return vec![format!("{} is no kind that is known here", object["kind"])],
    };
    if object["apiVersion"] != "argoproj.io/v1alpha1" {
        wrong.push(format!("apiVersion is {}", object["apiVersion"]));
    }
    for field in object.as_object().into_iter().flatten().map(|(field, _)| field) {
        if !["apiVersion", "kind", "metadata", "spec"].contains(&field.as_str()) {
            wrong.push(format!(".{field} is no field"));
        }
    }
    of.check("spec", &object["spec"], &mut wrong);
    wrong
}

impl Type {
    fn check(&self, path: &str, value: &Value, wrong: &mut Vec<String>) {
        let Value::Object(value) = value else {
            wrong.push(format!("{path} is no object"));
            return;
        };
        let missing = self.needed.iter().filter(|field| !value.contains_key(**field));
        wrong.extend(missing.map(|field| format!("{path}.{field} is missing")));
        for (field, value) in value {
            let path = format!("{path}.{field}");
            match self.used.iter().find(|(name, _)| name == field) {
                Some((_, shape)) => shape.check(&path, value, wrong),
                None if self.unused.contains(&field.as_str()) => wrong.push(format!("{path} has no shape here yet; give it one")),
                None => wrong.push(format!("{path} is no field")),
            }
        }
    }
}

impl Shape {
    fn check(&self, path: &str, value: &Value, wrong: &mut Vec<String>) {
        let is_right = match self {
            Text => value.is_string(),
            Flag => value.is_boolean(),
            Whole => value.is_i64(),
            Number => value.is_number(),
            Duration => value.is_i64() || value.is_string(),
            List(of) => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items.for_each(|(i, item)| of.check(&format!("{path}[{i}]"), item, wrong));
                value.is_array()
            }
            Map(of) => {
                let entries = value.as_object().into_iter().flatten();
                entries.for_each(|(key, value)| of.check(&format!("{path}.{key}"), value, wrong));
                value.is_object()
            }
            Shape::Type(of) => return of.check(path, value, wrong),
            Kubernetes(lost) => {
                wrong.extend(lost(value).into_iter().map(|lost| format!("{path}: {lost}")));
                true
            }
        };
        if !is_right {
            wrong.push(format!("{path} is {value}, which is of another type"));
        }
    }
}
