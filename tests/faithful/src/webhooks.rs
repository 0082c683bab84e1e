//! Webhooks: whether a delivery is one that GitHub describes.

use crate::schema::mistakes;
use serde_json::Value;

/// The description of webhooks.
#[derive(Debug)]
pub struct Webhooks(Value);

impl Webhooks {
    /// From the JSON of an OpenAPI 3.1 description.
    #[must_use]
    pub fn new(description: Value) -> Self {
        Self(description)
    }

    /// What is sent for an event and action, if that is described. Underscores are written as hyphens there.
    fn operation(&self, event: &str, action: Option<&str>) -> Option<&Value> {
        let id = action.map_or_else(|| event.to_owned(), |action| format!("{event}/{action}")).replace('_', "-");
        self.0["webhooks"].as_object()?.values().map(|one| &one["post"]).find(|one| one["operationId"] == id.as_str())
    }

    /// What is wrong with a delivery; `has_header` says whether a header of that name was sent.
    #[must_use]
    pub fn mistakes(&self, event: &str, action: Option<&str>, has_header: impl Fn(&str) -> bool, payload: &Value) -> Vec<String> {
        let Some(operation) = self.operation(event, action) else {
            return vec![format!("GitHub describes no {event} with the action {action:?}")];
        };
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let required = parameters.filter(|one| one["in"] == "header" && one["required"] == true);
        let absent = required.filter_map(|one| one["name"].as_str()).filter(|name| !has_header(name));
        let mut wrong: Vec<String> = absent.map(|name| format!("the header {name} is missing")).collect();
        wrong.extend(mistakes(&self.0, &operation["requestBody"]["content"]["application/json"]["schema"], payload));
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_planted_mistake_is_found() {
        let hooks = Webhooks::new(json!({ "webhooks": { "pull-request-labeled": { "post": {
            "operationId": "pull-request/labeled",
            "parameters": [{ "in": "header", "name": "X-GitHub-Event", "required": true }],
            "requestBody": { "content": { "application/json": { "schema": {
                "type": "object", "required": ["action"],
                "properties": { "action": { "type": "string", "enum": ["labeled"] }, "body": { "type": ["string", "null"] } },
            } } } },
        } } } }));
        let wrong = |action: &str, has_header: bool, payload: Value| {
            hooks.mistakes("pull_request", Some(action), |_| has_header, &payload).join("\n")
        };
        assert_eq!(wrong("labeled", true, json!({ "action": "labeled", "body": null })), "");
        assert!(wrong("labelled", true, json!({ "action": "labelled" })).contains("GitHub describes no pull_request"));
        assert!(wrong("labeled", false, json!({ "action": "labeled" })).contains("X-GitHub-Event is missing"));
        assert!(wrong("labeled", true, json!({ "action": "unlabeled" })).starts_with("/action: "));
        assert!(wrong("labeled", true, json!({})).contains("\"action\" is a required"));
        assert!(wrong("labeled", true, json!({ "action": "labeled", "bdoy": "" })).contains("bdoy"));
        assert!(wrong("labeled", true, json!({ "action": "labeled", "body": 1 })).starts_with("/body: "));
    }
}
