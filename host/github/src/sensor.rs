//! What an Argo Events sensor sends: a GitHub delivery, wrapped in one of several ways by the sensor's `payload`. Unwraps it; knows
//! no HTTP and no store.
//!
//! A GitHub EventSource has checked the signature, written the body anew, and put `X-GitHub-Event` and `X-GitHub-Delivery` into it.
//! The shapes are those of argo-events 1.9: <https://argoproj.github.io/argo-events/sensors/triggers/http-trigger/>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// A wrapped delivery is unwrapped this often at most: base64, then an escaped string, then `body`.
const LAYERS: usize = 5;

/// A delivery without its wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwrapped {
    /// As in `X-GitHub-Event`.
    pub event: String,
    /// As in `X-GitHub-Delivery`.
    pub delivery: String,
    /// GitHub's payload.
    pub body: Vec<u8>,
}

/// Why a request of a sensor holds no delivery; the message ends with the YAML that mends the sensor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadShape {
    /// Nothing was sent.
    #[error("the body is empty, because the trigger has no payload; add to its http: {MEND}")]
    Empty,
    /// Not JSON.
    #[error("the body is not JSON ({0}); give the trigger's http this payload: {MEND}")]
    NotJson(String),
    /// `data` is there, but it is not base64 of JSON.
    #[error("`data` is not base64 of a JSON event; give the trigger's http this payload instead: {MEND}")]
    Data,
    /// A payload without the two fields.
    #[error(
        "no X-GitHub-{0} is in the body or the headers, so this is no delivery of a GitHub EventSource; give the trigger's http this payload: {MEND}"
    )]
    Lacks(&'static str),
    /// Not an object at all.
    #[error("the body holds {0} where GitHub's payload should be; give the trigger's http this payload: {MEND}")]
    Other(&'static str),
}

/// What a trigger's `http` needs so that the payload arrives as it is.
pub const MEND: &str = "payload: [{src: {dependencyName: <your dependency>, dataKey: body, useRawData: true}, dest: body}]";

/// Unwraps what a sensor sent. `headers` are the request's own, which a sensor may set by `dynamicHeaders`; the body's win.
///
/// # Errors
/// When there is no delivery in it.
pub fn unwrap(body: &[u8], header: impl Fn(&str) -> Option<String>) -> Result<Unwrapped, BadShape> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(BadShape::Empty);
    }
    let mut value: Value = serde_json::from_slice(body).map_err(|e| BadShape::NotJson(e.to_string()))?;
    let mut outer = Map::new();
    for _ in 0..LAYERS {
        value = match value {
            // `dataKey: body` without `useRawData: true` arrives as an escaped string.
            Value::String(text) => serde_json::from_str(&text).map_err(|e| BadShape::NotJson(e.to_string()))?,
            Value::Object(mut object) if is_wrapping(&object) => {
                if let Some(Value::Object(headers)) = object.remove("headers") {
                    outer.extend(headers);
                }
                match (object.remove("body"), object.remove("data")) {
                    (Some(body), _) => body,
                    (None, Some(Value::String(data))) => decoded(&data)?,
                    _ => return Err(BadShape::Data),
                }
            }
            Value::Object(object) => return delivery(object, &outer, header),
            Value::Null => return Err(BadShape::Empty),
            Value::Bool(_) => return Err(BadShape::Other("true or false")),
            Value::Number(_) => return Err(BadShape::Other("a number")),
            Value::Array(_) => return Err(BadShape::Other("a list")),
        };
    }
    Err(BadShape::Other("wrapping in wrapping"))
}

/// GitHub's payloads have neither `body` nor `data` at their top, and always a `repository` or a `zen`.
fn is_wrapping(object: &Map<String, Value>) -> bool {
    let has = |key: &str| object.contains_key(key);
    (has("body") || has("data")) && !has("repository") && !has("zen")
}

fn decoded(data: &str) -> Result<Value, BadShape> {
    let bytes = STANDARD.decode(data.trim()).map_err(|_| BadShape::Data)?;
    serde_json::from_slice(&bytes).map_err(|_| BadShape::Data)
}

fn delivery(
    payload: Map<String, Value>,
    outer: &Map<String, Value>,
    header: impl Fn(&str) -> Option<String>,
) -> Result<Unwrapped, BadShape> {
    let find = |name: &str| {
        let in_body = payload.get(name).and_then(Value::as_str).map(str::to_owned);
        // Event headers are lists: {"X-Github-Event": ["push"]}, in Go's spelling.
        let in_headers = outer.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| {
            let first = value.as_array().map_or(Some(value), |list| list.first());
            first.and_then(Value::as_str).map(str::to_owned)
        });
        in_body.or(in_headers).or_else(|| header(name)).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let event = find("X-GitHub-Event").ok_or(BadShape::Lacks("Event"))?;
    let delivery = find("X-GitHub-Delivery").ok_or(BadShape::Lacks("Delivery"))?;
    Ok(Unwrapped { event, delivery, body: Value::Object(payload).to_string().into_bytes() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use serde_json::json;

    fn payload() -> Value {
        json!({ "ref": "refs/heads/main", "repository": { "id": 1 }, "X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1" })
    }

    fn read(body: &Value) -> Result<Unwrapped, BadShape> {
        unwrap(body.to_string().as_bytes(), |_| None)
    }

    #[test]
    fn v1_every_shape_a_sensor_can_send_holds_the_same_delivery() {
        let event = json!({ "headers": { "X-Github-Event": ["push"], "X-Github-Delivery": ["d-1"] }, "body": payload() });
        let encoded = STANDARD.encode(event.to_string());
        let shapes = [
            payload(),
            json!({ "body": payload() }),
            json!({ "body": payload().to_string() }),
            json!(payload().to_string()),
            event.clone(),
            json!(event.to_string()),
            json!({ "context": { "id": "c" }, "data": encoded }),
            json!(json!({ "context": { "id": "c" }, "data": encoded }).to_string()),
            json!({ "body": json!({ "context": {}, "data": encoded }).to_string() }),
        ];
        let expected = read(&payload()).unwrap();
        assert_eq!((expected.event.as_str(), expected.delivery.as_str()), ("push", "d-1"));
        for shape in shapes {
            assert_eq!(read(&shape).unwrap(), expected, "{shape}");
        }
    }

    #[test]
    fn v1_event_and_delivery_may_come_in_headers_instead() {
        let bare = json!({ "repository": { "id": 1 } });
        let of_request = unwrap(bare.to_string().as_bytes(), |name| Some(format!("<{name}>"))).unwrap();
        assert_eq!(of_request.event, "<X-GitHub-Event>");
        let of_event = read(&json!({ "headers": { "X-Github-Event": ["push"], "X-Github-Delivery": ["d-2"] }, "body": bare })).unwrap();
        assert_eq!(of_event.delivery, "d-2");
    }

    #[test]
    fn v1_a_shape_that_cannot_be_read_names_the_yaml_that_mends_it() {
        let nested = (0..10).fold(payload(), |inner, _| json!({ "body": inner }));
        for bad in [
            json!(null),
            json!(1),
            json!([]),
            json!("text"),
            json!({}),
            json!({ "body": {} }),
            json!({ "data": "%%" }),
            json!({ "data": 1 }),
            json!({ "data": "bm8=" }),
            nested,
        ] {
            let error = read(&bad).unwrap_err().to_string();
            assert!(error.contains("useRawData: true") && error.contains("dest: body"), "{bad} {error}");
        }
        for bad in [&b""[..], b"  ", b"{", b"\xff"] {
            assert!(unwrap(bad, |_| None).unwrap_err().to_string().contains("payload:"));
        }
    }
}
