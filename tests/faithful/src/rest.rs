//! REST: whether an exchange is one that GitHub describes.

use crate::schema::mistakes;
use serde_json::{Value, json};

/// The shape of every error that is not described in detail.
const PLAIN_ERROR: &str = "#/components/schemas/basic-error";
/// The shape of what is told about a field.
const VALIDATION_ERROR: &str = "#/components/schemas/validation-error";
/// The only type of body that is looked at.
const JSON: &str = "application/json";
/// What errors of validation are described as.
const SCIM: &str = "application/scim+json";

/// One exchange.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// The path's template, as the description writes it.
    pub route: &'a str,
    /// Query parameters, decoded.
    pub query: &'a [(String, String)],
    /// The request's body.
    pub request: Option<&'a Value>,
    /// The answer's HTTP status.
    pub status: u16,
    /// The answer's body.
    pub response: Option<&'a Value>,
}

/// The description of REST.
#[derive(Debug)]
pub struct Rest(Value);

impl Rest {
    /// From the JSON of an OpenAPI 3.0 description.
    #[must_use]
    pub fn new(description: Value) -> Self {
        Self(description)
    }

    fn resolve<'d>(&'d self, one: &'d Value) -> &'d Value {
        let Some(reference) = one.get("$ref").and_then(Value::as_str) else { return one };
        let pointer = reference.trim_start_matches('#');
        self.0.pointer(pointer).unwrap_or_else(|| panic!("the description lacks {reference}"))
    }

    /// What happens at a path by a method, if that is described.
    fn operation(&self, method: &str, route: &str) -> Option<&Value> {
        self.0["paths"].get(route)?.get(method.to_lowercase())
    }

    /// Whether GitHub describes this method at this path.
    #[must_use]
    pub fn has_route(&self, method: &str, route: &str) -> bool {
        self.operation(method, route).is_some()
    }

    /// Whether GitHub says that this status may be the answer there.
    #[must_use]
    pub fn has_status(&self, method: &str, route: &str, status: u16) -> bool {
        self.operation(method, route).is_some_and(|operation| operation["responses"].get(status.to_string()).is_some())
    }

    /// What is wrong with an exchange. A redirection or an error of a status that is not described there is held against
    /// GitHub's plain shape of errors; whether it may come at all, [`Rest::has_status`] says.
    #[must_use]
    pub fn mistakes(&self, call: &Call<'_>) -> Vec<String> {
        let Some(operation) = self.operation(call.method, call.route) else {
            return vec![format!("GitHub describes no {} {}", call.method, call.route)];
        };
        let mut wrong = self.in_query(operation, call.query);
        if call.status < 400 {
            wrong.extend(self.in_request(operation, call.request));
        }
        let answer = operation["responses"].get(call.status.to_string()).map(|answer| self.resolve(answer));
        wrong.extend(self.in_answer(answer, call).into_iter().map(|one| format!("answer{one}")));
        wrong
    }

    fn in_query(&self, operation: &Value, query: &[(String, String)]) -> Vec<String> {
        let parameters =
            || operation["parameters"].as_array().into_iter().flatten().map(|one| self.resolve(one)).filter(|one| one["in"] == "query");
        let mut wrong = Vec::new();
        for (name, text) in query {
            match parameters().find(|one| one["name"] == name.as_str()) {
                None => wrong.push(format!("query: {name} is not described")),
                Some(parameter) => {
                    let number = text.parse::<i64>().ok().filter(|_| self.resolve(&parameter["schema"])["type"] == "integer");
                    let value = number.map_or_else(|| text.as_str().into(), Value::from);
                    wrong.extend(mistakes(&self.0, &parameter["schema"], &value).into_iter().map(|one| format!("query {name}{one}")));
                }
            }
        }
        wrong
    }

    fn in_request(&self, operation: &Value, request: Option<&Value>) -> Vec<String> {
        let body = operation.get("requestBody").map(|body| self.resolve(body));
        match (body, request) {
            (None, None) => Vec::new(),
            (None, Some(sent)) if *sent == json!({}) => Vec::new(),
            (None, Some(_)) => vec!["request: no body is described".to_owned()],
            (Some(body), None) if body["required"] == true => vec!["request: a body is required".to_owned()],
            (Some(_), None) => Vec::new(),
            (Some(body), Some(sent)) => {
                let wrong = mistakes(&self.0, &body["content"][JSON]["schema"], sent);
                wrong.into_iter().map(|one| format!("request{one}")).collect()
            }
        }
    }

