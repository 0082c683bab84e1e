//! The Sensor and its EventSource: what they say, and what Argo Events would make of a delivery by what they say.

use crate::fields;
use crate::render::{one, rendered};
use pawl_core::comment::Patterns;
use pawl_github::webhook::{self, Reading};
use pawl_service::config::Config;
use pawl_service::sensor;
use pawl_world::{Delivery, KINDS, Permission, Verdict, World};
use regex::Regex;
use serde_json::{Map, Number, Value, json};
use std::collections::BTreeSet;

/// What `X-GitHub-Event` is in an event.
const EVENT_PATH: &str = "body.X-GitHub-Event";

/// The EventSource and the Sensor.
pub fn pair() -> (Value, Value) {
    let objects = rendered("argo");
    assert_eq!(objects.len(), 2);
    (one(&objects, "EventSource").clone(), one(&objects, "Sensor").clone())
}

/// The one trigger.
pub fn trigger(sensor: &Value) -> &Value {
    let [trigger] = sensor["spec"]["triggers"].as_array().unwrap().as_slice() else { panic!("there is more than one trigger") };
    trigger
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// What a GitHub EventSource makes of a delivery: it reads the body into Go's floating-point numbers, adds two fields, and writes it anew
/// with its keys in order (`parseValidateRequest` in `pkg/eventsources/sources/github/start.go`).
fn event(delivery: &Delivery) -> Value {
    let mut body = in_floats(delivery.payload());
    body["X-GitHub-Event"] = json!(delivery.event);
    body["X-GitHub-Delivery"] = json!(delivery.guid);
    let headers = json!({ "X-Github-Event": [delivery.event], "X-Github-Delivery": [delivery.guid], "Content-Type": ["application/json"] });
    json!({ "headers": headers, "body": body })
}

fn in_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().unwrap();
            // Go writes whole numbers below 10^21 without a point.
            let is_whole = float.fract() == 0.0 && float.abs() < 1e15;
            Value::Number(if is_whole { Number::from(float as i64) } else { Number::from_f64(float).unwrap() })
        }
        Value::Array(items) => items.into_iter().map(in_floats).collect(),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(field, value)| (field, in_floats(value))).collect()),
        other => other,
    }
}

/// A path of keys with dots between them; what else gjson knows is not used.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    assert!(!path.contains(['*', '?', '|', '#', '@', '\\', '!', '{', '[', '(']), "{path:?} is more than keys and dots");
    path.split('.').try_fold(value, |value, key| value.get(key))
}

/// The body that the trigger sends for an event, as `ConstructPayload` in `pkg/sensors/triggers/params.go` builds it.
pub fn sent(trigger: &Value, dependency: &str, event: &Value) -> Vec<u8> {
    let mut payload = Value::Object(Map::new());
    for parameter in trigger["template"]["http"]["payload"].as_array().unwrap() {
        let (source, dest) = (&parameter["src"], parameter["dest"].as_str().unwrap_or_default());
        assert_eq!(source["dependencyName"], dependency, "of another event there is nothing");
        let context = json!({ "id": "0", "type": "github", "source": "github", "subject": "pawl", "datacontenttype": "application/json" });
        let found = match (source["dataKey"].as_str(), source["contextKey"].as_str()) {
            (Some(key), _) => at(event, key).cloned(),
            (None, Some(key)) => at(&context, key).cloned(),
            (None, None) => panic!("the whole event arrives as base64"),
        };
        let value = found.or_else(|| source.get("value").cloned()).expect("a key that is not there ends the trigger");
        let is_raw = source["useRawData"] == true && !value.is_string();
        let as_text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if dest.is_empty() {
            return as_text.into_bytes();
        }
        assert!(!dest.contains(['.', '-', ':']), "{dest:?} is more than one key");
        payload[dest] = if is_raw { value } else { Value::String(as_text) };
    }
    payload.to_string().into_bytes()
}

/// Whether an event passes the filters of the dependency, as `filterData` in `pkg/sensors/dependencies/filter.go` decides: every filter
/// has to hold, and of its values one.
fn passes(dependency: &Value, event: &Value) -> bool {
    let filters = dependency["filters"]["data"].as_array().unwrap();
    filters.iter().all(|filter| {
        assert_eq!((&filter["type"], filter.get("comparator")), (&json!("string"), None), "other filters work otherwise");
        let said = at(event, filter["path"].as_str().unwrap()).and_then(Value::as_str);
        said.is_some_and(|said| texts(&filter["value"]).iter().any(|value| Regex::new(value).unwrap().is_match(said)))
    })
}

