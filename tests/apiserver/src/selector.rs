//! Selectors of labels and of fields, as a query says them.

use crate::names;
use crate::status::Refusal;
use serde_json::Value;

/// One requirement on the labels of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Labelled {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
    Above(String, i64),
    Below(String, i64),
}

impl Labelled {
    fn holds(&self, labels: &Value) -> bool {
        let of = |key: &str| labels.get(key).and_then(Value::as_str);
        let number = |key: &str| of(key).and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::In(key, values) => of(key).is_some_and(|value| values.iter().any(|v| v == value)),
            Self::NotIn(key, values) => of(key).is_none_or(|value| values.iter().all(|v| v != value)),
            Self::Exists(key) => of(key).is_some(),
            Self::Absent(key) => of(key).is_none(),
            Self::Above(key, bound) => number(key).is_some_and(|value| value > *bound),
            Self::Below(key, bound) => number(key).is_some_and(|value| value < *bound),
        }
    }
}

/// One requirement on a field: path, whether it must be equal, value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    equal: bool,
    value: String,
}

/// Which objects of a list or a watch are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    labels: Vec<Labelled>,
    fields: Vec<Field>,
}

impl Selector {
    /// Reads both kinds; empty texts select everything.
    pub(crate) fn read(labels: &str, fields: &str) -> Result<Self, Refusal> {
        let labels = parts(labels).into_iter().map(|part| labelled(part.trim()));
        let labels = labels.collect::<Result<_, _>>().map_err(|why| Refusal::bad_request(format!("unable to parse requirement: {why}")))?;
        let fields = parts(fields).into_iter().map(|part| field(part.trim())).collect::<Result<_, _>>().map_err(Refusal::bad_request)?;
        Ok(Self { labels, fields })
    }

    pub(crate) fn selects(&self, object: &Value) -> bool {
        let metadata = &object["metadata"];
        let has = |field: &Field| {
            let value = metadata.get(field.name.trim_start_matches("metadata.")).and_then(Value::as_str).unwrap_or_default();
            (value == field.value) == field.equal
        };
        self.labels.iter().all(|labelled| labelled.holds(&metadata["labels"])) && self.fields.iter().all(has)
    }

    /// The one name that the fields allow, by which access is decided too.
    pub(crate) fn name(&self) -> Option<&str> {
        self.fields.iter().find(|f| f.name == "metadata.name" && f.equal).map(|f| f.value.as_str())
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
}

/// Splits at commas outside of parentheses.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let split = text.split(move |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    if text.trim().is_empty() { Vec::new() } else { split.collect() }
}

fn labelled(part: &str) -> Result<Labelled, String> {
    if let Some(key) = part.strip_prefix('!') {
        return Ok(Labelled::Absent(key_of(key)?));
    }
    if let Some((head, rest)) = part.split_once('(') {
        let values = rest.trim_end().strip_suffix(')').ok_or_else(|| format!("found '{rest}', expected: ',' or ')'"))?;
        let values = values.split(',').map(|value| value_of(head.trim(), value)).collect::<Result<Vec<_>, _>>()?;
        return match head.split_whitespace().collect::<Vec<_>>()[..] {
            [key, "in"] => Ok(Labelled::In(key_of(key)?, values)),
            [key, "notin"] => Ok(Labelled::NotIn(key_of(key)?, values)),
            _ => Err(format!("found '{head}', expected: in, notin, =, ==, !=, gt, lt")),
        };
    }
    for (sign, equal) in [("!=", false), ("==", true), ("=", true)] {
        if let Some((key, value)) = part.split_once(sign) {
            let (key, value) = (key_of(key)?, value_of(key.trim(), value)?);
            return Ok(if equal { Labelled::In(key, vec![value]) } else { Labelled::NotIn(key, vec![value]) });
        }
    }
    for (sign, above) in [('>', true), ('<', false)] {
        if let Some((key, bound)) = part.split_once(sign) {
            let bound = bound.trim().parse().map_err(|_| "for 'Gt', 'Lt' operators, the value must be an integer".to_owned())?;
            let key = key_of(key)?;
            return Ok(if above { Labelled::Above(key, bound) } else { Labelled::Below(key, bound) });
        }
    }
    if part.contains(char::is_whitespace) {
        return Err(format!("found '{part}', expected: in, notin, =, ==, !=, gt, lt"));
    }
    Ok(Labelled::Exists(key_of(part)?))
}

fn key_of(key: &str) -> Result<String, String> {
    let key = key.trim();
    names::qualified_name(key).map(|()| key.to_owned()).map_err(|why| format!("<nil>: Invalid value: {key:?}: {why}"))
}

fn value_of(key: &str, value: &str) -> Result<String, String> {
    let value = value.trim();
    let key = key.split_whitespace().next().unwrap_or_default();
    names::label_value(value).map(|()| value.to_owned()).map_err(|why| format!("values[0][{key}]: Invalid value: {value:?}: {why}"))
}

fn field(part: &str) -> Result<Field, String> {
    let signs = [("!=", false), ("==", true), ("=", true)];
    let split = signs.iter().find_map(|(sign, equal)| part.split_once(sign).map(|(name, value)| (name, *equal, value)));
    let Some((name, equal, value)) = split else {
        return Err(format!("invalid selector: '{part}'; can't understand '{part}'"));
    };
    if !matches!(name, "metadata.name" | "metadata.namespace") {
        return Err(format!("field label not supported: {name}"));
    }
    Ok(Field { name: name.to_owned(), equal, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::Selector;
    use serde_json::json;

    fn selects(labels: &str, object: &serde_json::Value) -> bool {
        Selector::read(labels, "").unwrap().selects(&json!({ "metadata": { "labels": object } }))
    }

    #[test]
    fn labels_are_compared_by_equality_and_by_sets() {
        let object = json!({ "task-id": "7", "agent": "rex" });
        for holds in
            ["", "agent", "agent=rex", "agent==rex", "agent!=cleo", "none!=x", "!none", "agent in (cleo, rex)", "agent notin (cleo)"]
        {
            assert!(selects(holds, &object), "{holds}");
        }
        for fails in
            ["none", "agent=cleo", "agent!=rex", "!agent", "agent in (cleo)", "agent notin (a,rex)", "agent,task-id=8", "task-id>7"]
        {
            assert!(!selects(fails, &object), "{fails}");
        }
        assert!(selects("task-id=7,agent in (rex,cleo),!none,task-id>6,task-id<8", &object));
    }

    #[test]
    fn what_cannot_be_a_label_cannot_be_selected() {
        for bad in ["a=b/c", "a in (b", "a like b", "a b", "-x", "a>b", &format!("a={}", "x".repeat(64))] {
            assert_eq!(Selector::read(bad, "").unwrap_err().code, 400, "{bad}");
        }
    }

    #[test]
    fn only_name_and_namespace_are_fields() {
        let object = json!({ "metadata": { "name": "a", "namespace": "n" } });
        for (fields, holds) in [("metadata.name=a", true), ("metadata.name!=a", false), ("metadata.namespace=n,metadata.name=b", false)] {
            assert_eq!(Selector::read("", fields).unwrap().selects(&object), holds, "{fields}");
        }
        assert_eq!(Selector::read("", "metadata.name=a").unwrap().name(), Some("a"));
        assert_eq!(Selector::read("", "spec.x=1").unwrap_err().message, "field label not supported: spec.x");
    }
}
