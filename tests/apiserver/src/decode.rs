//! From a body to an object of its kind: types, times, and no field that the kind does not have.

use crate::kind::{Kind, Shape};
use crate::metadata::{self, json_type};
use crate::status::Refusal;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Fields of a Lease's specification that are times with microseconds.
const MICRO_TIMES: [&str; 2] = ["acquireTime", "renewTime"];
/// Fields of a Lease's specification that are numbers of 32 bits.
const NUMBERS: [&str; 2] = ["leaseDurationSeconds", "leaseTransitions"];
/// Fields of a Lease's specification that are texts.
const TEXTS: [&str; 3] = ["holderIdentity", "strategy", "preferredHolder"];
/// The label by which every namespace can be selected by its name.
pub(crate) const NAME_LABEL: &str = "kubernetes.io/metadata.name";
/// How Go writes the one form of a time that it reads here.
const LAYOUT: &str = "2006-01-02T15:04:05.000000Z07:00";

/// Reads a body as an object of this kind.
pub(crate) fn object(kind: &Kind, body: &[u8], strict: bool) -> Result<Value, Refusal> {
    let read = serde_json::from_slice(body);
    let object: Value =
        read.map_err(|e| Refusal::bad_request(format!("the object provided is unrecognized (must be of type {}): {e}", kind.name)))?;
    shaped(kind, object, strict)
}

/// Brings an object into the form of its kind. Strictly, an unknown field is an error and not dropped.
pub(crate) fn shaped(kind: &Kind, object: Value, strict: bool) -> Result<Value, Refusal> {
    let Value::Object(mut object) = object else {
        return Err(unreadable(kind, &format!("json: cannot unmarshal {} into Go value of type {}", json_type(&object), kind.name)));
    };
    identity(kind, &mut object)?;
    metadata::normalise(&mut object).map_err(|why| unreadable(kind, &why))?;
    let fields: &[&str] = match kind.shape {
        Shape::ConfigMap => &["data", "binaryData", "immutable"],
        Shape::Lease => &["spec"],
        Shape::Namespace | Shape::Definition => &["spec", "status"],
        Shape::Event | Shape::Custom(_) => return Ok(Value::Object(object)),
    };
    let known = |field: &str| matches!(field, "apiVersion" | "kind" | "metadata") || fields.contains(&field);
    keep(kind, &mut object, "", known, strict)?;
    match kind.shape {
        Shape::ConfigMap => config_map(kind, &mut object)?,
        Shape::Lease => lease(kind, &mut object, strict)?,
        _ => {}
    }
    Ok(Value::Object(object))
}

fn unreadable(kind: &Kind, why: &str) -> Refusal {
    Refusal::bad_request(format!("{} in version {:?} cannot be handled as a {}: {why}", kind.name, kind.version, kind.name))
}

/// Kind and version must be those of the path. Built-in objects may leave them out.
fn identity(kind: &Kind, object: &mut Map<String, Value>) -> Result<(), Refusal> {
    for (field, wanted) in [("apiVersion", kind.api_version()), ("kind", kind.name.clone())] {
        let told = object.get(field).and_then(Value::as_str).unwrap_or_default();
        if told.is_empty() && kind.is_custom() {
            let missing = if field == "kind" { "Object 'Kind' is missing" } else { "Object 'apiVersion' is missing" };
            return Err(Refusal::bad_request(missing));
        }
        if !told.is_empty() && told != wanted {
            let what = if field == "kind" { "kind" } else { "API version" };
            return Err(Refusal::bad_request(format!("the {what} in the data ({told}) does not match the expected {what} ({wanted})")));
        }
        object.insert(field.to_owned(), wanted.into());
    }
    Ok(())
}

/// Drops what is null or unknown.
fn keep(kind: &Kind, object: &mut Map<String, Value>, at: &str, known: impl Fn(&str) -> bool, strict: bool) -> Result<(), Refusal> {
    if let Some(unknown) = object.keys().find(|field| strict && !known(field)) {
        return Err(unreadable(kind, &format!("strict decoding error: unknown field \"{at}{unknown}\"")));
    }
    object.retain(|field, value| known(field) && !value.is_null());
    Ok(())
}

