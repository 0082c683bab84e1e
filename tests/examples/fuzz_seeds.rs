//! Writes what the fuzz targets start from: the hostile corpus and ordinary payloads, each in the form its target reads. The one
//! argument is the folder, `fuzz/corpus`.
#![forbid(unsafe_code)]

use pawl_tests::hostile::{Payload, Target, heads, ordinary, payloads};
use serde_json::{Value, json};
use std::error::Error;
use std::fs;
use std::path::Path;

/// The events in the order of the targets' first byte.
const EVENTS: [&str; 10] = [
    "push",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "issue_comment",
    "issues",
    "check_run",
    "label",
    "repository",
];
/// A fuzzer learns nothing from more, and is slow on it.
const BYTES: usize = 16 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("say where to: cargo run --package pawl-tests --example fuzz_seeds -- fuzz/corpus")?;
    let folder = Path::new(&folder);
    let target = Target::default();
    let good = ordinary(&target);
    let bodies: Vec<(&str, Vec<u8>)> = payloads(&target)
        .into_iter()
        .map(|Payload { event, body, .. }| (event, body))
        .chain(good.iter().map(|(event, body)| (*event, body.to_string().into_bytes())))
        .filter(|(_, body)| body.len() <= BYTES)
        .collect();
    let of = |event: &str| EVENTS.iter().position(|e| *e == event).and_then(|n| u8::try_from(n).ok()).unwrap_or_default();
    let count = [
        write(folder, "webhook_body", bodies.iter().map(|(event, body)| [&[of(event)][..], body].concat()))?,
        write(folder, "webhook_headers", lines(&good))?,
        write(folder, "argo_body", good.iter().flat_map(|(event, body)| wrapped(event, body)).map(|v| v.to_string().into_bytes()))?,
        write(folder, "signal_body", signals().into_iter().map(|v| v.to_string().into_bytes()))?,
        write(folder, "words", words())?,
        write(folder, "fixture", fixtures()?)?,
        write(folder, "component", [component()])?,
    ];
    println!("{} seeds in {}", count.iter().sum::<usize>(), folder.display());
    Ok(())
}

fn write(folder: &Path, target: &str, seeds: impl IntoIterator<Item = Vec<u8>>) -> std::io::Result<usize> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    let mut count = 0;
    for seed in seeds {
        fs::write(folder.join(format!("seed-{count}")), seed)?;
        count += 1;
    }
    Ok(count)
}

/// Signature, event, delivery id, body.
fn lines(good: &[(&'static str, Value)]) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for head in heads(&format!("sha256={}", "0".repeat(64))) {
        let find = |name: &str| head.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone()).unwrap_or_default();
        let fields = [find("x-hub-signature-256"), find("x-github-event"), find("x-github-delivery"), b"{}".to_vec()];
        seeds.push(fields.join(&b'\n'));
    }
    seeds.extend(good.iter().map(|(event, body)| format!("sha256=00\n{event}\nd-1\n{body}").into_bytes()));
    seeds.retain(|seed| seed.len() <= BYTES);
    seeds
}

/// Every shape that a sensor sends.
fn wrapped(event: &str, body: &Value) -> Vec<Value> {
    let mut told = body.clone();
    told["X-GitHub-Event"] = json!(event);
    told["X-GitHub-Delivery"] = json!("d-1");
    let headers = json!({ "X-Github-Event": [event], "X-Github-Delivery": ["d-1"] });
    vec![
        told.clone(),
        json!({ "body": told }),
        json!({ "body": told.to_string() }),
        json!(told.to_string()),
        json!({ "headers": headers, "body": body }),
        json!({ "context": { "id": "c" }, "data": "e30=" }),
        json!({ "body": { "body": { "body": {} } } }),
    ]
}

fn signals() -> Vec<Value> {
    let good = json!({ "subject": "acme/shop#2", "id": "run-1", "name": "build_finished", "at": "2026-03-01T12:00:00Z",
        "actor": "acme-builder", "parameters": { "commit": "6dcb09b5b57875f334f61aebed695e2e4193db5e" }, "issue": false });
    let mut seeds = vec![good.clone(), json!([good, good]), json!([]), json!(null), json!([null, 1, "x"])];
    for (key, value) in
        [("subject", json!("../..#0")), ("id", json!("a b")), ("at", json!("soon")), ("parameters", json!({ "k": "v".repeat(501) }))]
    {
        let mut bad = good.clone();
        bad[key] = value;
        seeds.push(bad);
    }
    seeds
}

/// The bundled policy's own.
fn fixtures() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut files = pawl_workbench::embed::files(pawl_artifacts::remediation())?;
    files.retain(|path, content| pawl_workbench::fixture::is_fixture(path) && content.len() <= BYTES);
    Ok(files.into_values().collect())
}

/// Nothing but a fixture, in the section that carries it.
fn component() -> Vec<u8> {
    let (path, content) = (b"a.yaml", b"about: one");
    let block = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap_or(0).to_le_bytes(), bytes].concat();
    let name = pawl_workbench::embed::SECTION.as_bytes();
    let section = [&[short(name)][..], name, &[1], &block(path), &block(content)].concat();
    [b"\0asm\x0d\0\x01\0", &[0, short(&section)][..], &section].concat()
}

/// A length below 128 as sections have it.
fn short(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).unwrap_or(0) & 0x7f
}

fn words() -> Vec<Vec<u8>> {
    [
        "/pawl reset",
        "text\n```\n/pawl reset\n```\n> /pawl x\n/pawl  remediate now  please",
        "round-{n}\nround-7",
        "ready-for-qa\nReady-For-QA",
        "ΟΔΟΣ\nοδος",
        "İstanbul\ni̇stanbul",
        "straße\nSTRASSE",
        "Required Changes:\n- all",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
