//! Payloads of the wrong shape: a field less, another type, depth, length, numbers, names.

use super::{Class, Payload};
use serde_json::{Value, json};

/// Nobody needs a text as long as this, in bytes.
const HUGE: usize = 200_000;
/// Every path is tried with this many of the strange values; which ones turns with the path.
const VALUES_PER_PATH: usize = 2;

/// What stands where something else should.
fn strange_values() -> Vec<Value> {
    let text = |text: &str| json!(text);
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        text(""),
        text("0"),
        text("\u{0}\u{1b}[2J\u{202e}gnp.exe"),
        json!([]),
        json!({}),
        json!([[[[[{ "id": [] }]]]]]),
        json!({ "login": { "login": "mallory" } }),
    ]
}

/// Names that must reach no path, no shell, no page and no terminal.
fn hostile_names() -> [&'static str; 13] {
    [
        "..",
        ".",
        "../../../../etc/passwd",
        "a/b?c=d#e",
        "%2e%2e%2f",
        "a b",
        "a\r\nHost: evil.example",
        "\u{0}",
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
        "\u{202e}pohs",
        "<script>alert(1)</script>",
        "$(reboot)`reboot`",
        "{{constructor}}",
    ]
}

/// Every path through objects, down to three levels.
fn paths(payload: &Value) -> Vec<Vec<String>> {
    fn walk(value: &Value, above: &[String], found: &mut Vec<Vec<String>>) {
        for (key, inner) in value.as_object().into_iter().flatten() {
            let path = [above, std::slice::from_ref(key)].concat();
            found.push(path.clone());
            if path.len() < 3 {
                walk(inner, &path, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(payload, &[], &mut found);
    found
}

fn with(payload: &Value, path: &[String], value: Value) -> Value {
    let mut payload = payload.clone();
    *path.iter().fold(&mut payload, |at, part| &mut at[part.as_str()]) = value;
    payload
}

fn without(payload: &Value, path: &[String]) -> Value {
    let mut payload = payload.clone();
    if let Some((last, parents)) = path.split_last()
        && let Some(parent) = parents.iter().fold(&mut payload, |at, part| &mut at[part.as_str()]).as_object_mut()
    {
        parent.remove(last);
    }
    payload
}

pub(super) fn add(all: &mut Vec<Payload>, event: &'static str, base: &Value) {
    let paths = paths(base);
    let shown = |path: &[String]| path.join(".");
    for path in &paths {
        all.push(Payload::json(Class::MissingField, format!("without {}", shown(path)), event, &without(base, path)));
    }
    let values = strange_values();
    for (n, path) in paths.iter().enumerate() {
        let present = path.iter().fold(base, |at, part| &at[part.as_str()]);
        let others = (0..values.len()).map(|i| &values[(n + i) % values.len()]).filter(|value| *value != present);
        for value in others.take(VALUES_PER_PATH) {
            all.push(Payload::json(Class::WrongType, format!("{} = {value}", shown(path)), event, &with(base, path, value.clone())));
        }
    }
    for path in paths.iter().filter(|path| path.iter().fold(base, |at, part| &at[part.as_str()]).is_string()) {
        // One in three: together the events still try every kind of field.
        if path.len() <= 2 {
            let huge = with(base, path, json!("å".repeat(HUGE / 2)));
            all.push(Payload::json(Class::HugeString, format!("huge {}", shown(path)), event, &huge));
        }
    }
    for (n, name) in hostile_names().into_iter().enumerate() {
        for path in [&["repository", "name"][..], &["repository", "owner", "login"]] {
            let path: Vec<String> = path.iter().map(ToString::to_string).collect();
            all.push(Payload::json(Class::HostileName, format!("{} = name {n}", shown(&path)), event, &with(base, &path, json!(name))));
        }
    }
    deep(all, event, base);
    numbers(all, event, base);
}

fn deep(all: &mut Vec<Payload>, event: &'static str, base: &Value) {
    let text = base.to_string();
    for depth in [100, 127, 129, 5_000, 100_000] {
        let lists = ["[".repeat(depth), "]".repeat(depth)].concat();
        let objects = ["{\"repository\":".repeat(depth), "1".into(), "}".repeat(depth)].concat();
        for (kind, deep) in [("lists", &lists), ("objects", &objects)] {
            let beside = text.replacen('{', &format!("{{\"beside\":{deep},"), 1);
            all.push(Payload::new(Class::DeepNesting, format!("{depth} {kind} beside the rest"), event, beside));
            let instead = text.replacen("\"sender\":{", &format!("\"was\":{{}},\"sender\":{{\"login\":{deep},\"was\":1,"), 1);
            all.push(Payload::new(Class::DeepNesting, format!("{depth} {kind} instead of a login"), event, instead));
        }
    }
}

fn numbers(all: &mut Vec<Payload>, event: &'static str, base: &Value) {
    let text = base.to_string();
    for number in ["99999999999999999999", "-0", "1e400", "1e-400", "0.1e1", "4294967296", "18446744073709551616"] {
        for key in ["\"id\":", "\"number\":"] {
            // The first digit of what stood there is left behind the new number: a number all the same.
            let strange = text.replace(key, &format!("{key}{number},\"was\":"));
            if strange != text {
                all.push(Payload::new(Class::StrangeNumber, format!("{key}{number}"), event, strange));
            }
        }
    }
}