/// A pull request with everything that happens to one, and what surrounds it.
pub async fn story() -> Vec<Delivery> {
    let world = World::start().await;
    let repo = world.repository("acme/shop");
    repo.grant("alice", Permission::Write);
    world.ping();
    repo.define_label_by("alice", "task-7", "ededed", "Task 7");
    let pull = repo.open_pull("alice", "umbrellas");
    pull.review("bob", Verdict::ChangesRequested);
    let thread = pull.open_thread("bob", "Is this <b>&</b> that?");
    pull.push_by("alice");
    pull.resolve_thread_by("alice", &thread);
    pull.check_by("ci", "test", "success");
    pull.label_by("alice", "task-7").comment("alice", "/pawl remediate \u{2028} \u{1F302}");
    repo.open_issue("bob", "It rains", "in\nhere");
    pull.merge_by("alice");
    repo.rename_by("alice", "acme/store");
    world.deliveries()
}

#[test]
fn v1_argo_events_knows_every_field_of_the_sensor_and_its_source() {
    let (source, sensor) = pair();
    let example = rendered("example");
    for object in [&source, &sensor, one(&example, "EventSource"), one(&example, "Sensor")] {
        assert_eq!(fields::wrong(object), [""; 0], "{}", object["kind"]);
    }
}

#[test]
fn v1_what_argo_events_would_ignore_in_silence_is_found() {
    let (source, sensor) = pair();
    for (object, pointer, field, value, found) in [
        (&sensor, "/spec/triggers/0", "retryStrategies", json!({}), "spec.triggers[0].retryStrategies is no field"),
        (&sensor, "/spec/triggers/0/template", "atLeastOnce", json!(true), "spec.triggers[0].template.atLeastOnce is no field"),
        (
            &sensor,
            "/spec/triggers/0/policy/status",
            "allow",
            json!(202),
            "spec.triggers[0].policy.status.allow is 202, which is of another type",
        ),
        (
            &sensor,
            "/spec/triggers/0/template/http/payload/0",
            "useRawData",
            json!(true),
            "spec.triggers[0].template.http.payload[0].useRawData is no field",
        ),
        (&sensor, "/spec/triggers/0/template/http/secureHeaders/0/valueFrom/secretKeyRef", "secret", json!("x"), ".secret is no field"),
        (&sensor, "/spec/dependencies/0/filters/data/0", "values", json!([]), "spec.dependencies[0].filters.data[0].values is no field"),
        (&source, "/spec/github/pawl", "webhookSecrets", json!({}), "spec.github.pawl.webhookSecrets is no field"),
        (&source, "/spec/github/pawl/webhook", "port", json!(12000), "spec.github.pawl.webhook.port is 12000, which is of another type"),
        (&source, "/spec/service/ports/0", "target", json!(1), ".target is no field"),
    ] {
        let mut object = object.clone();
        object.pointer_mut(pointer).unwrap()[field] = value;
        let wrong = fields::wrong(&object);
        assert!(wrong.len() == 1 && wrong[0].ends_with(found), "{pointer}/{field}: {wrong:?}");
    }
}

/// V1: `Amount.UnmarshalJSON` keeps the quotes, `DoWithRetry` cannot read the number, and returns before the first try.
#[test]
fn v1_a_factor_in_quotes_would_keep_the_trigger_from_ever_running() {
    let (_, mut sensor) = pair();
    sensor["spec"]["triggers"][0]["retryStrategy"]["factor"] = json!("2");
    assert_eq!(fields::wrong(&sensor), ["spec.triggers[0].retryStrategy.factor is \"2\", which is of another type"]);
}

