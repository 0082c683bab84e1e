//! Payloads that are hostile as text: no JSON, half of it, keys twice, bytes that are no characters.

use super::{Class, Payload};
use serde_json::Value;

pub(super) fn add(all: &mut Vec<Payload>, event: &'static str, base: &Value) {
    let good = base.to_string();
    let bytes = good.as_bytes();
    let mut push = |class, name: &str, body: Vec<u8>| all.push(Payload::new(class, name, event, body));
    // These are the same for every action of an event: once is enough.
    if base["action"] != "labeled" {
        for text in ["", " ", "null", "[]", "{}", "\"text\"", "1e999", "true", "payload=%7B%7D", "{\"action\":", "{'action':'opened'}"] {
            push(Class::NotJson, &format!("{text:?}"), text.into());
        }
    }
    push(Class::NotJson, "twice in a row", good.repeat(2).into());
    push(Class::NotJson, "with a comment", format!("/* */{good}").into());
    push(Class::NotJson, "with a comma too many", good.replacen('}', ",}", 1).into());
    for tenth in 1..10 {
        let length = bytes.len() * tenth / 10;
        push(Class::NotJson, &format!("cut after {tenth} tenths"), bytes[..length].to_vec());
    }
    for (name, more) in [
        ("action", "\"action\":\"closed\",\"action\":\"opened\","),
        ("repository", "\"repository\":{},\"repository\":null,"),
        ("sender", "\"sender\":null,\"sender\":{\"login\":\"mallory\"},"),
        ("pull_request", "\"pull_request\":{\"number\":1},\"pull_request\":{\"number\":2},"),
        ("an escaped key", "\"\\u0061ction\":\"closed\","),
        ("an unknown key", "\"surprise\":1,\"surprise\":2,"),
    ] {
        push(Class::DuplicateKey, name, good.replacen('{', &format!("{{{more}"), 1).into());
    }
    push(Class::DuplicateKey, "repository.id", good.replace("\"repository\":{", "\"repository\":{\"id\":1,").into());
    push(Class::DuplicateKey, "login", good.replace("\"login\":", "\"login\":\"5DLabs-Tess[bot]\",\"login\":").into());
    push(Class::InvalidUtf8, "a half character behind", [bytes, b"\xc3\x28"].concat());
    push(Class::InvalidUtf8, "a byte order mark", [b"\xef\xbb\xbf", bytes].concat());
    push(Class::InvalidUtf8, "UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect());
    push(Class::InvalidUtf8, "a zero byte in a name", good.replace("mallory", "mal\0lory").into());
    push(Class::InvalidUtf8, "an escaped zero in a name", good.replace("mallory", "mal\\u0000lory").into());
    push(Class::InvalidUtf8, "a lone surrogate", good.replace("mallory", "mal\\ud800lory").into());
    push(Class::InvalidUtf8, "an overlong slash in a name", replace_bytes(bytes, b"mallory", b"mal\xc0\xaflory"));
    push(Class::InvalidUtf8, "an encoded surrogate in a name", replace_bytes(bytes, b"mallory", b"mal\xed\xa0\x80lory"));
}

fn replace_bytes(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let Some(at) = text.windows(from.len()).position(|window| window == from) else { return [text, to].concat() };
    [&text[..at], to, &text[at + from.len()..]].concat()
}