    fn in_answer(&self, answer: Option<&Value>, call: &Call<'_>) -> Vec<String> {
        let content = answer.and_then(|answer| answer.get("content"));
        let described = content.and_then(|content| content.get(JSON).or_else(|| content.get(SCIM)));
        let plain = json!({ "$ref": PLAIN_ERROR });
        let either = json!({ "anyOf": [{ "$ref": PLAIN_ERROR }, { "$ref": VALIDATION_ERROR }] });
        let schema = match (described, answer) {
            (Some(described), _) => &described["schema"],
            (None, None) if call.status == 422 => &either,
            (None, None) if call.status >= 300 => &plain,
            (None, None) => return vec![format!(": status {} is not described", call.status)],
            (None, Some(_)) if call.response.is_none() => return Vec::new(),
            (None, Some(_)) => return vec![": no body is described".to_owned()],
        };
        match call.response {
            Some(body) => mistakes(&self.0, schema, body),
            None => vec![": a body is described, and there is none".to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest() -> Rest {
        Rest::new(json!({
            "paths": { "/labels/{name}": { "patch": {
                "parameters": [
                    { "in": "path", "name": "name", "schema": { "type": "string" } }, { "$ref": "#/components/parameters/page" },
                ],
                "requestBody": { "required": true, "content": { "application/json": { "schema": {
                    "type": "object", "properties": { "color": { "type": "string" } },
                } } } },
                "responses": {
                    "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/label" } } } },
                    "204": { "description": "nothing" },
                },
            } } },
            "components": {
                "parameters": { "page": { "in": "query", "name": "page", "schema": { "type": "integer", "maximum": 9 } } },
                "schemas": {
                    "label": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
                    "basic-error": { "type": "object", "properties": { "message": { "type": "string" } } },
                },
            },
        }))
    }

    fn wrong(method: &str, query: &[(&str, &str)], request: Option<Value>, status: u16, response: Option<Value>) -> String {
        let query: Vec<(String, String)> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let call = Call { method, route: "/labels/{name}", query: &query, request: request.as_ref(), status, response: response.as_ref() };
        rest().mistakes(&call).join("\n")
    }

    #[test]
    fn an_exchange_as_described_is_not_complained_of() {
        let sent = || Some(json!({ "color": "ededed" }));
        assert_eq!(wrong("PATCH", &[("page", "9")], sent(), 200, Some(json!({ "name": "a" }))), "");
        assert_eq!(wrong("PATCH", &[], sent(), 204, None), "");
        assert_eq!(wrong("PATCH", &[], sent(), 403, Some(json!({ "message": "no" }))), "", "an error in GitHub's plain shape");
        assert!(rest().has_status("PATCH", "/labels/{name}", 200) && !rest().has_status("PATCH", "/labels/{name}", 403));
    }

    #[test]
    fn every_planted_mistake_is_found() {
        let sent = || Some(json!({ "color": "ededed" }));
        let label = || Some(json!({ "name": "a" }));
        for (planted, told) in [
            (wrong("PUT", &[], sent(), 200, label()), "GitHub describes no PUT"),
            (wrong("PATCH", &[("pgae", "1")], sent(), 200, label()), "pgae is not described"),
            (wrong("PATCH", &[("page", "10")], sent(), 200, label()), "query page"),
            (wrong("PATCH", &[("page", "one")], sent(), 200, label()), "query page"),
            (wrong("PATCH", &[], None, 200, label()), "a body is required"),
            (wrong("PATCH", &[], Some(json!({ "color": 1 })), 200, label()), "request/color"),
            (wrong("PATCH", &[], Some(json!({ "colour": "x" })), 200, label()), "request: "),
            (wrong("PATCH", &[], sent(), 200, Some(json!({}))), "\"name\" is a required"),
            (wrong("PATCH", &[], sent(), 200, None), "there is none"),
            (wrong("PATCH", &[], sent(), 204, label()), "no body is described"),
            (wrong("PATCH", &[], sent(), 201, label()), "status 201 is not described"),
            (wrong("PATCH", &[], sent(), 500, Some(json!({ "message": 1 }))), "answer/message"),
        ] {
            assert!(planted.contains(told), "{told}: {planted:?}");
        }
    }
}