fn config_map(kind: &Kind, object: &mut Map<String, Value>) -> Result<(), Refusal> {
    for field in ["data", "binaryData"] {
        let Some(all) = object.get(field) else { continue };
        let texts = all.as_object().is_some_and(|all| all.values().all(Value::is_string));
        if !texts {
            let not_text = all.as_object().and_then(|all| all.values().find(|value| !value.is_string())).unwrap_or(all);
            let why = format!("json: cannot unmarshal {} into Go struct field ConfigMap.{field} of type string", json_type(not_text));
            return Err(unreadable(kind, &why));
        }
        if all.as_object().is_some_and(Map::is_empty) {
            object.remove(field);
        }
    }
    Ok(())
}

fn lease(kind: &Kind, object: &mut Map<String, Value>, strict: bool) -> Result<(), Refusal> {
    let Some(spec) = object.get_mut("spec") else {
        object.insert("spec".to_owned(), Value::Object(Map::new()));
        return Ok(());
    };
    let Some(spec) = spec.as_object_mut() else {
        return Err(unreadable(kind, "json: cannot unmarshal into Go struct field Lease.spec of type v1.LeaseSpec"));
    };
    let known = |field: &str| MICRO_TIMES.contains(&field) || NUMBERS.contains(&field) || TEXTS.contains(&field);
    keep(kind, spec, "spec.", known, strict)?;
    for (field, value) in spec.iter_mut() {
        let wanted = if NUMBERS.contains(&field.as_str()) { "int32" } else { "string" };
        let fits = if wanted == "int32" { value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) } else { value.is_string() };
        if !fits {
            let why = format!("json: cannot unmarshal {} into Go struct field LeaseSpec.spec.{field} of type {wanted}", json_type(value));
            return Err(unreadable(kind, &why));
        }
        if MICRO_TIMES.contains(&field.as_str()) {
            *value = micro_time(value.as_str().unwrap_or_default()).map_err(|why| unreadable(kind, &why))?.into();
        }
    }
    Ok(())
}

/// A time with exactly six decimals, in UTC.
fn micro_time(text: &str) -> Result<String, String> {
    let refuse = |rest: &str, wanted: &str| Err(format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as {wanted:?}"));
    let Some((_, rest)) = text.split_at_checked(19).filter(|(seconds, _)| format!("{seconds}Z").parse::<Timestamp>().is_ok()) else {
        return refuse(text, "2006");
    };
    let decimals = rest.strip_prefix('.').map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if decimals.is_none_or(|digits| digits < 6) {
        return refuse(rest, ".000000");
    }
    if decimals != Some(6) {
        return refuse(&rest[7..], "Z07:00");
    }
    match text.parse::<Timestamp>() {
        Ok(time) => Ok(format!("{time:.6}")),
        Err(_) => refuse(&rest[7..], "Z07:00"),
    }
}

#[cfg(test)]
mod tests {
    use super::micro_time;

    #[test]
    fn a_micro_time_has_exactly_six_decimals_and_is_shown_in_utc() {
        assert_eq!(micro_time("2026-11-20T12:00:00.000000Z").as_deref(), Ok("2026-11-20T12:00:00.000000Z"));
        assert_eq!(micro_time("2026-11-20T14:00:00.120000+02:00").as_deref(), Ok("2026-11-20T12:00:00.120000Z"));
        for bad in
            ["2026-11-20T12:00:00Z", "2026-11-20T12:00:00.123Z", "2026-11-20T12:00:00.1234567Z", "2026-11-20T12:00:00.123456", "", "soon"]
        {
            assert!(micro_time(bad).is_err(), "{bad}");
        }
        let why = micro_time("2026-11-20T12:00:00Z").unwrap_err();
        assert_eq!(why, r#"parsing time "2026-11-20T12:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000""#);
    }
}