#[test]
fn v1_the_sensor_depends_on_its_event_source_and_sends_where_pawl_listens() {
    let (source, sensor) = pair();
    let dependency = &sensor["spec"]["dependencies"][0];
    assert_eq!(dependency["eventSourceName"], source["metadata"]["name"]);
    let github = source["spec"]["github"].as_object().unwrap();
    assert_eq!(github.keys().collect::<Vec<_>>(), [dependency["eventName"].as_str().unwrap()]);
    let base = rendered("base");
    let service = one(&base, "Service");
    let address =
        format!("http://{}:{}/v1/events/argo", service["metadata"]["name"].as_str().unwrap(), service["spec"]["ports"][0]["port"]);
    let trigger = trigger(&sensor);
    assert_eq!(trigger["template"]["http"]["url"], address);
    assert_eq!(service["metadata"]["namespace"], sensor["metadata"]["namespace"], "the address has no namespace");
    assert_eq!(trigger["atLeastOnce"], true, "without it retryStrategy does nothing");
    assert_eq!(trigger["policy"]["status"]["allow"], json!([202]), "without it 500 is success");
    let pawl = &github["pawl"];
    assert_eq!(pawl["contentType"], "json");
    assert!(pawl["webhookSecret"].is_object(), "without it nobody checks signatures");
    let limit = Config::read(&crate::render::root().join("deploy/pawl.toml")).unwrap().http.max_body_bytes;
    assert_eq!(pawl["webhook"]["maxPayloadSize"], limit);
    let ports = &source["spec"]["service"]["ports"][0];
    assert_eq!(pawl["webhook"]["port"], ports["targetPort"].to_string());
}

#[test]
fn v1_the_kinds_of_events_that_come_through_are_those_that_are_read() {
    let (source, sensor) = pair();
    let told = texts(&source["spec"]["github"]["pawl"]["events"]);
    let dependency = &sensor["spec"]["dependencies"][0];
    let event = |kind: &str| json!({ "body": { "X-GitHub-Event": kind } });
    for kind in &told {
        assert!(passes(dependency, &event(kind)), "{kind} is told and filtered out");
        let read = webhook::read(kind, "d-1", b"{}", pawl_core::Timestamp::UNIX_EPOCH, &Patterns::default());
        let is_ignored = matches!(&read, Ok(Reading::Ignored { reason }) if reason.contains("none that matters"));
        assert!(!is_ignored, "{kind} is told and not read");
    }
    let known: BTreeSet<&str> = KINDS.iter().map(|(event, _)| *event).filter(|event| *event != "ping").collect();
    assert_eq!(told.iter().copied().collect::<BTreeSet<_>>(), known);
    let filters = dependency["filters"]["data"].as_array().unwrap();
    assert_eq!((filters.len(), &filters[0]["path"]), (1, &json!(EVENT_PATH)));
    assert_eq!(texts(&filters[0]["value"]).len(), told.len());
    for stranger in ["ping", "unlabel", "labels", "pull_request_target", "xpush", "check_run_x", "pull.request", ""] {
        assert!(!passes(dependency, &event(stranger)), "{stranger:?} comes through");
    }
}

/// V1: what arrives by way of Argo Events reads as what GitHub sent, down to the last field.
#[tokio::test]
async fn v1_every_delivery_that_the_sensor_sends_reads_as_github_sent_it() {
    let (_, sensor) = pair();
    let (trigger, dependency) = (trigger(&sensor), &sensor["spec"]["dependencies"][0]);
    let arrived = pawl_core::Timestamp::UNIX_EPOCH;
    let read = |event: &str, delivery: &str, body: &[u8]| webhook::read(event, delivery, body, arrived, &Patterns::default()).unwrap();
    let (mut kinds, mut left_out) = (BTreeSet::new(), Vec::new());
    for delivery in story().await {
        let event = event(&delivery);
        if !passes(dependency, &event) {
            left_out.push(delivery.event);
            continue;
        }
        let body = sent(trigger, dependency["name"].as_str().unwrap(), &event);
        let unwrapped = sensor::unwrap(&body, |_| None).unwrap();
        assert_eq!((&unwrapped.event, &unwrapped.delivery), (&delivery.event, &delivery.guid));
        let raw = read(&delivery.event, &delivery.guid, &delivery.body);
        assert_eq!(read(&unwrapped.event, &unwrapped.delivery, &unwrapped.body), raw, "{}", delivery.event);
        kinds.insert(delivery.event);
    }
    assert_eq!(left_out, ["ping"]);
    let known: BTreeSet<String> = KINDS.iter().map(|(event, _)| (*event).to_owned()).filter(|event| event != "ping").collect();
    assert_eq!(kinds, known, "the story tells every kind");
}

/// The event of a delivery, for whoever sends it.
pub fn of(delivery: &Delivery) -> Value {
    event(delivery)
}
