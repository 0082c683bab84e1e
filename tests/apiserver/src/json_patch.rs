//! RFC 6902: a list of operations on JSON, all or none.

use crate::status::Refusal;
use serde_json::Value;

/// Most operations in one patch; Kubernetes' limit.
const OPERATIONS: usize = 10_000;

/// Carries out all operations, or none.
pub(crate) fn apply(mut document: Value, patch: &Value) -> Result<Value, Refusal> {
    let operations = patch.as_array().ok_or_else(|| Refusal::bad_request("error decoding patch: a JSON patch is a list of operations"))?;
    if operations.len() > OPERATIONS {
        return Err(Refusal::too_large(OPERATIONS));
    }
    for operation in operations {
        carry_out(&mut document, operation).map_err(|why| Refusal::unpatchable(&why))?;
    }
    Ok(document)
}

fn carry_out(document: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |field: &str| operation[field].as_str().ok_or_else(|| format!("an operation lacks {field:?}"));
    let value = || operation.get("value").cloned().ok_or_else(|| "an operation lacks \"value\"".to_owned());
    let path = text("path")?;
    let missing = |path: &str| format!("there is no value at {path:?}");
    match text("op")? {
        "test" => {
            let wanted = operation.get("value").unwrap_or(&Value::Null);
            if document.pointer(path).unwrap_or(&Value::Null) == wanted {
                Ok(())
            } else {
                Err(format!("testing value {path} failed: test failed"))
            }
        }
        "add" => add(document, path, value()?),
        "remove" => remove(document, path).map(drop),
        "replace" => {
            *document.pointer_mut(path).ok_or_else(|| missing(path))? = value()?;
            Ok(())
        }
        "move" => {
            let moved = remove(document, text("from")?)?;
            add(document, path, moved)
        }
        "copy" => {
            let from = text("from")?;
            let copied = document.pointer(from).cloned().ok_or_else(|| missing(from))?;
            add(document, path, copied)
        }
        other => Err(format!("unexpected kind of operation: {other}")),
    }
}

/// The parent of what a path names, and the last part of the path.
fn parent<'a>(document: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), String> {
    let (above, last) = path.rsplit_once('/').ok_or_else(|| format!("{path:?} is no path below the root"))?;
    let parent = document.pointer_mut(above).ok_or_else(|| format!("there is no value at {above:?}"))?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    match parent(document, path)? {
        (Value::Object(fields), last) => {
            fields.insert(last, value);
        }
        (Value::Array(items), last) if last == "-" => items.push(value),
        (Value::Array(items), last) => {
            let index: usize = last.parse().map_err(|_| format!("{last:?} is no index"))?;
            if index > items.len() {
                return Err(format!("index {index} is out of bounds"));
            }
            items.insert(index, value);
        }
        (_, last) => return Err(format!("nothing can have a field {last:?} here")),
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str) -> Result<Value, String> {
    match parent(document, path)? {
        (Value::Object(fields), last) => fields.remove(&last),
        (Value::Array(items), last) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len());
            index.map(|index| items.remove(index))
        }
        _ => None,
    }
    .ok_or_else(|| format!("there is no value at {path:?}"))
}

#[cfg(test)]
mod tests {
    use super::apply;
    use serde_json::json;

    #[test]
    fn operations_follow_each_other() {
        let patch = json!([
            { "op": "test", "path": "/a/0", "value": 1 }, { "op": "add", "path": "/a/-", "value": 3 },
            { "op": "add", "path": "/a/0", "value": 0 }, { "op": "remove", "path": "/a/1" }, { "op": "replace", "path": "/b~1c", "value": "x" },
            { "op": "copy", "from": "/a", "path": "/d" }, { "op": "move", "from": "/b~1c", "path": "/e" },
        ]);
        let done = apply(json!({ "a": [1, 2], "b/c": 1 }), &patch).unwrap();
        assert_eq!(done, json!({ "a": [0, 2, 3], "d": [0, 2, 3], "e": "x" }));
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        for operation in [
            json!({ "op": "test", "path": "/a", "value": 2 }),
            json!({ "op": "remove", "path": "/none" }),
            json!({ "op": "replace", "path": "/none", "value": 1 }),
            json!({ "op": "add", "path": "/none/x", "value": 1 }),
            json!({ "op": "add", "path": "/a" }),
            json!({ "op": "odd", "path": "/a" }),
        ] {
            assert_eq!(apply(json!({ "a": 1 }), &json!([operation])).unwrap_err().code, 422, "{operation}");
        }
        assert_eq!(apply(json!({}), &json!({})).unwrap_err().code, 400);
    }
}
